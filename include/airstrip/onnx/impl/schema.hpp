// The fields that are read, with the numbers and names of onnx.proto and onnx-data.proto.
#pragma once

#include "../wire.hpp"

AIRSTRIP_ONNX_NAMESPACE_BEGIN

namespace schema {

inline constexpr bool once = false, repeated = true;
using enum FieldKind;

inline constexpr FieldInfo string_entry_fields[] = {{1, Bytes, once, "key"}, {2, Bytes, once, "value"}};
inline constexpr MessageInfo string_entry{"StringStringEntryProto", string_entry_fields};

inline constexpr FieldInfo operator_set_id_fields[] = {{1, Bytes, once, "domain"},
                                                       {2, Integer, once, "version"}};
inline constexpr MessageInfo operator_set_id{"OperatorSetIdProto", operator_set_id_fields};

inline constexpr FieldInfo tensor_fields[] = {{1, Integer, repeated, "dims"},
                                              {2, Integer, once, "data_type"},
                                              {3, Message, once, "segment"},
                                              {4, Float, repeated, "float_data"},
                                              {5, Integer, repeated, "int32_data"},
                                              {6, Bytes, repeated, "string_data"},
                                              {7, Integer, repeated, "int64_data"},
                                              {8, Bytes, once, "name"},
                                              {9, Bytes, once, "raw_data"},
                                              {10, Double, repeated, "double_data"},
                                              {11, Integer, repeated, "uint64_data"},
                                              {12, Bytes, once, "doc_string"},
                                              {13, Message, repeated, "external_data"},
                                              {14, Integer, once, "data_location"},
                                              {16, Message, repeated, "metadata_props"}};
inline constexpr MessageInfo tensor{"TensorProto", tensor_fields};

inline constexpr FieldInfo sparse_tensor_fields[] = {
    {1, Message, once, "values"}, {2, Message, once, "indices"}, {3, Integer, repeated, "dims"}};
inline constexpr MessageInfo sparse_tensor{"SparseTensorProto", sparse_tensor_fields};

inline constexpr FieldInfo dimension_fields[] = {
    {1, Integer, once, "dim_value"}, {2, Bytes, once, "dim_param"}, {3, Bytes, once, "denotation"}};
inline constexpr MessageInfo dimension{"TensorShapeProto.Dimension", dimension_fields};

inline constexpr FieldInfo shape_fields[] = {{1, Message, repeated, "dim"}};
inline constexpr MessageInfo shape{"TensorShapeProto", shape_fields};

// Of TypeProto.Tensor and TypeProto.SparseTensor.
inline constexpr FieldInfo tensor_type_fields[] = {{1, Integer, once, "elem_type"},
                                                   {2, Message, once, "shape"}};
inline constexpr MessageInfo tensor_type{"TypeProto.Tensor", tensor_type_fields};
inline constexpr MessageInfo sparse_tensor_type{"TypeProto.SparseTensor", tensor_type_fields};

inline constexpr FieldInfo element_type_fields[] = {{1, Message, once, "elem_type"}};
inline constexpr MessageInfo sequence_type{"TypeProto.Sequence", element_type_fields};
inline constexpr MessageInfo optional_type{"TypeProto.Optional", element_type_fields};

inline constexpr FieldInfo map_type_fields[] = {{1, Integer, once, "key_type"},
                                                {2, Message, once, "value_type"}};
inline constexpr MessageInfo map_type{"TypeProto.Map", map_type_fields};

inline constexpr FieldInfo type_fields[] = {
    {1, Message, once, "tensor_type"},  {4, Message, once, "sequence_type"},
    {5, Message, once, "map_type"},     {6, Bytes, once, "denotation"},
    {7, Message, once, "opaque_type"},  {8, Message, once, "sparse_tensor_type"},
    {9, Message, once, "optional_type"}};
inline constexpr MessageInfo type{"TypeProto", type_fields};

inline constexpr FieldInfo value_info_fields[] = {{1, Bytes, once, "name"},
                                                  {2, Message, once, "type"},
                                                  {3, Bytes, once, "doc_string"},
                                                  {4, Message, repeated, "metadata_props"}};
inline constexpr MessageInfo value_info{"ValueInfoProto", value_info_fields};

inline constexpr FieldInfo attribute_fields[] = {{1, Bytes, once, "name"},
                                                 {2, Float, once, "f"},
                                                 {3, Integer, once, "i"},
                                                 {4, Bytes, once, "s"},
                                                 {5, Message, once, "t"},
                                                 {6, Message, once, "g"},
                                                 {7, Float, repeated, "floats"},
                                                 {8, Integer, repeated, "ints"},
                                                 {9, Bytes, repeated, "strings"},
                                                 {10, Message, repeated, "tensors"},
                                                 {11, Message, repeated, "graphs"},
                                                 {13, Bytes, once, "doc_string"},
                                                 {14, Message, once, "tp"},
                                                 {15, Message, repeated, "type_protos"},
                                                 {20, Integer, once, "type"},
                                                 {21, Bytes, once, "ref_attr_name"},
                                                 {22, Message, once, "sparse_tensor"},
                                                 {23, Message, repeated, "sparse_tensors"}};
inline constexpr MessageInfo attribute{"AttributeProto", attribute_fields};

inline constexpr FieldInfo node_fields[] = {{1, Bytes, repeated, "input"},
                                            {2, Bytes, repeated, "output"},
                                            {3, Bytes, once, "name"},
                                            {4, Bytes, once, "op_type"},
                                            {5, Message, repeated, "attribute"},
                                            {6, Bytes, once, "doc_string"},
                                            {7, Bytes, once, "domain"},
                                            {8, Bytes, once, "overload"},
                                            {9, Message, repeated, "metadata_props"}};
inline constexpr MessageInfo node{"NodeProto", node_fields};

inline constexpr FieldInfo tensor_annotation_fields[] = {
    {1, Bytes, once, "tensor_name"}, {2, Message, repeated, "quant_parameter_tensor_names"}};
inline constexpr MessageInfo tensor_annotation{"TensorAnnotation", tensor_annotation_fields};

inline constexpr FieldInfo graph_fields[] = {{1, Message, repeated, "node"},
                                             {2, Bytes, once, "name"},
                                             {5, Message, repeated, "initializer"},
                                             {10, Bytes, once, "doc_string"},
                                             {11, Message, repeated, "input"},
                                             {12, Message, repeated, "output"},
                                             {13, Message, repeated, "value_info"},
                                             {14, Message, repeated, "quantization_annotation"},
                                             {15, Message, repeated, "sparse_initializer"},
                                             {16, Message, repeated, "metadata_props"}};
inline constexpr MessageInfo graph{"GraphProto", graph_fields};

inline constexpr FieldInfo function_fields[] = {{1, Bytes, once, "name"},
                                                {4, Bytes, repeated, "input"},
                                                {5, Bytes, repeated, "output"},
                                                {6, Bytes, repeated, "attribute"},
                                                {7, Message, repeated, "node"},
                                                {8, Bytes, once, "doc_string"},
                                                {9, Message, repeated, "opset_import"},
                                                {10, Bytes, once, "domain"},
                                                {11, Message, repeated, "attribute_proto"},
                                                {12, Message, repeated, "value_info"},
                                                {13, Bytes, once, "overload"},
                                                {14, Message, repeated, "metadata_props"}};
inline constexpr MessageInfo function{"FunctionProto", function_fields};

inline constexpr FieldInfo model_fields[] = {{1, Integer, once, "ir_version"},
                                             {2, Bytes, once, "producer_name"},
                                             {3, Bytes, once, "producer_version"},
                                             {4, Bytes, once, "domain"},
                                             {5, Integer, once, "model_version"},
                                             {6, Bytes, once, "doc_string"},
                                             {7, Message, once, "graph"},
                                             {8, Message, repeated, "opset_import"},
                                             {14, Message, repeated, "metadata_props"},
                                             {25, Message, repeated, "functions"}};
inline constexpr MessageInfo model{"ModelProto", model_fields};

inline constexpr FieldInfo sequence_fields[] = {{1, Bytes, once, "name"},
                                                {2, Integer, once, "elem_type"},
                                                {3, Message, repeated, "tensor_values"},
                                                {4, Message, repeated, "sparse_tensor_values"},
                                                {5, Message, repeated, "sequence_values"},
                                                {6, Message, repeated, "map_values"},
                                                {7, Message, repeated, "optional_values"}};
inline constexpr MessageInfo sequence{"SequenceProto", sequence_fields};

inline constexpr FieldInfo map_fields[] = {{1, Bytes, once, "name"},
                                           {2, Integer, once, "key_type"},
                                           {3, Integer, repeated, "keys"},
                                           {4, Bytes, repeated, "string_keys"},
                                           {5, Message, once, "values"}};
inline constexpr MessageInfo map{"MapProto", map_fields};

inline constexpr FieldInfo optional_fields[] = {{1, Bytes, once, "name"},
                                                {2, Integer, once, "elem_type"},
                                                {3, Message, once, "tensor_value"},
                                                {4, Message, once, "sparse_tensor_value"},
                                                {5, Message, once, "sequence_value"},
                                                {6, Message, once, "map_value"},
                                                {7, Message, once, "optional_value"}};
inline constexpr MessageInfo optional{"OptionalProto", optional_fields};

}  // namespace schema

AIRSTRIP_ONNX_NAMESPACE_END
