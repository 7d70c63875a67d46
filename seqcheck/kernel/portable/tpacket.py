"""Index of a TPACKET_V3 block, in plain Python: the specification of the native one (see index.py).

A block is a chain of packets in the byte order of this machine. Each begins with a struct tpacket3_hdr (48 bytes):

    0 u32 next   8 u32 nanoseconds   16 u32 wire     24 u16 mac                 32 u32 tag
    4 u32 seconds   12 u32 captured  20 u32 status   26 u16 (not read)  28 u32 (not read)  36 u16 protocol of the tag

A struct sockaddr_ll follows it (20 bytes), which is read if there is no link-layer header (link 276, below) or a VLAN
tag:

    50 u16 protocol, big-endian   52 u32 interface   56 u16 hardware   58 u8 type   59 u8 length   60 u8[8] address

`next` is the distance to the following packet, 0 for the last one; the frame begins `mac` bytes after the header's
start. A VLAN tag that the kernel took out of the frame (status VLAN_VALID) is put back where it was: the 12 bytes of
addresses move 4 bytes to the front, into room that the socket reserved, and the tag is written behind them (with
protocol 0x8100 unless status says VLAN_TPID_VALID). So `buf` is written to, but in frames with a tag only. It must be
the caller's own copy: the ring itself may change under one's hands.

Linux counts a frame as dropped by its interface (rx_dropped) if it had a tag and its protocol has no handler, although
packet sockets got it. So T_UNHANDLED counts the frames with a tag that the host received (type other than 4), with a
protocol other than IPv4, ARP and IPv6.

Source: linux/if_packet.h; net/packet/af_packet.c, tpacket_rcv; net/core/dev.c, __netif_receive_skb_core;
libpcap's pcap-linux.c does the same with tags.
"""

from __future__ import annotations

from struct import Struct

import numpy as np
from numpy.typing import NDArray

from seqcheck.kernel.border import BAD, FULL, MAX_FRAME, MAX_WIRE, MORE, T_UNHANDLED, Frames
from seqcheck.kernel.portable.index import _append, _span
from seqcheck.wire.link import COOKED2, DOT1Q, ETHERNET, TAG

HEADER = 48
COOKED = 20  # bytes of a header of LINKTYPE_LINUX_SLL2, and of a struct sockaddr_ll
ADDRESSES = 12
VLAN_VALID, VLAN_TPID_VALID = 0x10, 0x40
OUTGOING = 4
HANDLED = (0x0800, 0x0806, 0x86DD)  # IPv4, ARP, IPv6

_PACKET = Struct("=6IH6xIH")
_TAG = Struct(">HH")
_ADDRESS, _COOKED = Struct("=IH"), Struct(">2xIH")
_RECEIVED = Struct(">2xH6xB")  # of sockaddr_ll: protocol, type

_Row = tuple[int, int, int, int, int]  # off, cap, wire, ns, link


def index_tpacket(buf: NDArray[np.uint8], start: int, stop: int, link: int, frames: Frames) -> tuple[int, int]:
    """Append the packets of the chain that begins at buf[start] and lies before `stop` to `frames`, with link type
    `link`; the position reached and why it stopped there.

    In this order, for each packet: the columns are full (FULL, at its position); the header does not end before
    `stop`, or says what cannot be (BAD); appended. After the last packet, or where start == stop: (stop, MORE).

    It cannot be that the frame does not begin after the header (mac below 48) or end before `stop`, that the captured
    length exceeds MAX_FRAME or the wire length MAX_WIRE, or that `next` is neither 0 nor from 48 up to what lies before
    `stop`. A tag is put back in Ethernet frames (link 1) with at least 12 bytes captured and 4 bytes of room between
    header and frame, if the captured length stays within MAX_FRAME. Both lengths then count the tag. A wire length
    below the captured one is taken to be equal to it. With link 276 (LINKTYPE_LINUX_SLL2) a header of that kind is put
    before each frame, of what sockaddr_ll says; it cannot be that the frame begins less than 40 bytes behind the
    packet's header, or that it exceeds MAX_FRAME with it. A fraction of a second or more is odd, and is added all the
    same.
    """
    view = memoryview(buf)
    room, rows, odd = frames.capacity - frames.count, list[_Row](), list[int]()
    pos, why = start, MORE
    while pos < stop:
        if len(rows) == room:
            why = FULL
            break
        if stop - pos < HEADER:
            why = BAD
            break
        following, seconds, fraction, cap, wire, status, mac, tag, protocol = _PACKET.unpack_from(view, pos)
        off = pos + mac
        if mac < HEADER or cap > MAX_FRAME or wire > MAX_WIRE or off + cap > stop:
            why = BAD
            break
        if following and not HEADER <= following <= stop - pos:
            why = BAD
            break
        if status & VLAN_VALID and mac >= HEADER + COOKED:
            said, kind = _RECEIVED.unpack_from(view, pos + HEADER)
            frames.totals[T_UNHANDLED] += kind != OUTGOING and said not in HANDLED
        if status & VLAN_VALID and link == ETHERNET and ADDRESSES <= cap <= MAX_FRAME - TAG and mac >= HEADER + TAG:
            view[off - TAG : off - TAG + ADDRESSES] = bytes(view[off : off + ADDRESSES])
            off, cap, wire = off - TAG, cap + TAG, wire + TAG
            _TAG.pack_into(view, off + ADDRESSES, protocol if status & VLAN_TPID_VALID else DOT1Q, tag & 0xFFFF)
        if link == COOKED2:
            if mac < HEADER + 2 * COOKED or cap > MAX_FRAME - COOKED:
                why = BAD
                break
            told = view[pos + HEADER : pos + HEADER + COOKED]
            place, hardware = _ADDRESS.unpack_from(told, 4)
            view[off - COOKED : off] = bytes(told[2:4]) + _COOKED.pack(place, hardware) + bytes(told[10:])
            off, cap, wire = off - COOKED, cap + COOKED, wire + COOKED
        if fraction >= 1_000_000_000:
            odd.append(pos)
        rows.append((off, cap, max(cap, wire), seconds * 1_000_000_000 + fraction, link))
        pos = pos + following if following else stop
    _append(frames, rows, odd)
    _span(frames, [row[3] for row in rows])
    return pos, why
