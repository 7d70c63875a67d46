"""Reading ahead: the same rows, damage and single frames as without, and a thread that ends."""

from __future__ import annotations

import gzip
import io
import os
import threading
import zlib
from pathlib import Path
from struct import pack

import pytest
from containers import Packet, as_read, epb, idb, packets, pcap_file, pcap_header, pcapng_blocks, shb
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from reading import path_of, read

from seqcheck import kernel
from seqcheck.capture import CaptureReader, ahead, bytestream, compressed, reader
from seqcheck.capture.compressed import PIECE as PIECE_OF_OUTPUT
from seqcheck.capture.slots import LEAST_SLOT, ROWS, Pool
from seqcheck.errors import InputError
from seqcheck.kernel.border import MAX_FRAME

PIECE = LEAST_SLOT  # bytes that are read at a time, with the least blocks there are


@pytest.fixture(autouse=True)
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """Packed files are read ahead, in small blocks, however many processors there are."""
    monkeypatch.setattr(reader, "Pool", lambda count, *, size, lead: Pool(count, size=PIECE, lead=lead))
    monkeypatch.setattr(ahead, "processors", lambda: 2)


def made(sizes: list[int]) -> list[Packet]:
    """Packets of these lengths, a microsecond apart."""
    return [
        Packet(data=bytes([n % 251]) * size, ns=1_700_000_000_000_000_000 + 1000 * n, wire=size, link=1)
        for n, size in enumerate(sizes)
    ]


def pack_up(data: bytes) -> bytes:
    """gzip's form of it, as long as it is itself."""
    return gzip.compress(data, 0)


def threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("read ")]


SIZES = st.lists(
    st.sampled_from([0, 1, 60, 1514, 9000, PIECE - 16, PIECE - 15, PIECE, 3 * PIECE, MAX_FRAME]),
    min_size=1,
    max_size=30,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(SIZES, st.integers(0, 40), st.booleans(), st.booleans())
def test_the_same_as_without(tmp_path: Path, sizes: list[int], cut: int, blocks: bool, packed: bool) -> None:
    some = made(sizes)
    data = shb() + idb() + b"".join(map(epb, some)) if blocks else pcap_file(some)
    data = data[: max(len(data) - cut, 40)]
    path = path_of(tmp_path, gzip.compress(data, 1) if packed else data)
    try:
        without = read(io.BytesIO(data))
    except InputError:  # nothing of it can be read
        with pytest.raises(InputError):
            read(path)
        return
    got = read(path)
    assert got.packets == without.packets
    assert [(each.offset, each.what) for each in got.damage] == [(each.offset, each.what) for each in without.damage]
    assert not threads()


def test_it_is_read_ahead(tmp_path: Path) -> None:
    with CaptureReader([path_of(tmp_path, pack_up(pcap_file(made([1000] * 2000))))], kernel=kernel.load()) as capture:
        rows = iter(capture)
        next(rows)
        assert len(threads()) == 1
    assert not threads()


def test_single_frames(tmp_path: Path) -> None:
    some = made([200 + n % 700 for n in range(3000)])
    with CaptureReader([path_of(tmp_path, pack_up(pcap_file(some)))], kernel=kernel.load()) as capture:
        for frames, low, high in capture:
            for number in (frames.first + low, frames.first + high - 1, max(frames.first + low - 1, 1), 1):
                found = capture.store.get(number)
                assert found is not None
                assert (found.data, found.ns) == (some[number - 1].data, some[number - 1].ns)


def test_damage_far_into_the_file(tmp_path: Path) -> None:
    data = pcap_file(made([1000] * 900))
    path = path_of(tmp_path, pack_up(data + pack("<IIII", 1, 1, MAX_FRAME + 1, MAX_FRAME + 1)))
    got = read(path)
    assert len(got.packets) == 900
    assert [each.offset for each in got.damage] == [len(data)]


def test_every_kind_of_block(tmp_path: Path) -> None:
    some = packets(7)
    got = read(path_of(tmp_path, pack_up(b"".join(pcapng_blocks(some)))))
    assert (got.packets, got.damage, got.dropped) == (as_read(some), (), 7)


def test_nothing_behind_the_header(tmp_path: Path) -> None:
    assert read(path_of(tmp_path, pack_up(pcap_header()))).packets == []


def test_trouble_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that cannot be read on ends there, and says so; a fault of ours is not taken for its end."""
    path = path_of(tmp_path, pack_up(pcap_file(made([1000] * 2000))))
    whole = bytestream.RawBytes._read
    calls = []

    def failing(error: Exception) -> None:
        calls.clear()

        def once(self: bytestream.RawBytes, view: memoryview) -> int:
            calls.append(len(view))
            if len(calls) < 4:
                return whole(self, view)
            if isinstance(error, OSError):
                self.trouble = f"reading failed: {error.strerror}"
                return 0
            raise error

        monkeypatch.setattr(bytestream.RawBytes, "_read", once)

    failing(OSError(5, "Input/output error"))
    got = read(path)
    assert 0 < len(got.packets) < 2000
    assert [each.what for each in got.damage] == ["reading failed: Input/output error"]
    failing(MemoryError("no more"))
    with pytest.raises(MemoryError, match="no more"):
        read(path)
    assert not threads()


@pytest.mark.parametrize("packed", [False, True])
def test_more_frames_than_a_block_has_rows(tmp_path: Path, packed: bool) -> None:
    some = made([0] * (5 * ROWS + 7))
    data = pcap_file(some)
    got = read(path_of(tmp_path, gzip.compress(data, 1) if packed else data), again=False)
    assert got.packets == some


def test_several_at_a_time(tmp_path: Path) -> None:
    """Packed and plain inputs whose times overlap, each read ahead."""
    some = made([700] * 6000)
    paths = []
    for place in range(3):
        data = pcap_file(some[place::3])
        paths.append(path_of(tmp_path, gzip.compress(data, 1) if place else data, f"{place}"))
    got = read(*paths)
    assert got.packets == some
    assert not threads()


def test_a_pipe_gives_what_it_has(tmp_path: Path) -> None:
    """Packed data that comes slowly is looked at as it comes, not when a block is full."""
    some = made([300] * 400)
    data = pcap_file(some)
    out, into = os.pipe()
    packer = zlib.compressobj(wbits=31)
    seen = 0
    with os.fdopen(out, "rb", buffering=0) as source, os.fdopen(into, "wb", buffering=0) as sink:
        sink.write(packer.compress(data[: len(data) // 2]) + packer.flush(zlib.Z_SYNC_FLUSH))
        with CaptureReader([source], kernel=kernel.load()) as capture:
            for _, low, high in capture:
                seen += high - low
                if not sink.closed:
                    assert 190 < seen < 210
                    sink.write(packer.compress(data[len(data) // 2 :]) + packer.flush())
                    sink.close()
    assert seen == 400


def silent_pipe(data: bytes) -> tuple[int, int]:
    """A pipe that holds these bytes, and then says nothing more."""
    out, into = os.pipe()
    os.write(into, data)
    return out, into


def flushed(data: bytes) -> bytes:
    """gzip's form of it, all that can be unpacked, and no end."""
    packer = zlib.compressobj(wbits=31)
    return packer.compress(data) + packer.flush(zlib.Z_SYNC_FLUSH)


def test_leaving_while_a_packed_pipe_is_silent() -> None:
    out, into = silent_pipe(flushed(pcap_file(made([300] * 100))))
    with os.fdopen(out, "rb", buffering=0) as source, os.fdopen(into, "wb", buffering=0):
        with CaptureReader([source], kernel=kernel.load()) as capture:
            next(iter(capture))
            assert threads()
        assert capture.frames == 100


def test_a_block_that_is_still_read_into_is_nobody_elses(tmp_path: Path) -> None:
    """A packed pipe that ends by damage while its thread waits for more: what the thread will read goes to a block that
    no other input is given."""
    damaged = pcap_file(made([100] * 50)) + pack("<IIII", 1, 1, MAX_FRAME + 1, MAX_FRAME + 1)
    out, into = silent_pipe(flushed(damaged))
    other = path_of(tmp_path, gzip.compress(pcap_file(made([1000] * 9000)), 1))
    with (
        os.fdopen(out, "rb", buffering=0) as source,
        os.fdopen(into, "wb", buffering=0),
        CaptureReader([source, other], kernel=kernel.load(), window=1 << 20) as capture,
    ):
        pipe = capture._feeds[0]
        taken, ended = set[int](), None
        for frames, low, high in capture:
            if pipe._cursor is not None:
                ended = pipe._cursor.block
                continue
            taken.add(int(frames.off[low:high].min()) // PIECE)
            assert ended is not None
            assert not ((frames.off[low:high] >= ended.low) & (frames.off[low:high] < ended.high)).any()
        assert capture.frames == 9050
        assert len(taken) > 3, "the blocks of the other input were not used again"


@pytest.mark.parametrize("length", [PIECE_OF_OUTPUT - 1, PIECE_OF_OUTPUT, 2 * PIECE_OF_OUTPUT, 70_000])
def test_what_a_silent_pipe_has_given_is_not_held_back(length: int) -> None:
    for data in (flushed(bytes(length)), gzip.compress(bytes(length))):
        out, into = silent_pipe(data)
        with os.fdopen(into, "wb", buffering=0) as sink:
            raw = bytestream.RawBytes(io.FileIO(out), "pipe", ours=True)
            unpacked, view = compressed.Unpacked(raw, "gzip"), memoryview(bytearray(1 << 20))
            late = threading.Timer(60, sink.close)  # ends what waits for more, which then has come too late
            late.start()
            got = 0
            while got < length:
                got += unpacked.read_into(view)
            late.cancel()
            assert (got, sink.closed) == (length, False)
            raw.close()


def test_blocks_that_grew_are_as_they_were(tmp_path: Path) -> None:
    some = [*made([0] * (4 * ROWS)), *made([0] * (4 * ROWS))]
    path = path_of(tmp_path, gzip.compress(pcap_file(some), 1))
    with CaptureReader([path], kernel=kernel.load(), window=1 << 20) as capture:
        assert max(high - low for _, low, high in capture) <= CaptureReader.rows
        assert capture.frames == len(some)
