#!/usr/bin/env python3
"""Makes single_include/airstrip/ from include/airstrip/.

usage: amalgamate.py [--check]      (--check writes nothing and exits 1 if a file is not current)

The rules the headers keep, and this script enforces:

1. Project headers are included with quotes and a relative path, outside any `#if`. The one exception is the block
   that pulls in bodies, `#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)`.
2. Each header is inlined once, at the first place that includes it, in the order in which the compiler would read it.
3. A header included from inside a bodies block is inlined there, inside the `#if`, unless some umbrella also reaches
   it outside such blocks. Such a header has to be visible when the bodies are not, so it goes just before the `#if`:
   to a header-only user this is the same place, since bodies include before they define.
4. config.hpp goes in once, at the first include of it, and undef.hpp once, at the end: in one file nothing lies between
   an umbrella that cleans up and the next one.
5. Standard headers stay where they are; a repeated one is dropped.
6. An adapter that needs others includes them first of all, and so does its file.
7. The player needs none of the layers, and so its file stands by itself. What it shares with the umbrella's (results, texts,
   programs) is in both, between guards, so that a program may include both.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
SOURCE = ROOT / "include" / "airstrip"
TARGET = ROOT / "single_include" / "airstrip"

UMBRELLA = "airstrip.hpp"
# Each becomes a file of its own beside the umbrella's and includes that, because each needs something from outside. One
# that includes another adapter includes that one's file instead; it comes after it in this list.
ADAPTERS = ["validate.hpp", "cross.hpp", "onnx.hpp", "vulkan.hpp", "vulkan_device.hpp", "vulkan_tensor.hpp", "player.hpp",
            "player_device.hpp"]
# Adapters whose files do not include the umbrella's.
ALONE = ["player.hpp"]

BODIES = re.compile(r"^\s*#\s*if AIRSTRIP_HEADER_ONLY \|\| defined\(AIRSTRIP_IMPLEMENTATION\)\s*$")
OWN = re.compile(r'^\s*#\s*include\s*"([^"]+)"')
STANDARD = re.compile(r"^\s*#\s*include\s*<([^>]+)>")
OPEN = re.compile(r"^\s*#\s*if")
CLOSE = re.compile(r"^\s*#\s*endif\b")
PRAGMA = re.compile(r"^\s*#\s*pragma once\b")


class Scan:
    """The lines of one header, each with what is included there and how deep in conditions it stands."""

    def __init__(self, path):
        self.path = path
        self.lines = []  # (text, kind, value): kind is text, own, standard, bodies, end or pragma
        depth = 0
        bodies_depth = None
        for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            kind, value = "text", None
            if BODIES.match(text):
                if bodies_depth is not None or depth:
                    fail(path, number, "a bodies block inside another condition")
                depth += 1
                bodies_depth = depth
                kind = "bodies"
            elif OPEN.match(text):
                depth += 1
            elif CLOSE.match(text):
                if depth == bodies_depth:
                    kind, bodies_depth = "end", None
                depth -= 1
            elif PRAGMA.match(text):
                kind = "pragma"
            elif match := OWN.match(text):
                kind, value = "own", (path.parent / match[1]).resolve()
                if depth != (bodies_depth or 0):
                    fail(path, number, "a project header included under a condition")
                if not value.is_file():
                    fail(path, number, f"includes {match[1]}, which does not exist")
                if not value.is_relative_to(SOURCE):
                    fail(path, number, f"includes {match[1]}, which lies outside include/airstrip")
            elif match := STANDARD.match(text):
                # Under a condition it may be absent later, so only unconditional ones make others redundant.
                kind, value = "standard", (match[1], depth == 0)
            self.lines.append((text, kind, value))
        if depth:
            fail(path, number, "an #if without its #endif")

    def includes(self, bodies):
        """Project headers included outside (or inside) the bodies blocks, in order."""
        inside = False
        for _, kind, value in self.lines:
            if kind in ("bodies", "end"):
                inside = kind == "bodies"
            elif kind == "own" and inside == bodies:
                yield value


def fail(path, number, message):
    sys.exit(f"{path.relative_to(ROOT)}:{number}: {message}")


class Amalgam:
    def __init__(self):
        self.scans = {}
        self.visible = set()  # what an umbrella or an adapter includes outside bodies blocks
        self.done = set()  # inlined, or being inlined
        self.standard = set()
        self.guarded = set()  # what stands in files that may meet
        self.config = SOURCE / "config.hpp"
        self.undef = SOURCE / "undef.hpp"

    def scan(self, path):
        if path not in self.scans:
            self.scans[path] = Scan(path)
        return self.scans[path]

    def reach(self, path):
        """Marks as visible path, what it includes outside bodies blocks, what that includes, and so on."""
        if path not in self.visible:
            self.visible.add(path)
            for included in self.scan(path).includes(bodies=False):
                self.reach(included)

    def closure(self, path, found):
        """Everything that a header leads to, bodies and all."""
        if path not in found:
            found.add(path)
            for bodies in (False, True):
                for included in self.scan(path).includes(bodies):
                    self.closure(included, found)
        return found

    def one_file(self, start):
        lines = self.inline(start, conditional=False)
        if self.undef.is_file():
            lines += self.banner(self.undef) + [text for text, kind, _ in self.scan(self.undef).lines if kind != "pragma"]
        return lines

    def banner(self, path):
        name = f"// --- airstrip/{path.relative_to(SOURCE).as_posix()} "
        return ["", name + "-" * max(3, 110 - len(name)), ""]

    def inline(self, path, conditional):
        if path in self.done or path == self.undef:
            return []
        self.done.add(path)
        result = self.banner(path)
        guard = "AIRSTRIP_SINGLE_" + re.sub(r"\W", "_", path.relative_to(SOURCE).with_suffix("").as_posix()).upper()
        if path in self.guarded:
            result += [f"#ifndef {guard}", f"#define {guard}"]
        lines = self.scan(path).lines
        inside = conditional
        for index, (text, kind, value) in enumerate(lines):
            if kind == "pragma":
                continue
            if kind == "own":
                result += self.inline(value, inside)
                continue
            if kind == "standard":
                name, unconditional = value
                if name in self.standard:
                    continue
                if unconditional and not inside:
                    self.standard.add(name)
            if kind == "bodies":
                result += self.lift(index, lines)
                inside = True
            if kind == "end":
                inside = conditional
            result.append(text)
        if path in self.guarded:
            result.append(f"#endif  // {guard}")
        return result

    def lift(self, index, lines):
        """What the bodies block that starts at this line needs and has to be visible without it."""
        result = []
        seen = set()

        def visit(path):
            if path in seen:
                return
            seen.add(path)
            if path in self.visible:
                result.extend(self.inline(path, conditional=False))
                return
            for bodies in (False, True):
                for included in self.scan(path).includes(bodies):
                    visit(included)

        for _, kind, value in lines[index + 1:]:
            if kind == "end":
                break
            if kind == "own":
                visit(value)
        return result


def tidy(lines):
    """No runs of empty lines, none at the ends."""
    result = []
    for line in lines:
        if line or (result and result[-1]):
            result.append(line)
    return "\n".join(result).strip("\n") + "\n"


def head(title):
    return [f"// Generated by scripts/amalgamate.py: {title}", "//"] + [
        ("// " + line).rstrip() for line in (ROOT / "LICENSE").read_text(encoding="utf-8").splitlines()
    ] + ["", "#pragma once", ""]


def amalgamate():
    amalgam = Amalgam()
    for start in [UMBRELLA] + ADAPTERS:
        if not (SOURCE / start).is_file():
            sys.exit(f"amalgamate.py: include/airstrip/{start} does not exist")
        amalgam.reach(SOURCE / start)
    version = dict(re.findall(r"#define AIRSTRIP_VERSION_(\w+) (\d+)", amalgam.config.read_text(encoding="utf-8")))
    number = f"{version['MAJOR']}.{version['MINOR']}.{version['PATCH']}"
    for alone in ALONE:
        own = SOURCE / pathlib.Path(alone).stem
        amalgam.guarded |= {path for path in amalgam.closure(SOURCE / alone, set())
                            if own not in path.parents and path not in (SOURCE / alone, amalgam.config, amalgam.undef)}
    files = {UMBRELLA: tidy(head(f"Airstrip {number} in one file.") + amalgam.one_file(SOURCE / UMBRELLA))}
    made = {UMBRELLA: amalgam}
    for adapter in ADAPTERS:
        included = [path.name for path in amalgam.scan(SOURCE / adapter).includes(bodies=False) if path.parent == SOURCE]
        bases = [name for name in included if name in made] or ([] if adapter in ALONE else [UMBRELLA])
        beside = made[adapter] = Amalgam()
        beside.scans = amalgam.scans
        beside.visible = amalgam.visible
        beside.guarded = amalgam.guarded
        # A base's file ends with undef.hpp, so the adapter's needs config.hpp again.
        for base in bases:
            beside.done |= made[base].done - {amalgam.config}
            beside.standard |= made[base].standard
        files[adapter] = tidy(head(f"Airstrip {number}, the adapter {adapter}.") +
                              [f'#include "{base}"' for base in bases] + beside.one_file(SOURCE / adapter))
    return files


def main():
    if sys.argv[1:] not in ([], ["--check"]):
        sys.exit(__doc__)
    stale = 0
    for name, text in amalgamate().items():
        path = TARGET / name
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            continue
        if sys.argv[1:]:
            print(f"{path.relative_to(ROOT)} is not current: run scripts/amalgamate.py")
            stale = 1
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    return stale


if __name__ == "__main__":
    sys.exit(main())
