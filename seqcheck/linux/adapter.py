"""How an interface's adapter is set up, as far as it affects a capture: ethtool's queries, made directly.

Reads only, and needs no privilege. What a driver does not answer is None. Source: linux/ethtool.h, linux/sockios.h,
linux/net_tstamp.h.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import socket
import struct
import sys
from dataclasses import dataclass

from seqcheck.linux.interface import IFNAMSIZ, mtu

SIOCETHTOOL = 0x8946
GET_RING, GET_FLAGS, GET_GRO, GET_STAMPS = 0x10, 0x25, 0x2B, 0x41  # ETHTOOL_G...
FLAG_RX_VLAN, FLAG_LRO = 1 << 8, 1 << 15
RECEIVE_HARDWARE = 1 << 2  # SOF_TIMESTAMPING_RX_HARDWARE
ANSWER = 64  # bytes: more than any of these needs


@dataclass(frozen=True, slots=True, kw_only=True)
class Adapter:
    """`mtu` in bytes, 0 if it is not known; `ring` and `ring_most` in slots of the RX ring."""

    name: str
    mtu: int
    gro: bool | None = None
    lro: bool | None = None
    vlan: bool | None = None  # takes tags out of frames
    stamps: bool | None = None  # can stamp frames on receipt
    ring: int | None = None
    ring_most: int | None = None


def look(name: str) -> Adapter:
    """The adapter behind the interface of that name."""
    if sys.platform != "linux":
        return Adapter(name=name, mtu=0)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
        gro, flags = _word(asker, name, GET_GRO), _word(asker, name, GET_FLAGS)
        stamps = _word(asker, name, GET_STAMPS)
        ring = _ask(asker, name, GET_RING)
    slots = struct.unpack_from("9I", ring) if ring is not None else None  # struct ethtool_ringparam
    return Adapter(
        name=name,
        mtu=mtu(name),
        gro=None if gro is None else bool(gro),
        lro=None if flags is None else bool(flags & FLAG_LRO),
        vlan=None if flags is None else bool(flags & FLAG_RX_VLAN),
        stamps=None if stamps is None else bool(stamps & RECEIVE_HARDWARE),
        ring=slots[5] if slots else None,
        ring_most=slots[1] if slots else None,
    )


def _word(asker: socket.socket, name: str, question: int) -> int | None:
    """The word behind the question's own."""
    answer = _ask(asker, name, question)
    return None if answer is None else int(struct.unpack_from("I", answer, 4)[0])


def _ask(asker: socket.socket, name: str, question: int) -> bytes | None:
    answer = ctypes.create_string_buffer(struct.pack("I", question), ANSWER)
    request = struct.pack(f"{IFNAMSIZ}sP16x", os.fsencode(name), ctypes.addressof(answer))
    try:
        fcntl.ioctl(asker, SIOCETHTOOL, request)
    except OSError:
        return None
    return answer.raw
