"""A scenario from its plan to the frames in the capture, and their bytes.

plan -> ring faults -> numbers, ring -> path faults -> filter -> frames -> file
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from seqcheck.errors import UsageError
from seqcheck.kernel.border import MAX_FRAME
from seqcheck.layout import Layout, resolve
from seqcheck.serial import span
from seqcheck.simulate import craft, foreign
from seqcheck.simulate.draw import Draw
from seqcheck.simulate.path_faults import PATH_FAULTS, Point
from seqcheck.simulate.render import Shape, render, shapes
from seqcheck.simulate.ring import turn
from seqcheck.simulate.ring_faults import RING_FAULTS
from seqcheck.simulate.scenario import END_NS, MAX_SIZE, Scenario
from seqcheck.simulate.scenario_file import check
from seqcheck.simulate.sender import plan
from seqcheck.simulate.template import V_SEQ, Template
from seqcheck.simulate.traffic import DROPPED, FILTERED, RECORD, THERE, Traffic, beyond
from seqcheck.wire import pcap, pcapng

ETHERNET = 1  # LINKTYPE
BLOCK, BYTES = 1 << 15, 1 << 24  # made at a time, at most: frames, and bytes
RING = dict(RING_FAULTS.values())  # a fault's dataclass: what plays it
PATH = dict(PATH_FAULTS.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulated:
    """What was simulated. `kept` are the rows of traffic.sent that the capture holds, in order; `ns` their times as
    written; `shape` gives the template of a kind and size of frame; `points` is the same at points of the path."""

    scenario: Scenario
    layout: Layout
    traffic: Traffic
    kept: NDArray[np.int64]
    ns: NDArray[np.int64]
    shape: Shape
    points: Mapping[str, Simulated] = field(default_factory=dict)

    @property
    def modulus(self) -> int:
        """How many values the counter has."""
        return span(self.layout.counted)

    @property
    def dropped(self) -> int:
        """Frames that the capturing machine lost and counted."""
        return int((self.traffic.sent["fate"] == DROPPED).sum())


def simulate(scenario: Scenario) -> Simulated:
    """Play a scenario. UsageError if it asks for what cannot be."""
    check(scenario)
    layout = _layout(scenario)
    scenario = _fitting(scenario, layout)
    kinds = scenario.traffic.foreign
    sizes = np.array([foreign.size(name, scenario.layout.vlan) for name in kinds], np.int64)
    made = plan(scenario)
    draws = _draws(scenario)
    for fault, draw in zip(scenario.faults, draws, strict=True):
        if type(fault) in RING:
            RING[type(fault)](made, fault, draw)
    traffic = turn(made, scenario, sizes)
    _number(traffic, scenario, layout)
    for fault, draw in zip(scenario.faults, draws, strict=True):
        if type(fault) in PATH:
            PATH[type(fault)](traffic, fault, draw)
            _check_times(traffic, fault)
    shape = shapes(lambda kind, size: _shape(layout, scenario, kind, size))
    points = {name: replace(traffic, sent=sent, points={}) for name, sent in traffic.points.items()}
    made_there = {name: _captured(scenario, layout, each, shape) for name, each in points.items()}
    return replace(_captured(scenario, layout, traffic, shape), points=made_there)


def _check_times(traffic: Traffic, fault: object) -> None:
    """Each fault adds so little that nothing has rolled over before this."""
    ns = traffic.sent["ns"]
    if len(ns) and (int(ns.min()) < 0 or int(ns.max()) >= END_NS):
        raise beyond(next(name for name, (kind, _) in PATH_FAULTS.items() if kind is type(fault)))


def _captured(scenario: Scenario, layout: Layout, traffic: Traffic, shape: Shape) -> Simulated:
    """What a capture holds of the frames that came."""
    _filter(traffic, scenario)
    kept = np.flatnonzero(traffic.sent["fate"] == THERE)
    ns = traffic.sent["ns"][kept]
    _check_cuts(traffic, kept, scenario, shape)
    return Simulated(
        scenario=scenario,
        layout=layout,
        traffic=traffic,
        kept=kept,
        ns=ns // 1000 * 1000 if scenario.capture.resolution == "us" else ns,
        shape=shape,
    )


def _draws(scenario: Scenario) -> list[Draw]:
    """A stream for each fault. A point has no stream, so that one more point changes nothing else."""
    made, number = [], 0
    for fault in scenario.faults:
        made.append(Draw(scenario.seed, f"point {fault.name}" if type(fault) is Point else f"fault {number}"))
        number += type(fault) is not Point
    return made


def _layout(scenario: Scenario) -> Layout:
    layout = resolve(scenario.layout.name)
    if scenario.layout.modulus is not None:
        layout = replace(layout, modulus=scenario.layout.modulus % (1 << 64))
    if scenario.layout.records > 1 and not layout.several:
        raise UsageError(
            f"[layout] records: {scenario.layout.name} reads one number from a frame",
            hint="A layout with each= reads several, and so does one with step=WORD.",
        )
    if scenario.layout.records > 1 and layout.covers and scenario.layout.step != 1:
        raise UsageError("[layout] step: the numbers that a frame of this layout covers follow one another")
    if not 0 <= scenario.layout.start < span(layout.counted):
        raise UsageError(f"[layout] start: {scenario.layout.start} is not below the modulus {span(layout.counted)}")
    most = craft.stream_limit(layout)
    if scenario.traffic.streams > most:
        raise UsageError(f"[traffic] streams: this layout tells {most} apart")
    if scenario.capture.format == "pcapng" and scenario.capture.resolution == "us":
        raise UsageError("pcapng is written with nanoseconds", hint='[capture] resolution = "ns"')
    return layout


def _fitting(scenario: Scenario, layout: Layout) -> Scenario:
    """With frames as long as their records need."""
    if not layout.each:
        return scenario
    sizes = tuple(craft.fitting(layout, scenario.layout, size) for size in scenario.traffic.sizes)
    if max(sizes) > MAX_SIZE:
        raise UsageError(
            f"{scenario.layout.records} records of this layout need frames of {max(sizes):,} bytes",
            hint=f"A frame may have {MAX_SIZE:,} bytes: fewer records, or shorter ones.",
        )
    return replace(scenario, traffic=replace(scenario.traffic, sizes=sizes))


def _shape(layout: Layout, scenario: Scenario, kind: int, size: int) -> Template:
    if kind == RECORD:
        return craft.record(layout, scenario.layout, size)
    return foreign.template(scenario.traffic.foreign[kind - 1], scenario.layout.vlan)


def _number(traffic: Traffic, scenario: Scenario, layout: Layout) -> None:
    """The numbers as a receiver counts them: from `start` on, modulo the modulus, in 64 bits without overflow."""
    start, modulus = scenario.layout.start, layout.counted
    traffic.modulus = modulus
    x = traffic.contents["x"].astype(np.uint64)
    if modulus == 0:
        traffic.contents["seq"] = x + np.uint64(start)
        return
    room = np.uint64(modulus - start)
    x %= np.uint64(modulus)
    traffic.contents["seq"] = np.where(x >= room, x - room, x + np.uint64(start))


def _filter(traffic: Traffic, scenario: Scenario) -> None:
    """A capture filter sees frames before they can be dropped."""
    if scenario.capture.foreign:
        return
    sent = traffic.sent
    other = traffic.contents["kind"][sent["content"]] != RECORD
    sent["fate"][other & ((sent["fate"] == THERE) | (sent["fate"] == DROPPED))] = FILTERED


def _check_cuts(traffic: Traffic, kept: NDArray[np.int64], scenario: Scenario, shape: Shape) -> None:
    """Nothing may cut the number off or in two: the truth would not be what a receiver sees."""
    rows = traffic.sent[kept]
    content = traffic.contents[rows["content"]]
    snap = scenario.capture.snap or MAX_FRAME
    mine = np.flatnonzero(content["kind"] == RECORD)
    sizes, which = np.unique(content["size"][mine], return_inverse=True)
    cut = rows["cut"][mine]
    shown = np.minimum(rows["length"][mine], np.where(cut > 0, cut, MAX_FRAME))
    least = np.full(len(sizes), snap, np.int64)
    np.minimum.at(least, which, shown)
    for size, left in zip(sizes.tolist(), least.tolist(), strict=True):
        end = max(fill.at + fill.width for fill in shape(RECORD, size).fills if fill.what == V_SEQ)
        if left < end:
            raise UsageError(
                f"the number ends at byte {end} of the frame, and {left} cuts it off",
                hint="give a larger snap, head or lengths",
            )


def frames(made: Simulated) -> Iterator[tuple[NDArray[np.int64], list[bytes], NDArray[np.int64]]]:
    """The capture in blocks: times, bytes as captured, lengths on the wire."""
    snap = made.scenario.capture.snap
    longest = int(made.traffic.sent["length"].max(initial=1))
    block = max(min(BLOCK, BYTES // longest), 1)
    for start in range(0, len(made.kept), block):
        rows = made.traffic.sent[made.kept[start : start + block]]
        data = render(made.traffic, rows, made.shape)
        if snap:
            data = [frame[:snap] for frame in data]
        yield made.ns[start : start + block], data, rows["length"]


def write(made: Simulated, stream: BinaryIO) -> int:
    """Write the capture; how many bytes it has."""
    write_block = _write_pcapng if made.scenario.capture.format == "pcapng" else _write_pcap
    return write_block(made, stream)


def _write_pcap(made: Simulated, stream: BinaryIO) -> int:
    nano = made.scenario.capture.resolution == "ns"
    total = stream.write(pcap.file_header(link=ETHERNET, snap=made.scenario.capture.snap or MAX_FRAME, nano=nano))
    for ns, data, lengths in frames(made):
        if made.scenario.capture.snap:
            rows = zip(ns.tolist(), data, lengths.tolist(), strict=True)
            total += stream.write(b"".join(pcap.record(t, f, wire=wire, nano=nano) for t, f, wire in rows))
        else:
            total += stream.write(pcap.records(ns, data, nano=nano))
    return total


def _write_pcapng(made: Simulated, stream: BinaryIO) -> int:
    snap = made.scenario.capture.snap
    total = stream.write(pcapng.section_block(program="seqcheck simulate"))
    total += stream.write(pcapng.interface_block(link=ETHERNET, snap=snap, name="simulated"))
    for ns, data, lengths in frames(made):
        rows = zip(ns.tolist(), data, lengths.tolist(), strict=True)
        total += stream.write(b"".join(pcapng.packet_block(t, f, wire=wire) for t, f, wire in rows))
    last = int(made.ns[-1]) if len(made.ns) else made.scenario.capture.begin_ns
    dropped = made.dropped
    return total + stream.write(pcapng.statistics_block(last, received=len(made.kept) + dropped, dropped=dropped))
