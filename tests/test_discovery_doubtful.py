"""Discovery where something else counts as well: streams that take turns, clocks, slow ramps, tables in files."""

from __future__ import annotations

import struct
from collections.abc import Iterator

import numpy as np
from packets import ethernet, ipv4
from senders import BEGIN, STEP, noise, raw, sent
from test_discovery import best, found

from seqcheck.layout import write
from seqcheck.layout.discovery import LIKELY


def likely(frames: object) -> list[str]:
    return [write(one.layout) for one in found(frames) if one.score > LIKELY]  # type: ignore[arg-type]


def test_streams_that_take_turns_are_told_apart_by_the_field_that_counts_them() -> None:
    """Each number comes five times in a row, once in each stream; it is not sent five times."""
    more = noise(50)
    payloads = (struct.pack(">IBBHQ", 0xCAFE, 1, at % 5, 40, 700 + at // 5) + more() for at in range(400))
    assert best(sent(payloads)) == "udp:6000 stream=u32be@4 seq=u64be@8"


def test_milliseconds_beside_seconds_are_a_clock() -> None:
    """One packet a millisecond, and a header with the time of day."""
    more, start = noise(51), BEGIN // 10**6
    payloads = (struct.pack(">IH", *divmod(start + at, 1000)) + more() for at in range(2500))
    assert likely(sent(payloads, step=1_000_000)) == []


def test_a_counter_that_starts_over_after_a_thousand_is_no_clock() -> None:
    more = noise(52)
    payloads = (struct.pack(">IH", 1_000_000 + at // 1000, at % 1000) + more() for at in range(2500))
    assert best(sent(payloads, step=1_000_000)) == "udp:6000 seq=u16be@4%1000"


def test_a_counter_that_reads_as_milliseconds_but_runs_much_faster_than_time_is_no_clock() -> None:
    """48 bits of it and its neighbours are near the time of day by chance."""
    more = noise(53)
    high, low = divmod(BEGIN // 10**6, 1 << 16)
    payloads = (struct.pack(">IH", high, low + at) + more() for at in range(200))
    assert best(sent(payloads, step=50_000)) == "udp:6000 seq=u16be@4"


def test_a_value_that_stays_in_packets_that_hardly_differ_is_no_packet_that_came_twice() -> None:
    """Steps of 0, 1 and 2 in short packets without an identification: one byte and the checksum differ."""
    random = np.random.default_rng(54)
    steps = np.cumsum(random.choice([0, 1, 1, 1, 2], 58))
    payloads = [b"ADC" + struct.pack(">IH", 144 + int(value), int(random.integers(50))) for value in steps]
    assert likely(sent(payloads)) == []


def test_a_table_in_a_file_is_no_header_that_a_magic_of_few_frames_picks() -> None:
    """300 blocks of a file; 15 of them begin alike and have a number that goes up."""
    random = np.random.default_rng(55)
    blocks = [bytearray(random.bytes(200)) for _ in range(300)]
    for number, at in enumerate(range(0, 300, 20)):
        blocks[at][:8] = struct.pack("<II", 0x00FF00FF, number << 5)
    assert likely(sent(bytes(block) for block in blocks)) == []


def test_the_middle_of_a_number_with_uneven_steps_does_not_count() -> None:
    """Microseconds, about 230 from one packet to the next: the second byte goes up by one, except for one in ten."""
    random = np.random.default_rng(56)
    at = np.cumsum(random.normal(230, 20, 120)).astype(np.int64)
    frames = sent(struct.pack(">IH", 700_000_000 + int(each), 0x55) + bytes(8) for each in at)
    frames.ns[: frames.count] = BEGIN + at * 1000
    assert likely(frames) == []


def test_acknowledgements_without_payload_are_no_frames_that_miss_a_number() -> None:
    more = noise(57)
    ports = (40_000, 5000)

    def segment(payload: bytes, sport: int, dport: int) -> bytes:
        return ethernet(ipv4(struct.pack(">HHIIBBHHH", sport, dport, 1, 1, 0x50, 0x18, 9, 0, 0) + payload, protocol=6))

    messages = (struct.pack(">HIH", 7, at, 40) + more() for at in range(300))
    frames = [each for one in messages for each in (segment(one, *ports), segment(b"", *ports[::-1]))]
    assert best(raw(frames)) == "tcp:5000 seq=u32be@2"


def test_milliseconds_beside_seconds_are_a_clock_before_they_start_over() -> None:
    more, start = noise(58), BEGIN // 10**6
    payloads = (struct.pack("<IQ", *divmod(start + at, 1000)) + more() for at in range(700))
    assert likely(sent(payloads, step=1_000_000)) == []


def test_a_few_losses_at_about_even_distances_make_no_ramp() -> None:
    more, lost = noise(59), (60, 131, 190, 275, 340)
    kept = np.setdiff1d(np.arange(400), lost)
    frames = sent(struct.pack("<IQ", 7, at) + more() for at in kept.tolist())
    frames.ns[: frames.count] = BEGIN + kept * STEP
    assert best(frames) == "udp:6000 seq=u64le@4"


def test_a_word_ends_where_the_shortest_payload_does() -> None:
    """Zeros that follow in longer payloads are none of the number's."""
    random = np.random.default_rng(60)
    payloads = (struct.pack("<HHI", 9, 7, 300 + at) + bytes(int(random.integers(0, 30))) for at in range(400))
    assert best(sent(payloads)) == "udp:6000 seq=u32le@4"


def test_a_fraction_in_text_is_no_counter() -> None:
    payloads = (b"$GPGGA,12%02d%02d.%02d,N" % (at // 6000, at // 100 % 60, at % 100) for at in range(900))
    assert likely(sent(payloads, step=10_000_000)) == []


def test_the_low_byte_of_a_ramp_tells_no_streams_apart() -> None:
    """It has 32 values, one after the other; the byte above goes up each time that one of them comes again."""
    more = noise(61)
    assert likely(sent(b"ADC" + struct.pack("<H", (7 + at * 392) % 4096) + more() for at in range(900))) == []


def counted(start: int) -> Iterator[bytes]:
    more = noise(62)
    return (struct.pack("<HI", 7, start + at) + more() for at in range(600))


def test_a_number_that_keeps_pace_with_a_tick_may_be_a_clock() -> None:
    assert likely(sent(counted(5_000), step=1_000_000)) == []
    (first, *_) = found(sent(counted(5_000), step=1_000_000))
    assert any("in ticks of 1 ms" in said for said in first.because)
    assert best(sent(counted(0), step=1_000_000)) == "udp:6000 seq=u32le@2"
    assert best(sent(counted(5_000), step=1_060_000)) == "udp:6000 seq=u32le@2"


def test_seconds_every_other_second_are_a_clock_too() -> None:
    more = noise(63)
    payloads = (b"up" + struct.pack(">I", 5000 + 2 * at) + more() for at in range(100))
    assert likely(sent(payloads, step=2_000_000_000)) == []


def test_a_time_of_day_in_text_is_no_counter() -> None:
    clock = [f"{10 + at // 3600}{at // 60 % 60:02}{at % 60:02}" for at in range(3000, 3600)]
    assert likely(sent((f"$GPGGA,{each}.00,4807.038,N".encode() for each in clock), step=1_000_000_000)) == []
    clock = [f"{at // 60 % 60:02}:{at % 60:02}" for at in range(3000, 3600)]
    assert likely(sent((f"<13>Nov 30 10:{each} host".encode() for each in clock), step=1_000_000_000)) == []


def test_milliseconds_since_1970_without_their_high_bits_are_a_clock() -> None:
    more, start = noise(64), BEGIN // 10**6 & 0xFFFFFFFF
    gaps = np.random.default_rng(64).normal(1_020_000, 20_000, 400).astype(np.int64)
    frames = sent(struct.pack(">HI", 7, start + at) + more() for at in range(400))
    frames.ns[:400] = BEGIN + np.cumsum(gaps)
    assert likely(frames) == []


def test_a_scan_of_addresses_is_no_counter() -> None:
    head = bytes.fromhex("0001080006040001020000000001") + bytes([10, 0, 0, 1]) + bytes(6) + bytes([10, 0, 0])
    assert likely(raw(ethernet(head + bytes([at % 250]), kind=0x0806) for at in range(600))) == []


def test_a_reading_in_floating_point_that_rises_is_no_counter() -> None:
    more = noise(65)
    assert likely(sent(struct.pack(">f", 70.0 + at / 10) + more() for at in range(400))) == []


def test_a_noisy_reading_that_rises_by_sixteen_is_no_counter_with_flags() -> None:
    random = np.random.default_rng(66)
    assert likely(sent(struct.pack(">H", 16 * at + 7 + int(random.integers(0, 4))) for at in range(400))) == []
