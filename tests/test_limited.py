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


def datagrams(payloads: list[bytes], *, snap: int = 65535, fragment: int = 0) -> io.BytesIO:
    """A pcap of UDP datagrams to port 5000, cut to `snap` bytes; in two IP fragments each, where `fragment` says how
    much is in the first."""
    out, number = [struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)], 0
    for at, payload in enumerate(payloads):
        whole = struct.pack(">HHHH", 1000, 5000, 8 + len(payload), 0) + payload
        cut = fragment or len(whole)
        for offset, part in [(0, whole[:cut]), (cut, whole[cut:])][: 1 + bool(fragment)]:
            flags = (0x2000 if fragment and not offset else 0) | offset // 8
            ip = struct.pack(
                ">BBHHHBBH4s4s", 0x45, 0, 20 + len(part), at, flags, 64, 17, 0, b"\x0a\0\0\1", b"\x0a\0\0\2"
            )
            frame = bytes.fromhex("0200000000020200000000010800") + ip + part
            out.append(struct.pack("<IIII", 0, number, min(len(frame), snap), len(frame)) + frame[:snap])
            number += 1
    return io.BytesIO(b"".join(out))


EACH = "udp:5000 seq=u16be@0 each=u16be@2"


def records(frames: int, each: int, *, copies: bool = False) -> list[bytes]:
    """Payloads of `each` records of 20 bytes; with `copies` all records of a payload have the same number."""
    return [
        b"".join(struct.pack(">HH16x", at if copies else at * each + n, 20) for n in range(each))
        for at in range(frames)
    ]


@pytest.mark.parametrize("copies", [False, True])
def test_records_behind_a_cut_are_missed_aloud(copies: bool) -> None:
    cut = analyze(datagrams(records(50, 5, copies=copies), snap=60 if copies else 96), EACH)
    assert cut.verdict.cause == "not-judged"
    assert "50 frames were cut by the snap length, and may have held more records." in cut.verdict.statement
    assert cut.limits == (Reached(name="cut", count=50, hides=True),)
    whole = analyze(datagrams(records(50, 5)), EACH)
    assert (whole.verdict.cause, whole.limits) == ("clean", ())
    one = analyze(datagrams(records(50, 5), snap=96), "udp:5000 seq=u16be@0 step=5")  # only the first record counts
    assert (one.verdict.cause, one.limits) == ("clean", ())


def test_a_cut_that_hides_every_second_number_makes_no_other_counter() -> None:
    verdict = analyze(datagrams(records(50, 2), snap=60), EACH).verdict
    assert verdict.cause == "not-judged"
    assert verdict.statement.startswith("Not everything could be checked: 50 frames were cut")
    assert not any("0xff" in text for text in (verdict.statement, *verdict.caveats))


def test_records_in_fragments_are_missed_aloud() -> None:
    report = analyze(datagrams(records(50, 5), fragment=64), EACH)
    assert report.verdict.cause == "not-judged"
    assert "50 IP fragments were not read, and may have held records." in report.verdict.statement
    assert report.limits == (Reached(name="fragments", count=50, hides=True),)
    several = analyze(datagrams(records(50, 5), fragment=64), [EACH, "udp:5001 seq=u16be@0"])
    assert several.limits == report.limits
    one = analyze(datagrams(records(50, 5), fragment=64), "udp:5000 seq=u16be@0 step=5")
    assert (one.verdict.cause, one.limits) == ("clean", ())


def test_a_frame_may_hold_any_number_of_records() -> None:
    many = [b"".join(struct.pack(">HH", at * 3000 + n, 4) for n in range(3000)) for at in range(20)]
    report = analyze(datagrams(many), EACH)
    assert (report.verdict.cause, report.streams[0].received, report.limits) == ("clean", 60_000, ())


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
