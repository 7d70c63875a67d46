"""A layout that does not fit: what is said of it."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator

import numpy as np
import pytest
from containers import Packet, pcap_file
from senders import noise, sent

from seqcheck import analyze
from seqcheck.errors import InputError
from seqcheck.kernel import load
from seqcheck.kernel.border import Frames
from seqcheck.layout import parse
from seqcheck.layout.discovery import Sample, check

WOULD = "udp:6000 seq=u32le@6 would: it counts by one in 100 % of 200 frames, in 1 stream."


def payloads() -> Iterator[bytes]:
    more = noise(1)
    for number in range(200):
        yield struct.pack("<IHI", 0xFEEDFACE, 5000, number) + more()


def sample() -> Frames:
    taken = Sample()
    frames = sent(payloads())
    taken.take(frames, 0, frames.count)
    return taken.frames()


@pytest.mark.parametrize(
    ("layout", "said"),
    [
        ("udp:6000 seq=u32be@6", "seq=u32be@6 never counts."),
        ("udp:6000 seq=u32le@5", "seq=u32le@5 never counts."),
        ("udp:6000 seq=u16le@4", "seq=u16le@4 never counts."),
        (
            "udp:6001 seq=u32le@6",
            "No frame has UDP port 6001. The first 200 frames hold UDP port 6000: 200 frames, 1 flow.",
        ),
        (
            "tcp:6000 seq=u32le@6",
            "No frame has TCP port 6000. The first 200 frames hold UDP port 6000: 200 frames, 1 flow.",
        ),
        (
            "udp:1-9,6001 seq=u32le@6",
            "No frame has UDP ports 1-9, 6001. The first 200 frames hold UDP port 6000: 200 frames, 1 flow.",
        ),
        ("udp:6000 seq=u32le@31", "The layout needs 35 bytes of payload; these frames have 34 at most."),
        (
            "udp:6000 magic=u32be@0==0xfeedface seq=u32le@6",
            "u32be@0 is 0xcefaedfe in 100 % of the frames, not 0xfeedface. The bytes are in reverse order.",
        ),
        ("udp:6000 magic=u16le@4==5001 seq=u32le@6", "u16le@4 is 0x1388 in 100 % of the frames, not 0x1389."),
    ],
)
def test_what_is_wrong_and_what_would_count(layout: str, said: str) -> None:
    assert check(sample(), parse(layout), load()) == (said, WOULD)


def test_a_stream_field_that_is_the_number_itself() -> None:
    (said, would) = check(sample(), parse("udp:6000 stream=u32le@6 seq=u32le@6"), load())
    assert said == "200 records make 200 streams: a stream field changes with the number."
    assert would == WOULD


def test_a_stream_field_that_is_missing() -> None:
    more = noise(2)
    order = np.random.default_rng(3).integers(0, 3, 300).tolist()
    counts = [0, 0, 0]
    payloads = []
    for name in order:
        payloads.append(struct.pack("<BBHI", 1, 0x40 + name, 0xFFEE, counts[name]) + more())
        counts[name] += 1
    taken = Sample()
    frames = sent(payloads)
    taken.take(frames, 0, frames.count)
    said, would = check(taken.frames(), parse("udp:6000 seq=u32le@4"), load())
    assert said.startswith("seq=u32le@4 counts by one in only ")
    assert would.startswith("udp:6000 stream=u32be@0 seq=u32le@4 would:")


def test_lost_frames_are_no_fault_of_the_layout() -> None:
    random = np.random.default_rng(4)
    frames = sent(payload for payload in payloads() if random.random() < 0.6)
    assert check(frames, parse("udp:6000 seq=u32le@6"), load()) == ()


@pytest.mark.parametrize("layout", ["udp:6000 seq=u32le@6", "udp:6000 seq=u8@6", "udp seq=u16le@6"])
def test_nothing_is_said_of_what_counts(layout: str) -> None:
    assert check(sample(), parse(layout), load()) == ()


def capture() -> io.BytesIO:
    frames = sent(payloads())
    made = [
        Packet(data=frames.buf[off : off + cap].tobytes(), ns=ns, wire=cap)
        for off, cap, ns in zip(frames.off.tolist(), frames.cap.tolist(), frames.ns.tolist(), strict=True)
    ]
    return io.BytesIO(pcap_file(made))


def test_an_error_carries_the_advice() -> None:
    with pytest.raises(InputError) as caught:
        analyze(capture(), layout="udp:6001 seq=u32le@6")
    assert caught.value.hint.splitlines()[1:] == [
        "No frame has UDP port 6001. The first 200 frames hold UDP port 6000: 200 frames, 1 flow.", WOULD,
    ]  # fmt: skip


def test_a_report_on_numbers_that_never_count_carries_it_too() -> None:
    assert analyze(capture(), layout="udp:6000 seq=u32be@6").layout.how == f"seq=u32be@6 never counts. {WOULD}"
    assert analyze(capture(), layout="udp:6000 seq=u32le@6").layout.how == ""


def test_a_number_that_is_sent_several_times_on_purpose_counts() -> None:
    frames = sent(struct.pack(">II", 7, number // 3) for number in range(120))
    assert check(frames, parse("udp:6000 seq=u32be@4"), load()) == ()


def test_no_frames_say_nothing() -> None:
    assert check(sent([]), parse("udp:6000 seq=u32be@4"), load()) == ()


def stepping(step: int, size: int = 2) -> Frames:
    """A counter of `size` bytes that goes up by `step`, before noise."""
    taken, more = Sample(), noise(5)
    frames = sent((at * step % 256**size).to_bytes(size, "big") + more() for at in range(3000))
    taken.take(frames, 0, frames.count)
    return taken.frames()


def test_a_counter_that_goes_up_by_a_constant() -> None:
    (said, would) = check(stepping(30), parse("udp:6000 seq=u16be@0"), load())
    assert said == "seq=u16be@0 never counts."
    assert would == "It goes up by 30 in 100 % of the steps: udp:6000 seq=u16be@0 step=30 would count them."
    assert check(stepping(30), parse("udp:6000 seq=u16be@0 step=30"), load()) == ()


def test_a_wrong_place_is_no_step() -> None:
    """A counter that is read a byte too far in front goes up by 256, which is no step of its own."""
    said = check(sample(), parse("udp:6000 seq=u48le@5"), load())
    assert not any("step" in each for each in said)


@pytest.mark.parametrize(
    ("seq", "said"),
    [
        ("text@'sequence='", "'sequence=' is in none of the frames; numbers come after 'seq=', 't='."),
        ("text@'log'", "There is no number after 'log'."),
    ],
)
def test_a_label_that_is_not_there_or_has_no_number(seq: str, said: str) -> None:
    taken = Sample()
    frames = sent(f"log seq={number} t={number * 7919 % 1000}".encode() for number in range(200))
    taken.take(frames, 0, frames.count)
    (first, would) = check(taken.frames(), parse(f"udp:6000 seq={seq}"), load())
    assert first == said
    assert would.startswith('udp:6000 seq=text@"')


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("seq=u16be@2%256", "It starts over after 250 numbers: udp:6000 seq=u16be@2%250 would count them."),
        ("seq=u16be@2", "It starts over after 250 numbers: udp:6000 seq=u16be@2%250 would count them."),
        ("seq=u16be@2%200", "300 frames hold numbers of 200 or more: udp:6000 seq=u16be@2%250 would count them."),
        ("seq=u16le@2%250", "Only 6 of 1,500 frames there fit."),
        ("seq=u16be@4", "It starts over after 256 numbers: udp:6000 seq=u16be@4&0xff would count them."),
        ("seq=u16be@2%250", ""),
        ("seq=u32be@6 step=160", ""),
    ],
)
def test_small_changes_that_make_a_number_count(spec: str, said: str) -> None:
    more = noise(4)
    frames = sent(struct.pack(">HHBBI", 7, at % 250, 0x47, at % 256, at * 160) + more() for at in range(1500))
    told = check(frames, parse(f"udp:6000 {spec}"), load())
    assert said in told if said else not told


def test_decimal_digits_that_are_read_as_hexadecimal() -> None:
    frames = sent(b"seq=%d t=7" % (at + 900) for at in range(200))
    assert check(frames, parse('udp:6000 seq=hex@"seq="'), load()) == (
        'The digits are decimal: udp:6000 seq=text@"seq=" would count by one in 100 % of the steps.',
    )


def test_a_number_that_goes_up_by_a_constant_is_offered_where_nothing_else_counts() -> None:
    more = noise(5)
    frames = sent(struct.pack(">IH", at * 160, 3) + more() for at in range(300))
    _, might = check(frames, parse("udp:6000 seq=u32le@0"), load())
    assert might.startswith("udp:6000 seq=u32be@0 step=160 might: it goes up by 160 in 100 % of 300 frames")
    _, would = check(frames, parse("udp:6000 seq=u32be@0 step=80"), load())
    assert would == "It goes up by 160 in 100 % of the steps: udp:6000 seq=u32be@0 step=160 would count them."


def read_as(layout: str, payloads: Iterator[bytes]) -> tuple[str, ...]:
    return check(sent(payloads), parse(layout), load())


def test_bcd_that_is_read_as_binary() -> None:
    (said,) = read_as("udp:6000 seq=u32be@1", (b"\x7e" + bytes.fromhex(f"{95 + at:08}") for at in range(200)))
    assert said == "The digits are decimal: udp:6000 seq=bcd@1+4 would count by one in 100 % of the steps."


def test_a_label_with_a_colon_is_quoted_whole() -> None:
    said = read_as('udp:6000 seq=text@"number="', (b'{"seq": %d, "t": 20.5}' % at for at in range(100)))
    assert said[-1] == "udp:6000 seq=text@'\"seq\": ' would: it counts by one in 100 % of 100 frames, in 1 stream."


def test_a_report_says_what_would_count_though_most_steps_do() -> None:
    more = noise(8)
    frames = [struct.pack(">HH", 7, at % 12) + more() for at in range(600)]
    made = sent(iter(frames))
    packets = [Packet(data=made.one(at)[0], ns=int(made.ns[at]), wire=made.one(at)[1]) for at in range(600)]
    report = analyze(io.BytesIO(pcap_file(packets)), layout="udp:6000 seq=u16be@2")
    assert "It starts over after 12 numbers: udp:6000 seq=u16be@2%12 would count them." in report.to_json()
