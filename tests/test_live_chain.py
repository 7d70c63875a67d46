"""`seqcheck locate` on captures that were really made: a sender's TX ring, a relay and a receiver, each in a network
namespace of its own that the test makes and removes, with a capture at the sender's interface, before and behind it.

    sender  sqout -- sqin  relay  sqleave -- sqlast  receiver

The relay is a thread that hands frames on, except for those that it loses, and some twice: which, the test decides.
"""

from __future__ import annotations

import ctypes
import json
import queue
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import netns
import pytest

from seqcheck.cli.main import main
from seqcheck.kernel.border import PROVEN
from seqcheck.wire import pcap

pytestmark = netns.needed()

MINE = b"SEQC"  # the magic of a record
MAGIC, NUMBER = slice(42, 46), slice(52, 60)  # of a frame: Ethernet, IPv4, UDP, the header
PORT, DNS, DNS_NUMBER = slice(36, 38), b"\0\x35", slice(42, 44)
COUNT = 4000
SO_TIMESTAMPNS = 35  # asm-generic/socket.h
SOL_PACKET, PACKET_IGNORE_OUTGOING, OUTGOING = 263, 23, 4  # linux/socket.h, linux/if_packet.h


def opened(namespace: str, interface: str) -> socket.socket:
    """A socket on all frames of an interface in another namespace, with times. It waits for a while."""
    made = queue.Queue[socket.socket]()

    def enter() -> None:
        with open(f"/run/netns/{namespace}", "rb") as there:
            if ctypes.CDLL(None, use_errno=True).setns(there.fileno(), 0):
                raise OSError(ctypes.get_errno(), "setns")
        one = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(netns.ETH_P_ALL))
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 << 20)
        one.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        one.bind((interface, netns.ETH_P_ALL))
        one.settimeout(0.2)
        made.put(one)

    thread = threading.Thread(target=enter)  # a namespace is entered by one thread, which ends there
    thread.start()
    thread.join(netns.TIMEOUT)
    return made.get_nowait()


class Tap:
    """What an interface carries, in a thread: each frame goes to `then`, and into a capture with its time."""

    def __init__(self, namespace: str, interface: str, then: Callable[[bytes], None] = lambda frame: None) -> None:
        self.frames: list[tuple[int, bytes]] = []
        self._socket, self._then, self._over = opened(namespace, interface), then, threading.Event()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        while True:
            try:
                frame, extra, _, _ = self._socket.recvmsg(1 << 16, 256)
            except TimeoutError:
                if self._over.is_set():
                    return
                continue
            stamp = extra[0][2]
            ns = int.from_bytes(stamp[:8], "little") * 10**9 + int.from_bytes(stamp[8:16], "little")
            self.frames.append((ns, frame))
            self._then(frame)

    def end(self) -> None:
        """Nothing is sent any more: take what has come, and stop."""
        self._over.set()
        self._thread.join(netns.TIMEOUT)
        assert not self._thread.is_alive()
        self._socket.close()

    def save(self, path: Path) -> str:
        path.write_bytes(
            pcap.file_header(link=1, nano=True) + b"".join(pcap.record(ns, data, nano=True) for ns, data in self.frames)
        )
        return str(path)


@contextmanager
def receiver(pair: netns.Pair) -> Iterator[str]:
    """One more namespace, behind `pair.rx`."""
    name = f"{pair.rx}z"
    try:
        netns.run("ip", "netns", "add", name)
        netns.run("ip", "netns", "exec", name, "sh", "-c", "echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6")
        link = (
            "ip",
            "link",
            "add",
            "sqleave",
            "netns",
            pair.rx,
            "type",
            "veth",
            "peer",
            "name",
            "sqlast",
            "netns",
            name,
        )
        netns.run(*link)
        netns.run("ip", "-n", name, "link", "set", "sqlast", "up")
        netns.run("ip", "-n", pair.rx, "link", "set", "sqleave", "up")
        yield name
    finally:
        subprocess.run(["ip", "netns", "del", name], check=False, capture_output=True, timeout=netns.TIMEOUT)


class Relay:
    """Hands frames on: every 97th number is lost, the first time it comes, every 131st is sent twice, likewise. (Who
    repeats on purpose keeps such a count, too; but that would be the sender, which is seen before this.)"""

    def __init__(self, way: socket.socket) -> None:
        self.lost, self.doubled = list[int](), list[int]()
        self._way, self._seen = way, set[int]()

    def __call__(self, frame: bytes) -> None:
        number = int.from_bytes(frame[NUMBER], "big") if frame[MAGIC] == MINE else -1
        first = number >= 0 and number not in self._seen
        self._seen.add(number)
        if first and number % 97 == 50:
            self.lost.append(number)
            return
        self._way.send(frame)
        if first and number % 131 == 60:
            self.doubled.append(number)
            self._way.send(frame)


@pytest.fixture(scope="module")
def way(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """One run: the captures' paths, what the sender and what the relay did."""
    folder = tmp_path_factory.mktemp("way")
    with netns.pair() as pair, receiver(pair) as last:
        relay = Relay(opened(pair.rx, "sqleave"))
        taps = {
            "sender": Tap(pair.tx, pair.out), "relay": Tap(pair.rx, pair.into, relay), "receiver": Tap(last, "sqlast")
        }  # fmt: skip
        truth = pair.send(
            "--count", str(COUNT), "--ring-size", "128", "--other", "5%", "--inject", "stale=0.5%", "--rate", "10000"
        )
        for tap in taps.values():
            tap.end()
        yield {
            "points": [f"{name}={tap.save(folder / f'{name}.pcap')}" for name, tap in taps.items()],
            "frames": {name: len(tap.frames) for name, tap in taps.items()}, "truth": truth, "relay": relay,
            "carried": [frame for _, frame in taps["sender"].frames],
        }  # fmt: skip


def located(way: dict[str, Any], tmp_path: Path, *points: str, code: int = 1) -> dict[str, Any]:
    out = tmp_path / "located.json"
    asked = points or tuple(way["points"])
    assert main(["locate", "-q", "--one-clock", f"--report=json={out}", "--force", *asked]) == code
    made: dict[str, Any] = json.loads(out.read_text())
    return made


def segments(made: dict[str, Any]) -> dict[tuple[str | None, str], dict[str, Any]]:
    return {(one["after"], one["at"]): one for one in made["segments"]}


def test_what_the_ring_did_is_the_senders(way: dict[str, Any], tmp_path: Path) -> None:
    made = located(way, tmp_path)
    truth = way["truth"]
    assert truth["duplicates"] > 5
    assert way["frames"]["sender"] == way["frames"]["relay"] == COUNT
    first = segments(made)[None, "sender"]
    assert (first["doubled"], first["lost"], first["by_cause"]) == (
        truth["duplicates"], 0, {"stale-slot": truth["duplicates"]},
    )  # fmt: skip
    assert first["verdict"]["ring_size"] == 128


def test_the_wire_between_does_nothing(way: dict[str, Any], tmp_path: Path) -> None:
    one = segments(located(way, tmp_path))["sender", "relay"]
    assert [one[name] for name in ("lost", "doubled", "late", "lost_copies")] == [0, 0, 0, 0]
    assert one["frames_in"] == one["frames_out"]


def test_what_the_relay_did_is_the_relays(way: dict[str, Any], tmp_path: Path) -> None:
    """A number whose first copy it lost is no loss where the ring sent it again."""
    made = located(way, tmp_path)
    one, relay = segments(made)["relay", "receiver"], way["relay"]
    assert len(relay.lost) >= 35
    gone = {
        each["seq"] + more
        for each in made["findings"]["listed"]
        if each["kind"] == "lost"
        for more in range(each["count"])
    }
    again = set(relay.lost) - gone
    assert gone <= set(relay.lost)
    assert one["lost"] == len(gone)
    assert len(again) == one["lost_copies"] <= way["truth"]["duplicates"]
    assert one["doubled"] == len(relay.doubled)
    assert one["verdict"]["cause"] == "path-copy"
    assert "sender-repeat" not in one["by_cause"]


def test_frames_take_time_and_one_clock_tells_how_much(way: dict[str, Any], tmp_path: Path) -> None:
    made = segments(located(way, tmp_path))
    for ends in (("sender", "relay"), ("relay", "receiver")):
        delay = made[ends]["delay"]
        assert delay["absolute"]
        assert delay["samples"] > COUNT // 2
        assert delay["least_ns"] >= 0
        assert delay["p99_ns"] >= delay["median_ns"] >= 0


def test_a_point_left_out_leaves_the_same_sums(way: dict[str, Any], tmp_path: Path) -> None:
    whole = segments(located(way, tmp_path))
    both = segments(located(way, tmp_path, way["points"][0], way["points"][2]))["sender", "receiver"]
    parts = [whole["sender", "relay"], whole["relay", "receiver"]]
    for name in ("lost", "doubled", "lost_copies"):
        assert both[name] == sum(part[name] for part in parts)


def test_other_traffic_that_the_ring_sent_again_is_told_apart(way: dict[str, Any], tmp_path: Path) -> None:
    """In what the sender's interface really carried: the queries, by their numbers, once their flow has shown that it
    numbers them."""
    out = tmp_path / "report.json"
    path = way["points"][0].partition("=")[2]
    assert main(["analyze", "-q", "--also-content", f"--report=json={out}", path]) == 1
    found = json.loads(out.read_text())["other_traffic"]
    numbers = [frame[DNS_NUMBER] for frame in way["carried"] if frame[PORT] == DNS]
    again = [numbers.index(number) != at for at, number in enumerate(numbers)]
    assert sum(again) == way["truth"]["queries"]
    proven = numbers.index((PROVEN - 1).to_bytes(2, "big"))
    assert (found["same_ring"], found["copies"]) == (sum(again[proven:]),) * 2
    assert {each["frame_distance"] % 128 for each in found["listed"]} <= {0}
