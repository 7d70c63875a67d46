"""Two paths on purpose: which delivered what, and that only what came on neither is a finding."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path

import kinds
import numpy as np
import packets
import pytest
from packets import block

import seqcheck
from seqcheck.cli.main import main
from seqcheck.engine.ways import by_design, hsr, mark_of
from seqcheck.layout import resolve
from seqcheck.model import Redundancy, Report
from seqcheck.wire import pcap

HSR_LAYOUT = "frame magic=u16be@12==0x892f seq=u16be@16"


def read(capture: io.BytesIO, layout: str = kinds.PRP_LAYOUT) -> tuple[Report, Redundancy]:
    report = seqcheck.analyze(capture, layout=layout)
    assert report.redundancy is not None
    return report, report.redundancy


def counted(capture: io.BytesIO) -> tuple[int, int, int]:
    """(A only, B only, both), by a naive reading of the trailers."""
    import dpkt

    ways: dict[int, set[int]] = {}
    for _, data in dpkt.pcap.Reader(io.BytesIO(capture.getvalue())):
        ways.setdefault(int.from_bytes(data[-6:-4], "big"), set()).add(data[-4] >> 4)
    found = list(ways.values())
    return found.count({0xA}), found.count({0xB}), found.count({0xA, 0xB})


def test_two_paths_by_design_are_no_doubt_about_the_layout() -> None:
    """Two delayed orders mixed do not count by one, and no other layout is recommended for that."""
    report, _ = read(kinds.prp())
    assert report.layout.how == ""


def test_prp_is_counted_by_way() -> None:
    capture = kinds.prp()
    only_a, only_b, both = counted(capture)
    report, found = read(capture)
    assert (found.only_a, found.only_b, found.both) == (only_a, only_b, both)
    assert found.only_one == only_a + only_b
    assert found.neither == report.missing
    assert min(only_a, only_b) > 0
    assert (report.verdict.cause, report.verdict.strength) == ("redundancy", "strong")
    assert found.first == "A"
    assert found.skew_ns is not None
    assert found.skew_99_ns is not None
    assert 2_000_000 <= found.skew_ns <= found.skew_99_ns <= 2_200_000
    said = " ".join(report.verdict.because)
    assert f"{only_a} on A only, {only_b} on B only" in said
    alone = only_b + found.neither, only_a + found.neither
    assert f"With A alone {alone[0]} would be missing, with B alone {alone[1]}; with both, {found.neither}." in said
    assert "A usually comes first" in said


def test_hsr_is_counted_by_path() -> None:
    report, found = read(kinds.hsr(), HSR_LAYOUT)
    assert (found.only_a, found.only_b, found.both, found.neither, found.first) == (0, 0, 600, 0, "B")
    assert report.verdict.cause == "redundancy"
    assert report.exit_code == 0


def test_two_ways_are_no_finding() -> None:
    report, _ = read(kinds.prp(lost_a=0, lost_b=0))
    assert (report.duplicates.total, report.missing, report.exit_code) == (1000, 0, 0)


def test_what_came_on_neither_is_one() -> None:
    report, found = read(kinds.prp(lost_a=0, lost_b=0, both=(300, 301, 700)))
    assert (found.neither, report.missing, report.exit_code) == (3, 3, 1)
    assert "3 on neither" in " ".join(report.verdict.because)


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ([], 0), (["--fail-on", "redundancy"], 1), (["--fail-on", "stale-slot"], 0), (["--max-duplicates", "10"], 1),
        (["--max-missing", "0"], 0), (["--each"], 0),
    ],
)  # fmt: skip
def test_exit_codes(tmp_path: Path, more: list[str], code: int) -> None:
    path = tmp_path / "prp.pcap"
    path.write_bytes(kinds.prp(lost_a=0, lost_b=0).getvalue())
    assert main(["-q", "analyze", "--layout", kinds.PRP_LAYOUT, *more, str(path)]) == code


def test_json_and_junit_have_it(tmp_path: Path) -> None:
    path, out, junit = tmp_path / "prp.pcap", tmp_path / "out.json", tmp_path / "junit.xml"
    path.write_bytes(kinds.prp(lost_a=0, lost_b=0).getvalue())
    reports = ["--report", f"json={out}", "--report", f"junit={junit}"]
    assert main(["analyze", "--layout", kinds.PRP_LAYOUT, *reports, str(path)]) == 0
    assert json.loads(out.read_text())["redundancy"]["both"] == 1000
    assert 'failures="0" errors="0"' in junit.read_text()


def test_other_captures_have_none() -> None:
    report = seqcheck.analyze(kinds.shared_counter(), layout=kinds.LAYOUT)
    assert report.redundancy is None


@pytest.mark.parametrize(
    ("spec", "marked"),
    [
        (kinds.PRP_LAYOUT, True), (HSR_LAYOUT, True), ("eth:0x892f seq=u16be@2", True), (kinds.LAYOUT, False),
        ("frame magic=u16be@-2!=0x88fb seq=u16be@-6", False), ("frame magic=u16le@-2==0xfb88 seq=u16be@-6", False),
    ],
)  # fmt: skip
def test_which_layouts_read_a_mark(spec: str, marked: bool) -> None:
    assert (mark_of(resolve(spec)) is not None) == marked
    assert by_design(resolve(spec)) == marked


def test_an_r_tag_says_two_ways_but_not_which() -> None:
    layout = resolve("eth:0xf1c1 seq=u16be@2")
    assert by_design(layout)
    assert mark_of(layout) is None


@pytest.mark.parametrize("snap", [14, 16, 18, 20, 40, 63])
@pytest.mark.parametrize(("capture", "layout"), [(kinds.prp, kinds.PRP_LAYOUT), (kinds.hsr, HSR_LAYOUT)])
def test_cut_frames_name_no_way(snap: int, capture: Callable[[int], io.BytesIO], layout: str) -> None:
    """A mark that was cut off is not guessed, and nothing is read beyond what was captured."""
    import dpkt

    parts = [pcap.file_header(link=1)]
    for at, (_, data) in enumerate(dpkt.pcap.Reader(io.BytesIO(capture(200).getvalue()))):
        parts.append(pcap.record(at * 1000, data[:snap] if at % 3 == 1 else data, wire=len(data)))
    report = seqcheck.analyze(io.BytesIO(b"".join(parts)), layout=layout)
    found = report.redundancy
    assert found is not None
    assert (found.only_a or 0) + (found.only_b or 0) + 2 * found.both <= report.records.sequenced


@pytest.mark.parametrize("tags", [0, 1, 2, 4])
@pytest.mark.parametrize("cut", [False, True])
def test_the_path_of_an_hsr_frame_is_read_behind_any_vlan_tags(tags: int, cut: bool) -> None:
    import dpkt

    frames = []
    for _, data in dpkt.pcap.Reader(io.BytesIO(kinds.hsr().getvalue())):
        kinds_of_tag = [packets.TAGS[number % 4].to_bytes(2, "big") + bytes(2) for number in range(tags)]
        frames.append(data[:12] + b"".join(kinds_of_tag) + data[12:])
    end = 12 + 4 * tags + 7 if cut else None  # in the middle of the HSR tag
    made = block([packets.Frame(data[:end], len(data), 1) for data in frames])
    lanes = hsr(made, np.arange(made.count))
    paths = [data[12 + 4 * tags + 2] >> 4 & 1 for data in frames]
    assert set(paths) == {0, 1}
    assert lanes.tolist() == ([-1] * len(paths) if cut else paths)
