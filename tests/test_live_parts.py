"""The parts of `live` that need no interface: what is kept to look back at, order of time, lines, the dashboard."""

import io
import json
import platform
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import specimens
from rich.console import Console

from seqcheck.cli import live as verb
from seqcheck.cli.main import main, parse
from seqcheck.cli.quantity import duration, size
from seqcheck.errors import UsageError
from seqcheck.interfaces.af_packet import HORIZON_NS, Piece
from seqcheck.interfaces.interleave import Interleave
from seqcheck.interfaces.live_window import LiveStore, Slots, pool
from seqcheck.linux import bpf, privilege
from seqcheck.model.snapshot import Latest, Snapshot
from seqcheck.outputs import live_lines
from seqcheck.outputs.dashboard import Dashboard
from seqcheck.outputs.picture import clock, cut

NOW = Snapshot(
    ns=10_000_000_000, elapsed_ns=3_723_000_000_000, frames=2000, bytes=200_000, sequenced=1990, foreign=10, streams=1,
    duplicates=3, missing=7, late=0, dropped=5, missed=0, behind=0.6, report=specimens.STALE,
    latest=(
        Latest(kind="gap", stream=0, seq=5, frame=9, ns=9_000_000_000, count=7),
        Latest(kind="duplicate", stream=0, seq=4, frame=12, ns=9_500_000_000, distance=4096),
    ),
)  # fmt: skip


def piece(slots: Slots, times: list[int], dropped: int = 0) -> Piece:
    """Frames with these times, each with its time in it."""
    block = slots.room(8 * len(times), len(times))
    frames, low = block.frames, block.frames.count
    for number, ns in enumerate(times):
        at = slots.stop + 8 * number
        frames.buf[at : at + 8] = np.frombuffer(ns.to_bytes(8, "big"), np.uint8)
        row = low + number
        frames.off[row], frames.cap[row], frames.wire[row], frames.ns[row], frames.link[row] = at, 8, 8, ns, 1
    frames.count += len(times)
    slots.used(8 * len(times))
    return Piece(block, low, frames.count, dropped)


def test_interfaces_are_put_in_order_and_wait_for_one_another() -> None:
    memory = pool(16 << 20)
    one, other, waiting = Slots(memory), Slots(memory), Interleave(1 << 20)
    a, b = object(), object()
    waiting.add(a, [piece(one, [10, 30, 50])])
    assert list(waiting.due({a: 0, b: 0})) == []
    waiting.add(b, [piece(other, [20, 40])])
    assert given(waiting, {a: 0, b: 0}) == [[10, 20, 30, 40]]
    assert given(waiting, {a: 0, b: 45}) == []
    assert given(waiting, {a: 0, b: 50}) == [[50]]


def given(waiting: Interleave, floors: dict[object, int] | None) -> list[list[int]]:
    return [frames.ns.tolist() for frames, _, _ in waiting.due(floors)]


@pytest.mark.parametrize("back", [5, HORIZON_NS + 100, 3_600_000_000_000])
def test_each_keeps_its_order_where_the_clock_is_set_back(back: int) -> None:
    """Nothing waits for the time to come again, and later all are in order of the new time."""
    memory, a, b = pool(16 << 20), object(), object()
    slots, waiting, noon = {a: Slots(memory), b: Slots(memory)}, Interleave(1 << 20), 7_200_000_000_000

    def came(port: object, *times: int) -> None:
        waiting.add(port, [piece(slots[port], [noon + ns for ns in times])])

    came(a, 10, 30)
    came(b, 20)
    assert given(waiting, {a: 0, b: 0}) == [[noon + 10, noon + 20]]
    came(a, 50 - back, 52 - back)
    came(b, 51 - back)
    (out,) = given(waiting, {a: noon + 60 - back, b: noon + 60 - back})
    assert [ns - noon for ns in out if ns != noon + 51 - back] == [30, 50 - back, 52 - back]
    came(a, HORIZON_NS + 10 - back, HORIZON_NS + 30 - back)
    came(b, HORIZON_NS + 20 - back)
    (out,) = given(waiting, {a: noon + 2 * HORIZON_NS - back, b: noon + 2 * HORIZON_NS - back})
    assert [ns - noon - HORIZON_NS + back for ns in out] == [10, 20, 30]


def test_a_place_where_frames_were_dropped_begins_a_slice() -> None:
    memory = pool(16 << 20)
    one, other, waiting = Slots(memory), Slots(memory), Interleave(1 << 20)
    a, b = object(), object()
    waiting.add(a, [piece(one, [10, 30]), piece(one, [50, 70], dropped=4)])
    waiting.add(b, [piece(other, [20, 60])])
    out = [(frames.ns.tolist(), lost) for frames, _, lost in waiting.due(None)]
    assert out == [([10, 20, 30], 0), ([50, 60, 70], 4)]


def test_what_waits_is_bounded() -> None:
    slots, waiting = Slots(pool(16 << 20)), Interleave(15)
    waiting.add(a := object(), [piece(slots, [10, 30])])
    assert given(waiting, {a: 0, object(): 0}) == [[10, 30]]


def test_where_too_much_waits_the_oldest_half_is_given() -> None:
    memory, waiting, ports = pool(16 << 20), Interleave(8 * 8), [object(), object(), object()]
    for port, begin in zip(ports, (0, 5), strict=False):
        slots = Slots(memory)
        for low in range(begin, 50, 10):
            waiting.add(port, [piece(slots, [low + 1])])
    assert given(waiting, dict.fromkeys(ports, 0)) == [[1, 6, 11, 16, 21, 26]]
    assert given(waiting, dict.fromkeys(ports, 0)) == []
    assert given(waiting, None) == [[31, 36, 41, 46]]


def test_frames_are_kept_until_their_slot_is_filled_anew() -> None:
    slots, store, count = Slots(pool(1)), LiveStore(), 0
    for _ in range(200):
        made = piece(slots, list(range(count + 1, count + 10_001)))
        store.note(count + 1, made.frames, (made.low, made.high), (made.block,))
        count += 10_000
    kept = store.get(count)
    assert kept is not None
    assert int.from_bytes(kept.data, "big") == kept.ns == count
    assert store.get(1) is None
    assert store.get(count + 1) is None
    assert len(store._parts) <= 4
    near = store.get(count - 50_000)
    assert near is not None
    assert near.ns == count - 50_000


def test_filters_keep_no_more_than_was_asked_for() -> None:
    accept = [(0x28, 0, 0, 12), (0x15, 0, 1, 2048), (0x06, 0, 0, 262_144), (0x06, 0, 0, 0)]
    assert bpf.program(accept, 96)[2:] == [(6, 0, 0, 96), (6, 0, 0, 0)]
    assert bpf.program([], 96, direction="in") == [
        (0x30, 0, 0, 0xFFFFF004),
        (0x15, 0, 1, 4),
        (6, 0, 0, 0),
        (6, 0, 0, 96),
    ]


@pytest.mark.parametrize(("environ", "uid"), [
    ({"SUDO_UID": "1000", "SUDO_GID": "1000"}, 1000), ({"SUDO_UID": "0", "SUDO_GID": "0"}, None),
    ({"SUDO_UID": "x", "SUDO_GID": "1"}, None), ({}, None),
])  # fmt: skip
def test_root_becomes_whoever_ran_sudo_else_nobody(
    environ: dict[str, str], uid: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0)
    heir = privilege.heir(environ)
    assert heir is not None
    assert heir.uid == uid or (uid is None and heir.name == "nobody" and heir.uid != 0)
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert privilege.heir(environ) is None


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library")
def test_what_was_needed_for_a_moment_is_given_back() -> None:
    """Pieces of 1 MB between small ones that stay: what the process has afterwards, in kB."""
    program = """
import sys, numpy as np
from seqcheck.linux import memory
def own():
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("RssAnon"))
assert sys.argv[1] == "kept" or memory.give_back()
del [np.ones(1 << 17) for _ in range(2)][:]  # glibc learns from these
before, kept, large = own(), [], []
for _ in range(40):
    large.append(np.ones(1 << 17))
    kept.append(np.ones(1 << 9))
del large
print(own() - before)
"""
    grew = {
        way: int(subprocess.run([sys.executable, "-c", program, way], capture_output=True, check=True).stdout)
        for way in ("kept", "given back")
    }
    assert grew["given back"] < 4_000 < 20_000 < grew["kept"]


def test_snapshots_as_json_lines() -> None:
    line = json.loads(live_lines.snapshot(NOW))
    assert line["type"] == "snapshot"
    assert {name: line[name] for name in live_lines.FIGURES} == {
        name: getattr(NOW, name) for name in live_lines.FIGURES
    }
    verdict = specimens.STALE.verdict
    assert line["verdict"] == {
        "cause": verdict.cause, "strength": verdict.strength, "ring_size": verdict.ring_size,
    }  # fmt: skip
    assert json.loads(live_lines.snapshot(replace(NOW, report=None)))["verdict"] is None


def test_the_closing_lines_are_the_report_and_its_findings() -> None:
    lines = [json.loads(line) for line in live_lines.closing(specimens.STALE).splitlines()]
    found = specimens.STALE
    assert [line["type"] for line in lines] == [
        "report", *["duplicate"] * len(found.duplicates.listed), *["gap"] * len(found.gaps.listed),
    ]  # fmt: skip
    assert lines[0]["duplicates"]["total"] == found.duplicates.total


def test_a_line_for_people() -> None:
    before = replace(NOW, frames=1000, elapsed_ns=NOW.elapsed_ns - 500_000_000)
    text = live_lines.text(NOW, before)
    assert "2,000 frames (2,000/s)" in text
    assert "3 duplicates, 7 missing, 5 dropped" in text


@pytest.mark.parametrize(("width", "height"), [(80, 24), (140, 50), (40, 10)])
def test_the_dashboard_fits_and_says_what_counts(width: int, height: int) -> None:
    console = Console(file=io.StringIO(), force_terminal=True, width=width, height=height, color_system=None)
    dashboard = Dashboard("eth0\x1b[2J", console)
    lines = ["".join(text for text, _ in line) for line in dashboard.draw(NOW, (width, height))]
    assert len(lines) <= height
    assert max(map(len, lines)) <= width
    assert "\x1b" not in "".join(lines)
    if width >= 80:
        text = "\n".join(lines)
        for words in ("stale-slot", "ring 4096", "3 duplicates", "7 missing", "5 dropped by us", "ring 60% full"):
            assert words in text
        assert "0.5 s ago, frame 12: number 4 again, 4,096 records after its earlier copy"[: width - 12] in text
    with dashboard:
        dashboard(NOW)
        dashboard(replace(NOW, report=None, ns=None))


def test_a_line_too_long_ends_with_an_ellipsis() -> None:
    assert cut([("abc", ""), ("def", "bold")], 6) == [("abc", ""), ("def", "bold")]
    assert cut([("abc", ""), ("def", "bold")], 5) == [("abc", ""), ("d\N{HORIZONTAL ELLIPSIS}", "bold")]
    assert cut([("\u5e45\u5e45\u5e45", "")], 4) == [("\u5e45 \N{HORIZONTAL ELLIPSIS}", "")]


def test_clock() -> None:
    assert clock(3_723_000_000_000) == "1:02:03"
    assert clock((86_400 * 2 + 5) * 1_000_000_000) == "2 d 0:00:05"


@pytest.mark.parametrize(("text", "value"), [("90", 90), ("500ms", 0.5), ("15m", 900), ("8h", 28_800), ("7d", 604_800)])
def test_times(text: str, value: float) -> None:
    assert duration(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [("65536", 65_536), ("64K", 65_536), ("64k", 65_536), ("64MiB", 64 << 20), ("64mb", 64 << 20), ("2G", 2 << 30)],
)
def test_sizes(text: str, value: int) -> None:
    assert size(text) == value


@pytest.mark.parametrize("argv", [
    ["--duration", "0"], ["--duration", "1y"], ["--ring", "0"], ["--ring", "-1M"], ["--snap", "10"], ["--count", "0"],
    ["--clock", "sun"], ["--via", "pcap"], ["--report", "csv"], ["--report", "json=x", "--evidence", "x"],
])  # fmt: skip
def test_what_cannot_be_is_refused(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["live", "lo", *argv]) == 2
    assert capsys.readouterr().err.startswith("seqcheck: ")


def test_the_defaults() -> None:
    options = verb.resolve(parse(["live", "eth0", "eth1"]))
    assert options.interfaces == ("eth0", "eth1")
    assert [where.format for where in options.reports] == ["terminal"]
    with pytest.raises(UsageError, match="two outputs go to standard output"):
        verb.resolve(parse(["live", "eth0", "--report", "json", "--evidence", "-"]))
