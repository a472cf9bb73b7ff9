#!/usr/bin/env python3
"""The command line program from outside: exit codes, JSON, sentences for wrong input.

    tests/airstrip_tool/commands.py AIRSTRIP

Where there is no Vulkan device, what needs one must end with its exit code.
"""

import json
import os
import random
import struct
import subprocess
import sys
import tempfile
import unittest

PROGRAM = ""
SEEDS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "fuzz", "seeds", "reflect")
REDUCTION = os.path.join(SEEDS, "kernel_reduction.spv")
INVALID = os.path.join(SEEDS, "buffers.spv")  # for Vulkan 1.1: its interface names a storage buffer
OK, NEGATIVE, USAGE, BAD_INPUT, DEVICE, UNSUPPORTED, CANNOT_WRITE = range(7)
FLOAT, INT64 = 1, 7  # TensorProto.DataType


# --- ONNX models, by the few fields of onnx.proto that they need

def varint(value):
    value &= (1 << 64) - 1
    result = b""
    while value > 0x7F:
        result += bytes([value & 0x7F | 0x80])
        value >>= 7
    return result + bytes([value])


def field(number, value):
    """An integer, or what has a length: text, bytes."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    value = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(value)) + value


def attribute_ints(name, values):
    return field(1, name) + b"".join(field(8, v) for v in values) + field(20, 7)


def node(op, inputs, outputs, name="", attributes=()):
    return (b"".join(field(1, i) for i in inputs) + b"".join(field(2, o) for o in outputs) +
            (field(3, name) if name else b"") + field(4, op) + b"".join(field(5, a) for a in attributes))


def tensor(name, dims, numbers):
    return (b"".join(field(1, d) for d in dims) + field(2, FLOAT) + field(8, name) +
            field(9, struct.pack(f"<{len(numbers)}f", *numbers)))


def value_info(name, dims, kind=FLOAT):
    """A dimension is a number, a name, or None."""
    shape = b"".join(field(1, b"" if d is None else field(1, d) if isinstance(d, int) else field(2, d)) for d in dims)
    return field(1, name) + field(2, field(1, field(1, kind) + field(2, shape)))


def model(nodes, inputs, outputs, initializers=(), opset=17, metadata=()):
    graph = (b"".join(field(1, n) for n in nodes) + field(2, "small") +
             b"".join(field(5, t) for t in initializers) + b"".join(field(11, i) for i in inputs) +
             b"".join(field(12, o) for o in outputs))
    return (field(1, 8) + field(2, "commands.py") + field(7, graph) + field(8, field(1, "") + field(2, opset)) +
            b"".join(field(14, field(1, k) + field(2, v)) for k, v in metadata))


def npy(dims, numbers, code="<f4"):
    header = f"{{'descr': '{code}', 'fortran_order': False, 'shape': {tuple(dims)}, }}"
    header += " " * (-(len(header) + 11) % 64) + "\n"
    kind = {"<f4": "f", "<i8": "q"}[code]
    return (b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() +
            struct.pack(f"<{len(numbers)}{kind}", *numbers))


def floats_of_npy(data):
    length, = struct.unpack_from("<H", data, 8)
    numbers = data[10 + length:]
    return struct.unpack(f"<{len(numbers) // 4}f", numbers)


# y = relu(conv(x, w)), of any height and width.
WEIGHTS = [0.125 * (i % 7 - 3) for i in range(2 * 1 * 3 * 3)]
SMALL = model([node("Conv", ["x", "w"], ["c"], "conv", [attribute_ints("pads", [1, 1, 1, 1])]),
               node("Relu", ["c"], ["y"], "relu")],
              [value_info("x", [1, 1, "height", "width"])], [value_info("y", [1, 2, "height", "width"])],
              [tensor("w", [2, 1, 3, 3], WEIGHTS)], metadata=[("colour", "none")])
FOREIGN = model([node("Relu", ["x"], ["r"], "first"), node("Sing", ["r"], ["y"], "second")],
                [value_info("x", [4])], [value_info("y", [4])])


def run(*arguments, stdin=b"", environment=None, stdout=subprocess.PIPE):
    """Drivers leak, and are unloaded before the leak sanitizer could tell by whom."""
    settings = dict(os.environ, ASAN_OPTIONS="detect_leaks=0", **(environment or {}))
    return subprocess.run([PROGRAM, *arguments], input=stdin, stdout=stdout, stderr=subprocess.PIPE, env=settings,
                          timeout=120, check=False)


class Commands(unittest.TestCase):
    def fails(self, exit_code, part, *arguments, **options):
        """The command ends so, with one sentence that has `part`; with --json there is a document that says the same."""
        done = run(*arguments, **options)
        sentence = done.stderr.decode()
        self.assertEqual(done.returncode, exit_code, sentence)
        self.assertTrue(sentence.startswith("airstrip: "), sentence)
        self.assertEqual(sentence.count("\n"), 1, sentence)
        self.assertIn(part, sentence)
        self.assertEqual(done.stdout, b"")
        document = self.document(*arguments, exit_code=exit_code, **options)
        self.assertEqual(document["error"]["message"], sentence[len("airstrip: "):-1])
        return document["error"]

    def document(self, *arguments, exit_code=OK, **options):
        done = run(*arguments, "--json", **options)
        self.assertEqual(done.returncode, exit_code, done.stderr)
        document = json.loads(done.stdout)
        self.assertEqual(document["format"], 1)
        self.assertEqual(document["exit_code"], exit_code)
        return document

    def text(self, *arguments, exit_code=OK, **options):
        done = run(*arguments, **options)
        self.assertEqual(done.returncode, exit_code, done.stderr)
        self.assertEqual(done.stderr, b"")
        return done.stdout.decode()

    # --- the command line

    def test_help_and_version(self):
        self.assertRegex(self.text("--version"), r"^airstrip \d+\.\d+\.\d+\n$")
        for arguments in (["--help"], ["devices", "--help"], ["inspect", "-h"]):
            text = self.text(*arguments)
            self.assertIn("Examples:\n", text)
            self.assertIn("Exit codes:\n  0  ", text)
        self.assertIn("inspect", self.text("--help"))

    def test_usage(self):
        self.fails(USAGE, "subcommand is required")
        self.fails(USAGE, "no command 'foo'; there are: info, compile, run, verify, explain, devices, inspect", "foo")
        self.fails(USAGE, "--foo", "devices", "--foo")
        self.fails(USAGE, "file is required; see airstrip inspect --help", "inspect")
        self.fails(USAGE, "--disassemble", "inspect", REDUCTION, "--disassemble", "nicely")
        self.fails(USAGE, "excludes", "inspect", REDUCTION, "--disassemble", "exact", "--translate", "glsl")
        self.fails(USAGE, "no target 'vulkan9.9'", "inspect", REDUCTION, "--target", "vulkan9.9")
        self.fails(USAGE, "no target 'dos'", "inspect", REDUCTION, "--target", "dos")
        for constant in ("0", "x=1", "0=", "0=-1", "4294967296=1"):
            self.fails(USAGE, "write ID=BITS", "inspect", REDUCTION, "--constant", constant)

    # --- inspect

    def test_inspect(self):
        text = self.text("inspect", REDUCTION)
        for part in ("SPIR-V 1.3", "entry point main: GLCompute, workgroup 256 x 1 x 1", "StorageBuffer",
                     "push constants: 4 bytes", "GroupNonUniformArithmetic"):
            self.assertIn(part, text)
        document = self.document("inspect", REDUCTION)
        self.assertEqual(document["command"], "inspect")
        self.assertEqual(document["target"], "vulkan1.1")
        self.assertEqual(document["words"] * 4, os.path.getsize(REDUCTION))
        self.assertEqual([e["name"] for e in document["reflection"]["entry_points"]], ["main"])
        self.assertEqual(document["requirements"]["api_version"], "1.1")
        self.assertIn({"name": "maxComputeWorkGroupInvocations", "at_least": 256}, document["requirements"]["limits"])
        self.assertNotIn("validation", document)

    def test_all_seeds(self):
        for name in sorted(os.listdir(SEEDS)):
            path = os.path.join(SEEDS, name)
            self.assertIn("SPIR-V", self.text("inspect", path))
            self.assertIn("reflection", self.document("inspect", path))

    def test_standard_input(self):
        with open(REDUCTION, "rb") as f:
            words = f.read()
        self.assertIn("workgroup 256", self.text("inspect", "-", stdin=words))
        self.fails(BAD_INPUT, "-: ", "inspect", "-", stdin=b"")

    def test_constants(self):
        images = os.path.join(SEEDS, "images.spv")
        document = self.document("inspect", images, "--constant", "12=0x3f800000", "--constant", "7=5")
        values = {c["spec_id"]: c["value"] for c in document["reflection"]["spec_constants"] if "spec_id" in c}
        self.assertEqual(values[12], 0x3f800000)
        self.assertEqual(values[7], 5)

    def test_sentences_are_for_terminals(self):
        """What a file says of itself neither ends the sentence nor moves a cursor."""
        header = "{'descr': '<f4', 'x\n\x1b[2J\u009b2J': 1}"
        bad = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header.encode())) + header.encode()
        path = self.file("bad.npy", bad)
        self.fails(BAD_INPUT, "'x ?[2J??2J'", "info", self.small, "--input", f"x={path}")

    def test_bad_input(self):
        self.fails(BAD_INPUT, "nowhere.spv: cannot be opened", "inspect", "nowhere.spv")
        self.fails(BAD_INPUT, "cannot be read", "inspect", SEEDS)
        error = self.fails(BAD_INPUT, "magic number", "inspect", os.path.abspath(__file__))
        self.assertEqual(error["kind"], "bad_input")
        self.assertEqual(error["code"], "NotAModule")
        with open(REDUCTION, "rb") as f:
            words = f.read()
        self.fails(BAD_INPUT, "word", "inspect", "-", stdin=words[:24])
        self.fails(BAD_INPUT, "-: ", "inspect", "-", stdin=words[:-1])

    def test_damaged_modules(self):
        """Whatever the words are, the program ends by itself, with an exit code of its own and JSON."""
        seed = int(os.environ.get("AIRSTRIP_SEED", "1"))
        print("seed", seed)
        rng = random.Random(seed)
        with open(REDUCTION, "rb") as f:
            whole = f.read()
        for _ in range(40):
            words = bytearray(whole)
            for _ in range(rng.randrange(1, 5)):
                words[rng.randrange(4, len(words))] = rng.randrange(256)
            for options in (["--validate", "--disassemble", "friendly"], ["--translate", "glsl"], []):
                done = run("inspect", "-", *options, "--json", stdin=bytes(words))
                self.assertIn(done.returncode, (OK, NEGATIVE, BAD_INPUT, UNSUPPORTED), done.stderr)
                self.assertEqual(json.loads(done.stdout)["exit_code"], done.returncode)

    def test_validate(self):
        if b"without SPIRV-Tools" in run("inspect", REDUCTION, "--validate").stderr:
            self.fails(UNSUPPORTED, "spirv-tools", "inspect", REDUCTION, "--validate")
            self.skipTest("built without SPIRV-Tools")
        self.assertIn("valid for vulkan1.1", self.text("inspect", REDUCTION, "--validate"))
        self.assertTrue(self.document("inspect", REDUCTION, "--validate")["validation"]["valid"])
        text = self.text("inspect", REDUCTION, "--validate", "--target", "vulkan1.0", exit_code=NEGATIVE)
        self.assertIn("version", text)
        validation = self.document("inspect", INVALID, "--validate", "--target", "vulkan1.1",
                                   exit_code=NEGATIVE)["validation"]
        self.assertFalse(validation["valid"])
        self.assertTrue(validation["message"])
        self.assertEqual(validation["instruction"], "OpVariable")
        self.assertIn("--target-env vulkan1.1", validation["command"])

    def test_disassemble(self):
        exact = self.text("inspect", REDUCTION, "--disassemble", "exact")
        self.assertIn("OpCapability Shader", exact)
        self.assertNotIn("entry point main", exact)
        friendly = self.text("inspect", REDUCTION, "--validate", "--disassemble", "friendly")
        self.assertIn("%float = OpTypeFloat 32", friendly)
        self.assertNotIn("valid for", friendly)
        self.assertEqual(self.document("inspect", REDUCTION, "--disassemble", "exact")["disassembly"],
                         {"kind": "exact", "text": exact})

    def test_translate(self):
        if b"without SPIRV-Cross" in run("inspect", REDUCTION, "--translate", "glsl").stderr:
            self.fails(UNSUPPORTED, "libspirv-cross", "inspect", REDUCTION, "--translate", "glsl")
            self.skipTest("built without SPIRV-Cross")
        self.assertIn("#version 450", self.text("inspect", REDUCTION, "--translate", "glsl"))
        images = os.path.join(SEEDS, "kernel_image_filter.spv")
        self.assertIn("[numthreads(", self.text("inspect", images, "--translate", "hlsl"))
        translation = self.document("inspect", REDUCTION, "--translate", "msl")["translation"]
        self.assertEqual(translation["language"], "msl")
        self.assertIn("metal_stdlib", translation["text"])
        groups = os.path.join(SEEDS, "groups.spv")
        self.fails(USAGE, "entry point", "inspect", groups, "--translate", "glsl")
        self.assertIn("local_size_x = 16", self.text("inspect", groups, "--translate", "glsl", "--entry-point", "second"))
        addresses = os.path.join(SEEDS, "addresses.spv")
        self.fails(UNSUPPORTED, "HLSL", "inspect", addresses, "--translate", "hlsl")

    @unittest.skipUnless(os.path.exists("/dev/full"), "there is no /dev/full here")
    def test_full_disk(self):
        with open("/dev/full", "wb") as full:
            done = run("inspect", REDUCTION, stdout=full)
        self.assertEqual(done.returncode, CANNOT_WRITE)
        self.assertIn(b"standard output cannot be written", done.stderr)
        with open("/dev/full", "wb") as full:
            self.assertEqual(run("--help", stdout=full).returncode, CANNOT_WRITE)

    # --- models

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.small = self.file("small.onnx", SMALL)

    def file(self, name, content=None):
        path = os.path.join(self.folder, name)
        if content is not None:
            with open(path, "wb") as f:
                f.write(content)
        return path

    def read(self, name):
        with open(self.file(name), "rb") as f:
            return f.read()

    def needs_device(self):
        done = run("devices", "--json")
        if done.returncode == DEVICE:
            self.skipTest(json.loads(done.stdout)["error"]["message"])

    @staticmethod
    def expected(x, height, width):
        """relu(conv(x, w)) with a border of zeros."""
        def at(row, column):
            return x[row * width + column] if 0 <= row < height and 0 <= column < width else 0
        return [max(0.0, sum(WEIGHTS[(o * 3 + i) * 3 + k] * at(r + i - 1, c + k - 1)
                             for i in range(3) for k in range(3)))
                for o in range(2) for r in range(height) for c in range(width)]

    def test_info(self):
        text = self.text("info", self.small)
        for part in ("operator set 17", "made by", "commands.py", "1 tensors, 72 bytes", "colour", "none",
                     "x  f32[1, 1, height, width]", "open sizes  height, width", "1  Conv", "can be compiled"):
            self.assertIn(part, text)
        document = self.document("info", self.small)
        self.assertTrue(document["importable"])
        self.assertEqual(document["operators"], [{"name": "Conv", "count": 1, "supported": True},
                                                 {"name": "Relu", "count": 1, "supported": True}])
        self.assertEqual([size["name"] for size in document["open_sizes"]], ["height", "width"])
        self.assertEqual(document["metadata"], {"colour": "none"})
        self.assertIn("can be compiled", self.text("info", "-", stdin=SMALL))

    def test_graph(self):
        text = self.text("info", self.small, "--graph", "text", "--size", "height=5")
        self.assertIn("input x : f32[1, 1, 5, width]", text)
        self.assertIn("= elementwise(", text)
        fused = self.text("info", self.small, "--graph", "text", "--fused")
        self.assertNotIn("= elementwise(", fused)
        self.assertIn("epilogue", fused)
        self.assertTrue(self.text("info", self.small, "--graph", "dot").startswith("digraph {"))
        self.assertEqual(self.document("info", self.small, "--graph", "text", "--size", "height=5")["graph_text"],
                         {"kind": "text", "text": text})
        self.fails(USAGE, "--fused", "info", self.small, "--fused")

    def test_unsupported_model(self):
        foreign = self.file("foreign.onnx", FOREIGN)
        text = self.text("info", foreign, exit_code=UNSUPPORTED)
        self.assertIn("cannot be compiled", text)
        self.assertIn("second", text)
        document = self.document("info", foreign, exit_code=UNSUPPORTED)
        self.assertFalse(document["importable"])
        self.assertIn("Sing", document["why"])
        old = self.file("old.onnx", model([node("Relu", ["x"], ["y"])], [value_info("x", [4])], [value_info("y", [4])], opset=5))
        self.assertIn("operator set 5", self.text("info", old, exit_code=UNSUPPORTED))
        self.assertEqual([(i["node"], i["operator"]) for i in document["issues"]], [("second", "Sing")])
        for arguments in (["info", foreign, "--graph", "text"], ["compile", foreign, "-o", self.file("out")],
                          ["explain", foreign]):
            self.fails(UNSUPPORTED, "Sing 'second'", *arguments)
        self.assertFalse(os.path.exists(self.file("out")))

    def test_wrong_models(self):
        self.fails(BAD_INPUT, "cannot be opened", "info", self.file("nowhere.onnx"))
        self.fails(BAD_INPUT, "is no ONNX model", "info", self.file("text.onnx", b"what is this\n"))
        self.fails(BAD_INPUT, "is no ONNX model", "run", self.file("cut.onnx", SMALL[:len(SMALL) // 2]))
        self.fails(BAD_INPUT, "is no ONNX model", "info", self.file("empty.onnx", b""))
        dangling = model([node("Relu", ["nothing"], ["y"])], [value_info("x", [4])], [value_info("y", [4])])
        self.fails(BAD_INPUT, "nothing", "info", self.file("dangling.onnx", dangling))
        self.fails(USAGE, "no size 'depth' open; there are: height, width", "info", self.small, "--size", "depth=3")
        self.fails(USAGE, "no input 'z'; there are: x", "compile", self.small, "-o", self.file("out"), "--input",
                   f"z={self.file('x.npy', npy([1, 1, 2, 2], [1, 2, 3, 4]))}")
        for size in ("height", "height=", "=3", "height=x", "height=-1", "height=1.5"):
            self.fails(USAGE, "--size", "info", self.small, "--size", size)
        self.fails(USAGE, "twice", "info", self.small, "--size", "height=1", "--size", "height=2")
        self.fails(USAGE, "'height' is 3 and bounded by --max, too", "info", self.small, "--size", "height=3", "--max",
                   "height=4")

    def test_images(self):
        sizes = ["--size", "height=8", "--max", "width=16"]
        picture = self.file("picture.onnx", model(
            [node("Relu", ["picture"], ["clear"]), node("Relu", ["mask"], ["same"])],
            [value_info("picture", ["batch", 3, "height", "width"]), value_info("mask", [1, 5, 2, 2])],
            [value_info("clear", ["batch", 3, "height", "width"]), value_info("same", [1, 5, 2, 2])]))
        out = self.file("images.airstrip")
        compiled = ["compile", picture, "-o", out, "--size", "batch=1", *sizes]
        plain = self.document(*compiled)
        self.assertEqual([t["storage"] for t in plain["inputs"] + plain["outputs"]], ["buffer"] * 4)
        document = self.document(*compiled, "--image", "picture", "--image", "clear=rgba16f")
        storages = {t["name"]: t["storage"] for t in document["inputs"] + document["outputs"]}
        self.assertEqual(storages, {"picture": "sampled_image", "mask": "buffer", "clear": "storage_image",
                                    "same": "buffer"})
        text = self.text("explain", out)
        self.assertIn("a sampled image", text)
        self.assertIn("a storage image", text)
        stored = self.document("explain", picture, "--size", "batch=1", *sizes, "--image", "picture=rgba8", "--image",
                               "clear")
        storages = {t["name"]: t["storage"] for t in stored["inputs"] + stored["outputs"]}
        self.assertEqual((storages["picture"], storages["clear"]), ("storage_image", "storage_image"))
        self.assertTrue(self.document("info", picture, "--size", "batch=1", "--image", "picture")["importable"])
        self.fails(UNSUPPORTED, "is an image, and only buffers are run here", "run", out, "--size", "width=4")

        self.fails(USAGE, "'mask' cannot be an image: ", *compiled, "--image", "mask")
        self.fails(USAGE, "there are: picture, clear", *compiled, "--image", "nothing=rgba8")
        # An open batch is no picture yet.
        self.fails(USAGE, "--size may fix what is open in front; there are: clear", "compile", picture, "-o", out,
                   *sizes, "--max", "batch=1", "--image", "picture")
        self.fails(USAGE, "there are: rgba8, rgba8_snorm, rgba16f, rgba32f, r32f", *compiled, "--image", "clear=bgra8")
        self.fails(USAGE, "write NAME or NAME=FORMAT", *compiled, "--image", "=rgba8")
        self.fails(USAGE, "names clear twice", *compiled, "--image", "clear", "--image", "clear=rgba8")
        for name in ("picture", "clear"):
            self.fails(USAGE, f"'{name}' has 3 channels, and r32f has room for one", *compiled, "--image", name + "=r32f")
        self.fails(USAGE, "images and targets are settled", "explain", out, "--image", "picture")

    def test_compile_and_explain(self):
        out = self.file("small.airstrip")
        self.fails(USAGE, "--output", "compile", self.small)
        for size in "height=8:", "height=8:0", "height=8:x", "height=:8":
            self.fails(USAGE, "--max " + size, "compile", self.small, "-o", self.file("out"), "--max", size)
        self.fails(USAGE, "'height' of the input 'x' is open; fix it with --size height=VALUE or bound it with --max",
                   "compile", self.small, "-o", out)
        self.fails(USAGE, "there is no target 'dos'", "compile", self.small, "-o", out, "--target", "dos")
        self.fails(USAGE, "features are called as in Vulkan", "compile", self.small, "-o", out, "--target",
                   "vulkan1.1+speed")
        self.fails(USAGE, "two variants are called 'a'", "compile", self.small, "-o", out, "--target", "a=vulkan1.1",
                   "--target", "a=vulkan1.2")
        self.fails(USAGE, "standard is three variants, which have names; leave a= out", "compile", self.small, "-o", out,
                   "--size", "height=4", "--size", "width=4", "--target", "a=standard")
        for command in ["compile", self.small, "-o", out], ["explain", self.small]:
            self.fails(USAGE, "--device gpu says what --target device is, and that is not asked for", *command, "--size",
                       "height=4", "--size", "width=4", "--device", "gpu")
        self.fails(USAGE, "--output -: ", "compile", self.small, "-o", "-")
        self.fails(USAGE, "is the model itself", "compile", self.small, "-o", os.path.join(self.folder, ".", "small.onnx"))
        self.assertEqual(self.read("small.onnx"), SMALL)
        sizes = ["--max", "height=64", "--size", "width=48"]
        multiple = self.file("multiple.airstrip")
        self.text("compile", self.small, "-o", multiple, "--max", "height=64:4", "--size", "width=48")
        self.assertIn("a multiple of 4", self.text("explain", multiple))
        done = run("compile", self.small, "-o", self.file("no/folder"), *sizes)
        self.assertEqual(done.returncode, CANNOT_WRITE)
        self.assertIn(b"no/folder", done.stderr)
        text = self.text("compile", self.small, "-o", out, *sizes)
        for part in ("weights", "256 bytes", "vulkan1.1", "lower bound"):
            self.assertIn(part, text)
        self.assertEqual(self.read("small.airstrip")[:8], b"Airstrip")
        document = self.document("compile", self.small, "-o", out, *sizes, "--target", "fast=vulkan1.2", "--target",
                                 "vulkan1.0", "--names")
        self.assertEqual([v["name"] for v in document["variants"]], ["fast", "vulkan1.0"])
        self.assertEqual(document["variants"][1]["api_version"], "1.0")
        self.assertEqual(document["nodes"], 2)
        self.assertEqual(document["sizes"], [{"name": "height", "maximum": 64}])
        self.assertEqual(document["inputs"][0]["type"], "f32[1, 1, height, 48]")
        self.assertGreater(document["variants"][0]["spirv_bytes"], 100)

        standard = self.document("compile", self.small, "-o", self.file("standard"), *sizes, "--target", "standard")
        self.assertEqual([v["name"] for v in standard["variants"]], ["fp16", "subgroups", "baseline"])
        header = self.file("small net.hpp")
        self.text("compile", self.small, "-o", header, *sizes, "--format", "header")
        self.assertIn(b"(&small_net)[", self.read("small net.hpp"))
        folder = self.file("a/folder")
        self.text("compile", self.small, "-o", folder, *sizes, "--format", "spv")
        with open(os.path.join(folder, "program.json"), encoding="utf-8") as f:
            program = json.load(f)
        for module in program["modules"]:
            self.assertIn("SPIR-V", self.text("inspect", os.path.join(folder, module["file"])))
        self.assertEqual(os.path.getsize(os.path.join(folder, program["weights"]["file"])), program["weights"]["bytes"])
        done = run("compile", self.small, "-o", os.path.join(header, "folder"), *sizes, "--format", "spv")
        self.assertEqual(done.returncode, CANNOT_WRITE, done.stderr)

        text = self.text("explain", out)
        for part in ("variant fast: Vulkan 1.2", "variant vulkan1.0: Vulkan 1.0", "input   x: f32[1, 1, height, 48]",
                     "size    height: at most 64", "longest dispatch", "fusion", "conv"):
            self.assertIn(part, text)
        explained = self.document("explain", out)
        self.assertEqual(explained["variants"], document["variants"])
        self.fails(USAGE, "give the model", "explain", out, "--size", "height=3")
        self.fails(USAGE, "give the model", "explain", out, "--target", "vulkan1.2")
        self.assertIn("input   x: f32[1, 1, 8, 8]",
                      self.text("explain", self.small, "--size", "height=8", "--size", "width=8"))
        self.fails(BAD_INPUT, "a model is wanted", "info", out)

    def test_validated_program(self):
        arguments = ["compile", self.small, "-o", self.file("out"), "--size", "height=8", "--size", "width=8"]
        if b"without SPIRV-Tools" in run(*arguments, "--validate").stderr:
            self.fails(UNSUPPORTED, "spirv-tools", *arguments, "--validate")
            self.skipTest("built without SPIRV-Tools")
        self.assertIn("says SPIRV-Tools", self.text(*arguments, "--validate"))
        self.assertTrue(self.document(*arguments, "--validate")["validation"]["valid"])

    def test_damaged_programs(self):
        out = self.file("small.airstrip")
        self.text("compile", self.small, "-o", out, "--size", "height=8", "--size", "width=8")
        whole = self.read("small.airstrip")
        damaged = self.file("damaged.airstrip", whole[:len(whole) // 2])
        self.fails(BAD_INPUT, "damaged.airstrip: ", "explain", damaged)
        self.fails(BAD_INPUT, "damaged.airstrip: ", "run", damaged)
        rng = random.Random(int(os.environ.get("AIRSTRIP_SEED", "1")))
        for _ in range(40):
            changed = bytearray(whole)
            changed[rng.randrange(8, len(changed))] ^= 1 << rng.randrange(8)
            done = run("explain", self.file("damaged.airstrip", bytes(changed)), "--json")
            self.assertIn(done.returncode, (OK, BAD_INPUT, UNSUPPORTED), done.stderr)
            self.assertEqual(json.loads(done.stdout)["exit_code"], done.returncode)

    def test_run(self):
        self.needs_device()
        x = [0.25 * (i % 5 - 2) for i in range(6 * 4)]
        given = ["--input", f"x={self.file('x.npy', npy([1, 1, 6, 4], x))}"]
        text = self.text("run", self.small, *given, "--output", f"y={self.file('y.npy')}", "--repeat", "2", "--check")
        for part in ("device", "first run", "median of 2", "f32[1, 2, 6, 4]", "is as the interpreter has it"):
            self.assertIn(part, text)
        expected = self.expected(x, 6, 4)
        for found, wanted in zip(floats_of_npy(self.read("y.npy")), expected, strict=True):
            self.assertAlmostEqual(found, wanted, places=5)
        # ONNX's own files, there and back; a program with an open size gives the same.
        self.text("run", self.small, *given, "--output", f"y={self.file('y.pb')}", "--repeat", "0")
        relu = self.file("relu.onnx", model([node("Relu", ["x"], ["z"])], [value_info("x", [1, 2, None, "n"])],
                                            [value_info("z", [1, 2, None, "n"])]))
        self.text("run", relu, "--input", f"x={self.file('y.pb')}", "--output", f"z={self.file('z.npy')}")
        self.assertEqual(self.read("z.npy"), self.read("y.npy"))
        program = self.file("small.airstrip")
        self.text("compile", self.small, "-o", program, "--max", "height=64", "--max", "width=64")
        self.text("run", program, *given, "--output", f"y={self.file('program.npy')}", "--variant", "vulkan1.1")
        for found, wanted in zip(floats_of_npy(self.read("program.npy")), expected, strict=True):
            self.assertAlmostEqual(found, wanted, places=5)
        document = self.document("run", self.small, *given, "--check", "--profile", "--repeat", "3")
        self.assertEqual(document["outputs"][0]["shape"], [1, 2, 6, 4])
        self.assertEqual(document["milliseconds"]["run"]["runs"], 3)
        self.assertTrue(document["check"][0]["ok"])
        self.assertEqual(len(document["dispatches"]), len(
            [k for k in self.document("explain", self.small, "--size", "height=6", "--size", "width=4", "--target",
                                      "device")["variants"][0]["kernels"] if k["phase"] == "run"]))
        sized = ["--size", "height=9", "--size", "width=7"]
        self.assertIn("output", self.text("run", self.small, *sized, "--input", "x=random:3:normal:0:2"))

    def test_run_says_first_what_it_cannot_write(self):
        self.fails(USAGE, "y.bmp: tensors are written as .npy, .png or .pb", "run", self.file("nowhere.onnx"),
                   "--output", "y=y.bmp")

    def test_run_wrong(self):
        self.needs_device()
        square = npy([1, 1, 2, 2], [1, 2, 3, 4])
        self.fails(USAGE, "'height' of the input 'x' is open; say --size height=VALUE", "run", self.small)
        self.fails(USAGE, "no input 'z'; there are: x", "run", self.small, "--input",
                   f"z={self.file('square.npy', square)}")
        self.fails(USAGE, "no input 'z'", "run", self.small, "--input", "z=random:1")
        self.fails(USAGE, "no output 'z'; there are: y", "run", self.small, "--input", f"x={self.file('square.npy')}",
                   "--output", "z=z.npy")
        self.fails(BAD_INPUT, "f32[2, 2], and the model takes f32[1, 1, height, width]", "run", self.small, "--input",
                   f"x={self.file('flat.npy', npy([2, 2], [1, 2, 3, 4]))}")
        self.fails(BAD_INPUT, "convert it", "run", self.small, "--input",
                   f"x={self.file('long.npy', npy([1, 1, 1, 2], [1, 2], '<i8'))}")
        self.fails(BAD_INPUT, "differs in axis 1", "run", self.small, "--input",
                   f"x={self.file('two.npy', npy([1, 2, 1, 1], [1, 2]))}")
        self.fails(BAD_INPUT, "height is 5 already", "run", self.small, "--size", "height=5", "--input",
                   f"x={self.file('square.npy')}")
        self.fails(UNSUPPORTED, "Sing 'second'", "run", self.file("foreign.onnx", FOREIGN))
        program = self.file("small.airstrip")
        self.text("compile", self.small, "-o", program, "--max", "height=4", "--size", "width=4")
        self.fails(USAGE, "the size 'height' is open; say --size height=VALUE", "run", program)
        self.fails(USAGE, "no size is called 'depth'; there are: height", "run", program, "--size", "depth=1")
        self.fails(UNSUPPORTED, "height", "run", program, "--size", "height=5")
        self.fails(USAGE, "'height'", "run", program, "--input", "x=random:1")
        self.fails(BAD_INPUT, "f32[1, 1, 2, 2], and the program takes f32[1, 1, height, 4]", "run", program, "--input",
                   f"x={self.file('square.npy')}")
        self.fails(USAGE, "give the model", "run", program, "--check")
        self.fails(USAGE, "fast", "run", program, "--size", "height=4", "--variant", "fast")
        self.fails(USAGE, "say --target", "run", self.small, "--variant", "fast")
        self.fails(USAGE, "say --variant", "run", program, "--size", "height=4", "--target", "vulkan1.1")
        self.fails(USAGE, "--target standard is several variants", "run", self.small, "--size", "height=4", "--size",
                   "width=4", "--target", "standard")
        self.fails(DEVICE, "no device has this name", "run", self.small, "--size", "height=2", "--size", "width=2",
                   "--device", "no device has this name")

    def test_verify(self):
        self.fails(USAGE, "are for a model", "verify", "--size", "height=2")
        self.needs_device()
        text = self.text("verify", self.small, "--repeat", "2")
        self.assertIn("sizes: height=12, width=12", text)
        self.assertIn("1 right in 2 runs each, 0 wrong, 0 left out", text)
        document = self.document("verify", self.small, "--no-fusion", "--target", "vulkan1.1", "--size", "height=5")
        self.assertEqual([n["verdict"] for n in document["nodes"]], ["ok", "ok"])
        self.assertEqual(document["sizes"], {"height": 5, "width": 12})
        self.assertEqual(document["wrong"], 0)
        left_out = self.document("verify", self.small, "--max-operations", "10")
        self.assertEqual(left_out["nodes"][0]["verdict"], "left_out")
        self.assertIn("--max-operations", left_out["nodes"][0]["why"])
        self.fails(USAGE, "--target standard is several variants", "verify", "--target", "standard")
        self.fails(UNSUPPORTED, "Sing 'second'", "verify", self.file("foreign.onnx", FOREIGN))

    def test_verify_catalogue(self):
        self.needs_device()
        document = self.document("verify", "--repeat", "2")
        self.assertEqual(document["wrong"], 0)
        self.assertEqual(document["avoid"], [])
        self.assertGreater(document["right"], 30)

    # --- devices

    def test_devices(self):
        done = run("devices", "--json")
        document = json.loads(done.stdout)
        if done.returncode == DEVICE:
            self.assertIn("install", document["error"]["message"])
            self.skipTest(document["error"]["message"])
        self.assertEqual(done.returncode, OK, done.stderr)
        self.assertTrue(document["devices"])
        for device in document["devices"]:
            self.assertRegex(device["api_version"], r"^\d+\.\d+\.\d+$")
            self.assertIn(device["airstrip"]["kind"], ("gpu", "llvmpipe", "swiftshader"))
            self.assertIsInstance(device["features"]["f16"], bool)
            self.assertGreater(device["limits"]["workgroup_invocations"], 0)
            self.assertTrue(device["memory_heaps"])
            self.assertIn("known_limits", device["airstrip"])
        name = document["devices"][0]["name"]
        self.assertIn(name, self.text("devices"))
        self.assertEqual(self.document("devices", "--device", name)["devices"][0]["name"], name)
        self.fails(DEVICE, "there are: ", "devices", "--device", "no device has this name")

    def test_no_driver(self):
        with tempfile.TemporaryDirectory() as empty:
            nothing = os.path.join(empty, "nothing.json")
            environment = {"VK_ICD_FILENAMES": nothing, "VK_DRIVER_FILES": nothing, "VK_LOADER_DEBUG": "none"}
            self.fails(DEVICE, "mesa-vulkan-drivers", "devices", environment=environment)
            for arguments in (["verify"], ["run", self.small, "--size", "height=2", "--size", "width=2"],
                              ["compile", self.small, "-o", self.file("out"), "--target", "device", "--max",
                               "height=2", "--size", "width=2"]):
                self.assertEqual(self.fails(DEVICE, "driver", *arguments, environment=environment)["code"], "NoDevice")


if __name__ == "__main__":
    PROGRAM = os.path.abspath(sys.argv.pop(1))
    result = unittest.main(exit=False).result
    # As tests/summary.py reads it. One line for the whole test: what was skipped is a part of it.
    for test, reason in result.skipped:
        print(f"left out: {test}: {reason}")
    sys.exit(not result.wasSuccessful())
