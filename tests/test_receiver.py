"""What reports say about the receiving side: how an adapter is set up, and frames that were merged before their
capture."""

import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import netns
import pytest
import specimens

from seqcheck.cli.listening import losing, nothing_came
from seqcheck.cli.main import main, parse
from seqcheck.interfaces.listened import Listened
from seqcheck.kernel import border
from seqcheck.linux import adapter, interface
from seqcheck.linux.adapter import Adapter
from seqcheck.report.receiver import Losses, notes, remarks

live = netns.needed()
GOOD = Adapter(name="eth0", mtu=1500, gro=False, lro=False, vlan=False, stamps=True, ring=4096, ring_most=4096)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"gro": True}, "ethtool -K eth0 gro off"),
        ({"lro": True}, "ethtool -K eth0 lro off"),
        ({"ring": 512}, "its RX ring has 512 of 4096 slots: ethtool -G eth0 rx 4096"),
        ({"stamps": False}, "the adapter makes no time stamps"),
        ({"vlan": True}, "removes VLAN tags"),
    ],
)
def test_what_could_be_better_is_said(change: dict[str, object], words: str) -> None:
    (said,) = remarks(replace(GOOD, **change))  # type: ignore[arg-type]
    assert words in said


def test_what_is_well_or_not_known_is_not() -> None:
    assert remarks(GOOD) == remarks(Adapter(name="eth0", mtu=0)) == []
    assert remarks(replace(GOOD, ring=256, ring_most=256)) == []


def test_a_ring_of_the_suspected_size_comes_first() -> None:
    said = remarks(replace(GOOD, ring=512, gro=True), [256, 512])
    assert "as many as the suspected ring" in said[0]
    assert "as many" not in "".join(remarks(GOOD, [512]))


@live
def test_an_interface_is_asked(pair: netns.Pair) -> None:
    code = f"from seqcheck.linux import adapter; print(adapter.look({pair.into!r}))"
    said = netns.run("ip", "netns", "exec", pair.rx, sys.executable, "-c", code)
    assert "mtu=1500, gro=False, lro=False" in said
    assert adapter.look("nowhere0") == Adapter(name="nowhere0", mtu=0)


# Frames of ethertype 0x88b5, which no host handles, with such a tag before it: none, or for VLAN 0, as PROFINET has.
UNHANDLED = """
import socket, struct, sys
head = bytes.fromhex(sys.argv[2] + "020000000001" + sys.argv[3]) + struct.pack("!HIBBI", 0x88B5, 0x53455143, 1, 0, 7)
with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as made:
    made.bind((sys.argv[1], 0))
    for number in range(int(sys.argv[4])):
        made.send(head + struct.pack("!Q", number) + bytes(50))
"""


def send_unhandled(pair: netns.Pair, tag: str, count: int) -> int:
    """Send them; how many of them the receiving interface counts as dropped."""
    told = f"/sys/class/net/{pair.into}/statistics/rx_dropped"
    before = int(netns.run("ip", "netns", "exec", pair.rx, "cat", told))
    argv = [sys.executable, "-c", UNHANDLED, pair.out, "ffffffffffff", tag, str(count)]
    netns.run("ip", "netns", "exec", pair.tx, *argv)
    return int(netns.run("ip", "netns", "exec", pair.rx, "cat", told)) - before


@live
@pytest.mark.parametrize("tag", ["", "81000000", "81000005", "88a8000781000005"])
@pytest.mark.parametrize("how", [[], ["--workers", "2"], ["--wait"]], ids=" ".join)
def test_frames_that_came_were_not_lost_before(pair: netns.Pair, tmp_path: Path, tag: str, how: list[str]) -> None:
    """The kernel counts tagged frames that nothing on the host takes as dropped, after it has handed them over."""
    path, name = tmp_path / "report.json", "seqcheck-eth"
    options = ["--layout", name, "--count", "3000", "--report", f"json={path}", "--report", f"jsonl={path}l", *how]
    with netns.live(pair.rx, pair.into, "--interval", "0.01s", *options) as made:
        dropped = send_unhandled(pair, tag, 3000)
        assert made.end() == 0
    if tag and not dropped:
        pytest.skip("this kernel does not count frames that nothing takes")
    got = json.loads(path.read_text("ascii"))
    assert (got["records"]["sequenced"], got["gaps"]["missing"]) == (3000, 0)
    assert not [each for each in got["verdict"]["caveats"] if "before they could be captured" in each]
    lines = [json.loads(line) for line in Path(f"{path}l").read_text("ascii").splitlines()]
    assert {line["missed"] for line in lines if line["type"] == "snapshot"} <= {0}


def test_what_was_lost_counts_beside_frames_that_came(monkeypatch: pytest.MonkeyPatch) -> None:
    """What an interface counts as dropped may be frames that came, or that wait; what was certain once stays."""
    told = interface.Lost(dropped=1000, missed=7)
    port = SimpleNamespace(totals=border.new_totals(), waiting=0)
    monkeypatch.setattr("seqcheck.interfaces.listened.losses", lambda name: told)
    one = Listened("eth0", [port])  # type: ignore[list-item]
    assert one.missed == 0
    told = interface.Lost(dropped=1100, missed=9)
    port.totals[border.T_UNHANDLED], port.waiting = 40, 20
    assert one.missed == 42
    port.totals[border.T_UNHANDLED], port.waiting = 60, 500
    assert one.missed == 42
    port.waiting = 0
    assert one.missed == 42
    told = interface.Lost(dropped=1110, missed=9)
    assert one.missed == 52
    told = interface.Lost(dropped=5, missed=0)  # another one, under the same name
    here = interface.Interface(name="eth0", index=2, up=True, loopback=False, link=1, address=b"")
    one.count_from(here, None)
    told = interface.Lost(dropped=8, missed=1)
    port.totals[border.T_UNHANDLED] += 2
    assert one.missed == 52 + 1 + 1


def test_drops_that_may_be_no_losses_are_told_apart_by_the_check() -> None:
    assert losing("eth0", interface.Lost()) == []
    certain, perhaps = losing("eth0", interface.Lost(dropped=1200, missed=3))
    assert certain == "eth0: it is losing frames, 3 during this check: ip -s link show eth0"
    assert "1,200 during this check: it loses them, or nothing on this host takes their protocol" in perhaps


@pytest.mark.parametrize("options", [[], ["--check"]], ids=" ".join)
def test_a_capture_file_is_no_interface(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], options: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a-capture-with-a-long-name.pcap").touch()
    assert main(["live", "a-capture-with-a-long-name.pcap", *options]) == 2
    said = capsys.readouterr().err
    assert "a-capture-with-a-long-name.pcap is a file, not an interface" in said
    assert "seqcheck analyze a-capture-with-a-long-name.pcap" in said


@live
def test_the_check(pair: netns.Pair) -> None:
    command = ["ip", "netns", "exec", pair.rx, *netns.SEQCHECK, "live", "--check", "--duration", "10ms"]
    got = subprocess.run([*command, pair.into], capture_output=True, text=True, check=False, timeout=netns.TIMEOUT)
    assert (got.returncode in (0, 1), got.stderr) == (True, "")
    assert got.stdout.startswith(f"{pair.into}: ")
    got = subprocess.run([*command, "nowhere0"], capture_output=True, text=True, check=False, timeout=netns.TIMEOUT)
    assert (got.returncode, got.stdout, "no interface nowhere0" in got.stderr) == (2, "", True)


SENDER = """
import socket
with socket.create_connection(("10.77.0.2", 7000)) as out:
    body = bytearray()
    for number in range(20_000):
        body += number.to_bytes(4, "big") + bytes(96)
    out.sendall(body)
"""
RECEIVER = """
import socket
with socket.create_server(("10.77.0.2", 7000)) as server:
    print("ready", flush=True)
    one, _ = server.accept()
    while one.recv(1 << 20):
        pass
"""


@live
def test_merged_frames_are_told_first(pair: netns.Pair, tmp_path: Path) -> None:
    """TCP over a veth pair goes in frames of up to 64 KiB, as GRO makes them of what came from a wire."""
    netns.run("ip", "-n", pair.tx, "addr", "add", "10.77.0.1/24", "dev", pair.out)
    netns.run("ip", "-n", pair.rx, "addr", "add", "10.77.0.2/24", "dev", pair.into)
    path = tmp_path / "report.json"
    layout = ("--layout", "tcp:7000 seq=u32be@0", "--report", f"json={path}", "--report", "jsonl", "--interval", "10ms")
    with netns.program(pair.rx, sys.executable, "-c", RECEIVER) as receiver:
        receiver.wait_for(lambda: "ready" in receiver.out)
        with netns.live(pair.rx, pair.into, *layout) as capture:
            netns.run("ip", "netns", "exec", pair.tx, sys.executable, "-c", SENDER)
            receiver.end()
            capture.wait_for(lambda: any(one["bytes"] > 2_000_000 for one in capture.snapshots()))
            capture.end(2)
    verdict = json.loads(path.read_text())["verdict"]
    assert "are longer than the MTU" in verdict["caveats"][0]
    assert f"ethtool -K {pair.into} gro off lro off" in verdict["caveats"][0]
    assert re.match(r"[\d,]+ of the [\d,]+ frames were merged from several: turn GRO off\. \w", verdict["statement"])


def test_one_frame_is_one_frame() -> None:
    merged = Losses(dropped=0, placed=True, missed=0, merged=1)
    said = notes(specimens.CLEAN, merged, [GOOD])
    assert said.first == f"1 of the {specimens.CLEAN.capture.frames:,} frames was merged from several: turn GRO off. "
    assert said.caveats[0].startswith("1 frame is longer than the MTU")
    said = notes(specimens.CLEAN, replace(merged, apart=True), [GOOD])
    assert (said.first, said.said) == ("", "")
    assert said.caveats[0].startswith("1 frame is longer than the MTU")


SEGMENTS = """
import socket
out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
out.setsockopt(socket.SOL_UDP, 103, 100)  # UDP_SEGMENT: datagrams of 100 bytes, made by the kernel as late as it can
for first in range(0, 4000, 40):
    data = b"".join(number.to_bytes(4, "big") + bytes(96) for number in range(first, first + 40))
    out.sendto(data, ("10.77.0.2", 7000))
"""
TAKER = """
import socket
taker = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
taker.bind(("10.77.0.2", 7000))
print("ready", flush=True)
while True:
    taker.recv(65536)
"""


@live
@pytest.mark.parametrize("each", [True, False])
def test_where_the_layout_has_a_size_merged_frames_are_read_one_by_one(
    pair: netns.Pair, tmp_path: Path, each: bool
) -> None:
    """A sender's segments over a veth pair, which hands them over as one frame of 4,042 bytes."""
    netns.run("ip", "-n", pair.tx, "addr", "add", "10.77.0.1/24", "dev", pair.out)
    netns.run("ip", "-n", pair.rx, "addr", "add", "10.77.0.2/24", "dev", pair.into)
    path = tmp_path / "report.json"
    layout = f"udp:7000 {'each=100 ' if each else ''}seq=u32be@0"
    options = ("--layout", layout, "--filter", "udp port 7000", "--count", "100", "--report", f"json={path}")
    with netns.program(pair.rx, sys.executable, "-c", TAKER) as taker:
        taker.wait_for(lambda: "ready" in taker.out)
        with netns.live(pair.rx, pair.into, *options) as capture:
            netns.run("ip", "netns", "exec", pair.tx, sys.executable, "-c", SEGMENTS)
            capture.end()
    made = json.loads(path.read_text())
    (stream,) = made["streams"]
    assert made["capture"]["bytes"] == 100 * (42 + 40 * 100)
    assert stream["received"] == (4000 if each else 100)
    assert stream["missing"] == (0 if each else 99 * 39)
    assert ("All their records were read" in made["verdict"]["caveats"][0]) == each
    assert ("turn GRO off" in made["verdict"]["statement"]) != each


@live
def test_frames_as_long_as_they_may_be_are_not_merged(pair: netns.Pair, tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    with netns.live(pair.rx, pair.into, "--count", "100", "--report", f"json={path}") as capture:
        pair.send("--count", "100", "--size", "1514")
        assert capture.end() == 0
    assert not any("MTU" in each for each in json.loads(path.read_text())["verdict"]["caveats"])


@live
def test_all_interfaces_at_once_are_not_checked() -> None:
    with netns.pair() as pair, netns.program(pair.rx, *netns.SEQCHECK, "live", "any", "--check") as checked:
        assert checked.end() == 2
    assert checked.err == [
        "seqcheck: --check looks at single interfaces, and `any` is none",
        f"  There are: lo, {pair.into}.",
    ]


@pytest.mark.parametrize(("argv", "said"), [
    (["eth0"], ["`ip -s link show eth0` shows", "--promiscuous"]),
    (["eth0", "--promiscuous", "--filter", "udp", "--direction", "in"], ["--filter lets none", "--direction in"]),
    (["any"], ["`ip -s link` shows"]), (["-"], []),
])  # fmt: skip
def test_if_no_frame_came_the_error_says_what_to_try(argv: list[str], said: list[str]) -> None:
    text = nothing_came(parse(["live", *argv]), argv[:1])
    assert all(words in text for words in said)
    assert ("--promiscuous" in text) == ("--promiscuous" in said)


@live
def test_a_capture_without_frames_says_what_to_try(pair: netns.Pair) -> None:
    command = [
        "ip",
        "netns",
        "exec",
        pair.rx,
        *netns.SEQCHECK,
        "live",
        pair.into,
        "--duration",
        "10ms",
        "--filter",
        "ip",
    ]
    got = subprocess.run(command, capture_output=True, text=True, check=False, timeout=netns.TIMEOUT)
    assert got.returncode == 2
    assert "the capture holds no frames" in got.stderr
    assert "Perhaps --filter lets none of them through." in got.stderr
