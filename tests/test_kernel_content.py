"""Frames told apart by their bytes, on both kernels: the same answers, those of a naive oracle, and what is no copy."""

from __future__ import annotations

import random
from typing import Any

import pytest
from contents import HERE, THERE, again, identified, numbered, read, sent
from hypothesis import given
from hypothesis import strategies as st
from packets import Frame, ethernet, extension, frames, ipv4, ipv6
from scapy.layers.inet import IP, TCP, UDP
from scapy.packet import Raw
from tunnels import TUNNELS
from twins import native, reference

from seqcheck.kernel import border
from seqcheck.kernel.border import INDISTINCT, RECORD

MAC_ONLY = 14


def oracle(captured: list[Frame]) -> list[int]:
    """Copies as a dict of all bytes from the network header on knows them, of frames whose way changed nothing."""
    seen, found = set[bytes](), list[int]()
    for at, frame in enumerate(captured):
        content = frame.data[MAC_ONLY:]
        if content in seen:
            found.append(at)
        seen.add(content)
    return found


@st.composite
def captures(draw: st.DrawFn) -> list[Frame]:
    """Some flows, with and without identification, of which frames come again, sooner or later, in rows or alone."""
    chosen = random.Random(draw(st.integers(0, 1 << 32)))
    out = list[Frame]()
    for number in range(draw(st.integers(1, 150))):
        kind = chosen.randrange(6)
        identification = {0: 0, 1: number + 1, 2: 7}.get(kind % 3, 0)
        payload = b"%d" % (chosen.randrange(4) if kind == 5 else number)
        out.append(sent(payload, identification=identification, sport=kind, hops=chosen.choice([64, 64, 64, 63])))
        while out and chosen.random() < 0.3:
            out.append(out[-1 - chosen.randrange(min(len(out), chosen.choice([1, 3, 40])))])
    return out


@given(captures(), st.lists(st.integers(0, 300), max_size=4), st.sampled_from([2, 16, 64, 1 << 20]))
def test_both_kernels_agree(captured: list[Frame], cuts: list[int], window: int) -> None:
    one, other = read(native, captured, cuts, window=window), read(reference, captured, window=window)
    assert one == other


@given(st.lists(frames(), min_size=1, max_size=30), st.lists(st.integers(0, 30), max_size=3))
def test_both_kernels_agree_on_any_bytes(captured: list[Frame], cuts: list[int]) -> None:
    captured = captured + captured[::2]
    assert read(native, captured, cuts) == read(reference, captured)


@given(st.integers(0, 1 << 32), st.integers(1, 400), st.sampled_from([0.02, 0.3]))
def test_copies_are_those_of_a_dict_of_all_bytes(seed: int, count: int, share: float) -> None:
    """Of frames that are identified, all; but the first ones, before that shows."""
    chosen, out = random.Random(seed), identified([0, 1])
    for frame in identified(range(2, count + 2)):
        out.append(frame)
        while chosen.random() < share:
            out.append(out[chosen.randrange(len(out))])
    for kernel in (native, reference):
        assert again(out, kernel) == oracle(out)


def test_the_number_is_that_of_what_came_before(kernel: Any) -> None:
    captured = identified(range(20))
    status, rows, *_ = read(kernel, [*captured, captured[7], *identified(range(20, 22))])
    assert status == [RECORD] * 23
    assert [row[2] for row in rows] == [*range(20), 7, 20, 21]
    assert [row[4] for row in rows] == list(range(23))  # frames of the source


@pytest.mark.parametrize(
    "way", [{"hops": 63}, {"tos": 184}, {"source": THERE}, {"tags": [7]}, {"tags": [7, 8], "source": THERE, "hops": 9}]
)
def test_what_a_way_changes_makes_no_other_frame(kernel: Any, way: dict[str, Any]) -> None:
    assert again([*identified(range(20)), *identified([3], **way)], kernel) == [20]


@pytest.mark.parametrize("other", [{"sport": 6}, {"identification": 99}])
def test_what_the_sender_changes_does(kernel: Any, other: dict[str, Any]) -> None:
    how = {"identification": 4, **other}
    assert again([*identified(range(20)), sent(b"%08d" % 3, **how)], kernel) == []


def test_padding_is_no_content(kernel: Any) -> None:
    """Nor is what an adapter puts after the packet."""
    short = sent(b"3", identification=4)
    captured = [*identified(range(20)), short, Frame(short.data[:-3] + b"abc", short.wire, 1)]
    assert again(captured, kernel) == [21]


def test_another_length_is_another_frame(kernel: Any) -> None:
    """A content that is the beginning of another, filled up with zeros."""
    captured = [*identified(range(20)), sent(b"1", identification=30), sent(b"1\0", identification=30)]
    assert again(captured, kernel) == []


def test_cut_frames_are_compared_as_far_as_they_go(kernel: Any) -> None:
    captured = [sent(b"%04d and more" % number, identification=number + 1) for number in range(20)]
    cut = [Frame(frame.data[:48], frame.wire, 1) for frame in captured]
    assert again([*cut, cut[3]], kernel) == [20]
    assert again([*captured, cut[3]], kernel) == []


def test_a_flow_has_to_show_that_its_contents_differ(kernel: Any) -> None:
    """Without identification, PROVEN of them."""
    captured = numbered(range(border.PROVEN))
    assert again([*captured[:-1], captured[0]], kernel) == []
    assert again([*captured, captured[0]], kernel) == [border.PROVEN]


def test_one_identification_for_all_is_none(kernel: Any) -> None:
    captured = numbered(range(border.PROVEN), identification=7)
    assert again([*captured[:-1], captured[0]], kernel) == []
    assert again([*captured, captured[0]], kernel) == [border.PROVEN]


@pytest.mark.parametrize("identification", [0, 7])
def test_a_flood_that_never_changes_has_no_copies(kernel: Any, identification: int) -> None:
    status, _, _, _, flows, _ = read(kernel, numbered([1] * 1000, identification=identification))
    assert status == [RECORD] + [INDISTINCT] * 999
    assert flows[0][1] == 1


def test_the_same_content_in_new_packets_is_no_copy(kernel: Any) -> None:
    """And identifications wrap: after that, the same one means nothing."""
    captured = [sent(b"same", identification=1 + number % 500) for number in range(2000)]
    status, *_, flows, _ = read(kernel, captured)
    assert status == [RECORD] + [INDISTINCT] * 1999
    assert flows[0][4] == 1999


def test_a_few_contents_in_turn_have_no_copies(kernel: Any) -> None:
    assert again(numbered(number % 3 for number in range(100)), kernel) == []


@pytest.mark.parametrize("values", [256, 1000])
def test_a_counter_that_comes_round_is_found_out(kernel: Any, values: int) -> None:
    captured = numbered(number % values for number in range(values * 3 + 100))
    status, *_, flows, _ = read(kernel, captured)
    assert flows[0][-1] == 1
    assert set(status[2 * values + 1 :]) == {INDISTINCT}


def test_a_counter_that_comes_round_in_spite_of_loss(kernel: Any) -> None:
    lossy = random.Random(5)
    captured = numbered(number % 1000 for number in range(4000) if lossy.random() > 0.03)
    assert read(kernel, captured)[4][0][-1] == 1


def test_identifications_that_come_round_with_the_content() -> None:
    """A counter of 16 bits in the payload, and the identification beside it."""
    captured = [sent(b"%05d" % (n % 65536), identification=n % 65536) for n in range(65536 * 2 + 200)]
    *_, flows, _ = read(native, captured)
    assert flows[0][-1] == 1


def test_a_heartbeat_beside_numbers_is_told_apart(kernel: Any) -> None:
    captured = list[Frame]()
    for number in range(300):
        captured += numbered([number])
        if number % 50 == 20:
            captured.append(sent(b"alive"))
    captured.insert(200, captured[150])
    found, (often,) = again(captured, kernel), read(kernel, captured)[5]
    assert 200 in found
    assert often[:2] == (0, border.OFTEN - 2)  # these count, and are told
    assert len(found) == 1 + border.OFTEN - 2


def test_a_ring_that_is_replayed_counts(kernel: Any) -> None:
    captured = numbered(range(400))
    captured[300:300] = captured[100:300]
    assert again(captured, kernel) == list(range(300, 500))


def test_everything_mirrored_counts(kernel: Any) -> None:
    captured = [frame for frame in identified(range(100)) for _ in range(2)]
    assert again(captured, kernel) == list(range(3, 200, 2))  # the first one came before the flow could show anything


def test_a_loop_counts_whatever_the_flow_is_like(kernel: Any) -> None:
    captured = [sent(b"one", hops=hops) for hops in range(64, 4, -2)]
    assert again(captured, kernel) == list(range(1, 30))


@pytest.mark.parametrize(
    "data",
    [
        ethernet(b"\0\1" * 14, kind=0x0806),
        ethernet(b"\2\7\4" * 10, kind=0x88CC),
        ethernet(b"\x42\x42\3" + bytes(40), kind=38),
        ethernet(ipv4(b"\x11" + bytes(7), protocol=2)),
        ethernet(ipv4(bytes(12) + b"\x50\x10" + bytes(6), protocol=6)),
        ethernet(ipv6(b"\x87" + bytes(23), protocol=58), kind=0x86DD),
    ],
    ids=["arp", "lldp", "stp", "igmp", "ack", "neighbour"],
)
def test_what_repeats_by_its_kind(kernel: Any, data: bytes) -> None:
    assert read(kernel, [Frame(data, len(data), 1)])[0] == [INDISTINCT]


@pytest.mark.parametrize(
    "data",
    [
        ethernet(ipv6(extension(0, 58, b"\5\2\0\0") + b"\x8f" + bytes(23), protocol=0), kind=0x86DD),
        ethernet(ipv6(extension(60, 6, b"") + bytes(12) + b"\x50\x10" + bytes(6), protocol=60), kind=0x86DD),
        ethernet(ipv4(extension(51, 6, bytes(10)) + bytes(12) + b"\x50\x10" + bytes(6), protocol=51)),
    ],
    ids=["multicast listener", "ack behind options", "authenticated ack"],
)
def test_what_repeats_behind_extension_headers(kernel: Any, data: bytes) -> None:
    assert read(kernel, [Frame(data, len(data), 1)])[0] == [INDISTINCT]


@pytest.mark.parametrize("name", sorted({*TUNNELS} - {"6in4"}))
def test_what_repeats_in_a_tunnel(kernel: Any, name: str) -> None:
    """An acknowledgement does, and a segment with a payload does not."""
    make, _ = TUNNELS[name]
    ends = IP(src="10.0.0.1", dst="10.0.0.2") / TCP(flags="A")
    ack, data = (bytes(make(packet)) for packet in (ends, ends / Raw(b"payload")))
    assert read(kernel, [Frame(ack, len(ack), 1), Frame(data, len(data), 1)])[0] == [INDISTINCT, RECORD]


def test_arp_in_a_tunnel_repeats(kernel: Any) -> None:
    make, _ = TUNNELS["vxlan-linux"]
    inner = bytes(make(IP() / UDP() / Raw(b"x")))
    at = inner.rindex(b"\x08\0E")  # the ethertype of the Ethernet header inside
    data = inner[:at] + b"\x08\x06" + b"\0\1\x08\0\6\4\0\1" + bytes(20)
    assert read(kernel, [Frame(data, len(data), 1)])[0] == [INDISTINCT]


def test_both_kernels_agree_on_tunnels_however_they_are_cut() -> None:
    ends = IP(src="10.0.0.1", dst="10.0.0.2")
    whole = [
        bytes(make(packet))
        for name, (make, _) in TUNNELS.items()
        if name != "6in4"
        for packet in (ends / TCP(flags="A"), ends / TCP(flags="PA") / Raw(b"payload"), ends / UDP() / Raw(b"x"))
    ]
    captured = [Frame(data[:cut], len(data), 1) for data in whole for cut in range(14, len(data) + 1)]
    assert read(native, captured) == read(reference, captured)


def test_the_window_is_exact(kernel: Any) -> None:
    captured = identified(range(100))
    assert again([*captured, captured[100 - 64]], kernel, window=64) == [100]
    assert again([*captured, captured[100 - 65]], kernel, window=64) == []


def test_snap_is_one_flow_whatever_its_lengths(kernel: Any) -> None:
    captured = list[Frame]()
    for number in range(border.PROVEN):
        body = b"\xaa\xaa\3\0\0\0\x88\xb5" + b"%d" % number * (number % 3 + 1)
        captured.append(Frame(ethernet(body, kind=len(body)), 14 + len(body), 1))
    status, rows, keys, *_ = read(kernel, [*captured, captured[3]])
    assert status == [RECORD] * (border.PROVEN + 1)
    assert (rows[-1][2], len(keys)) == (3, 1)


def test_an_own_ethertype_is_a_flow(kernel: Any) -> None:
    captured = [
        Frame(ethernet(b"%046d" % number, kind=0x88B5, source=HERE), 60, 1) for number in range(border.PROVEN + 4)
    ]
    status, rows, keys, *_ = read(kernel, [*captured, captured[5]])
    assert status == [RECORD] * (border.PROVEN + 5)
    assert rows[-1][2] == 5
    assert keys[0][-1][0] == 0x88B5


def test_colliding_hashes_are_told_apart_by_the_bytes() -> None:
    """With a key of zeros all hashes are the same."""
    captured = identified(range(300))
    captured += [captured[3], captured[250]]
    size = 8 * 38
    assert again(captured, native, random=bytes(size)) == [300, 301]
    with pytest.raises(ValueError, match="another length"):
        native.Content(random=bytes(size + 8))


@pytest.mark.parametrize("window", [0, 1, 3, 1 << 31])
def test_windows_that_cannot_be(window: int) -> None:
    with pytest.raises(ValueError, match="power of two"):
        native.Content(window)
