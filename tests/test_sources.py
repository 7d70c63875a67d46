"""Sources: whole, cut, lying and random captures, in any portions, one or several; frames looked up again."""

from __future__ import annotations

import gzip
import io
import os
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from struct import pack

import dpkt
import pytest
from containers import (
    SECOND,
    START_NS,
    Packet,
    as_read,
    block,
    epb,
    idb,
    isb,
    option,
    packets,
    pcap_file,
    pcap_header,
    pcap_record,
    pcapng_blocks,
    shb,
    spb,
)  # fmt: skip
from hypothesis import given, settings
from hypothesis import strategies as st
from reading import Drip, path_of, read, rows, stored

from seqcheck import kernel
from seqcheck.capture import CaptureReader, feed
from seqcheck.errors import InputError, UsageError
from seqcheck.kernel.portable import index as portable_index
from seqcheck.wire.pcapng import MAX_INTERFACES

MADE = packets(7)
PCAP = pcap_file(MADE)
BLOCKS = pcapng_blocks(MADE)
PCAPNG = b"".join(BLOCKS)


# ---- whole captures --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("big", [False, True])
@pytest.mark.parametrize(("nano", "modified"), [(False, False), (True, False), (False, True)])
def test_pcap_of_every_kind(tmp_path: Path, big: bool, nano: bool, modified: bool) -> None:
    data = pcap_file(MADE, big=big, nano=nano, modified=modified)
    for source in (path_of(tmp_path, data), io.BytesIO(data), Drip(data, 5)):
        got = read(source)
        assert (got.packets, got.damage, got.dropped) == (MADE, (), None)


@pytest.mark.parametrize("big", [False, True])
def test_pcapng_of_every_block(tmp_path: Path, big: bool) -> None:
    data = b"".join(pcapng_blocks(MADE, big=big))
    for source in (path_of(tmp_path, data), io.BytesIO(data), Drip(data, 5)):
        got = read(source)
        assert (got.packets, got.damage, got.dropped) == (as_read(MADE), (), 7)


def test_dpkt_reads_the_same() -> None:
    enhanced = shb() + idb() + b"".join(map(epb, MADE))
    for data, reader in ((PCAP, dpkt.pcap.Reader), (enhanced, dpkt.pcapng.Reader)):
        theirs = [frame for _, frame in reader(io.BytesIO(data))]
        assert theirs == [each.data for each in read(io.BytesIO(data)).packets]


def test_sections_have_their_own_order_interfaces_and_drops() -> None:
    resolution = option(9, b"\x06", big=True) + bytes(4)
    data = (
        shb() + idb(link=1) + epb(MADE[0]) + isb(0, ifdrop=1)
        + shb(big=True) + idb(big=True, link=101, options=resolution) + idb(big=True, link=113)
        + epb(Packet(data=b"abc", ns=START_NS // 1000, wire=3), big=True)
        + epb(MADE[1], big=True, interface=1) + isb(1, big=True, osdrop=10)
        + shb() + idb(link=0) + spb(MADE[2])
    )  # fmt: skip
    got = read(io.BytesIO(data))
    assert [packet.link for packet in got.packets] == [1, 101, 113, 0]
    assert [packet.ns for packet in got.packets] == [MADE[0].ns, START_NS, MADE[1].ns, 0]
    assert (got.dropped, got.damage) == (11, ())
    assert (got.reader.first_ns, got.reader.last_ns) == (START_NS, MADE[1].ns)


def test_a_section_of_unknown_version_is_skipped() -> None:
    data = shb() + idb() + epb(MADE[0]) + shb(major=2) + idb() + epb(MADE[1]) + shb(big=True) + idb(big=True)
    got = read(io.BytesIO(data + epb(MADE[2], big=True)))
    assert got.packets == [MADE[0], MADE[2]]
    assert [(each.offset, each.what) for each in got.damage] == [
        (len(shb() + idb() + epb(MADE[0])), "a section of unknown version 2.0 is skipped")
    ]


def test_blocks_of_no_interest_may_be_larger_than_any_buffer() -> None:
    large = pack("<II", 0x0BAD, 12 + (3 << 20)) + bytes(3 << 20) + pack("<I", 12 + (3 << 20))
    got = read(io.BytesIO(shb() + large + idb() + large + epb(MADE[0]) + large + epb(MADE[1])))
    assert (got.packets, got.damage) == (MADE[:2], ())


def test_a_capture_without_frames_is_no_error(tmp_path: Path) -> None:
    for data in (pcap_header(), shb(), shb() + idb()):
        got = read(path_of(tmp_path, data))
        assert (got.packets, got.damage) == ([], ())
        assert (got.reader.first_ns, got.reader.last_ns, got.reader.bytes_done) == (None, None, len(data))


def test_damage_beside_no_frames_is_no_error() -> None:
    got = read(io.BytesIO(shb() + idb() + isb(7, ifdrop=1)))
    assert (got.packets, len(got.damage)) == ([], 1)


def test_simple_packets_alone_have_no_first_time() -> None:
    reader = read(io.BytesIO(shb() + idb() + spb(MADE[0]))).reader
    assert (reader.frames, reader.first_ns, reader.last_ns) == (1, None, None)


# ---- cut, lying, random ----------------------------------------------------------------------------------------------


def ends(parts: list[bytes]) -> list[int]:
    return [len(b"".join(parts[: i + 1])) for i in range(len(parts))]


@pytest.mark.parametrize("step", [1, 3, 1 << 20])
def test_pcap_cut_at_every_byte(step: int) -> None:
    parts = [pcap_header(), *map(pcap_record, MADE)]
    check_cuts(parts, [None, *MADE], head=24, step=step)


@pytest.mark.parametrize("step", [1, 3, 1 << 20])
def test_pcapng_cut_at_every_byte(step: int) -> None:
    kinds = [int.from_bytes(part[:4], "little") for part in BLOCKS]
    packet = iter(as_read(MADE))
    check_cuts(BLOCKS, [next(packet) if kind in (2, 3, 6) else None for kind in kinds], head=28, step=step)


def check_cuts(parts: list[bytes], gives: list[Packet | None], *, head: int, step: int) -> None:
    """What ends before the cut is read; where it is no end of a part, that is damage at the start of what is cut."""
    data, stops = b"".join(parts), ends(parts)
    for size in range(len(data) + 1):
        source = Drip(data[:size], step)
        expected = [packet for packet, stop in zip(gives, stops, strict=True) if packet and stop <= size]
        clean = size in stops
        if size < head or not (expected or clean):
            with pytest.raises(InputError) as caught:
                read(source)
            assert caught.value.message
            continue
        got = read(source, again=step > 1)
        assert got.packets == expected
        assert bool(got.damage) == (not clean)
        for damage in got.damage:
            start = max(stop for stop in [0, *stops] if stop <= size)
            assert start <= damage.offset <= size
            assert "ends within" in damage.what


@pytest.mark.parametrize(
    ("record", "what"),
    [
        (pack("<4I", 1, 2, 300_000, 300_000), "claims 300000 captured"),
        (pack("<4I", 1, 2, 0xFFFFFFFF, 60), "claims 4294967295 captured"),
        (pack("<4I", 1, 2, 60, 0x80000000) + bytes(60), "claims 2147483648 bytes on the wire"),
        (pack("<4I", 1, 2, 262_144, 262_144) + bytes(99), "ends within a record, after 115 bytes"),
    ],
)
def test_pcap_lengths_that_lie(tmp_path: Path, record: bytes, what: str) -> None:
    start = len(pcap_file(MADE[:2]))
    path = path_of(tmp_path, pcap_file(MADE[:2]) + record + b"".join(map(pcap_record, MADE[2:])))
    if what.startswith("claims"):
        got = read(path)
        assert got.packets == MADE[:2]
        assert [(each.input, each.offset) for each in got.damage] == [(str(path), start)]
        assert what in got.damage[0].what
    got = read(path_of(tmp_path, pcap_file(MADE[:2]) + record))
    assert got.packets == MADE[:2]
    assert what in got.damage[0].what
    with pytest.raises(InputError, match=what):
        read(path_of(tmp_path, pcap_header() + record))


@pytest.mark.parametrize(
    ("bad", "what"),
    [
        (pack("<II", 6, 31) + bytes(99), "claims a length of 31"),
        (pack("<II", 6, 0) + bytes(99), "claims a length of 0"),
        (pack("<II", 6, 0xFFFFFFFC) + bytes(99), "claims a length of 4294967292"),
        (pack("<II", 0x0BAD, 8) + bytes(99), "type 0x00000bad claims a length of 8"),
        (pack("<II", 0x0BAD, 13) + bytes(99), "claims a length of 13"),
        (pack("<II", 1, 0x7FFFFFFC) + bytes(99), "type 0x00000001 claims a length of 2147483644"),
        (pack("<II", 1, 16) + bytes(99), "claims a length of 16"),
        (pack("<II", 5, 20) + bytes(99), "claims a length of 20"),
        (block(0x0BAD, b"abcd")[:-4] + bytes(99), "does not close"),
        (idb()[:-4] + bytes(99), "does not close"),
        (b"\x0a\x0d\x0d\x0a" + pack("<I", 28) + bytes(99), "byte order"),
        (shb()[:-4] + bytes(99), "does not close"),
        (pack("<II", 0x0BAD, 0xFFFFFFFC) + bytes(99), "ends within a block"),
        (epb(MADE[0], interface=3), "interface 3, but the section has 1"),
        (epb(MADE[0])[:-4] + bytes(4), "does not close"),
    ],
)  # fmt: skip
def test_pcapng_blocks_that_lie(bad: bytes, what: str) -> None:
    before = shb() + idb() + epb(MADE[0]) + epb(MADE[1])
    for step in (1, 1 << 20):
        got = read(Drip(before + bad, step))
        assert got.packets == MADE[:2]
        assert len(got.damage) == 1
        assert what in got.damage[0].what
        assert len(before) <= got.damage[0].offset <= len(before + bad)
    with pytest.raises(InputError, match=what):
        read(io.BytesIO(shb() + idb() + bad))


def test_damage_that_does_not_stop_the_reading() -> None:
    lame = idb(options=pack("<HH", 9, 500))
    data = shb() + idb() + lame + epb(MADE[0]) + isb(9, ifdrop=1) + epb(MADE[1])
    got = read(io.BytesIO(data))
    assert got.packets == MADE[:2]
    assert [each.offset for each in got.damage] == [len(shb() + idb()), len(shb() + idb() + lame + epb(MADE[0]))]


def test_times_out_of_range_are_told_once() -> None:
    odd = [Packet(data=b"x", ns=START_NS, wire=1)] * 3
    records = [pack("<4I", 1, 10**9 + 5, 1, 1) + b"x" for _ in odd]
    data = pcap_file(MADE[:1]) + b"".join(records) + pcap_record(MADE[1])
    for step in (1, 1 << 20):
        got = read(Drip(data, step))
        assert [(each.offset, each.what) for each in got.damage] == [
            (len(pcap_file(MADE[:1])), "3 time stamps are out of range, the first one here")
        ]
        assert [packet.ns for packet in got.packets][1:4] == [2 * SECOND + 5] * 3


def test_damage_is_listed_up_to_a_limit() -> None:
    data = shb() + idb() + isb(9, ifdrop=1) * (feed.MAX_DAMAGE * 3) + epb(MADE[0])
    got = read(io.BytesIO(data))
    assert (len(got.damage), got.packets) == (feed.MAX_DAMAGE, MADE[:1])
    got = read(io.BytesIO(data + b"cut"))
    assert (len(got.damage), got.damage[-1].offset) == (feed.MAX_DAMAGE + 1, len(data))


def test_interfaces_beyond_the_limit_are_told() -> None:
    data = shb() + idb() * (MAX_INTERFACES + 2) + epb(MADE[0])
    got = read(io.BytesIO(data))
    assert len(got.packets) == 1
    assert {each.what for each in got.damage} == {f"more than {MAX_INTERFACES} interfaces in one section"}


PARTS = st.one_of(
    st.binary(max_size=30),
    st.sampled_from([pcap_header(), *map(pcap_record, MADE)]),
    st.sampled_from([shb(), shb(big=True), shb(major=3), idb(), idb(big=True), isb(0, ifdrop=2), *BLOCKS]),
    st.builds(lambda kind, size: pack("<II", kind, size), st.sampled_from([1, 2, 3, 5, 6, 99]), st.integers(0, 99)),
)


STARTS = st.sampled_from([b"", pcap_header(), shb(), PCAP, PCAPNG])


@settings(max_examples=300, deadline=None)
@given(start=STARTS, parts=st.lists(PARTS, max_size=8), portion=st.integers(1, 64))
def test_any_bytes_in_any_portions_read_the_same(start: bytes, parts: list[bytes], portion: int) -> None:
    made = start + b"".join(parts)
    results = []
    for step in (1 << 20, portion):
        try:
            got = read(Drip(made, step))
            results.append((got.packets, got.dropped, [each.what for each in got.damage]))
        except InputError as error:
            results.append(error.message)
    assert results[0] == results[1]


# ---- what cannot be opened -------------------------------------------------------------------------------------------


def refusal(source: object) -> InputError:
    with pytest.raises(InputError) as caught:
        read(source)
    return caught.value


def test_what_is_no_capture_is_refused_in_words(tmp_path: Path) -> None:
    assert refusal(tmp_path).message == f"{tmp_path} is a directory"
    assert refusal(tmp_path / "none").message == f"{tmp_path / 'none'} does not exist"
    assert refusal(tmp_path / "none").hint == ""
    assert "--cluster" in refusal("https://192.0.2.1/run.pcap").hint
    assert "is empty" in refusal(path_of(tmp_path, b"")).message
    error = refusal(path_of(tmp_path, b"<html>no capture at all</html>"))
    assert "is not a pcap or pcapng capture" in error.message
    assert "editcap" in error.hint
    assert "version 2.5" in refusal(io.BytesIO(pcap_header(minor=5))).message
    assert "cannot open" in refusal("a\0b").message
    assert "byte order" in refusal(io.BytesIO(b"\x0a\x0d\x0d\x0a" + bytes(60))).message


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_no_permission(tmp_path: Path) -> None:
    path = path_of(tmp_path, PCAP)
    path.chmod(0)
    assert "do not have permission" in refusal(path).message


def test_no_inputs_at_all() -> None:
    with pytest.raises(UsageError):
        CaptureReader([], kernel=portable_index)


def test_a_stream_that_fails_gives_what_came_before() -> None:
    class Failing(Drip):
        def readinto(self, view: object) -> int:
            if self._at >= 150:
                raise OSError(5, "Input/output error")
            return super().readinto(view)

    source = Failing(PCAP, 50)
    got = read(source)
    assert 0 < len(got.packets) < len(MADE)
    assert got.damage[0].what == "reading failed: Input/output error"
    assert got.damage[0].offset == source._at


def test_streams_of_every_make_are_read(tmp_path: Path) -> None:
    class OnlyRead:
        def __init__(self) -> None:
            self.inner = io.BytesIO(PCAP)

        def read(self, size: int) -> bytes:
            return self.inner.read(size)

    path = path_of(tmp_path, PCAP)
    with path.open("rb") as buffered, path.open("rb", buffering=0) as raw, path.open() as text:
        for stream in (OnlyRead(), buffered, raw, text):
            assert read(stream).packets == MADE
        assert not buffered.closed, "what the caller opened stays open"


# ---- pipes -----------------------------------------------------------------------------------------------------------

SCRIPT = """
import sys
from seqcheck.kernel.portable import index as portable_index
from seqcheck.capture import CaptureReader
with CaptureReader(["-"], kernel=portable_index) as reader:
    for frames, low, high in reader:
        print(frames.first + low, frames.first + high - 1, flush=True)
    print(reader.frames, reader.bytes_total, reader.inputs[0], len(reader.damage), flush=True)
"""


def test_standard_input_gives_what_is_there_at_once() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", SCRIPT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={**os.environ}
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(pcap_header() + pcap_record(MADE[0]) + pcap_record(MADE[1])[:7])
        process.stdin.flush()
        assert process.stdout.readline() == b"1 1\n"
        process.stdin.write(pcap_record(MADE[1])[7:] + pcap_record(MADE[2]))
        process.stdin.flush()
        assert process.stdout.readline() == b"2 3\n"
        process.stdin.close()
        assert process.stdout.readline() == b"3 None - 0\n"


def test_standard_input_from_a_file_has_a_length(tmp_path: Path) -> None:
    with path_of(tmp_path, b"xyz" + PCAP).open("rb") as file:
        os.lseek(file.fileno(), 3, os.SEEK_SET)
        done = subprocess.run([sys.executable, "-c", SCRIPT], stdin=file, capture_output=True, check=True, timeout=60)
    assert done.stdout.splitlines()[-1] == f"7 {len(PCAP)} - 0".encode()


def test_a_named_pipe(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    assert stat.S_ISFIFO(path.stat().st_mode)
    writer = threading.Thread(target=lambda: path.write_bytes(PCAPNG))
    writer.start()
    got = read(path)
    writer.join()
    assert (got.packets, got.reader.bytes_total) == (as_read(MADE), None)


def test_a_section_for_each_packet(tmp_path: Path) -> None:
    made = packets(2000)
    heads = [(n % 3 == 0, each) for n, each in enumerate(made)]
    data = b"".join(shb(big=big) + idb(big=big) + epb(each, big=big) for big, each in heads)
    with CaptureReader([path_of(tmp_path, data)], kernel=portable_index) as reader:
        turns = 0
        for frames, low, high in reader:
            assert rows(frames, low, high) == made[low:high]
            turns += 1
        assert turns < 10, "many sections at a time"
        assert stored(reader, range(1, 2001, 97)) == made[::97]


def test_interfaces_by_the_million(tmp_path: Path) -> None:
    made = packets(3)
    data = shb() + idb(options=b"") * 70_000 + b"".join(epb(each, interface=65_535) for each in made)
    with CaptureReader([path_of(tmp_path, data)], kernel=portable_index) as reader:
        assert sum(high - low for _, low, high in reader) == 3
        assert 100 <= len(reader.damage) <= 102
        assert "more than 65536 interfaces" in reader.damage[0].what


LINKS = b"".join(idb(link=200 + n, options=option(13, b"\x04") + bytes(4)) for n in range(20_000))
LOSSES = idb(options=b"") * 20_000 + b"".join(isb(n, ifdrop=1) for n in range(20_000))


@pytest.mark.parametrize("interfaces", [LINKS, LOSSES], ids=["links", "losses"])
def test_a_block_costs_no_more_where_there_are_many_interfaces(tmp_path: Path, interfaces: bytes) -> None:
    """Statistics after each frame, so that there is something to do after each."""
    made = packets(10_000, size=4)
    data = shb() + idb() + interfaces + b"".join(epb(each) + isb(0) for each in made)
    begin = time.process_time()
    with CaptureReader([path_of(tmp_path, data)], kernel=kernel.load()) as reader:
        assert sum(high - low for _, low, high in reader) == len(made)
        assert reader.dropped == (20_000 if interfaces is LOSSES else None)
    assert time.process_time() - begin < 3


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "packed"])
@pytest.mark.parametrize("data", [PCAP, PCAP[:-5], PCAPNG], ids=["pcap", "cut", "pcapng"])
def test_a_reader_can_be_rewound(tmp_path: Path, data: bytes, pack: Callable[[bytes], bytes], count: int) -> None:
    """As if nothing had been read, wherever it is."""
    paths = [tmp_path / f"run{n}" for n in range(count)]
    for path in paths:
        path.write_bytes(pack(data))
    with CaptureReader(paths, kernel=portable_index) as reader:
        whole = [rows(*block) for block in reader]
        known = (reader.frames, reader.wire_bytes, reader.dropped, reader.damage, reader.bytes_done)
        again = [reader.store.get(number) for number in range(1, reader.frames + 1)]
        reader.rewind()
        next(iter(reader))
        reader.stop("enough")
        reader.rewind()
        assert [rows(*block) for block in reader] == whole
        assert (reader.frames, reader.wire_bytes, reader.dropped, reader.damage, reader.bytes_done) == known
        assert [reader.store.get(number) for number in range(1, reader.frames + 1)] == again
