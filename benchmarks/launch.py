"""Runs one command and says what it took: seconds on the wall, seconds of CPU, KiB at its peak.

Done by a separate small process that runs this file: a child counts the memory of the process that it
was forked from.
"""

import compileall
import importlib.util
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple


class Took(NamedTuple):
    """Of one command."""

    wall: float
    cpu: float
    peak_kib: int
    code: int


def ready() -> None:
    """Compile our modules, as pip does for those that it installs: a checkout under PYTHONDONTWRITEBYTECODE would do so
    in every run, for 0.4 s."""
    spec = importlib.util.find_spec("seqcheck")
    assert spec is not None
    assert spec.origin is not None
    compileall.compile_dir(Path(spec.origin).parent, quiet=2)


def run(command: list[str], *, processors: int, stdin: int | None = None) -> Took:
    """Run it, its output thrown away; `processors` is how many it may use (0: all there are)."""
    argv = [sys.executable, "-I", "-S", __file__, str(processors), *command]
    told = subprocess.run(argv, stdin=stdin, stdout=subprocess.PIPE, check=True, text=True).stdout.split()
    return Took(wall=float(told[0]), cpu=float(told[1]), peak_kib=int(told[2]), code=int(told[3]))


def main() -> None:
    count, command = int(sys.argv[1]), sys.argv[2:]
    if count and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-count:])
    nothing = os.open(os.devnull, os.O_RDWR)
    quiet = [(os.POSIX_SPAWN_DUP2, nothing, 1), (os.POSIX_SPAWN_DUP2, nothing, 2)]
    begin = time.perf_counter()
    process = os.posix_spawnp(command[0], command, os.environ, file_actions=quiet)
    _, status, usage = os.wait4(process, 0)
    wall = time.perf_counter() - begin
    code = os.waitstatus_to_exitcode(status)
    sys.stdout.write(f"{wall} {usage.ru_utime + usage.ru_stime} {usage.ru_maxrss} {code}\n")


if __name__ == "__main__":
    main()
