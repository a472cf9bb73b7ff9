"""Writes an ONNX file node by node, so that every name in it is chosen and nothing of a framework is left in it."""

import onnx
from onnx import TensorProto, helper, numpy_helper

OPSET = 17
IR_VERSION = 8


class Graph:
    """Operators in a row: each adds a node, which is called what its output is called."""

    def __init__(self):
        self.nodes = []
        self.initializers = []

    def constant(self, name, array):
        self.initializers.append(numpy_helper.from_array(array, name))
        return name

    def node(self, op_type, inputs, name, **attributes):
        self.nodes.append(helper.make_node(op_type, inputs, [name], name=name, **attributes))
        return name

    def conv(self, x, name, weight, bias):
        padding = weight.shape[-1] // 2
        inputs = [x, self.constant(f"{name}_weight", weight), self.constant(f"{name}_bias", bias)]
        return self.node("Conv", inputs, name, kernel_shape=weight.shape[2:], pads=[padding] * 4)

    def gemm(self, x, name, weight, bias):
        inputs = [x, self.constant(f"{name}_weight", weight), self.constant(f"{name}_bias", bias)]
        return self.node("Gemm", inputs, name, transB=1)

    def save(self, path, name, inputs, outputs, description, metadata):
        """`inputs` and `outputs`: name -> (shape, description), f32; a text in a shape names a size that is free."""
        describe = lambda values: [
            helper.make_tensor_value_info(n, TensorProto.FLOAT, shape, doc_string=text) for n, (shape, text) in values.items()
        ]
        graph = helper.make_graph(
            self.nodes, name, describe(inputs), describe(outputs), self.initializers, doc_string=description
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], producer_name="airstrip")
        model.ir_version = IR_VERSION
        model.doc_string = description
        helper.set_model_props(model, metadata)
        onnx.checker.check_model(model, full_check=True)
        onnx.save(model, path)
