"""Two copies of a frame, byte for byte: are they the same, and if not, in which fields?

dpkt dissects both; it is imported only when the bytes differ. Compared is what was captured of both. Pure.

A payload that differs in one word alone, which is another one in the record before, too, carries a stamp that the
sender writes newly into each frame: a time, a nonce. That is a new packet, not old content.
"""

from __future__ import annotations

from typing import Any

from ..dataclass import replace
from ..wire.link import COOKED, COOKED2, ETHERNET, LOOPBACK, ethertype_at, ip_offset, payload_at
from .facts import Evidence

STAMP = 8  # bytes of a time stamp, at most
PADDED, TRAILER = 64, 8  # bytes of a frame that is as short as Ethernet allows; of a check sequence and a tag
FINEST, COARSEST = 4, 256  # bytes: multiples that a device may round a length to
_LENGTH = frozenset({"length", "padding"})
# Fields that are named when they differ: (attribute of the dissected header, name).
_IP4 = (
    ("tos", "ip.tos"), ("len", "ip.length"), ("id", "ip.id"), ("df", "ip.flags"), ("mf", "ip.flags"), ("offset",
    "ip.fragment"), ("ttl", "ip.ttl"),
    ("p", "ip.protocol"), ("sum", "ip.checksum"), ("src", "ip.src"), ("dst", "ip.dst"), ("opts", "ip.options"),
)  # fmt: skip
_IP6 = (
    ("fc", "ip.tos"), ("flow", "ip.flow"), ("plen", "ip.length"), ("nxt", "ip.protocol"), ("hlim", "ip.ttl"),
    ("src", "ip.src"), ("dst", "ip.dst"),
)  # fmt: skip
# Of a link layer's header: (from, to, name), by Wireshark's names; what lies behind them are VLAN tags and the type.
_LINK: dict[int, tuple[tuple[int, int | None, str], ...]] = {
    ETHERNET: ((0, 6, "eth.dst"), (6, 12, "eth.src"), (12, None, "vlan")),
    COOKED: ((0, 2, "sll.pkttype"), (2, 4, "sll.hatype"), (4, 14, "sll.src"), (14, None, "vlan")),
    COOKED2: (
        (0, 2, "vlan"), (2, 4, "sll.unused"), (4, 8, "sll.ifindex"), (8, 10, "sll.hatype"), (10, 11, "sll.pkttype"),
        (11, 20, "sll.src"), (20, None, "vlan"),
    ),
    **dict.fromkeys(LOOPBACK, ((0, 4, "null.family"),)),
}  # fmt: skip
_UDP = (("sport", "udp.sport"), ("dport", "udp.dport"), ("ulen", "udp.length"), ("sum", "udp.checksum"))
_TCP = (("sport", "tcp.sport"), ("dport", "tcp.dport"), ("sum", "tcp.checksum"))
_PRP, _HSR = b"\x88\xfb", b"\x89\x2f"  # IEC 62439-3: suffix of the redundancy trailer, ethertype of the HSR tag


def compare(
    earlier: bytes, later: bytes, *, wire: tuple[int, int], link: int, between: bytes | None = None
) -> Evidence:
    """What tells `later` from `earlier`; `wire` are their lengths on the wire, `link` their LINKTYPE; `between` is the
    record just before the later copy, with another number."""
    common = min(len(earlier), len(later))
    cut = len(earlier) < wire[0] or len(later) < wire[1]
    same_length = wire[0] == wire[1]
    resized = _resized(earlier, wire, link)
    found = Evidence(
        identical=same_length,
        same_length=same_length,
        differs=() if same_length else ("length",),
        resized=resized,
        length=wire[1] if resized else 0,
        cut=cut,
        fresh_id=None if between is None else _fresh_id(between, later, link),
    )
    if earlier[:common] == later[:common]:
        return found
    differs = _path_mark(earlier, later, link) if same_length else ()
    way = _way(later) if differs else None
    differs = differs or _differing(earlier, later, link)
    if "payload" in differs and between is not None and _is_stamp(between, later, earlier):
        differs = tuple("time" if name == "payload" else name for name in differs)
    if not same_length:
        differs = ("length", *differs)
    if not set(differs) <= _LENGTH:
        found = replace(found, resized=0, length=0)
    return replace(found, identical=False, differs=differs, way=way)


def _resized(earlier: bytes, wire: tuple[int, int], link: int) -> int:
    """See Evidence: the earlier frame was as long as its IP header says, and the later one, with the same header, is
    not. Without a header nobody knows how long a frame should be; a stated length of 0 was left to the NIC."""
    at = ip_offset(earlier, link)
    if at is None or len(earlier) < at + 6:
        return 0
    version = earlier[at] >> 4
    stated = int.from_bytes(earlier[at + 2 : at + 4] if version == 4 else earlier[at + 4 : at + 6], "big")
    if not stated:
        return 0
    first, later = (each - at - stated - (40 if version == 6 else 0) for each in wire)

    def fits(more: int, length: int) -> bool:
        return 0 <= more <= TRAILER or (more > 0 and length <= PADDED)

    if not fits(first, wire[0]) or fits(later, wire[1]) or _rounded(*wire):
        return 0
    return later - first


def _rounded(earlier: int, later: int) -> bool:
    """Whether the later length may be the earlier one, rounded up or down to a multiple of some bytes: a device on the
    way may do that."""
    multiple = min(later & -later, COARSEST)
    return multiple >= FINEST and abs(later - earlier) < multiple


def _fresh_id(one: bytes, two: bytes, link: int) -> bool | None:
    """Whether two frames with different numbers have different IPv4 identifications."""
    a, b = ip_offset(one, link), ip_offset(two, link)
    if a is None or b is None or len(one) < a + 6 or len(two) < b + 6 or one[a] >> 4 != 4 or two[b] >> 4 != 4:
        return None
    return one[a + 4 : a + 6] != two[b + 4 : b + 6]


def _path_mark(earlier: bytes, later: bytes, link: int) -> tuple[str, ...]:
    """The mark of one of two redundant paths, where the frames differ in nothing else."""
    if link != ETHERNET or len(earlier) != len(later) or len(later) < 20:
        return ()
    at = [place for place, (a, b) in enumerate(zip(earlier, later, strict=True)) if a != b]
    low_nibbles = all(earlier[place] & 0x0F == later[place] & 0x0F for place in at)
    if at == [len(later) - 4] and later[-2:] == _PRP and low_nibbles:
        return ("prp.lan",)
    tag = ethertype_at(later)
    return ("hsr.path",) if at == [tag + 2] and later[tag : tag + 2] == _HSR and low_nibbles else ()


def _way(frame: bytes) -> str:
    """Of a frame with such a mark: PRP numbers its LANs 0xA and 0xB, HSR's lowest bit of the path is 0 for A."""
    if frame[-2:] == _PRP:
        return "A" if frame[-4] >> 4 == 0xA else "B"
    return "B" if frame[ethertype_at(frame) + 2] >> 4 & 1 else "A"


def _is_stamp(between: bytes, later: bytes, copy: bytes) -> bool:
    """Whether `copy` differs from `later` in one word alone, that is new in every frame: `between`, too."""
    common = min(len(between), len(later), len(copy))
    # Checksums, and an IP identification, lie before the payload.
    at = [place for place in range(common) if copy[place] != later[place]]
    if not at:
        return False
    word = [place for place in at if place > at[-1] - STAMP]
    if len(at) > len(word) + 4:  # more than checksums besides
        return False
    low, high = max(0, word[-1] - STAMP + 1), min(common, word[0] + STAMP)
    return all(between[low:high] != each[low:high] for each in (later, copy))


def _differing(earlier: bytes, later: bytes, link: int) -> tuple[str, ...]:
    names: list[str] = []
    one, two = _network(earlier, link), _network(later, link)
    if one.head != two.head:
        names += _link_names(one.head, two.head, link)
    if one.packet is None or two.packet is None or type(one.packet) is not type(two.packet):
        rests = [frame[len(each.head) :] for frame, each in ((earlier, one), (later, two))]
        common = min(map(len, rests))
        changed = rests[0][:common] != rests[1][:common]
        return (*names, "payload") if changed or not names else tuple(names)
    a, b = one.packet, two.packet
    import dpkt

    fields = _IP6 if isinstance(a, dpkt.ip6.IP6) else _IP4
    names += [name for field, name in fields if getattr(a, field, None) != getattr(b, field, None)]
    names += _transport(a.data, b.data)
    return tuple(dict.fromkeys(names)) or ("padding",)


def _transport(a: Any, b: Any) -> list[str]:
    import dpkt

    names: list[str] = []
    if isinstance(a, dpkt.udp.UDP) and isinstance(b, dpkt.udp.UDP):
        names = [name for field, name in _UDP if getattr(a, field) != getattr(b, field)]
        a, b = a.data, b.data
    elif isinstance(a, dpkt.tcp.TCP) and isinstance(b, dpkt.tcp.TCP):
        names = [name for field, name in _TCP if getattr(a, field) != getattr(b, field)]
        b.sport, b.dport, b.sum = a.sport, a.dport, a.sum
    try:
        one, two = bytes(a), bytes(b)
    except Exception:  # noqa: BLE001 - dpkt writes again what it read, and raises what it likes where that was hostile
        return [*names, "payload"]
    common = min(len(one), len(two))
    return names + (["payload"] if one[:common] != two[:common] else [])


class _Split:
    """A frame before its IP header, and the header dissected (None if there is none or it is broken)."""

    __slots__ = ("head", "packet")

    def __init__(self, head: bytes, packet: Any) -> None:
        self.head, self.packet = head, packet


def _network(frame: bytes, link: int) -> _Split:
    import dpkt

    offset = ip_offset(frame, link)
    if offset is None or offset >= len(frame):
        return _Split(frame[: payload_at(frame, link)], None)
    version = frame[offset] >> 4
    try:
        packet = dpkt.ip6.IP6(frame[offset:]) if version == 6 else dpkt.ip.IP(frame[offset:])
    except Exception:  # noqa: BLE001 - dpkt raises what it likes on hostile bytes; not dissected is an answer
        packet = None
    return _Split(frame[:offset], packet)


def _link_names(one: bytes, two: bytes, link: int) -> list[str]:
    return list(dict.fromkeys(name for low, high, name in _LINK[link] if one[low:high] != two[low:high]))
