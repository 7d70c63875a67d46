"""Captures of many blocks and of several inputs, and their frames looked up again by number."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest
from containers import START_NS, Packet, as_read, epb, idb, isb, packets, pcap_file, pcap_header, pcapng_blocks, shb
from hypothesis import given, settings
from hypothesis import strategies as st
from reading import Drip, path_of, read, rows, stored

from seqcheck.capture import CaptureReader, evidence, merge, numbering
from seqcheck.errors import InputError
from seqcheck.kernel.portable import index as portable_index

MADE = packets(7)
PCAP = pcap_file(MADE)
PCAPNG = b"".join(pcapng_blocks(MADE))

# ---- many blocks -----------------------------------------------------------------------------------------------------

LARGE = [Packet(data=packet.data * 30, ns=packet.ns, wire=len(packet.data) * 30) for packet in packets(6000, size=20)]
NUMBERS = [1, 2, 255, 256, 257, 258, 1000, 2999, 3000, 4567, 5999, 6000]


def large(kind: str) -> bytes:
    return pcap_file(LARGE) if kind == "pcap" else b"".join(pcapng_blocks(LARGE))


@pytest.mark.parametrize("kind", ["pcap", "pcapng"])
def test_many_blocks_and_any_frame_again(tmp_path: Path, kind: str) -> None:
    expected = LARGE if kind == "pcap" else as_read(LARGE)
    path = path_of(tmp_path, large(kind))
    assert path.stat().st_size > 3 << 20
    got = read(path, again=False)
    assert got.packets == expected
    with CaptureReader([path], kernel=portable_index) as reader:
        seen = 0
        for _, low, high in reader:
            seen += high - low
            for number in (1, seen // 3 + 1, seen // 2 + 1, seen - 1, seen):
                assert stored(reader, [number]) == [expected[number - 1]]
            assert stored(reader, [0, -1, seen + 1]) == [None] * 3
        assert stored(reader, NUMBERS) == [expected[number - 1] for number in NUMBERS]
        assert stored(reader, NUMBERS[::-1]) == [expected[number - 1] for number in NUMBERS[::-1]]


@pytest.mark.parametrize("kind", ["pcap", "pcapng"])
def test_offsets_are_thinned_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    monkeypatch.setattr(evidence, "STRIDE", 2)
    monkeypatch.setattr(evidence, "MAX_MARKS", 7)
    expected = LARGE if kind == "pcap" else as_read(LARGE)
    with CaptureReader([path_of(tmp_path, large(kind))], kernel=portable_index) as reader:
        for _ in reader:
            assert stored(reader, [3]) == [expected[2]]
        assert stored(reader, NUMBERS) == [expected[number - 1] for number in NUMBERS]


@pytest.mark.parametrize("kind", ["pcap", "pcapng"])
@pytest.mark.parametrize("step", [100_000, 1 << 20])
def test_a_window_holds_the_last_frames(kind: str, step: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seqcheck.capture.reader.SLOT", 1 << 20)
    expected = LARGE if kind == "pcap" else as_read(LARGE)
    with CaptureReader([Drip(large(kind), step)], kernel=portable_index, window=1 << 20) as reader:
        seen = 0
        for _, low, high in reader:
            seen += high - low
            back = list(range(max(1, seen - 2000), seen + 1, 97))
            assert stored(reader, back) == [expected[number - 1] for number in back]
        assert seen == 6000
        assert stored(reader, [1, 100]) == [None, None]
        assert stored(reader, [6001]) == [None]


def test_small_portions_share_a_block() -> None:
    data = pcap_file(LARGE[:1500])
    with CaptureReader([Drip(data, 700)], kernel=portable_index, window=1 << 20) as reader:
        steps = sum(1 for _ in reader)
        assert steps > 1000
        assert stored(reader, [1, 2, 1500]) == [LARGE[0], LARGE[1], LARGE[1499]]


def test_tiny_frames_fill_the_columns_first(tmp_path: Path) -> None:
    tiny = [Packet(data=b"", ns=START_NS + i, wire=0) for i in range(40_000)]
    data = pcap_file(tiny)
    for source in (path_of(tmp_path, data), io.BytesIO(data)):
        got = read(source, again=False)
        assert got.packets == tiny
    with CaptureReader([io.BytesIO(data)], kernel=portable_index) as reader:
        assert max(high - low for _, low, high in reader) <= CaptureReader.rows
        assert stored(reader, [1, 16_385, 40_000]) == [tiny[0], tiny[16_384], tiny[-1]]


def test_largest_frames() -> None:
    huge = [Packet(data=bytes([i]) * 262_144, ns=START_NS + i, wire=262_144) for i in range(9)]
    for data in (pcap_file(huge), shb() + idb() + b"".join(map(epb, huge))):
        for step in (50_000, 1 << 20):
            assert read(Drip(data, step), again=False).packets == huge


def test_a_file_that_is_changed_gives_no_other_frame(tmp_path: Path) -> None:
    path = path_of(tmp_path, pcap_file(LARGE))
    with CaptureReader([path], kernel=portable_index) as reader:
        for _ in reader:
            pass
        with path.open("r+b") as file:
            file.write(pcap_file([Packet(data=p.data, ns=p.ns + 5, wire=p.wire) for p in LARGE]))
        assert stored(reader, [1, 300, 4000]) == [None] * 3
        with path.open("r+b") as file:
            file.truncate(50_000)
        assert stored(reader, [4000, 5900]) == [None] * 2


def test_a_file_that_is_replaced_goes_on_as_it_was(tmp_path: Path) -> None:
    path = path_of(tmp_path, pcap_file(LARGE))
    with CaptureReader([path], kernel=portable_index) as reader:
        for _ in reader:
            os.replace(path_of(tmp_path, pcap_file(LARGE[::-1]), "other"), path)
        assert stored(reader, [1, 5000]) == [LARGE[0], LARGE[4999]]


# ---- several inputs --------------------------------------------------------------------------------------------------


def spread(*times: int) -> list[Packet]:
    return [Packet(data=bytes([i, len(times)]) * 10, ns=START_NS + t, wire=20) for i, t in enumerate(times)]


def test_files_are_put_in_order_of_time(tmp_path: Path) -> None:
    parts = [MADE[4:], MADE[:2], MADE[2:4]]
    paths = [path_of(tmp_path, pcap_file(part), str(i)) for i, part in enumerate(parts)]
    got = read(*paths)
    assert got.packets == MADE
    assert got.reader.inputs == tuple(map(str, paths))
    assert (got.reader.first_ns, got.reader.last_ns) == (MADE[0].ns, MADE[-1].ns)
    assert got.reader.bytes_total == got.reader.bytes_done == sum(path.stat().st_size for path in paths)


TIMES = st.lists(st.integers(0, 30), max_size=12)


@settings(max_examples=200, deadline=None)
@given(times=st.lists(TIMES, min_size=2, max_size=5), streams=st.lists(st.booleans(), min_size=5, max_size=5))
def test_overlapping_inputs_are_merged(times: list[list[int]], streams: list[bool]) -> None:
    inputs = [[Packet(data=bytes([i, k]), ns=t, wire=2) for k, t in enumerate(each)] for i, each in enumerate(times)]
    keyed = []
    for i, made in enumerate(inputs):
        latest = 0
        for k, packet in enumerate(made):
            latest = max(latest, packet.ns)
            keyed.append((latest, i, k, packet))
    sources = [Drip(pcap_file(made), 61 if small else 1 << 20) for made, small in zip(inputs, streams, strict=False)]
    got = read(*sources)
    assert got.packets == [packet for *_, packet in sorted(keyed, key=lambda each: each[:3])]
    assert got.damage == ()


def test_merged_files_of_many_blocks(tmp_path: Path) -> None:
    made = [LARGE[0::3], LARGE[1::3], LARGE[2::3]]
    paths: list[object] = [path_of(tmp_path, pcap_file(each), str(i)) for i, each in enumerate(made)]
    paths[1] = io.BytesIO(pcap_file(made[1]))
    with CaptureReader(paths, kernel=portable_index) as reader:  # type: ignore[arg-type]
        packets_read = []
        for frames, low, high in reader:
            assert frames.first + low == len(packets_read) + 1
            packets_read += rows(frames, low, high)
            seen = len(packets_read)
            back = sorted({1, 2, 3, seen // 2 + 1, seen - 1, seen} - {0})
            assert stored(reader, back) == [LARGE[number - 1] for number in back]
        assert packets_read == LARGE
        assert stored(reader, NUMBERS) == [LARGE[number - 1] for number in NUMBERS]


def test_numbers_that_were_forgotten_are_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(numbering, "MAX_BYTES", 4000)
    made = [LARGE[0::2], LARGE[1::2]]
    paths = [path_of(tmp_path, pcap_file(each), str(i)) for i, each in enumerate(made)]
    with CaptureReader(paths, kernel=portable_index) as reader:
        for _ in reader:
            pass
        assert stored(reader, [1, 6000, 6001]) == [None, LARGE[-1], None]


def test_the_same_file_twice(tmp_path: Path) -> None:
    path = path_of(tmp_path, PCAP)
    assert read(path, path).packets == [packet for packet in MADE for _ in range(2)]


def test_inputs_that_hold_nothing_or_are_cut(tmp_path: Path) -> None:
    inputs = [pcap_header(), PCAP[:-1], pcap_header() + b"cut", PCAPNG]
    paths = [path_of(tmp_path, data, str(i)) for i, data in enumerate(inputs)]
    got = read(*paths)
    assert len(got.packets) == 2 * len(MADE) - 1
    assert [each.input for each in got.damage] == [str(paths[1]), str(paths[2])]


def test_hundreds_of_files_that_follow_one_another(tmp_path: Path) -> None:
    many = packets(200)
    paths = [path_of(tmp_path, pcap_file([packet]), str(i)) for i, packet in enumerate(many)]
    assert read(*paths[::-1]).packets == many


def test_too_many_that_overlap_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(merge, "MAX_OPEN", 3)
    monkeypatch.setattr("seqcheck.capture.reader.MAX_OPEN", 3)
    path = path_of(tmp_path, pcap_file(LARGE))
    with pytest.raises(InputError, match="overlap"):
        read(*[path] * 4, again=False)


@pytest.mark.parametrize("back", [0, 150])
@pytest.mark.parametrize("room", [1 << 16, 1 << 20])
def test_lost_frames_of_several_inputs_are_told_where_they_stand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, back: int, room: int
) -> None:
    """Not when an input is looked at to see when it begins, and not before all rows that came earlier."""
    monkeypatch.setattr("seqcheck.capture.reader.SHARED_SLOT", room)
    monkeypatch.setattr("seqcheck.capture.slots.LEAST_SLOT", room)
    one = packets(300, size=600)
    two = packets(300, size=600, start=START_NS + (300 - back) * 1000 + 1)
    (tmp_path / "a").write_bytes(
        shb() + idb() + b"".join([*map(epb, one[:100]), isb(0, ifdrop=3), *map(epb, one[100:])])
    )
    (tmp_path / "b").write_bytes(
        shb() + idb() + b"".join([*map(epb, two[:200]), isb(0, ifdrop=4), *map(epb, two[200:])])
    )
    told: dict[int, int | None] = {}
    count = 0
    with CaptureReader([str(tmp_path / "a"), str(tmp_path / "b")], kernel=portable_index) as reader:
        for _, low, high in reader:
            count += high - low
            told.setdefault(reader.dropped or 0, count)
    times = sorted(
        [(each.ns, "a", n) for n, each in enumerate(one)] + [(each.ns, "b", n) for n, each in enumerate(two)]
    )
    behind = {(name, n): at + 1 for at, (_, name, n) in enumerate(times)}
    assert {lost: at for lost, at in told.items() if lost} == {3: behind["a", 99], 7: behind["b", 199]}
    assert count == 600


@pytest.mark.parametrize("pipe", [False, True])
def test_what_was_lost_before_the_first_frame_of_an_input(tmp_path: Path, pipe: bool) -> None:
    one, two = packets(20), packets(20, start=START_NS + 1_000_000)
    late = shb() + idb() + isb(0, ifdrop=4) + isb(0, ifdrop=6) + b"".join(map(epb, two))
    paths = [path_of(tmp_path, pcap_file(one), "one"), path_of(tmp_path, late, "two")]
    told: list[tuple[int, int | None]] = []
    with CaptureReader([paths[0], io.BytesIO(late) if pipe else paths[1]], kernel=portable_index) as reader:
        for _, low, high in reader:
            told.append((high - low, reader.dropped))
    assert sum(count for count, _ in told) == 40
    assert told[-1] == (20, 6)
    assert pipe or told[0] == (20, None)
    assert pipe or (0, 6) in told[1:-1], "told before the frames that come behind"
