"""Live captures that are ended at a random moment: evidence can be read, reports are complete or absent."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from random import Random

import killing
import netns

from seqcheck import kernel
from seqcheck.capture import CaptureReader
from seqcheck.errors import SeqcheckError

LONGEST_S = 4.0  # after its start a capture has been ended
TORN = "the input ends within a block"  # the one damage that SIGKILL may leave
SEND = ("-q", "--count", "1000000000", "--rate", "20000", "--ring-size", "64", "--inject", "stale=5%")


def rounds(folder: Path, count: int, seed: int) -> list[str]:
    """So many captures of a faulty sender, the signals in turn; what is wrong with what they leave."""
    random, wrong = Random(seed), list[str]()
    with netns.pair() as pair, netns.program(pair.tx, *netns.SEQCHECK, "send", pair.out, *SEND) as sender:
        for turn in range(count):
            assert sender.process.poll() is None, sender.err
            number, moment = killing.SIGNALS[turn % len(killing.SIGNALS)], random.uniform(0.0, LONGEST_S)
            out = folder / str(turn)
            out.mkdir()
            live = ["live", pair.into, "-q", "--evidence", f"{out}/evidence", "--report", f"json={out}/report"]
            if (turn + turn // len(killing.SIGNALS)) % 2 == 0:
                live += ["--evidence-files", "3", "--evidence-limit", "64K", "--evidence-around", "1"]
                live += ["--recorder", "4M", "--recorder-file", f"{out}/traffic", "--recorder-pause", "1ms"]
            words = ("ip", "netns", "exec", pair.rx, *killing.SEQCHECK, *live)
            code, said = killing.end_at(words, moment, number)
            found = left(out, killed=number == signal.SIGKILL)
            if code not in (0, 1, 2, -number, 128 + number):
                found.append(f"exit code {code}")
            if b"Traceback" in said:
                found.append(f"it said {said[-300:]!r}")
            wrong += [f"{number.name} after {moment:.3f} s: {each}" for each in found]
        sender.end(signal.SIGTERM)
    return wrong


def left(out: Path, *, killed: bool) -> list[str]:
    """What is wrong with the files of one capture."""
    known = ("evidence", "report", "traffic")
    wrong = [f"{path.name} was left" for path in out.iterdir() if path.name.split(".")[0] not in known]
    if (out / "report").exists():
        try:
            json.loads((out / "report").read_bytes())
        except ValueError as error:
            wrong.append(f"the report is not whole: {error}")
    for path in (*out.glob("evidence*"), *out.glob("traffic*")):
        torn = killed and path.name.startswith("evidence")
        try:
            with CaptureReader([path], kernel=kernel.load()) as reader:
                for _ in reader:
                    pass
            wrong += [
                f"{path.name}: {each.what}" for each in reader.damage if not (torn and each.what.startswith(TORN))
            ]
        except SeqcheckError as error:
            wrong.append(f"{path.name}: {error}")
    return wrong
