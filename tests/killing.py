"""Runs that are ended at a random moment: the files they leave must be complete or absent, and the next run must
work."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from random import Random

from seqcheck.outputs import FORMATS

SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
# The interpreter's start is not ours: seqcheck says when it begins. What a shell runs in the background ignores Ctrl-C,
# and what nohup runs SIGHUP, unless it asks for them.
BEGUN = (
    "import os, signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler);"
    " signal.signal(signal.SIGHUP, signal.SIG_DFL);"
    " from seqcheck.__main__ import run; os.write(1, b'.'); sys.exit(run())"
)
SEQCHECK = (sys.executable, "-c", BEGUN)


def command(capture: Path, out: Path, *more: str) -> list[str]:
    """Every report there is, into that folder."""
    return [*SEQCHECK, "-q", "analyze", *more, *(f"--report={name}={out}/{name}" for name in FORMATS), str(capture)]


def reference(capture: Path, out: Path) -> tuple[dict[str, bytes], float]:
    """What a run that nobody ends leaves, and how long it takes."""
    out.mkdir()
    begin = time.monotonic()
    subprocess.run(command(capture, out), check=False, capture_output=True)
    took = time.monotonic() - begin
    whole = contents(out)
    assert set(whole) == set(FORMATS)
    return whole, took


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def end_at(words: Sequence[str], moment: float, number: signal.Signals) -> tuple[int, bytes]:
    """Start it, and send it that signal so many seconds after it began; its exit code and what it said on stderr."""
    with subprocess.Popen(words, stderr=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True) as process:
        assert process.stdout is not None
        process.stdout.read(1)
        try:
            process.wait(moment)
        except subprocess.TimeoutExpired:
            process.send_signal(number)
        _, said = process.communicate()
    return process.returncode, said


def round_of(capture: Path, folder: Path, whole: dict[str, bytes], moment: float, number: signal.Signals) -> list[str]:
    """What is wrong after one run that was ended; the folder is used again. Old files under --force are old or new."""
    out = folder / "out"
    out.mkdir(exist_ok=True)
    old = dict.fromkeys(list(FORMATS)[::2], b"old")
    for path in out.iterdir():
        path.unlink()
    for name, data in old.items():
        (out / name).write_bytes(data)
    code, said = end_at(command(capture, out, "--force"), moment, number)
    left = contents(out)
    wrong = [
        f"{name} is neither old nor whole" for name in FORMATS if left.get(name) not in (old.get(name), whole[name])
    ]
    wrong += [f"{name} was left" for name in set(left) - set(FORMATS) if left[name] not in whole.values()]
    if code not in (0, 1, -number, 128 + number):
        wrong.append(f"exit code {code}")
    if said:
        wrong.append(f"it said {said[-300:]!r}")
    return wrong


def rounds(capture: Path, folder: Path, count: int, seed: int) -> list[str]:
    """So many of them, at moments spread over a run, the signals in turn; and a last run that must work."""
    random = Random(seed)
    whole, took = reference(capture, folder / "reference")
    wrong = []
    for turn in range(count):
        number = SIGNALS[turn % len(SIGNALS)]
        moment = random.uniform(0, 1.05 * took)
        found = round_of(capture, folder, whole, moment, number)
        wrong += [f"{number.name} after {moment:.3f} s: {each}" for each in found]
    subprocess.run(command(capture, folder / "out", "--force"), check=False, capture_output=True)
    after = {name: data for name, data in contents(folder / "out").items() if name in FORMATS}
    if after != whole:
        wrong.append("the run after all of these did not work")
    return wrong
