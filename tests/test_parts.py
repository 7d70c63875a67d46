"""Captures read in parts by threads: the report is that of one thread, byte for byte, wherever they are cut."""

from __future__ import annotations

import random
import struct
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import containers
import kinds
import numpy as np
import packets
import pytest
import rings
from hypothesis import given, settings
from hypothesis import strategies as st
from twins import KERNELS, native

import seqcheck
from seqcheck import kernel, layout
from seqcheck.capture import parted, plan
from seqcheck.capture.read_ahead import Read
from seqcheck.decode.decoded import Adoption, Ahead, Apart
from seqcheck.engine import session
from seqcheck.engine.crowd import Crowd
from seqcheck.kernel import border

CAPTURES = {
    "ring": lambda: rings.stale_slots(64, 40),
    "foreign": lambda: rings.stale_slots(512, 30, others=0.2),
    "failover": kinds.failover,
    "resent": kinds.go_back,
    "delayed": lambda: kinds.delayed(10_000_000, 0.05, 0.02),
    "many orders": kinds.last_in_first_out,
    "loop": kinds.router_loop,
    "streams": rings.streams_on_one_ring,
    "instead": rings.instead,
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("parts")


@pytest.fixture(scope="module")
def frames() -> dict[str, list[containers.Packet]]:
    """The frames of each capture."""
    return {name: unpacked(make().getvalue()) for name, make in CAPTURES.items()}


def unpacked(data: bytes) -> list[containers.Packet]:
    """The frames of a little-endian pcap in nanoseconds."""
    found, pos = [], 24
    while pos < len(data):
        second, ns, cap, wire = struct.unpack_from("<4I", data, pos)
        found.append(containers.Packet(data=data[pos + 16 : pos + 16 + cap], ns=second * 10**9 + ns, wire=wire))
        pos += 16 + cap
    return found


def restarting(draw: random.Random) -> list[containers.Packet]:
    """Several streams of two senders, with copies, gaps, late numbers, wraps, restarts and blocks sent again."""
    wire = kinds.Wire(draw.randrange(1000))
    streams = draw.choice([1, 3, 20])
    for _ in range(draw.randint(1, 4)):
        first, count = draw.choice([0, 0, 1000, 2**32 - 50]), draw.randint(10, 1500)
        numbers = [n for n in range(first, first + count) if draw.random() > draw.choice([0, 0.05])]
        for _ in range(draw.randint(0, 20)):
            numbers.insert(draw.randrange(len(numbers)), draw.choice(numbers))
        for at in range(0, len(numbers) - 10, draw.choice([7, 5000])):
            other = at + draw.randint(0, 9)
            numbers[at], numbers[other] = numbers[other], numbers[at]
        numbers += numbers[-draw.choice([1, len(numbers)]) :]
        for at, number in enumerate(numbers):
            sender = kinds.A if draw.random() < 0.9 else kinds.B
            wire.put(kinds.datagram(number, sport=6000 + at % streams, source=sender))
            if draw.random() < 0.1:
                wire.put(kinds.foreign(kinds.B))
    return unpacked(wire.capture().getvalue())


def sections(frames: Sequence[containers.Packet], draw: random.Random) -> bytes:
    """The same as pcapng: with interfaces, sections, statistics and other blocks in between."""
    parts: list[bytes] = []
    big, interfaces, lost = False, 0, 0
    for at, packet in enumerate(frames):
        event = draw.random() if at else 0.003
        if event < 0.002:
            parts.append(containers.idb(big=big))
            interfaces += 1
        elif event < 0.004:
            big, interfaces, lost = draw.random() < 0.3, 2, 0
            parts += [containers.shb(big=big), containers.idb(big=big), containers.idb(big=big)]
        elif event < 0.008:
            lost += draw.randint(0, 5)
            parts.append(containers.isb(0, big=big, ifdrop=lost))
        elif event < 0.012:
            parts.append(containers.block(0x0BAD, bytes(draw.choice([0, 4, 300])), big=big))
        make = containers.epb if draw.random() < 0.9 else containers.old_pb
        parts.append(make(packet, big=big, interface=draw.randrange(interfaces)))
    return b"".join(parts)


def damaged(data: bytes, draw: random.Random) -> bytes:
    """With bytes that are others, or the end missing."""
    if draw.random() < 0.4:
        return data[: draw.randrange(len(data) // 2, len(data))]
    made = bytearray(data)
    for _ in range(draw.randint(1, 5)):
        made[draw.randrange(24, len(made))] = draw.randrange(256)
    return bytes(made)


def of_two(frames: Sequence[containers.Packet], draw: random.Random) -> list[bytes]:
    """Two captures that follow one another, or overlap in time."""
    half, back = len(frames) // 2, draw.choice([0, 0, 5_000_000])
    later = [containers.Packet(data=each.data, ns=each.ns - back, wire=each.wire) for each in frames[half:]]
    return [containers.pcap_file(list(frames[:half])), sections(later, draw)]


def report(paths: Sequence[Path], jobs: int, size: int) -> str:
    """As JSON, in parts of that many bytes; or why there is none."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plan, "LEAST", 0)
        patch.setattr(plan, "SIZE", size)
        try:
            return seqcheck.analyze(paths, kinds.LAYOUT, jobs=jobs).to_json()
        except seqcheck.InputError as error:
            return str(error)


def written(folder: Path, *captures: bytes) -> list[Path]:
    paths = [folder / f"part-{number}" for number in range(len(captures))]
    for path, data in zip(paths, captures, strict=True):
        path.write_bytes(data)
    return paths


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**32), data=st.data())
def test_the_report_does_not_depend_on_the_parts(
    folder: Path, frames: dict[str, list[containers.Packet]], seed: int, data: st.DataObject
) -> None:
    draw = random.Random(seed)
    name = data.draw(st.sampled_from([*CAPTURES, "restarts"]))
    made = restarting(draw) if name == "restarts" else frames[name]
    form = data.draw(st.sampled_from(["pcap", "pcapng", "damaged pcap", "damaged pcapng", "two"]))
    if form == "two":
        captures = of_two(made, draw)
    else:
        capture = sections(made, draw) if form.endswith("pcapng") else containers.pcap_file(made)
        captures = [damaged(capture, draw) if form.startswith("damaged") else capture]
    paths = written(folder, *captures)
    expected = report(paths, 1, plan.SIZE)
    for _ in range(2):
        size = len(captures[0]) // data.draw(st.integers(1, 50)) + data.draw(st.integers(0, 3))
        assert report(paths, data.draw(st.integers(2, 4)), max(size, 1)) == expected


def test_parts_are_what_is_read(folder: Path, frames: dict[str, list[containers.Packet]]) -> None:
    """Else all of this would hold by one thread that reads everything."""
    paths = written(folder, containers.pcap_file(frames["foreign"]))
    taken: list[int] = []
    take = parted.PartedCursor._take

    def counted(self: parted.PartedCursor, read: Read) -> tuple[int, int]:
        taken.append(read.count)
        return take(self, read)

    def used(self: Ahead, *given: Any) -> border.RecordColumns | None:
        found = use(self, *given)
        adopted.append(found.count if found else 0)
        return found

    adopted, use = list[int](), Ahead.take
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parted.PartedCursor, "_take", counted)
        patch.setattr(Ahead, "take", used)
        report(paths, 2, 10_000)
    assert sum(taken) > 0.9 * len(frames["foreign"])  # except for a wrong guess
    assert len(taken) > 10
    assert sum(adopted) > 0  # with the records that were decoded ahead


def test_a_wrong_guess_shows_nowhere(folder: Path) -> None:
    """Frames that hold captures themselves: a part that begins within one sees records all over."""
    inner = containers.pcap_file(containers.packets(40, size=30))[24:]
    made = [
        containers.Packet(data=kinds.datagram(number, rest=inner), ns=kinds.BEGIN + number * 1000, wire=len(inner) + 46)
        for number in range(200)
    ]
    paths = written(folder, containers.pcap_file(made))
    expected = report(paths, 1, plan.SIZE)
    assert '"frames": 200' in expected
    for size in (500, 1777, 20_000):
        assert report(paths, 3, size) == expected


def test_more_streams_than_there_is_room_for(folder: Path) -> None:
    """Who is followed is decided at the same frames, however many threads there are."""
    draw = random.Random(5)
    made = [
        containers.Packet(
            data=kinds.datagram(n, sport=draw.randrange(20_000), source=kinds.A), ns=kinds.BEGIN + n * 1000, wire=66
        )
        for n in range(70_000)
    ]
    paths = written(folder, containers.pcap_file(made))
    found = []
    for jobs in (1, 3):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(plan, "LEAST", 0)
            patch.setattr(plan, "SIZE", 100_001)
            patch.setattr("seqcheck.engine.crowd.ROOM", 20 << 20)
            found.append(seqcheck.analyze(paths, kinds.LAYOUT, jobs=jobs).to_json())
    assert '"too-many-streams"' in found[0]
    assert found[1] == found[0]


def test_the_threads_end_with_the_run(folder: Path, frames: dict[str, list[containers.Packet]]) -> None:
    paths = written(folder, containers.pcap_file(frames["ring"]))
    before = set(threading.enumerate())
    report(paths, 4, 5_000)
    assert set(threading.enumerate()) == before


def test_a_progress_that_raises_ends_them_too(folder: Path, frames: dict[str, list[containers.Packet]]) -> None:
    paths = written(folder, containers.pcap_file(frames["ring"]))
    before = set(threading.enumerate())

    def stop(_: session.Progress) -> None:
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plan, "LEAST", 0)
        patch.setattr(plan, "SIZE", 5_000)
        patch.setattr(session, "INTERVAL_S", -1.0)
        with pytest.raises(KeyboardInterrupt):
            seqcheck.analyze(paths, kinds.LAYOUT, jobs=3, progress=stop)
    assert set(threading.enumerate()) == before


def test_more_rows_than_there_is_room_for_at_once(folder: Path) -> None:
    """Frames without bytes: their columns take more than they do."""
    record = struct.pack("<4I", 1_700_000_000, 0, 0, 60)
    paths = written(folder, containers.pcap_file([]) + record * 200_000)
    found = []
    for jobs in (1, 2):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(plan, "LEAST", 0)
            with pytest.raises(seqcheck.InputError) as error:
                seqcheck.analyze(paths, kinds.LAYOUT, jobs=jobs)
            found.append(str(error.value))
    assert found[0] == found[1]
    assert "200,000" in found[0]


def test_totals_of_two_parts_are_those_of_both() -> None:
    one, other = border.new_totals(), border.new_totals()
    one[:] = 100, 1, 2, 40, 5, 9, 1
    other[:] = 50, 0, 1, 7, 3, 8, 2
    parted.add_totals(one, other)
    assert one.tolist() == [150, 1, 3, 40, 3, 9, 3]
    nothing = border.new_totals()
    parted.add_totals(nothing, np.array([1, 2, 3, 4, 5, 6, 7]))
    assert nothing.tolist() == [1, 2, 3, 4, 5, 6, 7]


def test_a_system_that_gives_no_thread(folder: Path, frames: dict[str, list[containers.Packet]]) -> None:
    paths = written(folder, containers.pcap_file(frames["ring"]))
    expected = report(paths, 1, plan.SIZE)
    started: list[threading.Thread] = []

    class Scarce(threading.Thread):
        def start(self) -> None:
            if len(started) == most:
                raise RuntimeError("can't start new thread")
            started.append(self)
            super().start()

    for most in (0, 1):
        started.clear()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(threading, "Thread", Scarce)
            assert report(paths, 3, 5_000) == expected
        assert len(started) == most


@pytest.mark.parametrize("kernel_name", ["native", "reference"])
def test_records_of_two_decoders_are_those_of_one(kernel_name: kernel.Name) -> None:
    """Blocks by turns, each with the ids of its decoder, taken in order: ids, ordinals and counts of one decoder."""
    engine, draw = kernel.load(kernel_name), random.Random(3)
    program = layout.compile(layout.resolve(kinds.LAYOUT))
    blocks = []
    for number in range(6):
        made = [
            kinds.datagram(draw.randrange(99), sport=6000 + draw.randrange(2 + 3 * number), source=bytes([2] * 5 + [k]))
            if draw.random() < 0.8
            else kinds.foreign(bytes([2] * 5 + [k]))
            for k in (draw.randrange(1 + number) for _ in range(60))
        ]
        blocks.append(packets.block([packets.Frame(data=each, wire=len(each), link=1) for each in made]))
    one, whole = engine.Decoder(program), engine.Decoder(program)
    aparts = [(Apart(engine, program), Adoption()) for _ in range(2)]
    for number, frames in enumerate(blocks):
        expected, own = (border.RecordColumns(frames.capacity) for _ in range(2))
        one.decode(frames, 0, frames.count, expected)
        apart, adoption = aparts[draw.randrange(2)]
        decoded = apart.decode(frames, own)
        assert adoption.fits(decoded, whole), number
        adoption.take(decoded, whole, engine, own)
        assert own.count == expected.count > 0
        for name in ("row", "stream", "seq", "source", "ordinal"):
            assert (getattr(own, name)[: own.count] == getattr(expected, name)[: own.count]).all(), (number, name)
    assert (whole.keys() == one.keys()).all()
    assert (whole.sources() == one.sources()).all()


def test_what_was_refused_once_is_never_taken() -> None:
    engine, program = kernel.load(), layout.compile(layout.resolve(kinds.LAYOUT))
    frames = packets.block([packets.Frame(data=kinds.datagram(1), wire=66, link=1)])
    decoder, adoption = engine.Decoder(program), Adoption()
    decoded = Apart(engine, program).decode(frames, border.RecordColumns(1))
    assert adoption.fits(decoded, decoder)
    adoption.refuse()
    assert not adoption.fits(decoded, decoder)


@pytest.mark.parametrize("bad", [[0], [2], [-1]])
def test_a_record_without_a_number_is_refused(bad: list[int]) -> None:
    for engine in (kernel.load("native"), kernel.load("reference")):
        records = border.RecordColumns(1)
        records.count, records.stream[0], records.source[0] = 1, bad[0], 0
        to, none = np.array([-1, 7], np.int32), np.zeros(1, np.int64)
        with pytest.raises(ValueError, match="without a number"):
            engine.renumber(records, to, np.zeros(1, np.int32), none)


@given(st.integers(0, 2**32))
def test_both_kernels_seek_alike(seed: int) -> None:
    draw = random.Random(seed)
    big, nano, made = draw.random() < 0.5, draw.random() < 0.5, containers.packets(9, size=draw.randrange(1, 40))
    rule = border.PcapRule(big=big, nano=nano, header=16, link=1, swapped=draw.random() < 0.2)
    records = [containers.pcap_record(each, big=big, nano=nano) for each in made]
    blocks = [containers.epb(each, big=big) for each in made]
    for parts, name, given_rule in ((records, "seek_pcap", rule), (blocks, "seek_pcapng", big)):
        data = bytearray(b"".join(parts))
        for _ in range(draw.choice([0, 0, 3])):
            data[draw.randrange(len(data))] = draw.randrange(256)
        buf = np.frombuffer(bytes(data), np.uint8)
        start = draw.randrange(len(buf)) & ~3
        end = draw.randrange(start, len(buf) + 1)
        stop = draw.randrange(start, end + 1)
        found = {getattr(engine, name)(buf, start, stop, end, given_rule) for engine in KERNELS}
        assert len(found) == 1
        if bytes(data) == b"".join(parts):
            assert getattr(native, name)(buf, 0, len(buf), len(buf), given_rule) == 0


def test_a_part_of_the_smallest_frames_is_far_from_the_limit_on_streams() -> None:
    """Else it would be decoded again, in order."""
    record = 16 + 60
    assert not Crowd().near(plan.SIZE // record)
