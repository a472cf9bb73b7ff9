#!/usr/bin/env python3
"""What tests/summary.py makes of logs: counts, skips with their reasons, and tests that never came to an end."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

SUMMARY = pathlib.Path(__file__).resolve().parent.parent / "summary.py"
DOCTEST = "1: [doctest] test cases: 5 | 4 passed | 0 failed | 1 skipped\n"


def ctest(number, name, output, verdict):
    return f"test {number}\n      Start  {number}: {name}\n\n{output}" + (
        f"1/2 Test  #{number}: {name} ........   {verdict}    0.01 sec\n" if verdict else "")


class Summary(unittest.TestCase):
    def ends(self, log, last, exit_code=0):
        with tempfile.NamedTemporaryFile(suffix=".log") as file:
            file.write(log if isinstance(log, bytes) else log.encode())
            file.flush()
            done = subprocess.run([sys.executable, SUMMARY, file.name], capture_output=True, text=True, check=False)
        self.assertEqual(done.stdout.splitlines()[-1:], [last], done.stderr)
        self.assertEqual(done.returncode, exit_code)
        return done.stdout

    def test_counts(self):
        text = self.ends(ctest(1, "a", DOCTEST + "1: SKIPPED: no device\n", "Passed") + ctest(2, "b", "2: x\n", "Passed"),
                         "4 passed, 0 failed, 2 skipped")
        self.assertIn("SKIPPED: no device\n", text)
        self.assertIn("doctest did not run 1", text)

    def test_failures(self):
        text = self.ends(ctest(1, "a", "1: why\n", "***Failed"), "0 passed, 1 failed, 0 skipped", 1)
        self.assertIn("why\n", text)
        # A crash after the last case.
        self.ends(ctest(1, "a", DOCTEST, "***Exception: SegFault"), "4 passed, 1 failed, 1 skipped", 1)
        self.ends("", "0 passed, 0 failed, 0 skipped", 1)

    def test_without_a_verdict(self):
        text = self.ends(ctest(1, "a", "1: x\n", "Passed") + ctest(2, "b", "2: began\n", None),
                         "1 passed, 1 failed, 0 skipped", 1)
        self.assertIn("FAILED: b: 1 (no verdict)\n", text)

    def test_bytes_that_are_no_text(self):
        self.ends(b"test 1\n    Start 1: a\n1: \xff\xfe\n1/1 Test #1: a ...   Passed    0.01 sec\n",
                  "1 passed, 0 failed, 0 skipped")


if __name__ == "__main__":
    unittest.main()
