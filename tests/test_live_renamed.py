"""An interface that is renamed during a capture: its frames are still taken, and the report says what happened."""

import json
import signal
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import netns
import pytest

pytestmark = netns.needed()


def caveats(path: Path) -> list[str]:
    found: list[str] = json.loads(path.read_text("ascii"))["verdict"]["caveats"]
    return found


def received(path: Path) -> list[tuple[int, int]]:
    made: dict[str, Any] = json.loads(path.read_text("ascii"))
    return sorted((one["key"]["stream"], one["received"]) for one in made["streams"])


def rename(pair: netns.Pair, name: str, new: str) -> None:
    """While it is up, where the kernel lets one (Linux 6.2 and later); else it goes down for that."""
    try:
        netns.run("ip", "-n", pair.rx, "link", "set", name, "name", new)
    except subprocess.CalledProcessError:
        pytest.skip("this kernel renames no interface that is up")


WAYS = [(), ("--workers", "2"), ("--wait",), ("--wait", "--workers", "2"), ("--via", "scapy")]


@pytest.mark.parametrize("options", WAYS, ids=lambda options: " ".join(options) or "alone")
def test_a_renamed_interface_is_still_listened_to(pair: netns.Pair, tmp_path: Path, options: tuple[str, ...]) -> None:
    path = tmp_path / "report.json"
    with netns.live(pair.rx, pair.into, *options, "--count", "2000", "--report", f"json={path}") as live:
        pair.send("--count", "1000", "--rate", "10000", "--stream", "1")
        rename(pair, pair.into, "lan0")
        live.says(f"{pair.into} was renamed to lan0")
        pair.send("--count", "1000", "--rate", "10000", "--stream", "2")
        assert live.end() == 0
    assert received(path) == [(1, 1000), (2, 1000)]
    assert f"{pair.into} was renamed to lan0 (after frame 1000)" in caveats(path)
    assert not [each for each in caveats(path) if "gone" in each or "went down" in each]


@pytest.mark.parametrize("options", WAYS[:2], ids=lambda options: " ".join(options) or "alone")
def test_one_that_is_removed_after_that_is_gone(pair: netns.Pair, tmp_path: Path, options: tuple[str, ...]) -> None:
    path = tmp_path / "report.json"
    with netns.live(pair.rx, pair.into, *options, "--report", f"json={path}") as live:
        pair.send("--count", "1000")
        rename(pair, pair.into, "lan0")
        live.says(f"{pair.into} was renamed to lan0")
        netns.run("ip", "-n", pair.rx, "link", "del", "lan0")
        assert live.end() == 0
    assert [each for each in live.err if "lan0 is gone" in each]
    assert [each for each in caveats(path) if each.startswith("lan0 is gone")]


def test_one_that_is_renamed_while_it_is_down_comes_back(pair: netns.Pair, tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    with netns.live(pair.rx, pair.into, "--wait", "--count", "2000", "--report", f"json={path}") as live:
        pair.send("--count", "1000", "--stream", "1")
        netns.run("ip", "-n", pair.rx, "link", "set", pair.into, "down")
        live.says(f"{pair.into} went down")
        netns.run("ip", "-n", pair.rx, "link", "set", pair.into, "name", "lan0")
        netns.run("ip", "-n", pair.rx, "link", "set", "lan0", "up")
        live.says(f"{pair.into} is there, as lan0")
        pair.send("--count", "1000", "--stream", "2")
        assert live.end() == 0
    assert received(path) == [(1, 1000), (2, 1000)]


@pytest.mark.parametrize("workers", ["1", "2"])
def test_names_that_are_exchanged_give_no_frame_twice(pair: netns.Pair, tmp_path: Path, workers: str) -> None:
    """The name decides: what is called sqin2 is listened to as sqin2, and as nothing else."""
    path = tmp_path / "report.json"
    pair.link("sqout2", "sqin2")
    options = ("--workers", workers, "--report", f"json={path}")
    with netns.live(pair.rx, pair.into, "sqin2", *options) as live:
        pair.send("--count", "1000", "--stream", "1")
        netns.run("ip", "-n", pair.rx, "link", "del", "sqin2")
        live.says("sqin2 is gone")
        rename(pair, pair.into, "sqin2")
        live.says("sqin2 is there")
        pair.send("--count", "1000", "--stream", "2")
        assert live.end(signal.SIGTERM) == 0
    assert [each for each in live.err if f"{pair.into} was renamed to sqin2" in each]
    assert received(path) == [(1, 1000), (2, 1000)]


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_name_that_moves_while_frames_come_gives_no_frame_twice(
    pair: netns.Pair, tmp_path: Path, workers: str
) -> None:
    """Whichever was named first: it is let go of before it is listened to as another."""
    path = tmp_path / "report.json"
    pair.link("sqout2", "sqin2")
    options = ("--workers", workers, "--report", f"json={path}")
    sending = (*netns.SEQCHECK, "send", pair.out, "-q", "--count", "200000", "--rate", "100000")
    with netns.live(pair.rx, "sqin2", pair.into, *options) as live:
        with netns.program(pair.tx, *sending) as sender:
            rename(pair, "sqin2", "lan0")
            live.says("sqin2 was renamed to lan0")
            for _ in range(3):
                rename(pair, pair.into, "lan1")
                rename(pair, "lan1", "sqin2")
                live.says("renamed to sqin2")
                rename(pair, "sqin2", pair.into)
            assert sender.end() == 0
        live.end(signal.SIGTERM)
    made: dict[str, Any] = json.loads(path.read_text("ascii"))
    assert made["duplicates"]["total"] == 0


def test_losses_are_those_of_the_renamed_interface(pair: netns.Pair, tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    with netns.live(pair.rx, pair.into, "--count", "2000", "--report", f"json={path}") as live:
        pair.send("--count", "1000", "--stream", "1")
        rename(pair, pair.into, "lan0")
        live.says("was renamed to lan0")
        netns.run("ip", "-n", pair.tx, "link", "set", pair.out, "down")
        netns.run("ip", "-n", pair.tx, "link", "set", pair.out, "up")
        pair.send("--count", "1000", "--stream", "2")
        assert live.end() == 0
    assert [each for each in caveats(path) if each.startswith("the link of lan0 went down")]


@pytest.mark.parametrize("options", WAYS[:2], ids=lambda options: " ".join(options) or "alone")
def test_one_that_is_renamed_again_and_again_is_still_there(
    pair: netns.Pair, tmp_path: Path, options: tuple[str, ...]
) -> None:
    """It is looked for while it has no name yet: that is not the end, and its link did not go down."""
    path = tmp_path / "report.json"
    names = [pair.into, *(f"lan{each}" for each in range(100))]
    with netns.live(pair.rx, pair.into, *options, "--count", "2000", "--report", f"json={path}") as live:
        pair.send("--count", "1000", "--stream", "1")
        orders = "\n".join(f"link set {old} name {new}" for old, new in pairwise(names))
        try:
            subprocess.run(["ip", "-n", pair.rx, "-batch", "-"], input=orders, text=True, check=True, timeout=60)
        except subprocess.CalledProcessError:
            pytest.skip("this kernel renames no interface that is up")
        live.says(f"was renamed to {names[-1]}")
        pair.send("--count", "1000", "--stream", "2")
        assert live.end() == 0
    assert received(path) == [(1, 1000), (2, 1000)]
    assert not [each for each in caveats(path) if "gone" in each or "went down" in each]


def test_what_another_interface_lost_before_does_not_count(pair: netns.Pair, tmp_path: Path) -> None:
    """One that nobody listened to gets the name."""
    path = tmp_path / "report.json"
    pair.link("sqout2", "sqin2")
    pair.taps.pop("sqout2").close()
    netns.run("ip", "netns", "exec", pair.tx, sys.executable, "-c", UNREAD)
    counted = netns.run("ip", "netns", "exec", pair.rx, "cat", "/sys/class/net/sqin2/statistics/rx_dropped")
    if int(counted) < 400:
        pytest.skip("this kernel does not count frames that nobody takes")
    pair.taps["sqout2"] = netns.tap(pair.rx, "sqin2")
    with netns.live(pair.rx, pair.into, "--count", "2000", "--report", f"json={path}") as live:
        pair.send("--count", "1000", "--stream", "1")
        rename(pair, pair.into, "lan0")
        live.says("was renamed to lan0")
        rename(pair, "sqin2", pair.into)
        live.says("lan0 was replaced")
        pair.send("--count", "1000", "--stream", "2", out="sqout2")
        assert live.end() == 0
    assert received(path) == [(1, 1000), (2, 1000)]
    assert not [each for each in caveats(path) if "before they could be captured" in each]


UNREAD = """
import socket
with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as made:
    made.bind(("sqout2", 0))
    for _ in range(400):
        made.send(bytes.fromhex("ffffffffffff 020000000001 88b5") + bytes(60))
"""
