"""`seqcheck live` and `send` on real interfaces: a veth pair between namespaces that the test makes and removes."""

import json
import os
import shutil
import signal
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import netns
import pytest

import seqcheck
from seqcheck import kernel
from seqcheck.capture import CaptureReader
from seqcheck.outputs.schema import SCHEMAS

pytestmark = netns.needed()


def report(path: Path) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(path.read_text("ascii"))
    return made


def found(made: dict[str, Any]) -> dict[str, Any]:
    """What must be equal to the truth."""
    streams = [
        {
            "stream": one["key"]["stream"],
            "records": one["unique"],
            "first_seq": one["first_seq"],
            "last_seq": one["last_seq"],
        }
        for one in made["streams"]
    ]
    return {
        "sent": made["capture"]["frames"],
        "other": made["records"]["foreign"],
        "duplicates": made["duplicates"]["total"],
        "streams": streams,
        "missing": made["gaps"]["missing"],
        "dropped": made["capture"]["dropped"],
    }


def expected(truth: dict[str, Any]) -> dict[str, Any]:
    same = {name: truth[name] for name in ("sent", "duplicates", "streams")}
    # A stale slot that held other traffic sends that again.
    return {**same, "other": truth["other"] + truth["stale"] - truth["duplicates"], "missing": 0, "dropped": 0}


def test_so_many_frames_and_no_more(pair: netns.Pair, tmp_path: Path) -> None:
    """What came with the last one, in the same block, is in no figure."""
    path = tmp_path / "report.json"
    with netns.live(pair.rx, pair.into, "--count", "3000", "--report", f"json={path}") as live:
        pair.send("--count", "5000", "--size", "100")
        assert live.end() == 0
    told = report(path)
    capture = told["capture"]
    assert (capture["frames"], capture["bytes"], told["records"]["sequenced"]) == (3000, 300_000, 3000)
    assert capture["last_ns"] == told["streams"][0]["metrics"]["last_ns"]


def test_so_many_frames_of_several_interfaces_and_no_more(pair: netns.Pair, tmp_path: Path) -> None:
    """Also where more of them waited to be put in order."""
    path = tmp_path / "report.json"
    pair.link("sqout2", "sqin2")
    with netns.live(pair.rx, pair.into, "sqin2", "--snap", "90", "--count", "7000", "--report", f"json={path}") as live:
        other = (*netns.SEQCHECK, "send", "sqout2", "-q", "--count", "20000", "--size", "100", "--stream", "2")
        with netns.program(pair.tx, *other) as second:
            pair.send("--count", "20000", "--size", "100", "--stream", "1")
            assert second.end() == 0
        assert live.end() == 0
    told = report(path)
    capture = told["capture"]
    assert [capture[name] for name in ("frames", "bytes", "cut_frames")] == [7000, 700_000, 7000]
    assert capture["last_ns"] == max(each["metrics"]["last_ns"] for each in told["streams"])
    assert capture["damage"] == []


@pytest.mark.parametrize(("size", "count"), [(64, 20_000), (512, 30_000), (1000, 30_000), (4096, 60_000)])
def test_what_a_real_ring_sends_again_is_found(pair: netns.Pair, tmp_path: Path, size: int, count: int) -> None:
    path, captured = tmp_path / "live.json", tmp_path / "tcpdump.pcap"
    tcpdump = ["tcpdump", "-i", pair.into, "-w", str(captured), "-B", "65536", "-c", str(count), "-Z", "root"]
    with (
        netns.live(pair.rx, pair.into, "--count", str(count), "--report", f"json={path}") as live,
        netns.program(pair.rx, *(tcpdump if shutil.which("tcpdump") else ["true"])) as beside,
    ):
        if shutil.which("tcpdump"):
            beside.says("listening on")
        amount = ("--ring-size", str(size), "--count", str(count))
        truth = pair.send(*amount, "--other", "2%", "--inject", "stale=0.1%")
        assert live.end() == 1
        assert beside.end() == 0
    made = report(path)
    assert truth["duplicates"] > 5
    assert found(made) == expected(truth)
    assert made["verdict"]["cause"] == "stale-slot"
    assert made["verdict"]["ring_size"] == size
    if shutil.which("tcpdump"):
        again = seqcheck.analyze(captured)
        assert (again.capture.frames, again.duplicates.total, again.gaps.missing) == (count, truth["duplicates"], 0)
        assert [one.seq for one in again.duplicates.listed] == [one["seq"] for one in made["duplicates"]["listed"]]
        assert [one.frame for one in again.duplicates.listed] == [one["frame"] for one in made["duplicates"]["listed"]]
        assert (again.verdict.cause, again.verdict.ring_size) == ("stale-slot", size)


@pytest.mark.parametrize("bridged", [False, True])
def test_all_interfaces_at_once(pair: netns.Pair, tmp_path: Path, bridged: bool) -> None:
    """With their cooked headers; what goes through a bridge comes twice, which is told."""
    path, evidence = tmp_path / "live.json", tmp_path / "evidence.pcapng"
    if bridged:
        netns.run("ip", "-n", pair.rx, "link", "add", "sqbr", "type", "bridge")
        netns.run("ip", "-n", pair.rx, "link", "set", "sqbr", "up")
        netns.run("ip", "-n", pair.rx, "link", "set", pair.into, "master", "sqbr")
    count = 4000 if bridged else 2000
    options = ("--count", str(count), "--report", f"json={path}", "--evidence", str(evidence))
    with netns.live(pair.rx, "any", *options, "--filter", "udp port 5000 and ip") as live:
        broadcast = ("--to", "ff:ff:ff:ff:ff:ff")  # a bridge hands it to its own host, too
        truth = pair.send("--count", "2000", "--ring-size", "64", "--inject", "stale=1%", *broadcast)
        assert live.end() == 1
    made = report(path)
    twice = truth["duplicates"] + (truth["sent"] if bridged else 0)
    assert (made["capture"]["frames"], made["duplicates"]["total"]) == (count, twice)
    assert made["gaps"]["missing"] == 0
    assert any("is on top of" in caveat for caveat in made["verdict"]["caveats"]) == bridged
    assert made["verdict"]["cause"] == ("path-copy" if bridged else "stale-slot")
    with CaptureReader([evidence], kernel=kernel.load()) as reader:
        assert {int(link) for frames, low, high in reader for link in frames.link[low:high]} == {276}


def test_of_all_interfaces_loopback_shows_a_frame_once(pair: netns.Pair, tmp_path: Path) -> None:
    path = tmp_path / "live.json"
    code = (
        "import socket\n"
        "s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
        "for n in range(500): s.sendto(n.to_bytes(4, 'big'), ('127.0.0.1', 5000))\n"
    )
    options = ("--layout", "udp:5000 seq=u32be@0", "--filter", "udp port 5000", "--count", "500")
    with netns.live(pair.rx, "any", *options, "--report", f"json={path}") as live:
        netns.run("ip", "netns", "exec", pair.rx, sys.executable, "-c", code)
        assert live.end() == 0
    assert report(path)["streams"][0]["received"] == 500


def test_without_faults_it_is_clean(pair: netns.Pair, tmp_path: Path) -> None:
    path = tmp_path / "live.json"
    with netns.live(pair.rx, pair.into, "--count", "5000", "--report", f"json={path}") as live:
        truth = pair.send("--count", "5000", "--other", "5%", "--stream", "7")
        assert live.end() == 0
    assert found(report(path)) == expected(truth)
    assert truth["stale"] == truth["duplicates"] == 0
    assert report(path)["verdict"]["cause"] == "clean"


@pytest.mark.parametrize(
    ("ring", "stale", "second"),
    [("2M", "0", False), ("4M", "2%", False), ("2M", "0", True)],
    ids=["2M", "stale", "two"],
)
def test_a_receiver_that_is_starved_says_so(pair: netns.Pair, ring: str, stale: str, second: bool) -> None:
    """Stopped for a while, it loses frames for lack of room: seen + dropped = sent, and what is missing is ours. The
    kernel tells of drops block by block: now and then a gap of a few numbers behind many stays unmarked."""
    count = 150_000
    names = [pair.into, *(["sqin2"] if second else [])]
    options = (*names, "--ring", ring, "--report", "jsonl", "--interval", "50ms", "--listed", "100000")
    send = (*netns.SEQCHECK, "send", pair.out, "-q", "--count", str(count), "--rate", "100000", "--ring-size", "64")
    beside = (*netns.SEQCHECK, "send", "sqout2", "-q", "--count", "1000", "--rate", "500", "--stream", "2")
    arrived = f"/sys/class/net/{pair.into}/statistics/rx_packets"
    until = "while :; do read n < %s; [ $n -ge %d ] && break; done"
    if second:
        pair.link("sqout2", "sqin2")
    with ExitStack() as stack:
        live = stack.enter_context(netns.live(pair.rx, *options))
        pair.send("--count", "1000", "--stream", "3")
        live.wait_for(lambda: any(one["frames"] + one["dropped"] >= 1000 for one in live.snapshots()))
        slow = stack.enter_context(netns.program(pair.tx, *beside)) if second else None
        live.process.send_signal(signal.SIGSTOP)
        sender = stack.enter_context(netns.program(pair.tx, *send, "--inject", f"stale={stale}"))
        netns.run("ip", "netns", "exec", pair.rx, "sh", "-c", until % (arrived, 110_000))
        live.process.send_signal(signal.SIGCONT)
        assert sender.end() == 0
        assert slow is None or slow.end() == 0
        count += 1000 + 1000 * second
        live.wait_for(lambda: (last := live.snapshots()[-1])["frames"] + last["dropped"] >= count)
        assert live.end(signal.SIGTERM) == 1
    made = next(one for one in map(json.loads, live.out) if one["type"] == "report")
    dropped = made["capture"]["dropped"]
    assert dropped > 0
    assert made["capture"]["frames"] + dropped == count
    missing, ours = made["gaps"]["missing"], made["gaps"]["ours"]
    assert 0 < missing <= dropped
    assert 0.999 * missing <= ours <= missing
    gaps = [json.loads(line) for line in live.out if '"type": "gap"' in line]
    assert all(each["ours"] for each in gaps) == (ours == missing)
    every = "All of the missing numbers are due to drops on this host." in made["verdict"]["statement"]
    assert every == (ours == missing)
    assert any(f"too slow for {dropped:,} frames" in caveat for caveat in made["verdict"]["caveats"])
    assert (made["duplicates"]["total"] == 0) == (stale == "0")
    jsonschema = pytest.importorskip("jsonschema", reason="needs jsonschema")
    each = jsonschema.Draft202012Validator(SCHEMAS["live"]())
    for line in live.out:
        each.validate(json.loads(line))


TAGGED = """
import socket, sys
from seqcheck.layout.header import pack
from seqcheck.simulate.outgoing import ipv4
out = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
out.bind((sys.argv[1], 0))
for number in [*range(2000), 1990, *range(2000, 2999)]:
    body = pack(number)
    datagram = ipv4(17, b"\\x13\\x88\\x13\\x88" + (8 + len(body)).to_bytes(2, "big") + b"\\0\\0" + body)
    out.send(bytes.fromhex("020000000002020000000001 88a80007 81000005 0800") + datagram)
"""


def test_vlan_tags_are_put_back(pair: netns.Pair, tmp_path: Path) -> None:
    """The kernel takes the outer tag out of the frame; what we see is the frame that was sent."""
    path, evidence = tmp_path / "live.json", tmp_path / "evidence.pcapng"
    options = ("--count", "3000", "--evidence", str(evidence), "--report", f"json={path}", "--filter", "vlan 7")
    with netns.live(pair.rx, pair.into, *options) as live:
        netns.run("ip", "netns", "exec", pair.tx, sys.executable, "-c", TAGGED, pair.out)
        assert live.end() == 1
    made = report(path)
    assert [(one["seq"], one["distance"]) for one in made["duplicates"]["listed"]] == [(1990, 10)]
    assert made["records"]["sequenced"] == 3000
    with CaptureReader([str(evidence)], kernel=kernel.load("reference")) as reader:
        count = sum(high - low for _, low, high in reader)
        frames = [reader.store.get(number) for number in range(1, count + 1)]
    assert count == 16 + 5  # from 5 before the earlier copy to 5 behind the later one
    for frame in frames:
        assert frame is not None
        assert frame.data[:24].hex(" ", 6) == "020000000002 020000000001 88a800078100 000508004500"
        assert len(frame.data) == frame.wire == 22 + 20 + 8 + 18


def test_several_interfaces_are_one_capture_in_order_of_time(pair: netns.Pair, tmp_path: Path) -> None:
    path = tmp_path / "live.json"
    pair.link("sqout2", "sqin2")
    with netns.live(pair.rx, pair.into, "sqin2", "--count", "20000", "--report", f"json={path}") as live:
        other = (*netns.SEQCHECK, "send", "sqout2", "-q", "--count", "10000", "--rate", "30000", "--stream", "2")
        with netns.program(pair.tx, *other) as second:
            pair.send("--count", "10000", "--rate", "30000", "--stream", "1")
            assert second.end() == 0
        assert live.end() == 0
    made = report(path)
    assert made["capture"]["inputs"] == [pair.into, "sqin2"]
    assert sorted((one["key"]["stream"], one["received"]) for one in made["streams"]) == [(1, 10_000), (2, 10_000)]
    assert made["gaps"]["missing"] == sum(one["late"] for one in made["streams"]) == 0


def test_remarks_stand_where_it_happened(pair: netns.Pair, tmp_path: Path) -> None:
    """Also where frames of several interfaces still waited to be put in order."""
    path = tmp_path / "live.json"
    pair.link("sqout2", "sqin2")
    options = ("--wait", "--count", "3500", "--report", f"json={path}")
    with netns.live(pair.rx, pair.into, "sqin2", *options) as live:
        pair.send("--count", "1000", "--stream", "1")
        pair.send("--count", "1000", "--stream", "2", out="sqout2")
        netns.run("ip", "-n", pair.rx, "link", "set", "sqin2", "down")
        live.says("sqin2 went down")
        pair.send("--count", "500", "--stream", "3")
        netns.run("ip", "-n", pair.rx, "link", "set", "sqin2", "up")
        live.says("sqin2 is there")
        pair.send("--count", "1000", "--stream", "4", out="sqout2")
        assert live.end() == 0
    caveats = report(path)["verdict"]["caveats"]
    assert "sqin2 went down (after frame 2000)" in caveats
    assert "sqin2 is there (after frame 2500)" in caveats


def test_scapy_sees_the_same(pair: netns.Pair, tmp_path: Path) -> None:
    paths = {via: tmp_path / f"{via}.json" for via in ("af_packet", "scapy")}
    options = {via: ("--via", via, "--count", "3000", "--report", f"json={path}") for via, path in paths.items()}
    with (
        netns.live(pair.rx, pair.into, *options["af_packet"]) as ring,
        netns.live(pair.rx, pair.into, *options["scapy"]) as scapy,
    ):
        rate = ("--count", "3000", "--rate", "3000")
        truth = pair.send("--ring-size", "128", "--other", "3%", "--inject", "stale=1%", *rate)
        assert (ring.end(), scapy.end()) == (1, 1)
    by_ring, by_scapy = (report(path) for path in paths.values())
    assert found(by_ring) == found(by_scapy) == expected(truth)
    for one, other in zip(by_ring["duplicates"]["listed"], by_scapy["duplicates"]["listed"], strict=True):
        assert {**one, "ns": 0, "time_lag_ns": 0} == {**other, "ns": 0, "time_lag_ns": 0}
    assert by_ring["verdict"]["ring_size"] == by_scapy["verdict"]["ring_size"] == 128


def test_scapy_has_the_room_that_was_asked_for(pair: netns.Pair) -> None:
    """More than net.core.rmem_max usually allows, for a program that cannot look for a while."""
    options = ("--via", "scapy", "--count", "30000", "--report", "jsonl")
    with netns.live(pair.rx, pair.into, *options) as live:
        live.process.send_signal(signal.SIGSTOP)
        pair.send("--count", "30000")
        assert live.end(signal.SIGCONT) == 0


def test_loopback_is_seen_once() -> None:
    with netns.pair() as pair, netns.live(pair.rx, "lo", "--count", "300", "--report", "jsonl", "-v") as live:
        send = (*netns.SEQCHECK, "send", "lo", "-q", "--count", "300")
        netns.run("ip", "netns", "exec", pair.rx, *send)
        assert live.end() == 0
    made = next(one for one in map(json.loads, live.out) if one["type"] == "report")
    assert made["streams"][0]["received"] == 300


def test_the_interface_comes_goes_and_comes_again(pair: netns.Pair, tmp_path: Path) -> None:
    path = tmp_path / "live.json"
    with netns.program(pair.rx, *netns.SEQCHECK, "live", "late0", "--wait", "--report", f"json={path}") as live:
        live.says("waiting for late0")
        live.says("listening on")
        for times in (1, 2):
            pair.link("early0", "late0")
            live.wait_for(lambda times=times: sum("late0 is there" in line for line in live.err) == times)  # type: ignore[misc]
            pair.send("--count", "1000", "--stream", str(times), out="early0")
            netns.run("ip", "-n", pair.tx, "link", "del", "early0")
            live.wait_for(lambda times=times: sum("late0 is gone" in line for line in live.err) == times)  # type: ignore[misc]
        assert live.end(signal.SIGTERM) == 0
    made = report(path)
    assert [one["received"] for one in made["streams"]] == [1000, 1000]
    assert sum("late0 is gone" in caveat for caveat in made["verdict"]["caveats"]) == 2


def test_without_wait_it_ends_when_the_interface_goes_down(pair: netns.Pair) -> None:
    with netns.live(pair.rx, pair.into, "--report", "jsonl") as live:
        pair.send("--count", "1000")
        netns.run("ip", "-n", pair.rx, "link", "set", pair.into, "down")
        assert live.end() == 0
    assert any(f"{pair.into} went down" in line for line in live.err)
    made = next(one for one in map(json.loads, live.out) if one["type"] == "report")
    assert made["streams"][0]["received"] == 1000


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_with_the_report(pair: netns.Pair, number: int) -> None:
    with netns.live(pair.rx, pair.into, "--report", "jsonl", "--interval", "20ms") as live:
        truth = pair.send("--ring-size", "64", "--count", "2000", "--inject", "stale=1%")
        live.wait_for(lambda: bool(live.snapshots()) and live.snapshots()[-1]["frames"] == 2000)
        assert live.end(number) == 1
    kinds = [json.loads(line)["type"] for line in live.out]
    assert kinds.count("duplicate") == truth["duplicates"] > 0
    assert kinds.count("report") == 1
    assert kinds[0] == "snapshot"


def test_a_duplicate_is_told_as_it_is_found(pair: netns.Pair, tmp_path: Path) -> None:
    """Long before the next snapshot; and nothing is lost of it where the capture is killed."""
    path = tmp_path / "lines.jsonl"
    options = ("--report", f"jsonl={path}", "--report", "jsonl", "--interval", "1h")  # the file's line comes first
    with netns.live(pair.rx, pair.into, *options) as live:
        truth = pair.send("--ring-size", "64", "--count", "2000", "--inject", "stale=1%")
        live.wait_for(lambda: len(live.out) == truth["duplicates"])
        live.end(signal.SIGKILL)
    told = [json.loads(line) for line in live.out]
    assert told == [json.loads(line) for line in path.read_text().splitlines()]
    assert {one["type"] for one in told} == {"found"}
    assert {one["distance"] for one in told} <= {*range(50, 65), *range(110, 129), *range(170, 193)}
    assert all(one["frame"] > one["earlier_frame"] and one["time_lag_ns"] > 0 for one in told)
    jsonschema = pytest.importorskip("jsonschema", reason="needs jsonschema")
    each = jsonschema.Draft202012Validator(SCHEMAS["live"]())
    for one in told:
        each.validate(one)


def test_until_duplicate_and_duration(pair: netns.Pair) -> None:
    with netns.live(pair.rx, pair.into, "--until-duplicate", "--report", "jsonl") as live:
        sender = (
            *netns.SEQCHECK,
            "send",
            pair.out,
            "-q",
            "--ring-size",
            "64",
            "--rate",
            "2000",
            "--count",
            "100000000",
        )
        with netns.program(pair.tx, *sender, "--inject", "stale=1%") as sending:
            assert live.end() == 1
            assert sending.process.poll() is None
    with netns.live(pair.rx, pair.into, "--duration", "300ms") as live:
        assert live.end() == 2
    assert any("the capture holds no frames" in line for line in live.err)


def test_a_limit_that_leaves_no_frame_is_told_without_a_place(pair: netns.Pair) -> None:
    with netns.live(pair.rx, pair.into, "--max-memory", "1M") as live:
        assert live.end() == 2
    assert live.err[-1] == "  reading stopped: the memory limit of 1 MiB was reached"


def test_until_duplicate_takes_what_came_by_then(pair: netns.Pair, tmp_path: Path) -> None:
    """All of it, also for the evidence; nothing that comes later."""
    path, evidence = tmp_path / "live.json", tmp_path / "evidence.pcapng"
    options = ("--until-duplicate", "--evidence", str(evidence), "--report", f"json={path}")
    with netns.live(pair.rx, pair.into, *options) as live:
        live.process.send_signal(signal.SIGSTOP)
        truth = pair.send("--count", "3000", "--ring-size", "64", "--inject", "stale=1%")
        assert live.end(signal.SIGCONT) == 1
    made = report(path)
    assert made["capture"]["frames"] == 3000
    assert made["duplicates"]["total"] == truth["duplicates"] > 1
    shown = seqcheck.analyze(evidence).duplicates
    assert shown.total == truth["duplicates"]


def test_the_filter_works_in_the_kernel(pair: netns.Pair, tmp_path: Path) -> None:
    path = tmp_path / "live.json"
    options = ("--filter", "udp port 5000", "--snap", "80", "--report", f"json={path}")
    with netns.live(pair.rx, pair.into, *options) as live:
        truth = pair.send("--count", "4000", "--other", "20%", "--size", "200")
        netns.run("ip", "-n", pair.rx, "link", "set", pair.into, "down")
        assert live.end() == 0
    made = report(path)
    assert made["capture"]["frames"] == made["records"]["sequenced"] == truth["records"] < 4000
    assert made["capture"]["cut_frames"] == truth["records"]
    assert made["capture"]["bytes"] == 200 * truth["records"]


@pytest.mark.parametrize("via", ["af_packet", "scapy"])
def test_one_direction_alone(pair: netns.Pair, tmp_path: Path, via: str) -> None:
    """At the sender's end, where all of it goes out; a frame that came in ends the other capture."""
    came, went = tmp_path / "in.json", tmp_path / "out.json"
    inward = ("--direction", "in", "--count", "10", "--report", f"json={came}")
    outward = ("--direction", "out", "--count", "500", "--report", f"json={went}")
    listen = (pair.tx, pair.out, "--via", via)
    with netns.live(*listen, *inward) as a, netns.live(*listen, *outward) as b:
        pair.send("--count", "500", "--stream", "1")
        assert b.end() == 0
        back = (*netns.SEQCHECK, "send", pair.into, "-q", "--count", "10", "--stream", "2")
        netns.run("ip", "netns", "exec", pair.rx, *back)
        assert a.end() == 0
    assert [one["key"]["stream"] for one in report(came)["streams"]] == [2]
    assert [(one["key"]["stream"], one["received"]) for one in report(went)["streams"]] == [(1, 500)]


TUNNEL = r"""
import fcntl, os, struct, subprocess, sys
from seqcheck.layout.header import pack
from seqcheck.simulate.outgoing import ipv4
tunnel = os.open("/dev/net/tun", os.O_RDWR)
fcntl.ioctl(tunnel, 0x400454CA, struct.pack("16sH22x", sys.argv[1].encode(), 0x1001))  # TUNSETIFF, IFF_TUN | IFF_NO_PI
subprocess.run(["ip", "link", "set", sys.argv[1], "up"], check=True)
print("up", file=sys.stderr, flush=True)
sys.stdin.readline()
for number in range(1000):
    for port in (b"\x13\x88", b"\x13\x89"):
        body = pack(number)
        os.write(tunnel, ipv4(17, port + port + (8 + len(body)).to_bytes(2, "big") + b"\0\0" + body))
print("sent", file=sys.stderr, flush=True)
sys.stdin.readline()
"""


@pytest.mark.skipif(not os.path.exists("/dev/net/tun"), reason="needs /dev/net/tun")
@pytest.mark.parametrize("via", ["af_packet", "scapy"])
@pytest.mark.parametrize("wait", [False, True])
def test_the_filter_is_that_of_each_interfaces_link_layer(
    pair: netns.Pair, tmp_path: Path, via: str, wait: bool
) -> None:
    if wait and via == "scapy":
        pytest.skip("scapy waits for no interface")
    path = tmp_path / "live.json"
    options = ("--filter", "udp port 5000", "--count", "2000", "--report", f"json={path}", "--via", via)
    tunnel = [netns.SEQCHECK[0], "-c", TUNNEL, "sqtun"]
    command = [*netns.SEQCHECK, "live", pair.into, "sqtun", *options, *(["--wait"] if wait else [])]
    with ExitStack() as stack:
        if wait:
            live = stack.enter_context(netns.program(pair.rx, *command))
            live.says("listening on")
        other = subprocess.Popen(
            ["ip", "netns", "exec", pair.rx, *tunnel], stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        stack.callback(other.wait, netns.TIMEOUT)
        assert other.stdin is not None
        assert other.stderr is not None
        stack.callback(other.stdin.close)
        assert other.stderr.readline() == "up\n"
        if wait:
            live.says("sqtun is there")
        else:
            live = stack.enter_context(netns.program(pair.rx, *command))
            live.says("listening on")
        other.stdin.write("\n")
        other.stdin.flush()
        pair.send("--count", "1000", "--stream", "1")
        assert live.end() == 0
    made = report(path)
    assert [one["received"] for one in made["streams"]] == [1000, 1000]
    assert made["capture"]["frames"] == 2000


def test_the_ring_leaves_memory_for_others(pair: netns.Pair) -> None:
    with netns.program(pair.rx, *netns.SEQCHECK, "live", pair.into, "--ring", "1000G") as refused:
        assert refused.end() == 2
    assert any("--ring: 1,024,000 MiB is more than half the free memory" in line for line in refused.err)
    with netns.live(pair.rx, pair.into, "--ring", "3M") as live:
        live.end(signal.SIGTERM)
    assert f"seqcheck: listening on {pair.into}, with a ring of 4 MiB" in live.err


def test_privileges_are_gone_before_the_first_byte(pair: netns.Pair, tmp_path: Path) -> None:
    path = tmp_path / "live.json"
    with netns.live(pair.rx, pair.into, "--report", f"json={path}") as live:
        for task in Path(f"/proc/{live.process.pid}/task").iterdir():
            told = dict(line.split(":", 1) for line in (task / "status").read_text("ascii").splitlines())
            assert {told[name].strip("\t0\n ") for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {""}
            assert told["NoNewPrivs"].strip() == "1"
            assert told["Groups"].strip() == ""
            assert "0" not in told["Uid"].split() + told["Gid"].split()
        pair.send("--count", "10")
        live.end(signal.SIGINT)
    assert report(path)["streams"][0]["received"] == 10
    assert path.stat().st_uid != 0


def test_whoever_ran_sudo_gets_the_files(pair: netns.Pair, tmp_path: Path) -> None:
    path = tmp_path / "live.json"
    sudo = ("env", "SUDO_UID=12345", "SUDO_GID=12346")
    with netns.program(pair.rx, *sudo, *netns.SEQCHECK, "live", pair.into, "--report", f"json={path}") as live:
        live.says("listening on")
        told = Path(f"/proc/{live.process.pid}/status").read_text("ascii")
        assert "Uid:\t12345\t12345\t12345\t12345" in told
        pair.send("--count", "10")
        assert live.end(signal.SIGTERM) == 0
    assert (path.stat().st_uid, path.stat().st_gid) == (12345, 12346)


@pytest.mark.parametrize(("verb", "what"), [("live", "listening on"), ("send", "sending on")])
def test_without_the_privilege_the_error_says_what_to_do(pair: netns.Pair, verb: str, what: str) -> None:
    if not shutil.which("setpriv"):
        pytest.skip("needs setpriv, of util-linux")
    without = ("setpriv", "--bounding-set=-net_raw", "--inh-caps=-net_raw")
    name = pair.into if verb == "live" else pair.out
    space = pair.rx if verb == "live" else pair.tx
    with netns.program(space, *without, *netns.SEQCHECK, verb, name, "-q") as refused:
        assert refused.end() == 2
    assert f"{what} {name} needs the privilege CAP_NET_RAW" in refused.err[0]
    assert refused.err[1].strip() == f"Run: sudo {' '.join(netns.SEQCHECK)} {verb} {name} -q"


@pytest.mark.parametrize(("options", "words"), [
    (["nowhere0"], "there is no interface nowhere0"),
    (["any", "sqin"], "name it alone"),
    (["any", "--promiscuous"], "`any` cannot be promiscuous"),
    (["any", "--via", "scapy"], "cannot capture on `any`"),
    (["--filter", "no such word", "sqin"], "invalid filter"),
    (["--clock", "adapter", "sqin"], "cannot time-stamp every frame"),
    (["--layout", "nonsense", "sqin"], "nonsense"),
])  # fmt: skip
def test_what_cannot_be_is_refused(pair: netns.Pair, options: list[str], words: str) -> None:
    with netns.program(pair.rx, *netns.SEQCHECK, "live", *options, "--duration", "1") as refused:
        assert refused.end() == 2
    assert any(words in line for line in refused.err)
    assert not any("Traceback" in line for line in refused.err)


def test_nothing_is_left_behind() -> None:
    with netns.pair() as pair:
        names = (pair.tx, pair.rx)
    assert not [name for name in names if os.path.exists(f"/run/netns/{name}")]
