"""The frames: what scapy crafted and NumPy filled in is what a reader of its own finds, checksums and all."""

from __future__ import annotations

import io
from dataclasses import replace

import dpkt
import pytest
from scapy.layers.l2 import Ether
from scapy.packet import Packet

from seqcheck.decode.decoder import Reader
from seqcheck.errors import UsageError
from seqcheck.layout import builtins
from seqcheck.simulate import Scenario, Simulated, run, simulate, truth, write
from seqcheck.simulate.foreign import FOREIGN, size
from seqcheck.simulate.path_faults import PathCopy
from seqcheck.simulate.ring_faults import StaleLength
from seqcheck.simulate.run import frames
from seqcheck.simulate.scenario import Capture, Layout, Ring, Traffic

ETHERNET = 1
SMALL = Scenario(ring=Ring(size=16, frames=120), traffic=Traffic(sizes=(150,)))


def all_frames(made: Simulated) -> list[bytes]:
    return [frame for _, block, _ in frames(made) for frame in block]


def summed_again(frame: Packet) -> bytes:
    """The frame with every checksum left to scapy."""
    copy = frame.copy()
    layer = copy
    while layer:
        for name in ("chksum", "cksum"):
            if name in layer.fields:
                del layer.fields[name]
        layer = layer.payload
    return bytes(copy)


def test_long_frames_are_made_few_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """However long they are, a block takes bounded memory; what is written is the same."""
    made = simulate(replace(SMALL, traffic=Traffic(sizes=(60, 9000), foreign=("arp",), host_share=0.1)))
    whole = all_frames(made)
    monkeypatch.setattr(run, "BYTES", 40_000)
    blocks = [block for _, block, _ in frames(made)]
    assert len(blocks) > 10
    assert max(sum(map(len, block)) for block in blocks) <= 40_000
    assert [frame for block in blocks for frame in block] == whole


@pytest.mark.parametrize("ip", [4, 6])
@pytest.mark.parametrize("vlan", [(), (7,), (7, 4094)])
def test_checksums_and_lengths_are_those_that_scapy_would_write(ip: int, vlan: tuple[int, ...]) -> None:
    scenario = replace(
        SMALL,
        traffic=Traffic(sizes=(150, 151), host_share=0.5, streams=3, foreign=tuple(FOREIGN), other_share=0.2),
        layout=Layout(ip=ip, vlan=vlan),
        faults=(PathCopy(share=0.5, hops=3),),
    )
    for raw in all_frames(simulate(scenario)):
        assert summed_again(Ether(raw)) == raw


@pytest.mark.parametrize("vlan", [(), (7,), (7, 9), (1, 2, 3)])
@pytest.mark.parametrize("name", list(FOREIGN))
def test_foreign_frames_are_as_long_as_they_say(name: str, vlan: tuple[int, ...]) -> None:
    scenario = replace(
        SMALL, traffic=Traffic(host_share=1.0, foreign=(name,)), layout=Layout(vlan=vlan), ring=Ring(size=4, frames=3)
    )
    assert {len(raw) for raw in all_frames(simulate(scenario))} == {size(name, vlan)}


def test_foreign_frames_are_named_by_dpkt() -> None:
    scenario = replace(SMALL, traffic=Traffic(host_share=1.0, foreign=tuple(FOREIGN)))
    kinds = {type(dpkt.ethernet.Ethernet(raw).data.data).__name__ for raw in all_frames(simulate(scenario))}
    assert kinds >= {"TCP", "UDP", "ICMP", "ICMP6"}
    assert any(isinstance(dpkt.ethernet.Ethernet(raw).data, dpkt.arp.ARP) for raw in all_frames(simulate(scenario)))


def test_no_two_frames_of_a_kind_are_equal() -> None:
    scenario = replace(SMALL, traffic=Traffic(sizes=(60,), host_share=0.5, foreign=("tcp", "dns", "icmp")))
    made = all_frames(simulate(scenario))
    assert len(set(made)) == len(made)


# A time in whole seconds (netflow9), a counter narrower than the numbers below (vita49) and a header's own field that
# the streams share (ip-id) do not fit what the test asks; test_builtins reads netflow9 and ip-id from real captures.
# test_simulate_several has those with several records in a frame.
NOT_SIMULATED = {"netflow9", "vita49", "ip-id", *(name for name, layout in builtins().items() if layout.each)}


@pytest.mark.parametrize("name", [name for name in builtins() if name not in NOT_SIMULATED])
def test_every_built_in_reads_its_own_frames(name: str) -> None:
    layout = builtins()[name]
    vlan = (0x100,) if name == "trex-tpg" else ()
    how = Layout(name=name, start=5, vlan=vlan)
    made = simulate(replace(SMALL, layout=how, traffic=Traffic(sizes=(200,), streams=2, turns=True)))
    read = [Reader(layout).read(raw, len(raw), ETHERNET) for raw in all_frames(made)]
    assert [row and row["seq"] for row in read] == [5 + n // 2 for n in range(120)]
    if layout.times and "time_ns" in (read[0] or {}):
        sent = [row["time_ns"] for row in read if row]
        assert all(0 <= ns - t < 1000 for t, ns in zip(sent, made.ns.tolist(), strict=True))


@pytest.mark.parametrize("spec", [
    "udp:7000 seq=u24le@3", "udp seq=u16be@0&0x3ff0", "tcp:80 seq=u32be@0 stream=u8@4", "ip:200 seq=u48be@0",
    "eth:0x88b5 seq=u64le@0", "udp seq=u32be@-4 magic=u8@-5==0x42", "udp magic=u16le@0==len seq=u32be@2%1000",
    "frame magic=u16be@12==0x0800 seq=u32be@100",
])  # fmt: skip
def test_specs_of_every_anchor_width_and_order(spec: str) -> None:
    made = simulate(replace(SMALL, layout=Layout(name=spec, start=900), traffic=Traffic(sizes=(150, 222))))
    read = [Reader(made.layout).read(raw, len(raw), ETHERNET) for raw in all_frames(made)]
    assert [row and row["seq"] for row in read] == [(900 + n) % made.modulus for n in range(120)]


def test_the_slot_stamp_is_the_slot() -> None:
    made = simulate(replace(SMALL, layout=Layout(slot_stamp=True)))
    read = [Reader(made.layout).read(raw, len(raw), ETHERNET) for raw in all_frames(made)]
    assert [row and row["slot"] for row in read] == [n % 16 for n in range(120)]


def test_without_a_slot_stamp_there_is_none() -> None:
    made = simulate(SMALL)
    assert all("slot" not in (Reader(made.layout).read(raw, len(raw), ETHERNET) or {}) for raw in all_frames(made))


def test_a_stale_address_sends_the_old_bytes_with_another_length() -> None:
    made = simulate(replace(SMALL, faults=(StaleLength(count=3, lengths=(100, 200)),)))
    data = all_frames(made)
    odd = [row for row in truth(made)["resends"] if row["fault"] == "stale-length"]
    assert len(odd) == 3
    for row in odd:
        again, before = data[row["frame"] - 1], data[row["earlier_frame"] - 1]
        assert len(again) in (100, 200)
        assert len(before) == 150
        assert again[:100] == before[:100]
        assert not any(again[150:])


def test_path_copies_differ_in_what_a_router_changes() -> None:
    made = simulate(replace(SMALL, faults=(PathCopy(share=1.0, hops=1, mac=True, vlan=12),)))
    data = all_frames(made)
    assert len(data) == 240
    first, copy = Ether(data[0]), Ether(data[1])
    assert (first.src, copy.src) == ("02:00:00:00:00:01", "02:00:00:00:00:e1")
    assert copy["Dot1Q"].vlan == 12
    assert len(data[1]) == len(data[0]) + 4
    assert copy["IP"].ttl == first["IP"].ttl - 1
    assert summed_again(copy) == data[1]


@pytest.mark.parametrize("form", ["pcap", "pcapng"])
@pytest.mark.parametrize("snap", [0, 70])
def test_the_file_holds_the_frames(form: str, snap: int) -> None:
    made = simulate(replace(SMALL, capture=Capture(format=form, snap=snap)))
    stream = io.BytesIO()
    assert write(made, stream) == len(stream.getvalue())
    stream.seek(0)
    reader = dpkt.pcap.UniversalReader(stream)
    rows = list(reader)
    assert [bytes(raw) for _, raw in rows] == [raw[: snap or None] for raw in all_frames(made)]
    assert [round(float(when) * 1e9) // 10_000 for when, _ in rows][:1] == [made.ns[0] // 10_000]


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(UsageError, match="too short"):
        simulate(replace(SMALL, traffic=Traffic(sizes=(60,)), layout=Layout(name="republic")))
    with pytest.raises(UsageError, match="slot_stamp"):
        simulate(replace(SMALL, traffic=Traffic(sizes=(60,)), layout=Layout(slot_stamp=True)))
    with pytest.raises(UsageError, match="cuts it off"):
        simulate(replace(SMALL, capture=Capture(snap=50)))
    with pytest.raises(UsageError, match="scattered"):
        simulate(replace(SMALL, layout=Layout(name="udp seq=u16be@0&0xf0f0%100")))
