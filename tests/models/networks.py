"""Networks of published shapes with random weights, written by the package onnx."""

import numpy
from onnx import TensorProto, helper, numpy_helper


class Network:
    def __init__(self, name, opset, shape):
        self.name, self.opset, self.shape = name, opset, shape
        self.random = numpy.random.default_rng(len(name) + 1000 * opset)
        self.nodes, self.weights = [], []

    def node(self, operation, inputs, **attributes):
        output = f"{operation.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(operation, inputs, [output], name=output, **attributes))
        return output

    def weight(self, values):
        name = f"weight_{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(numpy.asarray(values, numpy.float32), name))
        return name

    def conv(self, x, inputs, outputs, kernel, stride=1, pad=0, bias=True):
        deviation = (2 / (inputs * kernel * kernel)) ** 0.5  # keeps the size of what goes through
        names = [x, self.weight(self.random.normal(0, deviation, (outputs, inputs, kernel, kernel)))]
        if bias:
            names.append(self.weight(self.random.normal(0, 0.05, outputs)))
        return self.node("Conv", names, kernel_shape=[kernel] * 2, strides=[stride] * 2, pads=[pad] * 4)

    def normalize(self, x, channels):
        r = self.random
        values = r.uniform(0.8, 1.2, channels), r.normal(0, 0.1, channels), r.normal(0, 0.1, channels), r.uniform(0.7, 1.3, channels)
        return self.node("BatchNormalization", [x, *map(self.weight, values)], epsilon=1e-5)

    def write(self, path, output, shape):
        graph = helper.make_graph(
            self.nodes, self.name, [helper.make_tensor_value_info("input", TensorProto.FLOAT, self.shape)],
            [helper.make_tensor_value_info(output, TensorProto.FLOAT, shape)], self.weights)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", self.opset)], ir_version=7)
        path.write_bytes(model.SerializeToString())


def squeezenet(path):
    """SqueezeNet 1.1: fire modules, ceiling pools, softmax of the old form."""
    n = Network("squeezenet-1.1", 11, [1, 3, 227, 227])

    def fire(x, inputs, squeeze, expand):
        x = n.node("Relu", [n.conv(x, inputs, squeeze, 1)])
        sides = [n.node("Relu", [n.conv(x, squeeze, expand, k, pad=k // 2)]) for k in (1, 3)]
        return n.node("Concat", sides, axis=1)

    def pool(x):
        return n.node("MaxPool", [x], kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1)

    x = pool(n.node("Relu", [n.conv("input", 3, 64, 3, 2)]))
    x = pool(fire(fire(x, 64, 16, 64), 128, 16, 64))
    x = pool(fire(fire(x, 128, 32, 128), 256, 32, 128))
    for inputs, squeeze, expand in (256, 48, 192), (384, 48, 192), (384, 64, 256), (512, 64, 256):
        x = fire(x, inputs, squeeze, expand)
    x = n.node("Dropout", [x])
    x = n.node("GlobalAveragePool", [n.node("Relu", [n.conv(x, 512, 1000, 1)])])
    x = n.node("Softmax", [n.node("Flatten", [x])])
    n.write(path, x, [1, 1000])


def resnet18(path):
    """ResNet-18: normalisations by themselves, residual sums, a matrix product at the end."""
    n = Network("resnet-18", 13, [1, 3, 224, 224])

    def block(x, inputs, outputs, stride):
        y = n.node("Relu", [n.normalize(n.conv(x, inputs, outputs, 3, stride, 1, False), outputs)])
        y = n.normalize(n.conv(y, outputs, outputs, 3, 1, 1, False), outputs)
        if stride != 1 or inputs != outputs:
            x = n.normalize(n.conv(x, inputs, outputs, 1, stride, 0, False), outputs)
        return n.node("Relu", [n.node("Add", [y, x])])

    x = n.node("Relu", [n.normalize(n.conv("input", 3, 64, 7, 2, 3, False), 64)])
    x = n.node("MaxPool", [x], kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
    for inputs, outputs, stride in (64, 64, 1), (64, 128, 2), (128, 256, 2), (256, 512, 2):
        x = block(block(x, inputs, outputs, stride), outputs, outputs, 1)
    x = n.node("Flatten", [n.node("GlobalAveragePool", [x])], axis=1)
    weights = n.weight(n.random.normal(0, 512 ** -0.5, (1000, 512))), n.weight(n.random.normal(0, 0.05, 1000))
    x = n.node("Gemm", [x, *weights], transB=1)
    n.write(path, x, [1, 1000])
