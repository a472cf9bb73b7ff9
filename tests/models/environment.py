"""A virtual environment with packages of PyPI, in which a script goes on."""

import os
import pathlib
import subprocess
import sys


def capture(command, **options):
    return subprocess.run([str(c) for c in command], capture_output=True, text=True, errors="replace", stdin=subprocess.DEVNULL, **options)


def last_line(result):
    lines = (result.stderr.strip() or result.stdout.strip()).splitlines()
    return lines[-1].strip() if lines else f"exit code {result.returncode}"


def enter(home, requirements, what):
    """Returns inside of the environment `home`; outside makes it and ends with what the script gives there.

    Where it cannot be made, says SKIPPED with the reason, the count, and exits with 77.
    """
    python = home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if pathlib.Path(sys.prefix).resolve() == home.resolve():
        return
    check = [python, "-c", f"import {', '.join(requirements)}"]
    if not python.exists() or capture(check).returncode:
        result = capture([sys.executable, "-m", "venv", "--clear", home])
        if result.returncode == 0:
            result = capture([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *requirements])
        if result.returncode == 0:
            result = capture(check)
        if result.returncode:
            print(f"SKIPPED: {what}: no environment with {', '.join(requirements)}: {last_line(result)}")
            print("0 passed, 0 failed, 1 skipped")
            raise SystemExit(77)
    sys.stdout.flush()
    raise SystemExit(subprocess.run([python, *sys.argv]).returncode)
