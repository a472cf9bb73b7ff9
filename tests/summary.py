#!/usr/bin/env python3
"""Sums up the output of `ctest --verbose` and of doctest programs, read from standard input (or the files given).

A doctest program counts as its test cases, any other test as one. A test that ctest began and gave no verdict on, because
ctest was stopped or ran out of memory, has failed. A line `SKIPPED: reason` in the output of a test
is one skipped case: doctest has counted it as passed. Prints every skip with its reason and the output of what
failed, then the last line `N passed, N failed, N skipped`. Exits 1 if anything failed or nothing ran.
"""
import collections
import fileinput
import re

DOCTEST = re.compile(r"\[doctest\] test cases:\s*(\d+) \|\s*(\d+) passed \|\s*(\d+) failed \|\s*(\d+) skipped")
BEGUN = re.compile(r"^\s*Start\s+(\d+): (\S+)$")
VERDICT = re.compile(r"^\s*\d+/\d+ Test\s+#(\d+): (\S+) \.*\s*(.*)")
OUTPUT = re.compile(r"^(\d+): (.*)")


def main():
    output = collections.defaultdict(list)
    verdicts = {}
    # What a test prints need not be text.
    for line in fileinput.input(encoding="utf-8", errors="replace"):
        line = line.rstrip("\n")
        if match := OUTPUT.match(line):
            output[match[1]].append(match[2])
        elif match := BEGUN.match(line):
            verdicts.setdefault(match[1], (match[2], "no verdict"))
        elif match := VERDICT.match(line):
            verdicts[match[1]] = (match[2], match[3])
        else:
            output[None].append(line)
    # A doctest program that ctest did not start: its own output, without ctest's numbers.
    if any(DOCTEST.search(line) for line in output[None]):
        verdicts[None] = ("test program", "Passed")

    passed = failed = skipped = 0
    for number, (name, verdict) in verdicts.items():
        cases_passed, cases_failed, cases_not_run, reported = 0, 0, 0, False
        skips = []
        for line in output[number]:
            if match := DOCTEST.search(line):
                reported = True
                cases_passed += int(match[2])
                cases_failed += int(match[3])
                cases_not_run += int(match[4])
            elif line.startswith("SKIPPED: "):
                skips.append(line)
        good = verdict.startswith("Passed")
        if verdict.startswith("***Skipped"):
            skips = skips or [f"SKIPPED: {name}: no reason given"]
        elif reported:
            # A program that failed after its last test case (a leak, a crash at exit) has one failure more.
            cases_failed += 1 if not good and cases_failed == 0 else 0
            cases_passed = max(0, cases_passed - len(skips))
        else:
            cases_passed, cases_failed = (1, 0) if good else (0, 1)
            cases_passed = max(0, cases_passed - len(skips))
        for skip in skips:
            print(skip)
        if cases_not_run:
            print(f"SKIPPED: {name}: doctest did not run {cases_not_run} (marked so, filtered, or after a crash)")
        if cases_failed:
            print("\n".join(output[number]))
            print(f"FAILED: {name}: {cases_failed} ({verdict})")
        passed += cases_passed
        failed += cases_failed
        skipped += len(skips) + cases_not_run

    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed or passed == 0 else 0


if __name__ == "__main__":
    raise SystemExit(main())
