#!/usr/bin/env python3
"""The command line program from outside: exit codes, JSON, sentences for wrong input.

    tests/airstrip_tool/commands.py AIRSTRIP

Where there is no Vulkan device, what needs one must end with its exit code.
"""

import json
import os
import random
import subprocess
import sys
import tempfile
import unittest

PROGRAM = ""
SEEDS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "fuzz", "seeds", "reflect")
REDUCTION = os.path.join(SEEDS, "kernel_reduction.spv")
INVALID = os.path.join(SEEDS, "buffers.spv")  # for Vulkan 1.1: its interface names a storage buffer
OK, NEGATIVE, USAGE, BAD_INPUT, DEVICE, UNSUPPORTED, CANNOT_WRITE = range(7)


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
        self.fails(USAGE, "no command 'foo'; there are: devices, inspect", "foo")
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


if __name__ == "__main__":
    PROGRAM = os.path.abspath(sys.argv.pop(1))
    result = unittest.main(exit=False).result
    # As tests/summary.py reads it. One line for the whole test: what was skipped is a part of it.
    for test, reason in result.skipped:
        print(f"left out: {test}: {reason}")
    sys.exit(not result.wasSuccessful())
