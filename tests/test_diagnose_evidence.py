"""What differs between two copies, and what a frame is."""

from __future__ import annotations

import packets
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.inet6 import ICMPv6ND_NS, IPv6
from scapy.layers.l2 import ARP, Dot1Q, Ether

from seqcheck.diagnose.evidence import compare
from seqcheck.diagnose.naming import name
from seqcheck.diagnose.populations import OTHER, WAY
from seqcheck.diagnose.populations import kind as kind_of

ETHER = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")


def udp(payload: bytes = b"x" * 30, **ip: int) -> bytes:
    return bytes(
        ETHER / IP(**{"src": "192.0.2.1", "dst": "192.0.2.2", "id": 7, **ip}) / UDP(sport=9, dport=5) / payload
    )


def difference(a: bytes, b: bytes) -> tuple[str, ...]:
    return compare(a, b, wire=(len(a), len(b)), link=1).differs


def test_equal_frames_are_identical() -> None:
    found = compare(udp(), udp(), wire=(72, 72), link=1)
    assert (found.identical, found.same_length, found.differs, found.cut) == (True, True, (), False)


def test_what_is_cut_is_said() -> None:
    assert compare(udp()[:50], udp()[:50], wire=(72, 72), link=1).cut


def test_old_bytes_with_another_length() -> None:
    found = compare(udp(), udp()[:60], wire=(72, 60), link=1)
    assert (found.identical, found.same_length, found.differs) == (False, False, ("length",))


def frame(payload: int, *, version: int = 4, **ip: int) -> bytes:
    """A datagram with so many bytes of payload; 42 or 62 bytes of headers."""
    network = IPv6(src="2001:db8::1", dst="2001:db8::2") if version == 6 else IP(src="192.0.2.1", dst="192.0.2.2", **ip)
    return bytes(ETHER / network / UDP(sport=9, dport=5) / (b"x" * payload))


@pytest.mark.parametrize(
    ("sent", "wire", "by"),
    [
        (frame(100), (142, 262), 120), (frame(100), (142, 90), -52), (frame(100, version=6), (162, 262), 100),
        (frame(4), (46, 60), 0), (frame(4), (60, 64), 0),  # padding, and a check sequence
        (frame(100), (142, 146), 0), (frame(100), (146, 142), 0),
        (frame(100), (182, 262), 0),  # the earlier one was not as long as it says either: trailers of a tap
        (frame(100, len=0), (142, 262), 0),  # the length was left to the NIC
        (bytes(ETHER) + bytes(100), (114, 262), 0),  # nothing says how long it should be
    ],
)  # fmt: skip
def test_a_frame_that_is_not_as_long_as_its_header_says(sent: bytes, wire: tuple[int, int], by: int) -> None:
    found = compare(sent[:40], sent[:40], wire=wire, link=1)
    assert (found.resized, found.same_length) == (by, wire[0] == wire[1])


def test_another_content_of_another_length_is_no_old_content() -> None:
    assert compare(udp(), udp(b"y" * 90), wire=(72, 132), link=1).resized == 0


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (udp(ttl=63), {"ip.ttl", "ip.checksum"}),
        (udp(id=8), {"ip.id", "ip.checksum"}),
        (udp(b"y" * 30), {"udp.checksum", "payload"}),
        (b"\x04" * 6 + udp()[6:], {"eth.dst"}),
        (udp()[:6] + b"\x04" * 6 + udp()[12:], {"eth.src"}),
    ],
)
def test_fields_are_named(other: bytes, expected: set[str]) -> None:
    assert set(difference(udp(), other)) == expected


def test_a_tag_more_is_a_vlan() -> None:
    tagged = bytes(
        ETHER / Dot1Q(vlan=3) / IP(src="192.0.2.1", dst="192.0.2.2", id=7) / UDP(sport=9, dport=5) / (b"x" * 30)
    )
    assert set(difference(udp(), tagged)) == {"length", "vlan"}


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        (b"\x81\x00\x00\x11", {"vlan"}),
        (b"\x81\x00\x00\x11\x81\x00\x00\x0b", {"vlan", "length"}),
        (b"", {"vlan", "length"}),
    ],
)
def test_other_tags_before_what_is_no_ip(tags: bytes, expected: set[str]) -> None:
    rest = b"\x88\xb6" + bytes(range(50))
    addresses = bytes(ETHER)[:12]
    assert set(difference(addresses + b"\x81\x00\x00\x0a" + rest, addresses + tags + rest)) == expected
    other = addresses + tags + rest[:-1] + b"\xff"
    assert set(difference(addresses + b"\x81\x00\x00\x0a" + rest, other)) == expected | {"payload"}


COPIES = {  # of one frame, by link layer, and what differs in them
    packets.COOKED2: [(4, "sll.ifindex"), (7, "sll.ifindex"), (9, "sll.hatype"), (10, "sll.pkttype"), (13, "sll.src")],
    packets.COOKED: [(1, "sll.pkttype"), (3, "sll.hatype"), (6, "sll.src")],
    packets.LOOP: [(3, "null.family")],
}


@pytest.mark.parametrize("inner", [udp()[14:], b"no IP at all" * 5], ids=["IP", "other"])
@pytest.mark.parametrize("tags", [0, 1, 2])
@pytest.mark.parametrize(("link", "at", "expected"), [(link, *each) for link, some in COPIES.items() for each in some])
def test_what_a_header_that_is_not_ethernets_says_is_no_payload(
    link: int, at: int, expected: str, inner: bytes, tags: int
) -> None:
    kind = 0x0800 if inner[0] == 0x45 else 0x88B5
    for number in range(tags):
        inner, kind = bytes([0, number]) + kind.to_bytes(2, "big") + inner, 0x8100
    frame = {packets.COOKED2: packets.cooked2, packets.COOKED: packets.cooked}.get(link, packets.loop)(inner, kind=kind)
    other = bytearray(frame)
    other[at] ^= 1
    found = compare(frame, bytes(other), wire=(len(frame), len(frame)), link=link)
    assert found.differs == (expected,)
    assert kind_of(found) == WAY
    other[-1] ^= 1
    found = compare(frame, bytes(other), wire=(len(frame), len(frame)), link=link)
    assert (found.differs[0], found.differs[-1], kind_of(found)) == (expected, "payload", OTHER)


@pytest.mark.parametrize("layer", [UDP, TCP])
def test_a_translated_address_is_another_way(layer: type) -> None:
    frames = [
        bytes(ETHER / IP(src=source, dst="192.0.2.2", id=7) / layer(sport=port, dport=5) / (b"x" * 30))
        for source, port in (("192.0.2.1", 9), ("198.51.100.1", 1009))
    ]
    found = compare(*frames, wire=(len(frames[0]),) * 2, link=1)
    name = layer.__name__.lower()
    assert set(found.differs) == {"ip.src", "ip.checksum", f"{name}.sport", f"{name}.checksum"}
    assert kind_of(found) == WAY


@given(a=st.binary(max_size=120), b=st.binary(max_size=120), link=st.sampled_from([0, 1, 101, 113, 276, 127]))
def test_any_bytes_are_compared_and_named(a: bytes, b: bytes, link: int) -> None:
    found = compare(a, b, wire=(len(a), len(b)), link=link)
    assert found.identical == (a == b)
    assert bool(found.differs) == (a != b)
    assert name(a, link)


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        (ETHER / ARP(), "ARP"),
        (ETHER / IP() / TCP(sport=40_000, dport=443), "TCP to port 443"),
        (ETHER / IP() / UDP(sport=40_000, dport=53), "DNS"),
        (ETHER / IP() / UDP(sport=40_000, dport=7777), "UDP to port 7777"),
        (ETHER / IP() / ICMP(), "ICMP"),
        (ETHER / IPv6() / ICMPv6ND_NS(), "ICMPv6"),
        (Ether(type=0x88CC) / b"x", "LLDP"),
        (Ether(type=0x1234) / b"x", "ethertype 0x1234"),
    ],
)
def test_foreign_frames_are_named(frame: object, expected: str) -> None:
    assert name(bytes(frame), 1) == expected  # type: ignore[call-overload]
