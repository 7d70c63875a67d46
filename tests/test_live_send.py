"""`seqcheck send` always ends, and prints the truth of what went out."""

import json
import signal
from pathlib import Path
from typing import Any

import netns
import pytest

from seqcheck.linux import memory

pytestmark = netns.needed()


def arrived(pair: netns.Pair) -> int:
    """Frames that the receiving end took in."""
    path = f"/sys/class/net/{pair.into}/statistics/rx_packets"
    return int(netns.run("ip", "netns", "exec", pair.rx, "cat", path))


def send(pair: netns.Pair, *options: str, out: str = "") -> Any:
    return netns.program(pair.tx, *netns.SEQCHECK, "send", out or pair.out, *options)


def consistent(truth: dict[str, Any]) -> bool:
    parts = truth["records"] + truth["other"] + truth["stale"]
    streams = truth["streams"]
    return bool(
        truth["sent"] == parts
        and sum(truth["by_slot"].values()) == truth["stale"]
        and (not streams or (streams[0]["records"], streams[0]["last_seq"]) == (truth["records"], truth["records"] - 1))
    )


def test_frames_longer_than_the_mtu_are_refused(pair: netns.Pair) -> None:
    netns.run("ip", "-n", pair.tx, "link", "set", pair.out, "mtu", "900")
    netns.run("ip", "-n", pair.rx, "link", "set", pair.into, "mtu", "900")
    with send(pair, "--size", "1400") as sender:
        assert sender.end() == 2
    assert any(
        "frames of 1400 bytes are too long for" in line and "the MTU of sqout, 900" in line for line in sender.err
    )
    pair.send("--size", "914", "--count", "10")


def test_jumbo_frames_through_several_rings(pair: netns.Pair, tmp_path: Path) -> None:
    for namespace, name in ((pair.tx, pair.out), (pair.rx, pair.into)):
        netns.run("ip", "-n", namespace, "link", "set", name, "mtu", "9000")
    path = tmp_path / "report.json"
    options = ("--count", "3000", "--report", f"json={path}", "-q")
    with netns.program(pair.rx, *netns.SEQCHECK, "live", pair.into, *options) as live:
        while netns.run("ip", "netns", "exec", pair.rx, "cat", "/proc/net/packet").count(" 0003 ") < 2:
            assert live.process.poll() is None
        more = ("--ring-size", "32", "--rings", "2", "--streams", "2", "--inject", "stale=3%")
        truth = pair.send("--count", "3000", "--size", "9014", *more)
        assert live.end() == 1
    made = json.loads(path.read_text("ascii"))
    assert (made["duplicates"]["total"], made["gaps"]["missing"]) == (truth["duplicates"], 0)
    assert made["capture"]["bytes"] == 3000 * 9014
    assert sorted(one["key"]["stream"] for one in made["streams"]) == [0, 1, 2, 3]
    assert len(truth["rings"]) == 2


def test_rings_that_no_memory_has_are_refused(pair: netns.Pair) -> None:
    """They took the machine down."""
    for namespace, name in ((pair.tx, pair.out), (pair.rx, pair.into)):
        netns.run("ip", "-n", namespace, "link", "set", name, "mtu", "16096")
    free = memory.available() or 0
    most = 64 * 65_536 * 16_384
    if not 0 < free < 2 * most:
        pytest.skip("this machine has room for them")
    with send(pair, "--ring-size", "65536", "--rings", "64", "--size", "16110", "--count", "1") as sender:
        assert sender.end() == 2
    assert any("more than half the free memory" in line for line in sender.err)


def test_a_path_that_takes_nothing_is_told(pair: netns.Pair) -> None:
    netns.run("ip", "-n", pair.rx, "link", "set", pair.into, "mtu", "900")
    with send(pair, "--size", "1400", "--patience", "500ms") as sender:
        assert sender.end() == 2
    assert any("takes no more frames" in line for line in sender.err)
    truth = json.loads(sender.out[-1])
    assert (truth["sent"], truth["streams"]) == (0, [])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, None])
def test_it_hears_while_the_path_takes_nothing(pair: netns.Pair, number: signal.Signals | None) -> None:
    netns.run("ip", "-n", pair.rx, "link", "set", pair.into, "mtu", "900")
    options = ("--size", "1400", "--inject", "stale=1%", *(["--duration", "300ms"] if number is None else []))
    with send(pair, *options) as sender:
        sender.says("left stale on purpose")
        assert sender.end(number) == 0
    assert json.loads(sender.out[-1])["sent"] == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_the_truth_is_of_what_went_out(pair: netns.Pair, number: signal.Signals) -> None:
    with send(pair, "--count", "100000000", "--inject", "stale=5%", "--other", "5%", "--ring-size", "64") as sender:
        sender.says("left stale on purpose")
        while arrived(pair) < 5000:
            assert sender.process.poll() is None
        assert sender.end(number) == 0
    truth = json.loads(sender.out[-1])
    assert truth["sent"] == arrived(pair)
    assert consistent(truth)


def test_an_interface_that_goes_down_leaves_the_truth(pair: netns.Pair) -> None:
    with send(pair, "--count", "100000000", "--inject", "stale=5%", "--rate", "20000", "--ring-size", "64") as sender:
        while arrived(pair) < 5000:
            assert sender.process.poll() is None
        netns.run("ip", "-n", pair.tx, "link", "set", pair.out, "down")
        assert sender.end() == 2
    truth = json.loads(sender.out[-1])
    assert consistent(truth)
    assert 0 <= truth["sent"] - arrived(pair) <= 64  # one that the kernel had taken may not have got out
    assert any("cannot send" in line for line in sender.err)
