"""The layout content, through all of it: what a report says of frames that carry no number."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path

import numpy as np
import pytest
import rings
from contents import identified, numbered, sent
from packets import Frame

import seqcheck
from seqcheck.cli.main import main
from seqcheck.diagnose.natural import natural
from seqcheck.errors import InputError, UsageError
from seqcheck.kernel import protocols
from seqcheck.layout import compile, dissector, resolve, write
from seqcheck.model import Report
from seqcheck.outputs.html import data as html_data
from seqcheck.outputs.html import words as html_words
from seqcheck.report.unnumbered import said
from seqcheck.wire.pcap import file_header, record

SAMPLES = Path(__file__).parents[1] / "samples"
NUMBER = re.compile(r"\bnumbers?\b", re.IGNORECASE)


def capture(frames: list[Frame], *, step_ns: int = 10_000) -> bytes:
    """A pcap of them."""
    rows = [record(1_700_000_000_000_000_000 + at * step_ns, frame.data) for at, frame in enumerate(frames)]
    return file_header(link=1) + b"".join(rows)


def content(frames: list[Frame]) -> Report:
    return seqcheck.analyze(capture(frames), "content")


def sentences(report: Report) -> list[str]:
    verdict = report.verdict
    return [
        verdict.statement, *verdict.because, *verdict.caveats, *(one.why_not for one in verdict.rivals),
        *(one.statement for one in report.also),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "cause", "ring"),
    [
        ("clean", "clean", None), ("stale-slot", "stale-slot", 128), ("two-streams", "stale-slot", 128),
        ("stuck-slot", "stale-slot", 128), ("path-copy", "path-copy", None), ("loop", "loop", None),
        ("path-copy-delayed", "path-copy", None), ("sender-repeat", "sender-repeat", None),
        ("scatter", "unexplained", None), ("retransmission", "clean", None), ("ring-replay", "ring-replay", 128),
    ],
)  # fmt: skip
def test_samples_without_their_numbers(name: str, cause: str, ring: int | None) -> None:
    """Retransmissions are new packets, which the bytes say."""
    report = seqcheck.analyze(next(SAMPLES.glob(f"{name}.pcap*")), "content")
    assert (report.verdict.cause, report.verdict.ring_size) == (cause, ring)
    assert (report.gaps.total, report.missing) == (0, 0)
    assert not [sentence for sentence in sentences(report) if NUMBER.search(sentence)]
    records = report.records
    assert records.sequenced + records.foreign + sum(records.skipped.values()) == report.capture.frames
    assert sum(report.duplicates.by_cause.values()) == report.duplicates.total
    assert sum(each.count for each in report.duplicates.distances) == report.duplicates.total


def test_copies_are_those_that_numbers_tell() -> None:
    """Of a sample whose faults send whole frames again."""
    path = SAMPLES / "stale-slot.pcap"
    by_number, by_bytes = seqcheck.analyze(path), seqcheck.analyze(path, "content")
    found = [[(each.frame, each.earlier_frame) for each in one.duplicates.listed] for one in (by_number, by_bytes)]
    assert set(found[0]) <= set(found[1])
    assert {each.frame_distance for each in by_bytes.duplicates.listed} == {128}


def test_a_mirror_of_traffic_without_numbers_is_no_ring() -> None:
    chosen = random.Random(4)
    frames = [sent(chosen.randbytes(20), identification=at + 1) for at in range(800)]
    report = content([frame for frame in frames for _ in range(2)])
    assert report.verdict.cause == "path-copy"
    assert report.duplicates.total == 799


def test_a_capture_that_goes_on_with_itself_has_no_restart() -> None:
    frames = identified(range(500))
    report = content([*frames, *frames])
    assert (report.duplicates.total, report.streams[0].restarts) == (500, 0)


def test_what_comes_round_is_taken_back() -> None:
    frames = numbered(number % 300 for number in range(1000))
    report = content([*frames, *identified(range(100), sport=9)])
    assert report.duplicates.total == 0
    assert report.records.skipped == {"indistinct": 1000}
    assert report.records.sequenced == 100
    assert report.verdict.cause == "clean"
    assert any("1,000 frames carry nothing that tells them apart" in one for one in report.verdict.caveats)


def test_a_row_of_copies_at_the_end_may_be_a_counter_that_came_round() -> None:
    report = content(numbered(number % 300 for number in range(450)))
    assert report.duplicates.total == 0


def test_a_heartbeat_is_taken_back_and_what_is_beside_it_stays() -> None:
    frames = list[Frame]()
    for number in range(600):
        frames += numbered([number])
        if number % 100 == 20:
            frames.append(sent(b"alive"))
    for at in (200, 330, 500):
        frames.insert(at, frames[at - 64])
    report = content(frames)
    assert [each.frame for each in report.duplicates.listed] == [201, 331, 501]
    assert report.duplicates.total == 3
    assert report.records.skipped["indistinct"] == 5
    assert sum(each.count for each in report.duplicates.distances) == 3


def test_findings_without_a_cap_leave_out_what_means_nothing(tmp_path: Path) -> None:
    frames = [*numbered(range(100)), sent(b"alive"), *numbered(range(100, 200)), sent(b"alive"), sent(b"alive")]
    frames += [*numbered(range(200, 300)), sent(b"alive"), frames[150]]
    path, out = tmp_path / "in.pcap", tmp_path / "out.jsonl"
    path.write_bytes(capture(frames))
    assert main(["analyze", "--layout", "content", "-q", "--report", f"jsonl={out}", str(path)]) == 1
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    found = [row for row in rows if row.get("finding") == "duplicate" or row.get("type") == "duplicate"]
    assert [(row["frame"], row["seq"], row["lag"], row["place"]) for row in found] == [(len(frames), None, None, None)]


def test_json_has_null_for_what_rests_on_numbers() -> None:
    report = json.loads(seqcheck.analyze(SAMPLES / "stale-slot.pcap", "content").to_json())
    assert report["layout"] == {**report["layout"], "name": "content", "spec": "content"}
    assert {(each["seq"], each["lag"], each["place"]) for each in report["duplicates"]["listed"]} == {(None,) * 3}
    assert {(each["first_seq"], each["last_seq"]) for each in report["streams"]} == {(None, None)}
    assert report["streams"][0]["metrics"]["loss_ratio"] is None
    assert report["streams"][0]["metrics"]["duplication_fraction"] > 0


@pytest.mark.parametrize("name", ["terminal", "markdown", "junit"])
def test_reports_speak_of_frames(name: str, tmp_path: Path) -> None:
    out = tmp_path / "out"
    args = ["--report", f"{name}={out}", str(SAMPLES / "ring-replay.pcap")]
    assert main(["analyze", "--layout", "content", *args]) == 1
    text = out.read_text(encoding="utf-8")
    assert "ring-replay" in text
    assert not [line for line in text.splitlines() if NUMBER.search(line) and "as in Wireshark" not in line]


def test_dedup_takes_any_traffic(tmp_path: Path) -> None:
    frames = identified(range(50))
    frames[30:30] = frames[20:25]
    path, out = tmp_path / "in.pcap", tmp_path / "out.pcapng"
    path.write_bytes(capture(frames))
    assert main(["dedup", "--layout", "content", str(path), str(out)]) == 0
    assert seqcheck.analyze(out, "content").capture.frames == 50


def test_frames_one_by_one() -> None:
    analyzer = seqcheck.Analyzer("content")
    frames = identified(range(40))
    for at, frame in enumerate([*frames, frames[11]]):
        analyzer.feed(frame.data, ns=at * 1000)
    assert [each.earlier_frame for each in analyzer.report().duplicates.listed] == [12]


def test_nothing_that_can_be_told_apart_is_an_error() -> None:
    arp = Frame(b"\xff" * 6 + b"\2\0\0\0\0\1\x08\x06" + bytes(46), 60, 1)
    with pytest.raises(InputError, match="none of the 2 frames"):
        content([arp, arp])


def test_who_needs_fields_says_so() -> None:
    layout = resolve("content")
    assert write(layout) == "content"
    for asks in (compile, dissector):
        with pytest.raises(UsageError, match="content has no fields"):
            asks(layout)


def test_layouts_explains_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["layouts", "content"]) == 0
    assert "no numbers" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("sentence", "instead"),
    [
        ("No number came twice in 1,129 records. Nothing is missing.", "No frame came twice in 1,129 records."),
        ("All 8: old numbers went out again.", "All 8: old frames went out again."),
        ("2 of 5 records carried a number received before", "2 of 5 records had been received before"),
    ],
)
def test_sentences(sentence: str, instead: str) -> None:
    assert said(sentence) == instead


def test_what_is_natural_adds_up(kernel: protocols.Kernel) -> None:
    """Whatever the mixture, received and duplicates stay those of the rows."""
    chosen = random.Random(7)
    frames = [sent(b"%d" % min(chosen.randrange(400), 90), sport=chosen.randrange(3)) for _ in range(2000)]
    report = content(frames)
    assert report.duplicates.total == len(report.duplicates.listed)
    assert report.records.sequenced == sum(stream.received for stream in report.streams)
    assert isinstance(natural(kernel.Content()).flows, np.ndarray)


def test_a_page_about_frames_speaks_of_no_numbers() -> None:
    """Nor does it draw any."""
    report = seqcheck.analyze(rings.stale_slots(128, 12), layout="content")
    assert report.verdict.cause == "stale-slot"
    drawn = html_data.data(report)
    assert "course" not in drawn
    assert "behind" not in drawn
    for cause, words in html_words.UNNUMBERED.items():
        if cause not in ("loss", "no-counter", "not-judged"):  # which nothing without a number is
            assert "number" not in words, cause
