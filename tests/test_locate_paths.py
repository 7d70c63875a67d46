"""`locate` with a capture of each of two redundant paths tells what `analyze` tells of both in one file."""

from __future__ import annotations

import io
import json
import random
import struct
from collections.abc import Iterable
from pathlib import Path

import pytest
from packets import ethernet, ipv4, udp
from ways import BEGIN, STEP, capture, observed

import seqcheck
from seqcheck.cli.main import main
from seqcheck.locate.run import Asked, tell
from seqcheck.model.located import Way
from seqcheck.wire import pcap

COUNT = 3_000
Records = list[tuple[int, bytes]]


def lan(name: str, numbers: Iterable[int], *, late: int = 0) -> Records:
    """PRP frames, as one LAN delivered them."""
    mark = {"A": 0xA, "B": 0xB}[name] << 12 | 52
    return [
        (BEGIN + number * STEP + late, ethernet(bytes(46) + struct.pack(">HHH", number, mark, 0x88FB), kind=0x88B5))
        for number in numbers
    ]


def drawn(seed: int) -> tuple[list[int], list[int]]:
    """The numbers that came on A, and on B. The first and the last one came on both."""
    rng = random.Random(seed)
    inner = range(1, COUNT - 1)
    lost = [{number for number in inner if rng.random() < share} for share in (0.01, 0.03)]
    first, second = ([number for number in range(COUNT) if number not in gone] for gone in lost)
    return first, second


def way_of(first: Records, second: Records, *, layout: str = "prp", one_clock: bool = False) -> Way:
    return tell(observed({"one": capture(first), "two": capture(second)}, layout), Asked(one_clock=one_clock))


@pytest.mark.parametrize("seed", range(5))
def test_what_locate_tells_of_two_files_analyze_tells_of_one(seed: int) -> None:
    a, b = drawn(seed)
    first, second = lan("A", a), lan("B", b, late=7_000)
    both = [pcap.file_header(link=1), *(pcap.record(ns, data) for ns, data in sorted([*first, *second]))]
    expected = seqcheck.analyze(io.BytesIO(b"".join(both)), "prp").redundancy
    told = way_of(first, second, one_clock=True).redundancy
    assert told == expected
    assert told is not None
    assert (told.both, told.only_a, told.only_b) == (
        len({*a} & {*b}), len({*a} - {*b}), len({*b} - {*a}),
    )  # fmt: skip
    assert (told.skew_ns, told.first) == (7_000, "A")


def test_the_frames_say_which_path_is_which_and_clocks_need_not_agree() -> None:
    a, b = drawn(9)
    hours = 3 * 3600 * 10**9
    found = way_of(lan("B", b), lan("A", a, late=hours))
    assert found.statement.startswith("two is on redundant path A, one on path B. ")
    assert found.redundancy is not None
    assert (found.redundancy.only_a, found.redundancy.only_b) == (len({*a} - {*b}), len({*b} - {*a}))
    assert found.redundancy.skew_ns is None
    assert found.segments == ()


@pytest.mark.parametrize(("gone", "code"), [([], 0), ([1_000, 1_001], 1)])
def test_what_came_on_neither_path_is_lost_and_nothing_else(gone: list[int], code: int) -> None:
    a = [number for number in range(COUNT) if number not in (50, *gone)]
    b = [number for number in range(COUNT) if number not in (60, 61, *gone)]
    found = way_of(lan("A", a), lan("B", b))
    assert found.exit_code == code
    assert found.redundancy is not None
    assert (found.redundancy.neither, found.redundancy.only_a, found.redundancy.only_b) == (len(gone), 2, 1)
    listed = [(each.kind, each.seq, each.count) for each in found.findings.listed]
    assert listed == ([("lost", gone[0], len(gone))] if gone else [])
    assert [point.missed for point in found.points] == [0, 0]


def test_a_layout_that_is_redundant_by_design_has_two_paths_if_no_point_saw_both() -> None:
    def sent(numbers: Iterable[int], port: int) -> Records:
        made = []
        for number in numbers:
            rtp = struct.pack(">BBHII", 0x80, 96, number, number * 90, 7) + bytes([number % 251]) * 40
            made.append((BEGIN + number * STEP, ethernet(ipv4(udp(rtp, dport=port)))))
        return made

    a, b = drawn(3)
    layout = "st2022-7"
    other = way_of(sent(a, 5004), sent(b, 5006), layout=layout).redundancy
    assert other is not None
    assert (other.only_a, other.only_b) == (len({*a} - {*b}), len({*b} - {*a}))
    both = sorted([*sent(a, 5004), *sent(b, 5006)])
    assert way_of(both, both, layout=layout).redundancy is None  # points that both saw all


@pytest.mark.parametrize("kind", ["terminal", "markdown", "html", "json"])
def test_every_report_says_it_and_the_limits_hold(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    numbers = range(300)
    for name in "AB":
        seen = [number for number in numbers if number not in (100, 120 if name == "A" else 130)]
        (tmp_path / f"{name}.pcap").write_bytes(capture(lan(name, seen)))
    out = tmp_path / "out"
    points = [f"{name}={tmp_path / name}.pcap" for name in "AB"]
    assert main(["locate", "--layout", "prp", "--report", f"{kind}={out}", *points]) == 1
    text = " ".join(out.read_text(encoding="utf-8").split())
    assert "297 numbers came on both paths, 1 on A only, 1 on B only, 1 on neither." in text
    if kind == "json":
        assert json.loads(text)["redundancy"]["neither"] == 1
    assert main(["locate", "--layout", "prp", "--max-lost", "1", *points]) == 0
    capsys.readouterr()
    assert main(["locate", "--layout", "prp", "--max-lost", "0.1%", *points]) == 1
    assert "on both paths: 1 lost" in capsys.readouterr().err
