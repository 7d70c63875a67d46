"""What comes before the network layer: link types, ethertypes, VLAN tags. The one place that knows where.

The kernels' decoders say the same for whole blocks (kernel/native/frame_locate.c, kernel/portable/walk.py); this is for
for code that has a single frame. No byte beyond the frame is asked for. Source: https://www.tcpdump.org/linktypes.html.
"""

from __future__ import annotations

ETHERNET, COOKED, COOKED2 = 1, 113, 276
TYPE_AT = {ETHERNET: (12, 14), COOKED: (14, 16), COOKED2: (0, 20)}  # position of the ethertype, length of the header
RAW_IP = {101: (4, 6), 12: (4, 6), 14: (4, 6), 228: (4,), 229: (6,)}  # the IP versions that may follow
LOOPBACK = (0, 108)  # four bytes of address family, in either byte order
FAMILY = 4  # bytes
FAMILIES = {2: 4, 24: 6, 28: 6, 30: 6, 10: 6}  # AF_INET, AF_INET6 of NetBSD, FreeBSD, Darwin and Linux
DOT1Q = 0x8100
TAGS = (DOT1Q, 0x88A8, 0x9100, 0x9200)  # ethertypes of VLAN tags
TAG = 4  # bytes
IP_TYPES = {0x0800: 4, 0x86DD: 6}


def ethertype_at(frame: bytes | bytearray, link: int = ETHERNET) -> int:
    """Where the ethertype of an Ethernet or cooked frame is, after any VLAN tags; perhaps beyond its end."""
    return _behind_tags(frame, link)[0]


def payload_at(frame: bytes | bytearray, link: int) -> int:
    """Where the payload of the link layer begins, behind any VLAN tags; perhaps beyond the frame's end. 0 for a link
    layer that is not known."""
    if link in LOOPBACK:
        return FAMILY
    return _behind_tags(frame, link)[1] if link in TYPE_AT else 0


def ip_offset(frame: bytes | bytearray, link: int) -> int | None:
    """Where the IP header begins, perhaps beyond the frame's end; None if the link layer says that there is none."""
    if link in RAW_IP or link in LOOPBACK:
        return payload_at(frame, link)
    if link not in TYPE_AT:
        return None
    at, behind = _behind_tags(frame, link)
    return behind if word(frame, at) in IP_TYPES else None


def _behind_tags(frame: bytes | bytearray, link: int) -> tuple[int, int]:
    """Where the ethertype is, and where that begins which it names."""
    at, behind = TYPE_AT[link]
    while word(frame, at) in TAGS:
        at, behind = behind + TAG - 2, behind + TAG
    return at, behind


def word(frame: bytes | bytearray, at: int) -> int:
    """The 16 bits there, in network order; -1 where the frame ends before."""
    return int.from_bytes(frame[at : at + 2], "big") if 0 <= at <= len(frame) - 2 else -1
