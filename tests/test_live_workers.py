"""`seqcheck live --workers`: several sockets on one interface see what one sees, and it stays one interface."""

import json
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import netns
import pytest
from test_live_veth import expected, found, report

import seqcheck
from seqcheck.cli.main import main

on_interfaces = netns.needed()
FLOWS = ("--streams", "12", "--flows", "12")
STALE = ("--ring-size", "64", "--inject", "stale=0.5%", "--other", "2%")


@contextmanager
def one_processor() -> Iterator[None]:
    """What is started here runs on one: a sender that moves to another may overtake its own frames."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@on_interfaces
def test_as_many_workers_as_there_are_see_the_same(pair: netns.Pair, tmp_path: Path) -> None:
    """Each duplicate, at its frame and with its distance, and each stream's figures; of the same traffic."""
    ways = {"1": (), "2": (), "3": (), "3 that wait": ("--wait",), "16": ()}
    paths = {way: tmp_path / f"{way}.json" for way in ways}
    evidence = tmp_path / "evidence.pcapng"
    with ExitStack() as stack:
        every = []
        for way, more in ways.items():
            options = ("--workers", way.split()[0], "--count", "30000", "--report", f"json={paths[way]}", *more)
            options += ("--evidence", str(evidence)) if way == "3" else ()
            every.append(stack.enter_context(netns.live(pair.rx, pair.into, *options)))
        with one_processor():
            truth = pair.send("--count", "30000", *FLOWS, *STALE)
        assert [live.end() for live in every] == [1] * len(ways)
    made = {way: report(path) for way, path in paths.items()}
    assert truth["duplicates"] > 100
    for one in made.values():
        assert {**found(one), "streams": sorted(found(one)["streams"], key=lambda each: each["stream"])} == expected(
            truth
        )
        assert (one["verdict"]["cause"], one["verdict"]["ring_size"]) == ("stale-slot", 64)
        assert [each["late"] for each in one["streams"]] == [0] * 12
        assert one["capture"]["inputs"] == [pair.into]
        assert [timeless(each) for each in one["duplicates"]["listed"]] == [
            timeless(each) for each in made["1"]["duplicates"]["listed"]
        ]
        assert {each["frame_distance"] % 64 for each in one["duplicates"]["listed"]} == {0}
    assert seqcheck.analyze(evidence).duplicates.total == truth["duplicates"]


def timeless(duplicate: dict[str, Any]) -> dict[str, Any]:
    """Without the times, which each socket stamps."""
    return {name: value for name, value in duplicate.items() if name not in ("ns", "time_lag_ns")}


SPREAD = """
import json, sys
from seqcheck.interfaces.live import LiveReader, by_ring
from seqcheck.linux.packet_socket import Listening

with LiveReader([sys.argv[1]], Listening(workers=4), opener=by_ring, wait=sys.argv[2] == "wait") as reader:
    ports, add = reader._ports, reader._interleave.add
    flows = [{} for _ in ports]

    def seen(port, pieces):
        mine = flows[ports.index(port)]
        for piece in pieces:
            for row in range(piece.low, piece.high):
                begin = int(piece.frames.off[row])
                data = piece.frames.buf[begin : begin + 60].tobytes()
                mine.setdefault(int.from_bytes(data[34:36], "big"), []).append(int.from_bytes(data[52:60], "big"))
        add(port, pieces)

    reader._interleave.add = seen
    print("listening", flush=True)
    last = 0
    for frames, low, high in reader:
        assert all(a <= b for a, b in zip([last, *frames.ns[low:high].tolist()], frames.ns[low:high].tolist()))
        last = int(frames.ns[high - 1]) if high > low else last
        if reader.frames >= 20_000:
            reader.stop()
    print(json.dumps([flows, reader.taken, [port.frames for port in ports], reader.ring_bytes]))
"""


@on_interfaces
@pytest.mark.parametrize("how", ["wait", "-"])
def test_each_worker_gets_whole_flows_in_order(pair: netns.Pair, how: str) -> None:
    with netns.program(pair.rx, sys.executable, "-c", SPREAD, pair.into, how) as program:
        program.wait_for(lambda: "listening" in program.out)
        with one_processor():
            pair.send("--count", "20000", "--streams", "64", "--flows", "64")
        assert program.end() == 0, program.err
    flows, taken, frames, ring_bytes = json.loads(program.out[-1])
    assert taken == [[pair.into, 20_000, 0]]
    assert sum(frames) == 20_000
    assert all(frames)
    assert sorted(port for each in flows for port in each) == [str(5000 + n) for n in range(64)]  # each in one place
    for each in flows:
        for numbers in each.values():
            assert numbers == list(range(len(numbers)))
    assert ring_bytes == 64 << 20


@on_interfaces
def test_no_more_than_was_asked_for(pair: netns.Pair, tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    options = ("--workers", "3", "--snap", "90", "--count", "7000", "--report", f"json={path}")
    with netns.live(pair.rx, pair.into, *options) as live:
        pair.send("--count", "20000", "--size", "100", *FLOWS)
        assert live.end() == 0
    capture = report(path)["capture"]
    assert [capture[name] for name in ("frames", "bytes", "cut_frames")] == [7000, 700_000, 7000]
    assert capture["damage"] == []


@on_interfaces
@pytest.mark.parametrize("again", ["new", "up"])
def test_the_interface_comes_goes_and_comes_again(pair: netns.Pair, tmp_path: Path, again: str) -> None:
    """Under another number or the same. It is told once, and other interfaces' frames are left alone."""
    path = tmp_path / "live.json"
    gone = "late0 is gone" if again == "new" else "late0 went down"
    words = ("live", "late0", "--wait", "--workers", "4", "--report", f"json={path}")
    with netns.program(pair.rx, *netns.SEQCHECK, *words) as live:
        live.says("waiting for late0")
        live.says("listening on")
        pair.send("--count", "500", *FLOWS)
        for times in (1, 2, 3):
            if again == "new" or times == 1:
                pair.link("early0", "late0")
            else:
                netns.run("ip", "-n", pair.rx, "link", "set", "late0", "up")
            live.wait_for(lambda times=times: sum("late0 is there" in line for line in live.err) == times)  # type: ignore[misc]
            pair.send("--count", "1200", "--stream", str(100 * times), *FLOWS, out="early0")
            pair.send("--count", "500", *FLOWS)
            if again == "new":
                netns.run("ip", "-n", pair.tx, "link", "del", "early0")
            else:
                netns.run("ip", "-n", pair.rx, "link", "set", "late0", "down")
            live.wait_for(lambda times=times: sum(gone in line for line in live.err) == times)  # type: ignore[misc]
        assert live.end(signal.SIGTERM) == 0
    made = report(path)
    assert sorted((one["key"]["stream"], one["received"]) for one in made["streams"]) == [
        (100 * times + n, 100) for times in (1, 2, 3) for n in range(12)
    ]
    assert made["capture"]["frames"] == 3600
    assert sum(gone in caveat for caveat in made["verdict"]["caveats"]) == 3


@on_interfaces
def test_without_wait_it_ends_when_the_interface_goes_down(pair: netns.Pair, tmp_path: Path) -> None:
    path = tmp_path / "live.json"
    with netns.live(pair.rx, pair.into, "--workers", "2", "--report", f"json={path}") as live:
        pair.send("--count", "1000", *FLOWS)
        netns.run("ip", "-n", pair.rx, "link", "set", pair.into, "down")
        assert live.end() == 0
    assert [line for line in live.err if "went down" in line] == [f"seqcheck: {pair.into} went down"]
    assert report(path)["capture"]["frames"] == 1000


FIGURES = """
import json, sys
import seqcheck

with seqcheck.live(sys.argv[1:], frames=3000, interval=0.01, workers=3) as capture:
    print("listening", flush=True)
    last = [news for news in capture if isinstance(news, seqcheck.Snapshot)][-1]
    print(json.dumps([[each.name, each.frames, each.dropped] for each in last.interfaces]))
"""


@on_interfaces
def test_figures_are_the_interfaces_own(pair: netns.Pair) -> None:
    """From Python, with two of them."""
    pair.link("sqout2", "sqin2")
    with netns.program(pair.rx, sys.executable, "-c", FIGURES, pair.into, "sqin2") as program:
        program.wait_for(lambda: "listening" in program.out)
        pair.send("--count", "1000", *FLOWS)
        pair.send("--count", "1999", *FLOWS, "--stream", "50", out="sqout2")
        pair.send("--count", "1")
        assert program.end() == 0, program.err
    (one, other) = json.loads(program.out[-1])
    assert (one[0], other[0]) == (pair.into, "sqin2")
    assert one[1] in (1000, 1001)
    assert (other[1], one[2], other[2]) == (1999, 0, 0)


@on_interfaces
@pytest.mark.parametrize(
    ("names", "more"),
    [(["any"], ["--filter", "udp port 5000"]), (["sqin"], ["--filter", "udp port 5000", "--wait", "--promiscuous"])],
    ids=["any", "wait"],
)
def test_filters_are_every_workers(pair: netns.Pair, tmp_path: Path, names: list[str], more: list[str]) -> None:
    path = tmp_path / "live.json"
    with netns.live(pair.rx, *names, *more, "--workers", "3", "--report", f"json={path}", "--wait") as live:
        truth = pair.send("--count", "4000", "--other", "20%", "--size", "200", *FLOWS)
        assert live.end(signal.SIGTERM) == 0
    made = report(path)
    assert made["capture"]["frames"] == made["records"]["sequenced"] == truth["records"] < 4000


@on_interfaces
def test_what_finds_no_room_is_counted_and_placed(pair: netns.Pair) -> None:
    """Stopped for a while, some of them lose frames: seen + dropped = sent, and what is missing is ours."""
    count = 100_000
    options = (pair.into, "--workers", "3", "--ring", "3M", "--report", "jsonl", "--interval", "50ms")
    with netns.live(pair.rx, *options) as live:
        pair.send("--count", "1200", *FLOWS, "--stream", "100")
        live.wait_for(lambda: any(one["frames"] + one["dropped"] >= 1200 for one in live.snapshots()))
        live.process.send_signal(signal.SIGSTOP)
        pair.send("--count", str(count - 12_000), *FLOWS)
        live.process.send_signal(signal.SIGCONT)
        live.wait_for(lambda: (last := live.snapshots()[-1])["frames"] + last["dropped"] >= count - 10_800)
        assert live.end(signal.SIGTERM) in (0, 1)
    made = next(one for one in map(json.loads, live.out) if one["type"] == "report")
    assert made["capture"]["dropped"] > 0
    assert made["capture"]["frames"] + made["capture"]["dropped"] == count - 10_800
    assert made["gaps"]["ours"] == made["gaps"]["missing"]


@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux")
@pytest.mark.parametrize(("words", "told"), [
    (["lo", "--workers", "0"], "0"), (["lo", "--workers", "17"], "17"), (["lo", "--workers", "two"], "two"),
    (["-", "--workers", "2"], "--workers works with interfaces only"),
    (["lo", "--workers", "2", "--via", "scapy"], "--via scapy cannot have --workers"),
    (["lo", "--workers", "2", "--clock", "adapter"], "with --clock adapter, frames of several workers"),
])  # fmt: skip
def test_what_cannot_be_is_refused(words: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["live", *words]) == 2
    said = capsys.readouterr().err
    assert told in said
    assert said.startswith("seqcheck: ")
    assert len(said.splitlines()) > 1  # what to do instead


@pytest.mark.parametrize("workers", [0, 17, -1, True, "2", 2.0])
def test_from_python_too(workers: Any) -> None:
    with pytest.raises(seqcheck.UsageError, match="workers"):
        seqcheck.live("lo", workers=workers)
