"""Where in the ring the duplicates sit: reported only if they cluster."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest

import seqcheck
from seqcheck.simulate import parse, simulate
from seqcheck.simulate.run import write

BASE = """
seed = 3
[ring]
size = 64
frames = 30_000
slot_ns = [10_000, 4_000]
hold = 700
[traffic]
host_share = 0.02
sizes = [90]
[layout]
slot_stamp = {stamps}
[[fault]]
kind = "stale-slot"
count = 12
slots = {slots}
"""


def because(stamps: bool, slots: list[int]) -> str:
    made = simulate(parse(BASE.format(stamps=str(stamps).lower(), slots=slots)))
    stream = io.BytesIO()
    write(made, stream)
    stream.seek(0)
    verdict = seqcheck.analyze(stream, layout="seqcheck").verdict
    assert (verdict.cause, verdict.ring_size) == ("stale-slot", 64)
    return " ".join(verdict.because)


def test_one_slot() -> None:
    assert "sit in the same slot" in because(False, [17])


def test_the_last_slot_by_its_stamp() -> None:
    assert "sit in slot 63, the ring's last" in because(True, [-1])


@pytest.mark.parametrize("stamps", [False, True])
def test_every_eighth(stamps: bool) -> None:
    assert "sit in every 8th slot" in because(stamps, list(range(3, 64, 8)))


@pytest.mark.parametrize("stamps", [False, True])
def test_anywhere_is_not_worth_a_line(stamps: bool) -> None:
    assert "sit in" not in because(stamps, [])


def test_stamps_settle_it() -> None:
    assert "slot stamps agree" in because(True, [])


def test_stamps_also_acquit() -> None:
    """A delayed tap at a steady rate keeps count and time alike; the stamps show that no slot was behind it."""
    text = BASE.format(stamps="true", slots=[]).replace("[10_000, 4_000]", "[10_000]")
    scenario = parse(text)
    tap = parse('[[fault]]\nkind = "path-copy"\nshare = 0.002\ndelay_ns = 5_123_000\n').faults
    stream = io.BytesIO()
    write(simulate(replace(scenario, faults=tap)), stream)
    stream.seek(0)
    report = seqcheck.analyze(stream, layout="seqcheck")
    assert report.verdict.cause not in ("stale-slot", "ring-replay", "early-overwrite")
