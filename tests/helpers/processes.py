"""Programs of tests/programs as processes of their own."""

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

TESTS = Path(__file__).parents[1]


def start(program, *arguments, **environment):
    """Starts a program with more environment variables; it can import helpers and cutmix_tf."""
    path = os.pathsep.join([str(TESTS), str(TESTS.parent)])
    return subprocess.Popen(
        [sys.executable, TESTS / "programs" / f"{program}.py", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": path, **environment},
    )


def end(*processes):
    """What each process wrote, and its exit code, once all have ended."""
    outputs = [process.communicate(timeout=240) for process in processes]
    return [
        SimpleNamespace(code=process.returncode, out=out, err=err)
        for process, (out, err) in zip(processes, outputs, strict=True)
    ]


def run(program, *arguments, **environment):
    """What a program printed. Fails with its last words unless it exits with 0."""
    (ended,) = end(start(program, *arguments, **environment))
    assert ended.code == 0, ended.err[-3000:]
    return ended.out
