// From an ONNX model to a graph.
#pragma once

#include "../config.hpp"
#include "../graph/graph.hpp"
#include "../result.hpp"
#include "../support/list.hpp"
#include "../support/span.hpp"
#include "../support/string.hpp"
#include "model.hpp"
#include "tensor.hpp"

#include <cstdint>

AIRSTRIP_ONNX_NAMESPACE_BEGIN

/// A size that the model leaves open, by the name that it has there (dim_param), or of one without a name, "?" or -1
/// "<input>_<axis>".
struct SizeOption {
  Text name;
  std::int64_t value = 0;
  /// Of one that stays open: it will always be a multiple of this, which is checked when the program runs. What is halved
  /// and doubled again, as in a feature pyramid, has the size that it had only then.
  std::int64_t multiple = 1;
};

/// The elements of an input, which becomes a constant: of one that determines a shape.
struct InputOption {
  Text name;
  graph::TensorType type;
  Span<const unsigned char> bytes;  ///< copied
};

/// An input or output of the shape [1, channels, height, width] that is bound as a two-dimensional image.
struct ImageOption {
  Text name;
  /// Of an input: SampledImage or StorageImage; an output is a StorageImage.
  tensor::Storage storage = tensor::Storage::SampledImage;
  kernel::TexelFormat format = kernel::TexelFormat::Unknown;  ///< of a StorageImage
};

struct ImportOptions {
  Span<const SizeOption> sizes = {};   ///< these become literals
  Span<const SizeOption> maxima = {};  ///< these stay open, up to this
  Span<const InputOption> inputs = {};
  Span<const ImageOption> images = {};
  ExternalSource external = {};
  /// Weights are borrowed from the file, which has to outlive the graph and is not copied; else they are copied.
  bool borrow_weights = true;
  /// Nodes at most, those of functions, loops and scans counted as often as they are imported, and each 64 names of inputs,
  /// outputs and the like as one more: more is LimitExceeded.
  std::uint32_t max_nodes = 1u << 16;
};

/// Something of the model that cannot be imported.
struct ImportIssue {
  String node;       ///< its name, or "#12", its number
  String operation;  ///< "Conv", "com.microsoft.FusedMatMul"
  String reason;     ///< a sentence
};

struct ImportReport {
  List<ImportIssue> issues;
  /// Inputs of the model whose elements have to be known because a shape depends on them: see ImportOptions::inputs.
  List<String> inputs_to_bind;
  std::uint32_t nodes = 0;  ///< of the model, those of functions and subgraphs counted where they were taken
  std::uint32_t operators = 0;  ///< different ones
};

/// Imports the main graph: opsets 7 to 27 of the default domain, functions, and If, Loop, Scan and sequences where condition,
/// trip count, length and positions are known: they are written out. The graph's inputs and outputs are called as the model's;
/// its parameters as the open sizes, with _ for what is no letter or digit, and a number where that is taken already.
///
/// Errors: NotTranslatable with every operator and attribute that is not supported, which `report` has one by one; those of
/// reading elements; InvalidShape and WrongType where the model contradicts itself; MalformedFile where a name is used that
/// nothing has, or is given twice, where a function calls itself or is given an attribute that it does not have, where a
/// node outside of functions refers to an attribute of one, and where no version of an operator set is imported;
/// InvalidOperand where `inputs` or `images` name what the model does not have; LimitExceeded.
Result<graph::Graph> import_model(const Model& model, const ImportOptions& options = {},
                                  ImportReport* report = nullptr);

/// The scalar that elements of a type are in a graph; Void where there is none.
kernel::Scalar scalar_of(DataType type);

/// Whether the importer has the operator, in some version.
bool is_supported(Text domain, Text op_type);

AIRSTRIP_ONNX_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/import.hpp"
#endif
