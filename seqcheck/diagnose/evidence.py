"""Two copies of a frame, byte for byte: are they the same, and if not, in which fields?

dpkt dissects both; it is imported only when the bytes differ. Compared is what was captured of both. Pure.
"""

from __future__ import annotations

from typing import Any

from .case import Evidence

_ETHERNET, _RAW = (1,), (12, 14, 101, 228, 229)
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
_UDP = (("sport", "udp.sport"), ("dport", "udp.dport"), ("ulen", "udp.length"), ("sum", "udp.checksum"))


def compare(earlier: bytes, later: bytes, *, wire: tuple[int, int], link: int) -> Evidence:
    """What tells `later` from `earlier`; `wire` are their lengths on the wire, `link` their LINKTYPE."""
    common = min(len(earlier), len(later))
    cut = len(earlier) < wire[0] or len(later) < wire[1]
    same_length = wire[0] == wire[1]
    if earlier[:common] == later[:common]:
        return Evidence(
            identical=same_length, same_length=same_length, differs=() if same_length else ("length",), cut=cut
        )
    differs = _differing(earlier, later, link)
    if not same_length:
        differs = ("length", *differs)
    return Evidence(identical=False, same_length=same_length, differs=differs, cut=cut)


def _differing(earlier: bytes, later: bytes, link: int) -> tuple[str, ...]:
    names: list[str] = []
    one, two = _network(earlier, link), _network(later, link)
    if one.head != two.head:
        names += _link_names(one.head, two.head)
    if one.packet is None or two.packet is None or type(one.packet) is not type(two.packet):
        return tuple(names) or ("payload",)
    a, b = one.packet, two.packet
    import dpkt

    fields = _IP6 if isinstance(a, dpkt.ip6.IP6) else _IP4
    names += [name for field, name in fields if getattr(a, field, None) != getattr(b, field, None)]
    names += _transport(a.data, b.data)
    return tuple(dict.fromkeys(names)) or ("padding",)


def _transport(a: Any, b: Any) -> list[str]:
    import dpkt

    if isinstance(a, dpkt.udp.UDP) and isinstance(b, dpkt.udp.UDP):
        names = [name for field, name in _UDP if getattr(a, field) != getattr(b, field)]
        a, b = a.data, b.data
    else:
        names = []
    try:
        one, two = bytes(a), bytes(b)
    except Exception:  # noqa: BLE001 - dpkt writes again what it read, and raises what it likes where that was hostile
        return [*names, "payload"]
    common = min(len(one), len(two))
    return names + (["payload"] if one[:common] != two[:common] else [])


class _Split:
    """A frame in front of its IP header, and the header dissected (None where there is none or it is broken)."""

    __slots__ = ("head", "packet")

    def __init__(self, head: bytes, packet: Any) -> None:
        self.head, self.packet = head, packet


def _network(frame: bytes, link: int) -> _Split:
    import dpkt

    offset = ip_offset(frame, link)
    if offset is None or offset >= len(frame):
        return _Split(frame[:14], None)
    version = frame[offset] >> 4
    try:
        packet = dpkt.ip6.IP6(frame[offset:]) if version == 6 else dpkt.ip.IP(frame[offset:])
    except Exception:  # noqa: BLE001 - dpkt raises what it likes on hostile bytes; not dissected is an answer
        packet = None
    return _Split(frame[:offset], packet)


def ip_offset(frame: bytes, link: int) -> int | None:
    """Where the IP header begins; None where the link layer says that there is none."""
    if link in _RAW:
        return 0
    if link not in _ETHERNET:
        return {0: 4, 108: 4, 113: 16, 276: 20}.get(link)
    offset = 12
    while frame[offset : offset + 2] in (b"\x81\x00", b"\x88\xa8", b"\x91\x00", b"\x92\x00"):
        offset += 4
    return offset + 2 if frame[offset : offset + 2] in (b"\x08\x00", b"\x86\xdd") else None


def _link_names(one: bytes, two: bytes) -> list[str]:
    names = []
    if one[:6] != two[:6]:
        names.append("eth.dst")
    if one[6:12] != two[6:12]:
        names.append("eth.src")
    if one[12:] != two[12:]:
        names.append("vlan")
    return names
