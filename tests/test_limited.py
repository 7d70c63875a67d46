"""Limits that were reached are reported, and a capture that was not seen completely is not clean."""

from __future__ import annotations

import io
import json
import struct
from typing import get_args

import numpy as np
import pytest

from seqcheck import analyze
from seqcheck.dataclass import replace
from seqcheck.demands import Demands, Suspect
from seqcheck.demands import Limit as Limit_
from seqcheck.engine.crowd import FULL, LEAN, Crowd
from seqcheck.kernel.border import ANY_STREAM, EVENT, MAX_STREAMS, NO_STREAM, SECOND_RECORD
from seqcheck.model import Reached, Report
from seqcheck.outputs.json import document
from seqcheck.report import limited
from seqcheck.track.metrics import Metrics
from seqcheck.track.tracker import Limit, LimitName

SPEC = "eth:0x88b5 stream=u32be@0 seq=u32be@4"


def capture(records: list[tuple[int, int]]) -> io.BytesIO:
    """A pcap of (stream, number)."""
    head = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262_144, 1)
    frames = [bytes.fromhex("02000000000202000000000188b5") + struct.pack(">II", *each) for each in records]
    return io.BytesIO(head + b"".join(struct.pack("<IIII", 0, at, 22, 22) + frame for at, frame in enumerate(frames)))


def clean() -> Report:
    return analyze(capture([(1, number) for number in range(50)]), SPEC)


def test_every_limit_has_its_sentence() -> None:
    assert set(limited.SENTENCES) == set(get_args(LimitName))
    told = limited.caveats([Limit(name=name, stream=3, count=1_234) for name in limited.SENTENCES], MAX_STREAMS)
    assert len(told) == len(limited.SENTENCES)
    assert all("1,234" in sentence and "{" not in sentence for sentence in told)
    assert f"{MAX_STREAMS:,}" in told[0]


def test_counts_of_streams_add_up() -> None:
    limits = [Limit(name="copies", stream=stream, count=5) for stream in range(3)]
    assert limited.caveats(limits, MAX_STREAMS) == (limited.SENTENCES["copies"].format(count="15"),)


@pytest.mark.parametrize(("name", "cause"), [("streams", "not-judged"), ("missing", "not-judged"), ("gaps", "clean")])
def test_what_a_limit_hid_is_not_called_clean(name: LimitName, cause: str) -> None:
    verdict = clean().verdict
    assert verdict.cause == "clean"
    after = limited.judged(verdict, [Limit(name=name, stream=None, count=2)], MAX_STREAMS)
    assert (after.cause, len(after.caveats)) == (cause, len(verdict.caveats) + 1)
    assert limited.judged(verdict, [], MAX_STREAMS) == verdict


def test_a_capture_with_more_streams_than_are_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seqcheck.kernel.portable.decode.MAX_STREAMS", 5)
    monkeypatch.setenv("SEQCHECK_KERNEL", "reference")
    report = analyze(capture([(stream, number) for number in range(20) for stream in range(7)]), SPEC)
    assert (len(report.streams), report.records.skipped["too-many-streams"]) == (5, 40)
    assert report.verdict.cause == "not-judged"
    assert report.limits == (Reached(name="streams", count=40, hides=True),)
    assert report.exit_code == 2
    assert any(
        sentence.startswith("40 records belong to streams that were not followed")
        for sentence in report.verdict.caveats
    )


def test_a_stream_behind_a_scan_is_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A flow for each record takes no place once half of the room is gone; who sends a second record has one."""
    monkeypatch.setattr("seqcheck.engine.crowd.ROOM", 50_000 * LEAN)
    scan = [(stream, stream) for stream in range(1000, 80_000)]
    real = [(7, number) for number in range(100) if number != 50] + [(7, 40)]
    report = analyze(capture([*scan, *real]), SPEC)
    assert report.streams[-1].key["stream"] == 7
    assert (report.duplicates.total, report.gaps.missing) == (1, 1)
    assert report.records.sequenced + report.records.skipped["too-many-streams"] == len(scan) + len(real)
    assert len(report.streams) < 50_000
    followed = f"memory sufficed for {len(report.streams):,} streams"
    assert any(followed in sentence for sentence in report.verdict.caveats)
    assert report.exit_code == 1  # there are findings, whatever is hidden


@pytest.mark.parametrize(
    ("demands", "names", "code"),
    [
        (Demands(), ["limits"], 2),
        (Demands(missing=Limit_.parse("5")), ["limits"], 2),
        (Demands(suspects=(Suspect.parse("stale-slot"),)), ["limits", "cause stale-slot"], 1),
        (Demands(damage=True), [], 0),
    ],
)
def test_what_may_be_hidden_meets_no_demand(demands: Demands, names: list[str], code: int) -> None:
    hidden = (Reached(name="streams", count=4, hides=True), Reached(name="gaps", count=9, hides=False))
    report = replace(clean(), limits=hidden, verdict=replace(clean().verdict, cause="not-judged"))
    assert [each.what for each in demands.unmet(report)] == names
    assert demands.exit_code(report) == code
    harmless = replace(clean(), limits=hidden[1:])
    assert (harmless.exit_code, demands.unmet(harmless), demands.exit_code(harmless)) == (0, [], 0)


def test_what_takes_all_of_the_room_ends_it() -> None:
    """Streams in which something was found take more of it."""
    events = np.zeros(10, EVENT)
    events["stream"] = range(10)
    crowd = Crowd(30 * LEAN)  # room for 20
    assert crowd.admission == ANY_STREAM
    for count, expected in ((9, ANY_STREAM), (10, SECOND_RECORD), (19, SECOND_RECORD), (20, NO_STREAM)):
        crowd.records(np.arange(count, dtype=np.int32))
        assert crowd.admission == expected
    crowd = Crowd(30 * FULL)
    crowd.records(np.arange(10, dtype=np.int32))
    for _ in range(3):
        assert crowd.admission == ANY_STREAM  # half is taken, but by streams that did more than send a record
        crowd.found(events)
    crowd = Crowd(12 * FULL)
    crowd.records(np.arange(10, dtype=np.int32))
    assert crowd.admission == SECOND_RECORD
    crowd.found(events)
    assert crowd.admission == NO_STREAM


def test_figures_are_worked_out_when_they_are_asked_for() -> None:
    (stream,) = clean().streams
    assert isinstance(stream.metrics, Metrics)
    assert stream.metrics["loss_ratio"] == 0
    assert (
        document(clean())["streams"][0]["metrics"]
        == dict(stream.metrics)
        == json.loads(json.dumps(dict(stream.metrics)))
    )
