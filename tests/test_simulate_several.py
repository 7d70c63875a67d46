"""Several records in a simulated frame: what an analysis finds in the capture is what the truth says."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import dpkt
import pytest
from ways import observed

from seqcheck import analyze
from seqcheck.errors import UsageError
from seqcheck.layout import builtins
from seqcheck.locate.run import Asked, tell
from seqcheck.model import Report
from seqcheck.simulate import Scenario, Simulated, simulate, truth, write
from seqcheck.simulate import path_faults as path
from seqcheck.simulate import ring_faults as ring
from seqcheck.simulate.run import frames
from seqcheck.simulate.scenario import Layout, Ring, Traffic

PORTS = {"mpeg-ts": ":1234", "rtps": ":7400", "moldudp64": ":26400", "pitch": ":30501"}
SEVERAL = [name for name, layout in builtins().items() if layout.several]
SPECS = [
    "udp:5000 stream=u16be@0 seq=u32be@2 each=20",
    "udp:5000 magic=u8@0==7 seq=u16le@1 each=5+u8@4",
    "udp:5000 seq=u32be@4 each=u16be@2/8",
    "tcp:80 magic=u16be@0==0xbeef move=4+2*u8@2 stream=u8@+0 seq=u32be@+1 each=8+4*u8@+6&0x0f",
    "udp:5000 seq=u32be@0 each=12+u8@8 each=4?u8@9&0x80",
    "eth:0x88b5 seq=u32be@0 each=46",
    "ip:200 magic=u8@0==1 seq=u24be@1 each=16",
    "udp:5000 seq=u64be@0 step=u16be@8",
]
STREAM = ("received", "unique", "duplicates", "missing", "late", "restarts", "wraps", "first_seq", "last_seq")
COPY = ("seq", "frame", "earlier_frame", "distance", "frame_distance", "lag", "time_lag_ns")


def analyzed(made: Simulated) -> Report:
    out = io.BytesIO()
    write(made, out)
    return analyze(io.BytesIO(out.getvalue()), made.scenario.layout.name)


def agrees(made: Simulated) -> dict[str, Any]:
    """The truth, which is what an analysis finds."""
    told, report = truth(made), analyzed(made)
    assert report.capture.frames == told["frames"]
    assert report.records.sequenced == told["records"]
    assert report.records.foreign == told["foreign"]
    assert [[getattr(each, name) for name in STREAM] for each in report.streams] == [
        [each[name] for name in STREAM] for each in told["streams"]
    ]
    copies = [tuple(each[name] for name in ("stream", *COPY)) for each in told["resends"] if each["duplicate"]]
    assert sorted(copies) == sorted(
        (each.stream, *(getattr(each, n) for n in COPY)) for each in report.duplicates.listed
    )
    return told


def scenario(name: str, records: int, **traffic: Any) -> Scenario:
    return Scenario(
        ring=Ring(size=16, frames=300), layout=Layout(name=name, records=records, start=5),
        traffic=Traffic(sizes=(200,), host_share=0.1, **traffic),
    )  # fmt: skip


@pytest.mark.parametrize("records", [1, 2, 7])
@pytest.mark.parametrize("name", [*(name + PORTS.get(name, "") for name in SEVERAL), *SPECS])
def test_an_analysis_finds_all_of_them(name: str, records: int) -> None:
    told = agrees(simulate(scenario(name, records, streams=2)))
    assert sum(each["received"] for each in told["streams"]) == records * told["records"]
    assert (told["missing"], told["duplicates"]) == (0, 0)


@pytest.mark.parametrize("name", ["dtls", "sctp", "sflow-samples", SPECS[0], SPECS[3], SPECS[7]])
def test_faults_are_those_of_whole_frames(name: str) -> None:
    faults = (ring.StaleSlot(count=4), path.Loss(rate=0.02), path.PathCopy(share=0.05), path.Reorder(rate=0.02))
    told = agrees(simulate(replace(scenario(name, 3), faults=faults)))
    assert told["by_fault"]["stale-slot"]["duplicates"] % 3 == 0 < told["by_fault"]["stale-slot"]["duplicates"]
    assert told["duplicates"] % 3 == 0 < told["missing"] == 3 * (told["missing"] // 3)


def test_packets_of_a_transport_stream() -> None:
    """Their counters cannot tell more than seven packets lost in a row: one datagram."""
    made = simulate(replace(scenario("mpeg-ts:1234", 7, streams=2), faults=(path.Loss(rate=0.01),)))
    told = agrees(made)
    assert told["missing"] == 7 * told["lost"] > 0
    assert {each["first_seq"] for each in told["streams"]} == {5}


def test_numbers_go_round_within_a_frame() -> None:
    made = simulate(replace(scenario("udp:5000 seq=u8@0 each=4", 3), layout=Layout(
        name="udp:5000 seq=u8@0 each=4", records=3, start=254,
    )))  # fmt: skip
    told = agrees(made)
    assert (told["streams"][0]["first_seq"], told["streams"][0]["wraps"] > 1) == (254, True)


def test_frames_are_as_long_as_their_records() -> None:
    made = simulate(replace(scenario("mpeg-ts:1234", 7), traffic=Traffic()))
    records = [data for _, block, _ in frames(made) for data in block]
    assert {len(data) for data in records} == {14 + 20 + 8 + 7 * 188}
    for data in records[:20]:
        datagram = dpkt.ethernet.Ethernet(data).ip.udp
        assert datagram.ulen == 8 + len(datagram.data)


def test_the_truth_lists_every_number_of_a_frame() -> None:
    made = simulate(replace(scenario("dtls", 3), faults=(ring.StaleSlot(count=1),)))
    rows = [each for each in truth(made)["resends"] if each["fault"] == "stale-slot"]
    assert len({each["frame"] for each in rows}) == 1
    assert [each["seq"] - rows[0]["seq"] for each in rows] == [0, 1, 2]
    assert {each["distance"] for each in rows} == {rows[0]["distance"]}


@pytest.mark.parametrize("name", ["sctp", "mpeg-ts:1234"])
def test_locate_finds_what_the_model_lost(name: str) -> None:
    """Also where more packets are lost in a row than their counter can tell."""
    faults = (path.Point(name="sender"), path.Loss(rate=0.05, burst=4))
    made = simulate(replace(scenario(name, 5), faults=faults, traffic=Traffic(host_share=0.1)))
    captures = {point: io.BytesIO() for point in ("sender", "receiver")}
    write(made.points["sender"], captures["sender"])
    write(made, captures["receiver"])
    way = tell(observed({point: each.getvalue() for point, each in captures.items()}, name), Asked())
    told = truth(made)
    assert sum(each.lost for each in way.segments) == told["missing"] > 16
    assert way.points[1].missing == told["missing"]


@pytest.mark.parametrize(("name", "how", "message"), [
    ("seqcheck", {"records": 2}, "one number from a frame"),
    ("udp:5000 seq=u32be@0 each=8+u8@0", {"records": 2}, "no length leads"),
    ("moldudp64:26400", {"records": 2, "step": 2}, "follow one another"),
    ("pitch:30501", {"records": 300}, "at most 255"),
    ("mpeg-ts:1234", {"records": 100}, "need frames of 18,842 bytes"),
    ("eth:0x88b5 seq=u32be@0 each=16", {"records": 2}, "would be read as more of them"),
    ("udp:5000 seq=u16be@0 each=100", {"modulus": 1000}, "without a modulus"),
])  # fmt: skip
def test_what_cannot_be_is_refused(name: str, how: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        simulate(Scenario(ring=Ring(frames=50), layout=Layout(name=name, **how)))
