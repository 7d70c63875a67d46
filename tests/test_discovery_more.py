"""Discovery of numbers other than a plain word that counts by one: varints, text in padded frames, constant steps; and
of clocks that keep the sender's pace."""

from __future__ import annotations

import struct
from collections.abc import Iterator

import numpy as np
import pytest
from packets import ethernet, ipv4, udp
from senders import BEGIN, STEP, noise, raw, sent
from test_discovery import MANY, best, found

from seqcheck.kernel.border import Frames
from seqcheck.layout import write
from seqcheck.layout.discovery import LIKELY


def varint(number: int) -> bytes:
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes([*out, number])


@pytest.mark.parametrize("start", [0, 100, 16_300, 5_000_000_000])
def test_a_varint(start: int) -> None:
    """Whatever stands behind it moves when it takes a byte more."""
    more = noise(30)
    payloads = [b"\x08" + varint(start + at) + b"\x12\x18" + more() for at in range(400)]
    assert best(sent(payloads)) == "udp:6000 seq=varint@1"


def test_a_number_that_never_takes_a_second_byte_is_a_plain_word() -> None:
    more = noise(31)
    assert best(sent(b"\x08" + bytes([at]) + more() for at in range(100))) == "udp:6000 seq=u16be@0"


def test_text_in_a_frame_that_is_padded() -> None:
    frames = (ethernet(b"n=%d" % at, kind=0x88B7).ljust(60, b"\0") for at in range(MANY))
    assert best(raw(frames)) == 'eth:0x88b7 seq=text@"n="'


@pytest.mark.parametrize(
    ("form", "step", "spec"),
    [
        (">HI", 160, "udp:6000 seq=u32be@2 step=160"),
        ("<HxxI", 1448, "udp:6000 seq=u32le@4 step=1448"),
        (">HH", 30, "udp:6000 seq=u16be@2 step=30"),
        ("<HQ", 100, "udp:6000 seq=u64le@2 step=100"),
    ],
)
def test_a_constant_step_is_named_and_never_likely(form: str, step: int, spec: str) -> None:
    """Time stamps and totals at a steady pace go up by a constant, too."""
    more = noise(32)
    bits = 8 * struct.calcsize("=" + form[-1])
    payloads = [struct.pack(form, 0x55AA, at * step % (1 << bits)) + more() for at in range(MANY) if at not in (50, 90)]
    first = found(sent(payloads))[0]
    assert write(first.layout) == spec
    assert 0.4 < first.score < LIKELY
    assert first.because[0].partition(": ")[2].startswith(f"goes up by {step} in ")


def test_a_value_that_rises_by_eight_and_a_bit_is_no_counter_with_flags() -> None:
    """Its low bits go up by one now and then; flags are set and cleared again."""
    more = noise(37)
    payloads = [struct.pack("<hi", int(at * 8.13), 1000) + bytes(8) + more()[:2] for at in range(55)]
    assert [write(one.layout) for one in found(sent(payloads)) if one.score > LIKELY] == []


def ticking(*, lost: tuple[int, ...] = ()) -> Frames:
    """One packet a tick or a bit more, with the sender's clock in ticks of 100 µs and a number."""
    random, more = np.random.default_rng(33), noise(34)
    at = np.cumsum(100_000 + np.abs(random.normal(0, 2_000, 2000))).astype(np.int64)
    kept = [row for row in range(2000) if row not in lost]
    frames = sent(struct.pack(">II", 7, int(at[row]) // 100_000) + more() for row in kept)
    frames.ns[: frames.count] = BEGIN + at[kept]
    return frames


def test_a_clock_at_the_sender_s_pace_leaves_out_numbers_where_no_time_passed() -> None:
    first = found(ticking())[0]
    assert first.score < LIKELY
    assert any("without a pause" in reason for reason in first.because)


def test_a_counter_at_a_steady_pace_leaves_out_numbers_where_time_passed() -> None:
    more, random = noise(35), np.random.default_rng(36)
    kept = np.flatnonzero(random.random(900) > 0.1)
    frames = sent(struct.pack(">II", 7, at) + more() for at in kept.tolist())
    frames.ns[: frames.count] = BEGIN + kept * 100_000
    assert best(frames) == "udp:6000 seq=u32be@4"


def test_a_word_that_no_frame_holds_whole() -> None:
    """Told from the end of payloads that differ in length, a word may begin before all of them."""
    counts = [26, 27, 12, 28, 31, 32, 60, 62, 63, 64, 64, 65, 66, 68, 69, 70, 71]
    others = [0, 0, 0, 32, 36, 37, 38, 40, 41, 42, 0, 0, 45, 0, 48, 49, 0]
    payloads = [bytes(38) + bytes([one, 0, 0, 0, 0, two]) + bytes(4) for one, two in zip(counts, others, strict=True)]
    payloads[6] = b"\0" + payloads[6]
    frames = raw(ethernet(ipv4(payload, protocol=50)) for payload in payloads)
    assert all(each.score <= LIKELY for each in found(frames))


def test_ports_whose_numbers_did_not_carry_are_read_like_those_that_did() -> None:
    """One flow to each of three ports; on two of them the bytes alone do not tell order and width."""
    more, numbers = noise(90), [2, 0x4F0, 9]

    def frames() -> Iterator[bytes]:
        for at in range(240):
            way = at % 3
            payload = struct.pack("<I", numbers[way] + at // 3) + more()
            yield ethernet(ipv4(udp(payload, sport=5000 + way, dport=7000 + way)))

    assert best(raw(frames())) == "udp:7000-7002 seq=u32le@0"


def test_a_cycle_is_seen_though_frames_next_to_its_ends_are_lost() -> None:
    more, lost = noise(91), {126, 127 * 2}
    payloads = (struct.pack(">HI", 7, at % 127) + more() for at in range(800) if at not in lost)
    assert best(sent(payloads)) == "udp:6000 seq=u8@5&0x7f%127"


def test_a_cycle_that_begins_with_one() -> None:
    more = noise(92)
    payloads = (struct.pack(">HI", 7, 1 + at % 100) + more() for at in range(800))
    assert best(sent(payloads)) == "udp:6000 seq=u32be@2%100 from=1"


def test_a_number_in_a_list_with_commas_is_no_fraction() -> None:
    payloads = (b"%.3f,%d,%.2f" % (1_780_000_000 + at / 100, 95 + at, 20 + at % 7) for at in range(300))
    assert best(sent(payloads)) == "udp:6000 seq=text@15"


def test_a_number_flush_right_in_a_column() -> None:
    payloads = (b"%8d %6.2f" % (95 + at, 20 + at % 7) for at in range(1000))
    assert best(sent(payloads)) == "udp:6000 seq=text@0+8"


def test_seconds_and_nanoseconds_are_not_those_of_iperf() -> None:
    payloads = (
        struct.pack(">III", at, (BEGIN + at * STEP) // 10**9, (BEGIN + at * STEP) % 10**9) + bytes(24)
        for at in range(5000, 6000)
    )
    assert best(sent(payloads)) == "udp:6000 seq=u32be@0"
