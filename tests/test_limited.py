"""Limits that were reached are told, and a capture of which something was not seen is not clean."""

from __future__ import annotations

import io
import json
import struct
from typing import get_args

import pytest

from seqcheck import analyze, limited
from seqcheck.kernel.border import MAX_STREAMS
from seqcheck.metrics import Figures
from seqcheck.model import Report
from seqcheck.reporters.json import document
from seqcheck.track import Limit, LimitName

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
    assert "262,144" in told[0]


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
    assert any(sentence.startswith("40 records belong to streams beyond") for sentence in report.verdict.caveats)


def test_figures_are_worked_out_when_they_are_asked_for() -> None:
    (stream,) = clean().streams
    assert isinstance(stream.metrics, Figures)
    assert stream.metrics["loss_ratio"] == 0
    assert (
        document(clean())["streams"][0]["metrics"]
        == dict(stream.metrics)
        == json.loads(json.dumps(dict(stream.metrics)))
    )
