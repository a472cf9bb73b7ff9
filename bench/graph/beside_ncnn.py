#!/usr/bin/env python3
"""Times whole networks beside ncnn's Vulkan path, on the same driver, in turns, and checks that both give the same.

    bench/graph/beside_ncnn.py build/bin/airstrip [--rounds N] [--repeat N] [--build FOLDER] [--through COMMAND]

The networks are those of tests/models/networks.py: SqueezeNet 1.1 and ResNet-18 in shape, with random weights. For ncnn
they are written in its own form (layers' names and parameters as its documentation of operators lists them), batch
normalisations folded into the convolutions before them and Relu into the layer before it, as its optimiser does; Airstrip
reads the ONNX files. ncnn comes out of its package of PyPI, into a virtual environment in FOLDER (build/models beside the
program), and runs with what it turns on by itself (f16 where the device has it) and in f32; the ratio is to the faster.
VK_ICD_FILENAMES chooses the driver of all three.

Each round runs a process for each, one after the other; a process warms up twice and gives the median of --repeat runs. An ncnn run
goes from the input in memory to the result in memory; one of Airstrip from the first command submitted to the last that ended
(the copies are of 0.6 MB, below 0.2 ms). What is printed are the medians of the rounds. Exit code 1 where results differ, 77 where
ncnn cannot be had.
"""

import argparse
import json
import pathlib
import shlex
import statistics
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(ROOT / "tests" / "models"))
import environment

REQUIREMENTS = ["numpy", "onnx", "onnxruntime", "ncnn"]
WARM = 2
# Of the largest of what onnxruntime gives on the processor. tests/models/run.py allows 16 units in the last place for each of
# a chain of operators, of which these networks have about 50: 1e-4. f16 has 2^13 fewer steps, and is kept in f32 where it is summed.
TOLERANCES = {"airstrip": 1e-4, "ncnn f32": 1e-4, "ncnn": 2e-2}


class Translation:
    """An ONNX graph as ncnn's text of layers and its file of weights."""

    def __init__(self, graph):
        from onnx import helper, numpy_helper

        self.weights = {w.name: numpy_helper.to_array(w) for w in graph.initializer}
        self.attributes = lambda node: {a.name: helper.get_attribute_value(a) for a in node.attribute}
        self.graph, self.lines, self.blobs, self.data = graph, [], [], []
        self.uses = {}
        for node in graph.node:
            for name in node.input:
                self.uses[name] = self.uses.get(name, 0) + 1
        self.alias, self.copies = {}, {}
        self.done = set()

    def sole_user(self, value, operation):
        """The node that alone uses a value, if it is of this kind."""
        users = [n for n in self.graph.node if value in n.input]
        return users[0] if len(users) == 1 and users[0].op_type == operation else None

    def use(self, value):
        """The blob that holds a value: each copy of a split is used once."""
        value = self.alias.get(value, value)
        return self.copies[value].pop() if self.copies.get(value) else value

    def layer(self, kind, node, output, parameters=(), inputs=None):
        sources = [self.use(v) for v in (inputs if inputs is not None else node.input[:1])]
        words = [kind, f"layer{len(self.lines)}", str(len(sources)), "1", *sources, output, *(f"{k}={v}" for k, v in parameters)]
        self.lines.append(" ".join(words))
        self.blobs.append(output)
        self.split(output)

    def split(self, output):
        times = sum(self.uses.get(v, 0) for v in {output, *(v for v, to in self.alias.items() if to == output)})
        if times > 1:
            copies = [f"{output}_copy{i}" for i in range(times)]
            self.lines.append(" ".join(["Split", f"layer{len(self.lines)}", "1", str(times), output, *copies]))
            self.blobs += copies
            self.copies[output] = copies

    def conv(self, node):
        import numpy

        attributes, weight = self.attributes(node), self.weights[node.input[1]]
        bias = self.weights[node.input[2]] if len(node.input) > 2 else numpy.zeros(weight.shape[0], numpy.float32)
        output = node.output[0]
        if normalization := self.sole_user(output, "BatchNormalization"):
            scale, shift, mean, variance = (self.weights[name] for name in normalization.input[1:5])
            factor = scale / numpy.sqrt(variance + self.attributes(normalization)["epsilon"])
            weight, bias = weight * factor[:, None, None, None], shift + (bias - mean) * factor
            output = self.fold(normalization)
        relu = self.sole_user(output, "Relu")
        if relu:
            output = self.fold(relu)
        kernel, pad = attributes["kernel_shape"], attributes["pads"]
        stride = attributes["strides"]
        self.layer("Convolution", node, output, [
            (0, weight.shape[0]), (1, kernel[1]), (11, kernel[0]), (3, stride[1]), (13, stride[0]), (4, pad[1]), (15, pad[3]), (14, pad[0]),
            (16, pad[2]), (5, 1), (6, weight.size), (9, 1 if relu else 0)])
        self.data += [numpy.zeros(1, numpy.uint32), weight.astype(numpy.float32), bias.astype(numpy.float32)]  # 0: as f32

    def fold(self, node):
        self.done.add(node.output[0])
        return node.output[0]

    def gemm(self, node):
        import numpy

        weight, bias = self.weights[node.input[1]], self.weights[node.input[2]]
        self.layer("InnerProduct", node, node.output[0], [(0, weight.shape[0]), (1, 1), (2, weight.size)])
        self.data += [numpy.zeros(1, numpy.uint32), weight, bias]

    def pool(self, node):
        attributes = self.attributes(node)
        kernel, stride, pad = attributes["kernel_shape"][0], attributes["strides"][0], attributes.get("pads", [0])[0]
        # Rounded up as "full", rounded down as "valid".
        mode = 0 if attributes.get("ceil_mode", 0) else 1
        self.layer("Pooling", node, node.output[0], [(0, 0), (1, kernel), (2, stride), (3, pad), (5, mode)])

    def write(self, path):
        self.lines.append(f"Input layer0 0 1 {self.graph.input[0].name}")
        self.blobs.append(self.graph.input[0].name)
        self.split(self.graph.input[0].name)
        for node in self.graph.node:
            output = node.output[0]
            if output in self.done:
                continue
            match node.op_type:
                case "Conv":
                    self.conv(node)
                case "Gemm":
                    self.gemm(node)
                case "MaxPool":
                    self.pool(node)
                case "Relu":
                    self.layer("ReLU", node, output)
                case "Concat":
                    self.layer("Concat", node, output, [(0, 0)], node.input)
                case "Add":
                    self.layer("BinaryOp", node, output, [(0, 0)], node.input)
                case "GlobalAveragePool":
                    self.layer("Pooling", node, output, [(0, 1), (4, 1)])
                case "Softmax":
                    self.layer("Softmax", node, output, [(0, 0), (1, 1)])
                case "Dropout" | "Flatten":  # a global pool gives ncnn a vector
                    self.alias[output] = self.alias.get(node.input[0], node.input[0])
                case other:
                    raise SystemExit(f"beside_ncnn.py: no translation of {other} (node {node.name}); add one to Translation.write")
        text = "\n".join(["7767517", f"{len(self.lines)} {len(self.blobs)}", *self.lines]) + "\n"
        path.with_suffix(".param").write_text(text)
        path.with_suffix(".bin").write_bytes(b"".join(part.tobytes() for part in self.data))
        return self.alias.get(self.graph.output[0].name, self.graph.output[0].name)


def run_ncnn(path, input_name, output_name, is_f16, repeat):
    """In a process of its own: prints milliseconds, writes the result."""
    import ncnn
    import numpy

    net = ncnn.Net()
    net.opt.use_vulkan_compute = True
    if not is_f16:
        for option in "fp16_packed", "fp16_storage", "fp16_arithmetic", "bf16_packed", "bf16_storage":
            if hasattr(net.opt, f"use_{option}"):
                setattr(net.opt, f"use_{option}", False)
    if net.load_param(str(path.with_suffix(".param"))) or net.load_model(str(path.with_suffix(".bin"))):
        raise SystemExit(f"ncnn cannot load {path}")
    # A copy in ncnn's own layout: its Vulkan path takes a channel's size for rounded up, which one of numpy's is not.
    values = numpy.load(path.with_suffix(".npy"))[0]
    image = ncnn.Mat(values).clone()
    times = []
    for _ in range(WARM + repeat):
        start = time.perf_counter()
        extractor = net.create_extractor()
        extractor.input(input_name, image)
        status, result = extractor.extract(output_name)
        values = numpy.array(result)
        times.append((time.perf_counter() - start) * 1e3)
        if status:
            raise SystemExit(f"ncnn cannot run {path}: {status}")
    numpy.save(path.with_suffix(".out.npy"), values.reshape(-1))
    print(json.dumps(statistics.median(times[WARM:])))


def run_airstrip(through, program, path, input_name, output_name, repeat):
    result = path.with_suffix(".out.npy")
    command = [*through, program, "run", path, "--input", f"{input_name}={path.with_suffix('.npy')}", "--output", f"{output_name}={result}",
               "--repeat", str(repeat), "--json"]
    answer = subprocess.run([str(c) for c in command], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if answer.returncode:
        raise SystemExit(f"airstrip run {path}: {answer.stdout}{answer.stderr}")
    answer = json.loads(answer.stdout)
    return answer["milliseconds"]["run"]["median"], answer["device"]


def main():
    if sys.argv[1:2] == ["--ncnn"]:
        path, input_name, output_name, is_f16, repeat = sys.argv[2:]
        run_ncnn(pathlib.Path(path), input_name, output_name, is_f16 == "1", int(repeat))
        return 0
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", type=pathlib.Path, help="the program airstrip")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--repeat", type=int, default=10)
    parser.add_argument("--build", type=pathlib.Path, help="where packages and the environment are kept")
    parser.add_argument("--through", type=shlex.split, default=[], metavar="COMMAND",
                        help="what runs the programs that are timed, as newer drivers' loader does")
    options = parser.parse_args()
    through = options.through
    program = options.program.resolve()
    folder = (options.build or program.parent.parent / "models").resolve()
    folder.mkdir(parents=True, exist_ok=True)
    environment.enter(folder / "venv-ncnn", REQUIREMENTS, "ncnn")

    import numpy
    import onnx
    import onnxruntime

    import networks

    wrong = []
    print("| network | device | ncnn, as it chooses | ncnn, f32 | Airstrip | of the faster | off by |\n|---|---|---|---|---|---|---|", flush=True)
    for name in "squeezenet", "resnet18":
        path = folder / f"{name}-ncnn.onnx"
        getattr(networks, name)(path)
        graph = onnx.load(str(path)).graph
        shape = [d.dim_value for d in graph.input[0].type.tensor_type.shape.dim]
        input_name, output_name = graph.input[0].name, graph.output[0].name
        ncnn_output = Translation(graph).write(path)
        numpy.save(path.with_suffix(".npy"), numpy.random.default_rng(1).normal(0, 1, shape).astype(numpy.float32))
        times = {"ncnn": [], "ncnn f32": [], "airstrip": []}
        results = {}
        for _ in range(options.rounds):
            for who in times:
                if who == "airstrip":
                    took, device = run_airstrip(through, program, path, input_name, output_name, options.repeat)
                else:
                    command = [*through, sys.executable, __file__, "--ncnn", path, input_name, ncnn_output, "1" if who == "ncnn" else "0",
                               options.repeat]
                    answer = subprocess.run([str(c) for c in command], capture_output=True, text=True, stdin=subprocess.DEVNULL)
                    if answer.returncode:
                        raise SystemExit(f"ncnn: {answer.stdout}{answer.stderr}")
                    took = json.loads(answer.stdout.strip().splitlines()[-1])
                times[who].append(took)
                results[who] = numpy.load(path.with_suffix(".out.npy")).reshape(-1)
        session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
        right = session.run(None, {input_name: numpy.load(path.with_suffix(".npy"))})[0].reshape(-1).astype(numpy.float64)
        offs = {}
        for who, tolerance in TOLERANCES.items():
            off = offs[who] = float(numpy.abs(results[who] - right).max() / numpy.abs(right).max())
            if not off <= tolerance:
                wrong.append(f"{name}: {who} is off by {off:.2g} of the largest; {tolerance:.2g} may be")
        median = {who: statistics.median(values) for who, values in times.items()}
        ratio = median["airstrip"] / min(median["ncnn"], median["ncnn f32"])
        label = device["name"] if isinstance(device, dict) else device
        print(f"| {name} | {label} | {median['ncnn']:.1f} ms | {median['ncnn f32']:.1f} ms | {median['airstrip']:.1f} ms | {ratio:.2f} | "
              f"{offs['ncnn']:.1g}, {offs['ncnn f32']:.1g}, {offs['airstrip']:.1g} |", flush=True)
    for line in wrong:
        print(f"WRONG: {line}")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
