"""Compressed captures: every format, several members, truncated anywhere, corrupt, hostile."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import sys
import threading
import tracemalloc
import zlib
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from struct import pack
from typing import Any

import lz4.frame
import pytest
from containers import Packet, epb, idb, packets, pcap_file, shb
from reading import Drip, Read, path_of, read, stored

from seqcheck.capture import CaptureReader, compressed
from seqcheck.errors import InputError
from seqcheck.kernel.portable import index as portable_index

zstd: Any = import_module("compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd")

PACK: dict[str, Callable[[bytes], bytes]] = {
    "gzip": lambda data: gzip.compress(data, mtime=0),
    "bzip2": bz2.compress,
    "xz": lambda data: lzma.compress(data, preset=0),
    "zstd": lambda data: bytes(zstd.compress(data, options={zstd.CompressionParameter.checksum_flag: 1})),
    "lz4": lambda data: bytes(lz4.frame.compress(data, content_checksum=True)),
}
MADE = packets(40)
PCAP = pcap_file(MADE)


def noise_of(seed: int) -> bytes:
    """Bytes that do not compress, the same every time."""
    state, made = seed + 1, bytearray()
    while len(made) < 9000:
        state = state * 6364136223846793005 + 1442695040888963407 & (1 << 64) - 1
        made += pack("<Q", state)[2:]
    return bytes(made[:9000])


NOISE = [Packet(data=noise_of(i), ns=MADE[0].ns + i, wire=9000) for i in range(200)]


@pytest.fixture(params=PACK)
def codec(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Any:
    before = set(threading.enumerate())
    yield
    for thread in set(threading.enumerate()) - before:
        thread.join(timeout=30)
        assert not thread.is_alive()


def attempt(data: bytes) -> tuple[Read | None, str]:
    """What was read, or why it was refused."""
    try:
        return read(io.BytesIO(data), again=False), ""
    except InputError as error:
        return None, error.message


def test_every_format_is_known_by_its_first_bytes(tmp_path: Path, codec: str) -> None:
    data = PACK[codec](PCAP)
    assert compressed.codec_of(data[:6]) == codec
    for source in (path_of(tmp_path, data), io.BytesIO(data), Drip(data, 7)):
        got = read(source)
        assert (got.packets, got.damage) == (MADE, ())
    reader = read(path_of(tmp_path, data)).reader
    assert reader.bytes_done == reader.bytes_total == len(data)


def test_members_after_one_another_are_one_input(codec: str) -> None:
    parts = [PACK[codec](part) for part in (PCAP[:10], b"", PCAP[10:500], PCAP[500:])]
    for step in (1, 1 << 20):
        got = read(Drip(b"".join(parts), step), again=step > 1)
        assert (got.packets, got.damage) == (MADE, ())


@pytest.mark.parametrize("codec", compressed.PADDED)
def test_zeros_behind_a_member_are_padding(codec: str) -> None:
    data = PACK[codec](PCAP[:99]) + bytes(1024) + PACK[codec](PCAP[99:]) + bytes(300_000)
    for step in (1000, 1 << 20):
        got = read(Drip(data, step))
        assert (got.packets, got.damage) == (MADE, ())


def test_a_skippable_frame_may_come_first() -> None:
    data = pack("<II", 0x184D2A50, 4) + b"pzst" + PACK["zstd"](PCAP)
    assert read(io.BytesIO(data)).packets == MADE


def test_what_follows_the_members_is_told(codec: str) -> None:
    got = read(io.BytesIO(PACK[codec](PCAP) + b"and something else"))
    assert got.packets == MADE
    assert [(each.offset, each.what) for each in got.damage] == [
        (len(PCAP), f"the {codec} data is followed by something else")
    ]


def test_broken_off_anywhere(codec: str) -> None:
    data = PACK[codec](PCAP)
    for size in [*range(1, 60), *range(60, len(data), 41), *range(len(data) - 12, len(data))]:
        got, refused = attempt(data[:size])
        if got:
            assert got.packets == MADE[: len(got.packets)]
            assert got.damage[0].what == f"{codec} data is truncated"
            assert got.damage[0].offset <= len(PCAP)
        else:
            assert any(what in refused for what in ("is truncated", "is not a pcap", "cut"))


def test_what_came_before_the_break_is_read(codec: str) -> None:
    data = PACK[codec](pcap_file(NOISE))
    got = read(io.BytesIO(data[: len(data) * 3 // 4]), again=False)
    assert len(got.packets) > len(NOISE) // 3, "blocks of the format that were whole"
    assert got.packets == NOISE[: len(got.packets)]
    assert got.damage[0].what == f"{codec} data is truncated"


def test_corrupt_data_is_told(codec: str) -> None:
    data = bytearray(PACK[codec](PCAP))
    told = 0
    for at in range(6, len(data), max(1, len(data) // 60)):
        data[at] ^= 0x55
        got, refused = attempt(bytes(data))
        told += bool(refused or (got and got.damage))
        assert refused or (got and (got.damage or got.packets == MADE)), "a checksum would not let it pass"
        data[at] ^= 0x55
    assert told > 40


def test_compressed_twice_is_no_capture(codec: str) -> None:
    with pytest.raises(InputError, match="is not a pcap"):
        read(io.BytesIO(PACK[codec](PACK[codec](PCAP))))


def test_little_that_stands_for_much_takes_little_memory(codec: str) -> None:
    size = 48 << 20
    skipped = pack("<II", 0x0BAD, size + 12) + bytes(size) + pack("<I", size + 12)
    data = PACK[codec](shb() + idb() + epb(MADE[0]) + skipped + epb(MADE[1]))
    del skipped
    tracemalloc.start()
    try:
        got = read(io.BytesIO(data))
        assert got.packets == MADE[:2]
        assert tracemalloc.get_traced_memory()[1] < size / 2
    finally:
        tracemalloc.stop()


def test_a_package_that_is_missing_is_named_as_pip_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not by the module that could not be imported: nothing is called lz4-frame."""
    monkeypatch.setitem(sys.modules, "lz4.frame", None)
    compressed._module.cache_clear()
    with pytest.raises(InputError, match="compressed with lz4, and lz4, which reads it, is not installed") as caught:
        read(io.BytesIO(PACK["lz4"](PCAP)))
    assert caught.value.hint.endswith("pip install lz4")


def test_leaving_early_stops_the_unpacking(tmp_path: Path, codec: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seqcheck.capture.reader.SLOT", 1 << 20)
    with CaptureReader([path_of(tmp_path, PACK[codec](pcap_file(NOISE)))], kernel=portable_index) as reader:
        for _ in reader:
            break
        assert 0 < reader.frames < len(NOISE)


def test_frames_again_from_the_window(codec: str) -> None:
    with CaptureReader([io.BytesIO(PACK[codec](PCAP))], kernel=portable_index) as reader:
        for _ in reader:
            assert stored(reader, [1, 2]) == MADE[:2]
        assert stored(reader, [1, 40, 41]) == [MADE[0], MADE[39], None]


def test_several_compressed_files_in_order_of_time(tmp_path: Path) -> None:
    paths = [path_of(tmp_path, PACK[codec](pcap_file(MADE[i::5])), codec) for i, codec in enumerate(PACK)]
    assert read(*paths).packets == MADE
    follow = [path_of(tmp_path, PACK[codec](pcap_file(MADE[i * 8 : i * 8 + 8])), codec) for i, codec in enumerate(PACK)]
    assert read(*follow[::-1]).packets == MADE


def wide_zstd() -> bytes:
    options = {zstd.CompressionParameter.window_log: 30, zstd.CompressionParameter.enable_long_distance_matching: 1}
    made = zstd.ZstdCompressor(options=options)
    return bytes(made.compress(PCAP) + made.flush())


def wide_xz() -> bytes:
    """Valid except for the size of its dictionary, 1.5 GiB, whose checksum is remade."""
    data = bytearray(lzma.compress(b"x" * 100))
    size = (data[12] + 1) * 4  # of the block header
    at = data.index(b"\x21\x01", 12)  # LZMA2, one byte of properties
    data[at + 2] = 39
    data[12 + size - 4 : 12 + size] = zlib.crc32(data[12 : 12 + size - 4]).to_bytes(4, "little")
    return bytes(data)


@pytest.mark.parametrize(("made", "hint"), [(wide_zstd, "zstd --long=31 -dc"), (wide_xz, "xz -dc")])
def test_a_large_window_is_no_damage(made: Callable[[], bytes], hint: str, tmp_path: Path) -> None:
    path = tmp_path / "wide one"
    path.write_bytes(made())
    with pytest.raises(InputError, match="needs more memory") as caught:
        read(path)
    assert f"try: {hint} '{path}' | seqcheck analyze -" in caught.value.message


@pytest.mark.parametrize("codec", ["gzip", "bzip2", "xz", "zstd", "lz4"])
@pytest.mark.parametrize("portion", [1, 7, 1 << 20])
def test_members_that_hold_nothing_are_passed_over(codec: str, portion: int) -> None:
    packed = PACK[codec]
    made = packets(20)
    file = pcap_file(made)
    skipped = packed(b"") * 50
    if codec == "zstd":
        skipped += pack("<II", 0x184D2A53, 5) + b"12345" + pack("<II", 0x184D2A50, 0)
    got = read(Drip(skipped + packed(file[:100]) + skipped + packed(file[100:]) + skipped, portion))
    assert (got.packets, got.damage) == (made, ())
    broken = read(Drip(packed(file) + skipped + b"what is this", portion))
    assert (broken.packets, [each.what for each in broken.damage]) == (
        made,
        [f"the {codec} data is followed by something else"],
    )
