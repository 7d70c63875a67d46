"""Discovery: what it finds in the traffic of home-made senders, and that it finds nothing if nothing counts."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator

import numpy as np
import packets
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packets import ethernet, ipv4, udp
from senders import BEGIN, STEP, noise, raw, sent
from tunnels import TUNNELS, packet

from seqcheck.kernel import load
from seqcheck.kernel.border import Frames
from seqcheck.layout import parse, write
from seqcheck.layout.discovery import DOUBTLESS, LIKELY, Candidate, Sample, check, discover, preview, survey

MANY = 300


def found(frames: Frames) -> list[Candidate]:
    sample = Sample()
    sample.take(frames, 0, frames.count)
    return discover(sample.frames(), load())


def best(frames: Frames) -> str:
    """The first candidate, which has to be beyond doubt."""
    (first, *_) = found(frames)
    assert first.score > DOUBTLESS, (write(first.layout), first.score)
    return write(first.layout)


def fields(layout: str, *, seed: int = 1, count: int = MANY, start: int = 0) -> Iterator[bytes]:
    """Payloads by a struct format: a constant (0x1234) in its first field, the number in its second, noise behind."""
    more = noise(seed)
    size = struct.calcsize("=" + layout.strip("<>")[-1])
    for number in range(start, start + count):
        yield struct.pack(layout, 0x1234, number % (1 << 8 * size)) + more()


@pytest.mark.parametrize(
    ("layout", "spec"),
    [
        (">IQ", "udp:6000 seq=u64be@4"), ("<IQ", "udp:6000 seq=u64le@4"), (">II", "udp:6000 seq=u32be@4"),
        ("<II", "udp:6000 seq=u32le@4"), (">IH", "udp:6000 seq=u16be@4"), ("<IH", "udp:6000 seq=u16le@4"),
        (">IB", "udp:6000 seq=u8@4"), ("<H2xI", "udp:6000 seq=u32le@4"), (">H2xI", "udp:6000 seq=u32be@4"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("start", [0, 0x4F0])
def test_words_of_all_kinds(layout: str, spec: str, start: int) -> None:
    assert best(sent(fields(layout, start=start))) == spec


def test_carries_tell_the_byte_order_and_the_width_of_a_number_that_began_anywhere() -> None:
    """Sixteen bits that count from 0xfe00 wrap; the bytes around them stay."""
    assert best(sent(fields(">IH", start=0xFE00, count=700))) == "udp:6000 seq=u16be@4"
    assert best(sent(fields("<IH", start=0xFE00, count=700))) == "udp:6000 seq=u16le@4"


def test_forty_frames_are_enough() -> None:
    assert best(sent(fields("<IQ", count=40))) == "udp:6000 seq=u64le@4"


def test_a_bit_field() -> None:
    more = noise(2)
    payloads = (struct.pack("<H", (number & 0x1FFF) << 3 | 5) + more() for number in range(MANY))
    assert best(sent(payloads)) == "udp:6000 seq=u16le@0&0xfff8"


def test_from_the_end_where_lengths_differ() -> None:
    random = np.random.default_rng(3)
    payloads = [random.bytes(int(random.integers(4, 40))) + struct.pack(">II", number, 7) for number in range(MANY)]
    assert best(sent(payloads)) == "udp:6000 seq=u32be@-8"


def test_a_counter_for_each_flow() -> None:
    random = np.random.default_rng(4)
    flows = random.integers(0, 4, MANY)
    counts = [0] * 4
    payloads = []
    for flow in flows.tolist():
        payloads.append(struct.pack(">I", counts[flow]) + random.bytes(16))
        counts[flow] += 1
    assert best(sent(payloads, ports=lambda at: 7000 + int(flows[at]))) == "udp:6000 seq=u32be@0"


def test_one_counter_over_several_flows() -> None:
    flows = np.random.default_rng(5).integers(0, 4, MANY)
    spec = best(sent(fields(">IQ"), ports=lambda at: 7000 + int(flows[at])))
    assert spec == "udp:6000 key=hosts seq=u64be@4"


def test_a_stream_field() -> None:
    random = np.random.default_rng(6)
    counts = {0xA1: 0, 0xB2: 0, 0xC3: 0}
    payloads = []
    for name in random.choice(list(counts), MANY).tolist():
        payloads.append(struct.pack(">BBHI", 1, name, 0xFFEE, counts[name]) + random.bytes(16))
        counts[name] += 1
    frames = sent(payloads)
    layout = parse(best(frames))
    assert (layout.seq, len(layout.streams)) == (parse("udp seq=u32be@4").seq, 1)
    assert found(frames)[0].streams == 3


def test_an_epoch_becomes_a_stream_field() -> None:
    more = noise(7)
    epochs = [(epoch, number) for epoch, count in enumerate((90, 120, 71, 89)) for number in range(count)]
    payloads = [struct.pack(">BBHI", 9, epoch, 0xFFEE, number) + more() for epoch, number in epochs]
    frames = sent([payload for at, payload in enumerate(payloads) if at not in (89, 230)])
    (first, *_) = found(frames)
    assert first.streams == 4
    assert first.score > DOUBTLESS


def test_a_modulus() -> None:
    more = noise(8)
    payloads = (struct.pack(">HI", 0xABCD, at % 90) + more() for at in range(MANY))
    assert best(sent(payloads)).endswith("%90")


def test_frames_of_another_kind_get_a_magic() -> None:
    random = np.random.default_rng(9)
    payloads = []
    number = 0
    for _ in range(400):
        if random.random() < 0.2:
            payloads.append(b"\x02" + random.bytes(31))
        else:
            payloads.append(struct.pack("<BxxxI", 1, number) + random.bytes(24))
            number += 1
    assert best(sent(payloads)) == "udp:6000 magic=u8@0==1 seq=u32le@4"


def test_in_a_tunnel_and_in_a_trailer() -> None:
    more = noise(10)
    inner = [ipv4(udp(struct.pack(">I", at) + more())) for at in range(MANY)]
    assert best(raw(ethernet(ipv4(packet, protocol=4)) for packet in inner)) == "udp:5000 seq=u32be@0"
    trailers = (ethernet(ipv4(udp(more() + bytes(20)))) + struct.pack(">HHH", at, 0xA03E, 0x88FB) for at in range(MANY))
    assert best(raw(trailers)) == "frame magic=u16be@-2==0x88fb seq=u16be@-6"


@pytest.mark.parametrize("name", ["vxlan", "gtp", "gre-all", "mpls", "6in4", "802.1ah", "snap", "gre-in-vxlan"])
def test_the_innermost_headers_of_tunnels_are_named(name: str) -> None:
    more = noise(4)
    into = TUNNELS[name][0]
    frames = [bytes(into(packet(struct.pack(">HI", 7, number) + more()))) for number in range(60)]
    assert best(raw(frames)) == "udp:5000 seq=u32be@2"


def test_lost_and_repeated_frames_change_nothing() -> None:
    payloads = list(fields(">IQ"))
    order = [at for at in range(MANY) if at not in (50, 170)]
    order.insert(100, 70)
    order.insert(220, 190)
    assert best(sent([payloads[at] for at in order])) == "udp:6000 seq=u64be@4"


def test_each_number_sent_three_times() -> None:
    random = np.random.default_rng(11)
    payloads = [struct.pack(">II", 0xBEEFCAFE, at // 3) + bytes(12) for at in range(MANY)]
    frames = raw(ethernet(ipv4(udp(payload))[:4] + random.bytes(2) + ipv4(udp(payload))[6:]) for payload in payloads)
    assert best(frames) == "udp:5000 seq=u32be@4"


def test_a_byte_that_hardly_moves_is_no_counter_of_copies() -> None:
    """A counter that begins in the middle of its byte: the byte above stays for sixteen frames that hardly differ."""
    random = np.random.default_rng(20)
    payloads = [struct.pack("<IH", 7, at << 4 | int(random.random() < 0.1)) + b"\x55" * 30 for at in range(80)]
    first = found(raw(ethernet(payload, kind=0x88B7) for payload in payloads))[0]
    assert write(first.layout) == "eth:0x88b7 seq=u16le@4&0xfff0"


def test_a_carry_is_seen_past_a_frame_that_came_twice() -> None:
    more = noise(21)
    payloads = [b"0" * 3 + (0x01E0 + at).to_bytes(3, "big") + b"0123" + more() for at in range(60)]
    order = [*range(32), 4, *range(32, 60)]  # an old frame between 0x1ff and 0x200
    assert best(sent([payloads[at] for at in order])) == "udp:6000 seq=u16be@4"


@pytest.mark.parametrize("distance", [32, 33, 34])
def test_an_old_frame_from_about_a_lap_of_the_low_bits_ago_does_not_narrow_the_word(distance: int) -> None:
    more = noise(27)
    payloads = [struct.pack("<H", at << 3 | 5) + more() for at in range(219)]
    order = list(range(219))
    for at in (170, 90):
        order.insert(at, at - distance)
    assert best(sent([payloads[at] for at in order])) == "udp:6000 seq=u16le@0&0xfff8"


def test_a_sender_s_low_bits_are_no_stream() -> None:
    """The low byte of a counter has few values where it steps by sixteen: it tells no streams apart."""
    more = noise(22)
    payloads = (struct.pack("<HH", at << 4 & 0xFFFF, 0xAAAA) + more() for at in range(170))
    (first, *_) = found(sent(payloads))
    assert write(first.layout) == "udp:6000 seq=u16le@0&0xfff0"


def test_a_stream_field_and_frames_of_another_kind() -> None:
    random = np.random.default_rng(23)
    counts = {0x11: 0, 0x22: 0, 0x33: 0}
    payloads = []
    for _ in range(400):
        if random.random() < 0.15:
            payloads.append(b"\x09" + random.bytes(23))
            continue
        name = int(random.choice(list(counts)))
        payloads.append(struct.pack(">BxHI", 5, name, counts[name]) + random.bytes(16))
        counts[name] += 1
    (first, *_) = found(sent(payloads))
    assert first.layout.seq == parse("udp seq=u32be@4").seq
    assert (first.streams, first.records) == (3, sum(counts.values()))


def test_an_epoch_among_lost_and_repeated_frames() -> None:
    more = noise(24)
    epochs = [(epoch, number) for epoch, count in enumerate((90, 120, 71)) for number in range(count)]
    payloads = [struct.pack(">BBHI", 9, epoch, 0xFFEE, number) + more() for epoch, number in epochs]
    order = [*range(110), 95, *range(110, 150), *range(160, 200), 168, *range(200, 281)]
    assert found(sent([payloads[at] for at in order]))[0].streams == 3


def ramp() -> Iterator[bytes]:
    random = np.random.default_rng(25)
    for at in range(MANY):
        yield struct.pack("<iI", int(at * 1.3), 7) + random.bytes(8)


def clock_of_milliseconds() -> Iterator[bytes]:
    random = np.random.default_rng(12)
    for at in range(MANY):
        yield struct.pack(">IQ", 7, BEGIN // 1_000_000 + at) + random.bytes(8)


def clock_since_the_start() -> Iterator[bytes]:
    """A tick about as long as the frames are apart: it stays, or leaves one out, as often as the sender jitters."""
    random = np.random.default_rng(13)
    for at in range(MANY):
        yield struct.pack(">II", 7, 1000 + int(at + random.normal(0, 0.4))) + random.bytes(8)


def readings() -> Iterator[bytes]:
    random = np.random.default_rng(14)
    for at in range(MANY):
        yield struct.pack("<hhH", int(2000 * np.sin(at / 50)), int(random.normal(0, 300)), 17) + bytes(10)


def audio_time() -> Iterator[bytes]:
    random = np.random.default_rng(15)
    for at in range(MANY):
        yield struct.pack(">III", 0x55, at * 160, 3) + random.bytes(8)


def queries() -> Iterator[bytes]:
    random = np.random.default_rng(16)
    for _ in range(MANY):
        yield random.bytes(2) + bytes.fromhex("01000001000000000000") + b"\4host\7example\3com\0\0\1\0\1"


def random_bytes() -> Iterator[bytes]:
    more = noise(17, 100)
    for _ in range(MANY):
        yield more()


@pytest.mark.parametrize(
    "sender",
    [
        clock_since_the_start,
        readings,
        ramp,
        audio_time,
        queries,
        random_bytes,
    ],
)
def test_nothing_is_likely_where_nothing_counts(sender: Callable[[], Iterator[bytes]]) -> None:
    told = [(write(one.layout), one.score) for one in found(sent(sender())) if one.score > LIKELY]
    assert told == []


def test_milliseconds_of_the_day_are_no_counter() -> None:
    told = [one.score for one in found(sent(clock_of_milliseconds(), step=1_000_000))]
    assert max(told) < LIKELY


def test_a_byte_in_the_middle_of_a_clock_goes_up_by_one_too() -> None:
    more = noise(26, 8)
    payloads = (struct.pack(">IQ", 7, BEGIN + at * 65536) + more() for at in range(MANY))
    first = found(sent(payloads, step=65536))[0]
    assert first.score < LIKELY
    assert any("nanoseconds since 1970" in reason for reason in first.because)


def test_the_identification_of_the_ip_header_is_a_last_resort() -> None:
    more = noise(18)
    frames = []
    for at in range(MANY):
        packet = bytearray(ipv4(udp(more())))
        packet[4:6] = struct.pack(">H", 1000 + at)
        frames.append(ethernet(bytes(packet)))
    (first, *_) = found(raw(frames))
    assert write(first.layout) == "eth:0x0800 seq=u16be@4"
    assert first.score < LIKELY
    assert any("last resort" in reason for reason in first.because)


def test_an_icmp_error_quotes_the_numbers_of_others() -> None:
    packets_ = [ipv4(udp(payload)) for payload in fields(">IQ")]
    answers = [ipv4(b"\x03\x03" + bytes(6) + packet[:64], protocol=1) for packet in packets_]
    frames = [ethernet(each) for pair in zip(packets_, answers, strict=True) for each in pair]
    told = [write(one.layout) for one in found(raw(frames)) if one.score > LIKELY]
    assert told == ["udp:5000 seq=u64be@4"]


def test_a_built_in_is_named() -> None:
    payloads = (struct.pack(">IIII", 0xBE9BE955, at, BEGIN // 10**9, at) for at in range(MANY))
    (first, *_) = found(sent(payloads))
    assert first.layout.name == "pktgen"


def test_too_few_frames_say_nothing() -> None:
    assert found(sent(fields(">IQ", count=3))) == []
    assert found(raw([])) == []


def test_short_and_damaged_frames_do_not_matter() -> None:
    whole = [ethernet(ipv4(udp(payload))) for payload in fields(">IQ")]
    cut = [frame[: 3 * at % len(frame)] if at % 7 == 0 else frame for at, frame in enumerate(whole)]
    (first, *_) = found(raw(cut))
    assert write(first.layout).endswith("seq=u64be@4")


def test_a_sample_is_full_after_a_block_and_looks_at_no_more_than_it_may() -> None:
    frames = sent(fields(">IQ"))
    sample = Sample(100)
    sample.take(frames, 0, 60)
    assert not sample.full
    sample.take(frames, 60, MANY)
    sample.take(frames, 0, MANY)
    assert (sample.full, sample.count) == (True, MANY)
    taken = sample.frames()
    assert taken.count == 100
    for row in range(100):
        mine = taken.buf[taken.off[row] : taken.off[row] + taken.cap[row]]
        theirs = frames.buf[frames.off[row] : frames.off[row] + frames.cap[row]]
        assert mine.tobytes() == theirs.tobytes()
        assert taken.ns[row] == BEGIN + row * STEP


def test_a_preview_shows_the_bytes_that_are_read() -> None:
    (stream,) = preview(sent(fields(">IQ")), parse("udp:6000 seq=u64be@4"), load(), streams=2, values=2)
    assert stream.records == MANY
    assert [value.seq for value in stream.first] == [0, 1]
    ((offset, piece),) = stream.first[1].pieces
    assert offset == 0
    assert [kind for _, kind in piece] == [""] * 4 + ["seq"] * 8 + [""] * 4
    assert [byte for byte, kind in piece if kind] == [0] * 7 + [1]


def test_a_survey_names_ports_and_counts() -> None:
    assert survey(sent(fields(">IQ"))) == ["UDP port 6000: 300 frames, 1 flow"]


@st.composite
def traffic(draw: st.DrawFn) -> Frames:
    """Frames of any kind, some again and again with a byte or two changed, cut anywhere."""
    kinds = draw(st.lists(packets.frames(), min_size=1, max_size=3))
    random = np.random.default_rng(draw(st.integers(0, 1 << 32)))
    made = []
    for _ in range(draw(st.integers(0, 60))):
        data, _, link = kinds[int(random.integers(len(kinds)))]
        changed = bytearray(data)
        for _ in range(int(random.integers(0, 4))):
            if changed:
                changed[int(random.integers(len(changed)))] = int(random.integers(256))
        whole = len(changed)
        cut = int(random.integers(whole + 1)) if random.random() < 0.2 else whole
        made.append(packets.Frame(bytes(changed[:cut]), whole, link))
    frames = packets.block(made)
    frames.ns[: frames.count] = np.sort(random.integers(0, 1 << 62, frames.count))
    return frames


@settings(max_examples=25, deadline=None)
@given(frames=traffic())
def test_whatever_comes_is_data(frames: Frames) -> None:
    for one in found(frames):
        assert 0 <= one.score <= 1
        assert parse(write(one.layout)) == one.layout
        assert 0 < one.apart + one.records <= 2 * frames.count
    if frames.count:
        assert all(isinstance(place, str) for place in survey(frames))
        for layout in ("udp:6000 magic=u16be@0==7 seq=u32be@4", "frame seq=u16be@0", "eth:0x88b5 seq=u8@0"):
            assert all(isinstance(each, str) for each in check(frames, parse(layout), load()))


@pytest.mark.parametrize(
    ("spec", "line"),
    [
        ('udp:6000 seq=text@"seq="', "hello seq={n} t={t}.5"),
        ("udp:6000 seq=text@'\"seq\": '", '{{"ts": {t}.5, "seq": {n}}}'),
        ("udp:6000 seq=text@0", "{n};{t};x"),
        ('udp:6000 seq=text@"count:"', "host7 up, count:{n:06d} of 9"),
        ('udp:6000 seq=hex@"id="', "id={n:08x} ts={t:x}"),
        ('udp:6000 seq=hex@"id=0x"', "up id=0x{n:X} of 9"),
        ("udp:6000 seq=hex@0", "{n:04x} {t:x}"),
        ("udp:6000 seq=hex@4", ">>> {n:x};x"),
    ],
)
def test_a_number_in_text(spec: str, line: str) -> None:
    assert best(sent(line.format(n=at + 95, t=BEGIN // 10**9).encode() for at in range(120))) == spec


def test_a_number_in_bcd() -> None:
    more = noise(21)
    payloads = (b"\x7e" + bytes.fromhex(f"{at + 990:08d}") + more() for at in range(120))
    assert best(sent(payloads)) == "udp:6000 seq=bcd@1+4"


def test_times_in_text_are_no_counters() -> None:
    """Milliseconds, at one frame a millisecond."""
    start = BEGIN // 10**6
    frames = sent((f"at={start + at} v=7".encode() for at in range(200)), step=1_000_000)
    assert all(each.score < LIKELY for each in found(frames))


def test_one_sender_on_several_ports() -> None:
    """Each port counts by itself; another sender's port is no part of it."""
    more = noise(9)
    payloads = [
        (port, struct.pack(">II", number, 7 + port) + more())
        for number in range(80)
        for port in (6001, 6002, 6003, 7000)
    ] + [(5353, noise(10)()) for _ in range(60)]  # fmt: skip
    (first, *others) = found(raw(ethernet(ipv4(udp(payload, sport=port, dport=port))) for port, payload in payloads))
    assert write(first.layout) == "udp:6001-6003,7000 seq=u32be@0"
    assert (first.streams, first.records) == (4, 320)
    assert first.score > DOUBTLESS
    assert "UDP ports 6001-6003, 7000" in first.because[0]
    assert not any(other.score > DOUBTLESS for other in others)


def test_two_senders_on_two_ports_stay_two() -> None:
    first, second = noise(11), noise(12)
    payloads = [
        (port, payload)
        for number in range(100)
        for port, payload in ((6001, struct.pack(">I", number) + first()), (6002, second() + struct.pack("<I", number)))
    ]
    best = found(raw(ethernet(ipv4(udp(payload, sport=port, dport=port))) for port, payload in payloads))
    assert {write(one.layout).split()[0] for one in best if one.score > DOUBTLESS} == {"udp:6001", "udp:6002"}


def test_a_built_in_at_its_own_port_may_have_few_bits() -> None:
    """VITA 49 counts to 16: on its port it is one, elsewhere that is worth less."""
    more = noise(13)
    numbers = [at for at in range(220) if at != 70]
    numbers.insert(150, 120)
    payloads = [struct.pack(">BBHI", 0x14, 0x50 | at % 16, 20, 0x77) + more() for at in numbers]

    def at_port(port: int) -> Candidate:
        (first, *_) = found(raw(ethernet(ipv4(udp(each, sport=port, dport=port))) for each in payloads))
        return first

    own, other = at_port(4991), at_port(6001)
    assert own.layout.name == "vita49"
    assert own.score > max(DOUBTLESS, other.score)
