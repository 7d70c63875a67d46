"""Discovery in captures full of copies, and beside other traffic: what it finds hides no number that came twice."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterable

import numpy as np
from packets import ethernet, ipv4, udp
from senders import BEGIN, STEP, noise, raw, sent
from test_discovery import best, found

from seqcheck import analyze
from seqcheck.kernel.border import Frames
from seqcheck.layout.discovery import DOUBTLESS
from seqcheck.wire import pcap


def again(payloads: list[bytes], lag: int, *, each: int = 1) -> list[bytes]:
    """Every `each`-th once more, so many frames later."""
    made = []
    for at, payload in enumerate(payloads):
        made.append(payload)
        if at >= lag and at % each == 0:
            made.append(payloads[at - lag])
    return made


def duplicates(frames: Frames) -> int:
    data = [frames.one(row)[0] for row in range(frames.count)]
    records = (pcap.record(BEGIN + at * STEP, bytes(frame)) for at, frame in enumerate(data))
    return analyze(io.BytesIO(pcap.file_header(link=1) + b"".join(records))).duplicates.total


def numbered(count: int, *, seed: int, start: int = 70_000) -> list[bytes]:
    more = noise(seed)
    return [struct.pack(">IQ", 0xCAFE0001, start + at) + more() for at in range(count)]


def test_the_byte_above_the_lowest_is_no_stream_where_copies_come_a_multiple_of_256_later() -> None:
    frames = sent(again(numbered(2500, seed=70), 512))
    assert "stream=" not in best(frames)
    assert duplicates(frames) == 2500 - 512


def test_nor_where_most_records_are_copies() -> None:
    payloads, lag = numbered(2600, seed=71), 256
    several = [payloads[at - back] for at in range(2600) for back in range(0, 4 * lag, lag) if back <= at]
    frames = sent(several)
    assert "stream=" not in best(frames)
    assert duplicates(frames) == len(several) - 2600


def test_a_counter_of_eight_bits_that_says_the_same_each_lap_stays_one() -> None:
    assert best(sent(struct.pack(">IB", 0xCAFE0001, at % 256) + b"A" * 20 for at in range(1500))) == "udp:6000 seq=u8@4"


def test_a_byte_of_a_clock_is_no_stream_where_the_counter_goes_on() -> None:
    """It changes every fifty frames; a block is sent again before that."""
    payloads = [struct.pack(">IIII", 0xCAFE0001, 70_000 + at, at // 50 << 8, 7) for at in range(2000)]
    again_in_blocks = [
        one for at in range(0, 2000, 20) for one in payloads[at : at + 20] + payloads[max(at - 60, 0) : at - 50]
    ]
    frames = sent(again_in_blocks)
    assert "stream=" not in best(frames)
    assert duplicates(frames) == len(again_in_blocks) - 2000


def test_a_short_counter_in_whose_laps_frames_come_again_is_not_beyond_doubt() -> None:
    """Each block of 256 frames is sent twice; nothing but eight bits counts."""
    more = noise(77)
    blocks = [[struct.pack(">IB", 0xCAFE0001, at) + more() for at in range(256)] for _ in range(6)]
    (first, *_) = found(sent(payload for block in blocks for payload in block * 2))
    assert first.score <= DOUBTLESS
    assert any("came again with the same bytes" in reason for reason in first.because)


def test_a_stream_beside_a_counter_of_eight_bits_is_a_stream() -> None:
    random, more = np.random.default_rng(72), noise(72)
    numbers = dict.fromkeys(range(9), 0)
    payloads = []
    for stream in random.integers(0, 9, 3000).tolist():
        payloads.append(struct.pack(">IBB", 0xCAFE0001, stream, numbers[stream] % 256) + more())
        numbers[stream] += 1
    assert best(sent(payloads)) == "udp:6000 stream=u8@4 seq=u8@5"


def test_no_magic_leaves_out_old_numbers_in_frames_that_were_cut_short() -> None:
    """A filler that they lack tells them from the others."""
    whole = [struct.pack(">IH", 0xCAFE0001, 900 + at) + b"A" * 80 for at in range(1500)]
    mixed = [one for at in range(1500) for one in ([whole[at], whole[at - 48][:20]] if at % 60 == 50 else [whole[at]])]
    frames = sent(mixed)
    assert best(frames) == "udp:6000 seq=u16be@4"
    assert duplicates(frames) == 25


def test_a_magic_still_leaves_out_frames_of_another_kind_that_count_as_well() -> None:
    more, payloads = noise(73), []
    for at in range(1200):
        payloads.append(struct.pack(">HHI", 1, 7, 3000 + at) + more())
        if at % 10 == 0:
            payloads.append(struct.pack(">HHI", 2, 7, 3000 + at // 10) + more())
    assert "magic=" in best(sent(payloads)) or "stream=" in best(sent(payloads))


def test_a_kind_that_quotes_the_last_number_is_left_out() -> None:
    more, payloads = noise(76), []
    for at in range(1200):
        payloads.append(struct.pack(">HHI", 1, 7, 3000 + at) + more())
        if at % 50 == 49:
            payloads.append(struct.pack(">HHI", 2, 7, 3000 + at) + more())
    frames = sent(payloads)
    assert best(frames) == "udp:6000 magic=u8@1==1 seq=u32be@4"
    assert duplicates(frames) == 0


def flows(payloads: Iterable[tuple[int, bytes]]) -> Frames:
    """From port 4000 to the port of each."""
    return raw(ethernet(ipv4(udp(payload, sport=4000, dport=port))) for port, payload in payloads)


def test_other_traffic_from_the_same_port_is_told_apart_by_the_other_one() -> None:
    more, random = noise(74, 40), np.random.default_rng(74)
    mine = [(5000, struct.pack(">I", at) + more()) for at in range(1500)]
    for at in sorted(random.integers(0, 1500, 60).tolist(), reverse=True):
        mine.insert(at, (7777, more()))
    assert best(flows(mine)) == "udp:5000 seq=u32be@0"


def test_streams_with_the_same_numbers_are_told_apart_though_they_come_in_blocks() -> None:
    blocks = [
        (stream, number) for begin in range(0, 2000, 40) for stream in (1, 2) for number in range(begin, begin + 40)
    ]
    frames = sent(struct.pack(">IIB", 0xCAFE0001, number, stream) + b"A" * 30 for stream, number in blocks)
    assert best(frames).startswith("udp:6000 stream=")
    assert duplicates(frames) == 0


def test_a_flag_of_frames_sent_again_tells_no_streams_apart() -> None:
    """The numbers that come again are few, so that those with the flag have gaps."""
    more, payloads = noise(75), []
    for begin in range(0, 2000, 50):
        block = [struct.pack(">IIB", 0xCAFE0001, number, 0) for number in range(begin, begin + 50)]
        payloads += [each + more() for each in block]
        payloads += [each[:-1] + b"\1" + more() for each in block[10:20]]
    frames = sent(payloads)
    assert "stream=" not in best(frames)
    assert duplicates(frames) == 400


def test_a_frame_that_a_tunnel_carries_to_several_ends_is_one_record_twice() -> None:
    """Inside there is no IP."""
    inner = [ethernet(struct.pack(">IQ", 0xCAFE0001, at) + b"A" * 40, kind=0x88B5) for at in range(800)]
    vxlan = struct.pack(">II", 0x08000000, 42 << 8)
    ends = (bytes([10, 9, 0, 2]), bytes([10, 9, 0, 3]))
    tunnelled = (ipv4(udp(vxlan + one, sport=40_000, dport=4789)) for one in inner)
    frames = raw(ethernet(one[:16] + end + one[20:]) for one in tunnelled for end in ends)
    assert best(frames).startswith("eth:0x88b5 seq=u")
    assert duplicates(frames) == 800
