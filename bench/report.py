#!/usr/bin/env python3
"""Runs the benchmarks and prints each figure beside its target.

usage: report.py PROGRAM… [--repetitions N] [--min-time SECONDS] [--filter REGEX] [--through COMMAND] [--json FILE] [--all]
       report.py --read FILE [--all]

Every benchmark is repeated N times, in a random order that mixes them, so that a slow minute of the machine is shared
by both sides of a ratio; a figure is made of the medians, of time on the processor. Exit status 1 if a figure misses its target, or a benchmark
reported a wrong result.
"""
import argparse
import json
import pathlib
import shlex
import statistics
import subprocess
import sys
import tempfile


class Measured:
    """The medians of one run, by benchmark."""

    def __init__(self, data):
        self.context = data["context"]
        self.errors = []
        self.runs = {}
        for run in data["benchmarks"]:
            if run.get("run_type") == "aggregate":
                continue
            name = run["name"].removesuffix("/manual_time").removesuffix("/real_time")
            if run.get("error_occurred"):
                self.errors.append(f"{name}: {run['error_message']}")
            else:
                self.runs.setdefault(name, []).append(run)

    def seconds(self, name):
        return statistics.median(self.all_seconds(name))

    def spread(self, name):
        """The middle half of the repetitions, relative to the median."""
        values = self.all_seconds(name)
        if len(values) < 4:
            return 0
        low, median, high = statistics.quantiles(values, n=4)
        return (high - low) / median

    def all_seconds(self, name):
        scale = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1}
        # Time on the processor, which a neighbour's work lengthens less. What the program timed itself comes as
        # "real", and is time on the processor as well (Stopwatch in spirv/support.hpp); a network's run is the driver's
        # threads', and by the clock.
        return [(run["real_time"] if run["name"].endswith(("/manual_time", "/real_time")) else run["cpu_time"]) *
                scale[run["time_unit"]] for run in self.runs[name]]

    def counter(self, name, counter):
        return statistics.median(run[counter] for run in self.runs[name])

    def per_item(self, name):
        """Nanoseconds for each item."""
        run = self.runs[name][0]
        # What the program counted, in one iteration: its rate is over the time of processor or clock alike.
        seconds = run["real_time"] if run["name"].endswith("/manual_time") else run["cpu_time"]
        items = run["items_per_second"] * seconds * {"ns": 1e-9, "us": 1e-6, "ms": 1e-3}[run["time_unit"]]
        return self.seconds(name) / round(items) * 1e9

    def rate(self, name):
        """Gigabytes (10^9) of words in a second."""
        run = self.runs[name][0]
        size = run["bytes_per_second"] * run["cpu_time"] * {"ns": 1e-9, "us": 1e-6, "ms": 1e-3}[run["time_unit"]]
        return round(size) / self.seconds(name) / 1e9


def tensor_figures(measured):
    """Those of bench/tensor, whose names depend on the device: as figures()."""
    table = []
    names = sorted(measured.runs)

    def rate(name, counter="flops"):
        return measured.counter(name, counter) / measured.seconds(name) / 1e9

    def row(title, unit, needs, value, target=None):
        if all(name in measured.runs for name in needs):
            table.append((title, unit, needs, lambda m: value(), target))

    def fastest(candidates):
        return min(candidates, key=measured.seconds, default="none")

    group = "matmul_f32_1024/"
    ours = group + "ours/default"
    glsl = [name for name in names if name.startswith(group + "glsl/")]
    quick = [name for name in glsl if measured.counter(name, "first_dispatch_ms") <= 150]
    row("matmul 1024^3, default schedule", "GF/s", (ours,), lambda: rate(ours))
    row("matmul: pipeline and first dispatch", "ms", (ours,), lambda: measured.counter(ours, "first_dispatch_ms"))
    for title, candidates, target in (("best GLSL", glsl, (">=", 1.05)),
                                      ("best GLSL within 150 ms of first dispatch", quick, None)):
        best = fastest(candidates)
        label = best.removeprefix(group + "glsl/")
        row(f"matmul / {title}", "x", (ours, best), lambda best=best: rate(ours) / rate(best), target)
        row(f"  {label}", "GF/s", (best,), lambda best=best: rate(best))
    for name in names:
        if name.startswith(group + "cpu/"):
            row(f"{name.removeprefix(group + 'cpu/')} / matmul", "x", (ours, name),
                lambda name=name: rate(name) / rate(ours))
            row(f"  {name.removeprefix(group + 'cpu/')}", "GF/s", (name,), lambda name=name: rate(name))

    group = "conv3x3_64_56/"
    implicit, product = group + "implicit", group + "matmul"
    row("conv 3x3 implicit / matmul of its size", "x", (implicit, product), lambda: rate(implicit) / rate(product),
        (">=", 0.6))
    winograd = fastest([name for name in names if name.startswith(group + "winograd")])
    row("conv 3x3 Winograd / implicit", "x", (winograd, implicit), lambda: rate(winograd) / rate(implicit), (">", 1))
    for name in ("direct", "implicit", "winograd2", "winograd4", "matmul"):
        row(f"conv 3x3: {name}", "GF/s", (group + name,), lambda name=name: rate(group + name))

    add, copy = "elementwise_16M/add", "elementwise_16M/copy"
    row("elementwise add / copy, bytes a second", "x", (add, copy), lambda: rate(add, "bytes") / rate(copy, "bytes"),
        (">=", 0.7))
    for name in ("add", "copy", "glsl_copy"):
        row(f"elementwise: {name}", "GB/s", ("elementwise_16M/" + name,),
            lambda name=name: rate("elementwise_16M/" + name, "bytes"))
    # The figure is a GPU's: a processor's caches and its prefetching make another one of it.
    matvec, copy_of_matrix = "matvec_f32_4096/ours/default", "matvec_f32_4096/copy"
    row("matvec / copy, bytes a second", "x", (matvec, copy_of_matrix),
        lambda: rate(matvec, "bytes") / rate(copy_of_matrix, "bytes"))

    for name in names:
        if name.startswith("words/"):
            row(f"problem to words: {name.removeprefix('words/')}", "ms", (name,),
                lambda name=name: measured.seconds(name) * 1e3, ("<=", 1))
    for name in names:
        if name.startswith("first_dispatch/"):
            row(f"driver compiles: {name.removeprefix('first_dispatch/')}", "ms", (name,),
                lambda name=name: measured.seconds(name) * 1e3,
                ("<=", 150) if "llvmpipe" in measured.context.get("device", "") else None)

    for name in names:
        if name.startswith("gpu/") and "spilled" in measured.runs[name][0]:
            row(f"{name.removeprefix('gpu/')}: spilled registers", "", (name,),
                lambda name=name: measured.counter(name, "spilled"), ("==", 0))
        elif name.startswith("gpu/") and "best_cycles" in measured.runs[name][0]:
            row(f"{name.removeprefix('gpu/').split('/')[0]}: default / best schedule, cycles", "x", (name,),
                lambda name=name: measured.counter(name, "default_cycles") / measured.counter(name, "best_cycles"),
                ("<=", 1.2))
    return table


def graph_figures(measured):
    """Those of bench/graph: as figures()."""
    table = []

    def row(title, unit, name, value, target=None):
        if name in measured.runs:
            table.append((title, unit, (name,), value, target))

    for network in ("squeezenet", "resnet18", "hundred_nodes"):
        compiled, run = f"compile/{network}", f"run/{network}"
        row(f"{network}: graph to program", "ms", compiled, lambda m, name=compiled: m.seconds(name) * 1e3,
            ("<=", 50) if network == "hundred_nodes" else None)
        row(f"{network}: scratch / lower bound", "x", compiled,
            lambda m, name=compiled: m.counter(name, "scratch_over_bound"), ("<=", 1.1))
        row(f"{network}: run", "ms", run, lambda m, name=run: m.seconds(name) * 1e3)
        for counter, title in (("load_ms", "loading"), ("first_run_ms", "first run")):
            row(f"{network}: {title}", "ms", run, lambda m, name=run, counter=counter: m.counter(name, counter))
        for counter in ("dispatches", "modules"):
            row(f"{network}: {counter}", "", compiled, lambda m, name=compiled, counter=counter: m.counter(name, counter))
        for counter, title in (("weight_bytes", "weights"), ("packed_bytes", "packed weights")):
            row(f"{network}: {title}", "MB", compiled,
                lambda m, name=compiled, counter=counter: m.counter(name, counter) * 1e-6)
    few = "compile_few/squeezenet"
    row("squeezenet: fewest modules", "", few, lambda m: m.counter(few, "modules"))
    return table


def figures():
    """(title, unit, benchmarks needed, value of a Measured, target or None): a target is ("<=", 1.5)."""
    table = []

    def ratio(title, above, below, target):
        table.append((title, "x", (above, below), lambda m: m.seconds(above) / m.seconds(below), target))

    def each(title, name, target):
        table.append((title, "ns", (name,), lambda m: m.per_item(name), target))

    def rate(title, name, target):
        table.append((title, "GB/s", (name,), lambda m: m.rate(name), target))

    for count in (2000, 20000):
        size = f"{count:,} instructions"
        ratio(f"emit / insert, {size}", f"emit/builder/{count}", f"emit/insert/{count}", ("<=", 1.5))
        ratio(f"emit with type / insert, {size}", f"emit/builder_typed/{count}", f"emit/insert/{count}", ("<=", 1.5))
        ratio(f"emit / insert of stored words, {size}", f"emit/builder/{count}", f"emit/insert_stored/{count}",
              ("<=", 1.5))
        ratio(f"emit / resize and store, {size}", f"emit/builder/{count}", f"emit/resize/{count}", None)
        each(f"emit, an instruction of {size}", f"emit/builder/{count}", None)
        ratio(f"glslang / emit, {size}", f"emit/glslang/{count}", f"emit/builder/{count}", (">=", 6))
        ratio(f"glslang / whole module, {size}", f"emit_module/glslang/{count}", f"emit_module/builder/{count}",
              (">=", 6))
    for call in ("declare_constant", "constant<u32>", "constant<f32>", "unordered_map"):
        for shuffled, order in ((0, "sequential"), (1, "shuffled")):
            each(f"hit: {call}, {order}", f"declare/{call}/shuffled:{shuffled}",
                 None if call == "unordered_map" else ("<=", 30))
    for call in ("scalar", "declare_vector", "declare_pointer", "declare_array", "declare_struct",
                 "declare_struct_laid_out"):
        each(f"hit: {call}", f"declare/{call}", ("<=", 30))
    table.append(("module again: allocations", "", ("module/reused",),
                  lambda m: m.counter("module/reused", "allocations"), ("==", 0)))
    table.append(("module again: time", "us", ("module/reused",), lambda m: m.seconds("module/reused") * 1e6, None))
    table.append(("module again: instructions", "", ("module/reused",),
                  lambda m: m.counter("module/reused", "instructions"), None))
    table.append(("module, first use: time", "us", ("module/first_use",),
                  lambda m: m.seconds("module/first_use") * 1e6, None))
    table.append(("module, first use: allocations", "", ("module/first_use",),
                  lambda m: m.counter("module/first_use", "allocations"), None))
    ratio("record through the adapter / bare Vulkan calls", "record/adapter/256", "record/bare/256", ("<=", 1.5))
    each("record, a dispatch", "record/adapter/256", None)
    each("prepare again, a dispatch", "record/prepare_again", None)
    large = 64 << 20
    for name in ("parse", "borrow"):
        rate(f"{name}, 64 MB", f"parse/{name}/{large}", (">=", 1))
        rate(f"{name}, 4 KB", f"parse/{name}/4096", None)
    for name in ("copy", "parse_and_check", "spirv_tools", "spirv_cross"):
        rate(f"{name}, 64 MB", f"parse/{name}/{large}", None)
    for other in ("spirv_tools", "spirv_cross"):
        ratio(f"{other} / parse, 64 MB", f"parse/{other}/{large}", f"parse/parse/{large}", None)
        ratio(f"{other} / parse, 4 KB", f"parse/{other}/4096", "parse/parse/4096", None)
    ratio("spirv_tools / parse and check, 64 MB", f"parse/spirv_tools/{large}", f"parse/parse_and_check/{large}", None)
    for kind in ("exact", "indented", "friendly"):
        for size, label in ((4 << 10, "4 KB"), (1 << 20, "1 MB")):
            ratio(f"spirv_tools / disassemble, {kind}, {label}", f"disassemble/{kind}_spirv_tools/{size}",
                  f"disassemble/{kind}/{size}", (">", 1))
    ratio("spirv_cross / reflect, down to one answer", "reflect/spirv_cross", "reflect/answer", (">", 1))
    for name, title in (("reflect", "everything"), ("answer", "the answer"), ("spirv_cross", "the answer, SPIRV-Cross")):
        table.append((f"reflect, 2 KB: {title}", "us", (f"reflect/{name}",),
                      lambda m, name=name: m.seconds(f"reflect/{name}") * 1e6, None))
    ratio("glslang / kernel, lambda to words", "kernel/glslang", "kernel/compile", (">=", 30))
    table.append(("kernel: nodes as built", "", ("kernel/compile",), lambda m: m.counter("kernel/compile", "nodes"), None))
    table.append(("kernel: words", "", ("kernel/compile",), lambda m: m.counter("kernel/compile", "words"), None))
    table.append(("kernel: words of glslang", "", ("kernel/glslang",), lambda m: m.counter("kernel/glslang", "words"), None))
    for name, title in (("compile", "lambda to words"), ("build", "lambda to IR"), ("write/0", "IR to words, no passes"),
                        ("write/1", "IR to words, all passes"), ("glslang", "glslang")):
        table.append((f"kernel: {title}", "us", (f"kernel/{name}",),
                      lambda m, name=name: m.seconds(f"kernel/{name}") * 1e6, None))
    table.append(("kernel: 64x64x64 product in the interpreter", "ms", ("kernel/interpret",),
                  lambda m: m.seconds("kernel/interpret") * 1e3, ("<=", 1000)))
    return table


HOLDS = {
    "<=": lambda value, limit: value <= limit,
    ">=": lambda value, limit: value >= limit,
    ">": lambda value, limit: value > limit,
    "==": lambda value, limit: value == limit,
}


def measure(args):
    """The results of all programs, as one; each figure is made of one program's."""
    whole = None
    for program in args.program:
        with tempfile.TemporaryDirectory() as folder:
            out = pathlib.Path(folder) / "out.json"
            command = [*shlex.split(args.through), program, f"--benchmark_repetitions={args.repetitions}",
                       "--benchmark_enable_random_interleaving=true", f"--benchmark_min_time={args.min_time}",
                       "--benchmark_display_aggregates_only=true", f"--benchmark_out={out}",
                       "--benchmark_out_format=json", f"--benchmark_filter={args.filter}"]
            ran = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
            if ran.returncode == 77:  # it cannot run here, and says why
                print(ran.stdout.strip())
                continue
            ran.check_returncode()
            data = json.loads(out.read_text(encoding="utf-8"))
        if whole:
            whole["benchmarks"] += data["benchmarks"]
            for key, value in data["context"].items():
                whole["context"].setdefault(key, value)
        else:
            whole = data
    if not whole:
        sys.exit("nothing was measured")
    if args.json:
        pathlib.Path(args.json).write_text(json.dumps(whole), encoding="utf-8")
    return whole


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", nargs="*")
    parser.add_argument("--read", help="a file that --json wrote")
    parser.add_argument("--repetitions", type=int, default=9)
    parser.add_argument("--min-time", type=float, default=0.05, help="seconds for each repetition")
    parser.add_argument("--filter", default=".", help="only benchmarks that match")
    parser.add_argument("--through", default="", help="a command that runs the programs: with another driver, say")
    parser.add_argument("--json", help="keep what was measured in this file")
    parser.add_argument("--all", action="store_true", help="also every benchmark's time")
    args = parser.parse_args()
    if not args.program and not args.read:
        parser.error("name a program, or a file to --read")

    data = json.loads(pathlib.Path(args.read).read_text(encoding="utf-8")) if args.read else measure(args)
    measured = Measured(data)
    context = measured.context
    repetitions = max((len(runs) for runs in measured.runs.values()), default=0)
    print(f"{context['date'][:10]}, {context.get('compiler', '?')}, {context['num_cpus']} processors, "
          f"load {context['load_avg'][0]:.1f}, SPIRV-Tools {context.get('spirv_tools', '?')}, "
          f"median of {repetitions}")
    if "device" in context:
        print(f"{context['device']}, {context['driver'] or 'driver unknown'}, subgroups of {context['subgroup_size']}")
    print()

    missed = 0
    for title, unit, needs, value_of, target in figures() + tensor_figures(measured) + graph_figures(measured):
        if any(name not in measured.runs for name in needs):
            continue
        value = value_of(measured)
        verdict = ""
        if target:
            holds = HOLDS[target[0]](value, target[1])
            missed += not holds
            verdict = f"({target[0]} {target[1]})".ljust(10) + ("ok" if holds else "MISSED")
        number = f"{value:,.0f}" if value == round(value) or value >= 1000 else f"{value:.2f}"
        spread = max((measured.spread(name) for name in needs), default=0)
        noisy = f"noisy: the middle half of the repetitions spans {spread:.0%}" if unit and spread > 0.1 else ""
        print(f"{title:<48}{number:>9} {unit:<5}{verdict:<17}{noisy}".rstrip())
    if args.all:
        print()
        for name in sorted(measured.runs):
            print(f"{name:<48}{measured.seconds(name) * 1e6:>14,.3f} us")
    for error in sorted(set(measured.errors)):
        print(f"WRONG  {error}")
    sys.exit(1 if missed or measured.errors or not measured.runs else 0)


if __name__ == "__main__":
    main()
