"""What stands in front of the network layer: link types, ethertypes, VLAN tags. The one place that knows where.

The kernels' decoders say the same for whole blocks (kernel/native/frame_locate.c, kernel/portable/walk.py); this is for
whoever has one frame in hand. No byte beyond the frame is asked for. Source: https://www.tcpdump.org/linktypes.html.
"""

from __future__ import annotations

ETHERNET, COOKED, COOKED2 = 1, 113, 276
TYPE_AT = {ETHERNET: (12, 14), COOKED: (14, 16), COOKED2: (0, 20)}  # position of the ethertype, length of the header
RAW_IP = {101: (4, 6), 12: (4, 6), 14: (4, 6), 228: (4,), 229: (6,)}  # the IP versions that may follow
LOOPBACK = (0, 108)  # four bytes of address family, in either byte order
FAMILIES = {2: 4, 24: 6, 28: 6, 30: 6, 10: 6}  # AF_INET, AF_INET6 of NetBSD, FreeBSD, Darwin and Linux
DOT1Q = 0x8100
TAGS = (DOT1Q, 0x88A8, 0x9100, 0x9200)  # ethertypes of VLAN tags
TAG = 4  # bytes
IP_TYPES = {0x0800: 4, 0x86DD: 6}


def ethertype_at(frame: bytes) -> int:
    """Where the ethertype of an Ethernet frame stands, behind any VLAN tags; perhaps beyond the frame's end."""
    at, _ = TYPE_AT[ETHERNET]
    while word(frame, at) in TAGS:
        at += TAG
    return at


def ip_offset(frame: bytes, link: int) -> int | None:
    """Where the IP header begins, perhaps beyond the frame's end; None where the link layer says that there is none."""
    if link in RAW_IP:
        return 0
    if link in LOOPBACK:
        return 4
    if link != ETHERNET:
        return TYPE_AT[link][1] if link in TYPE_AT else None
    at = ethertype_at(frame)
    return at + 2 if word(frame, at) in IP_TYPES else None


def word(frame: bytes, at: int) -> int:
    """The 16 bits there, in network order; -1 where the frame ends before."""
    return int.from_bytes(frame[at : at + 2], "big") if 0 <= at <= len(frame) - 2 else -1
