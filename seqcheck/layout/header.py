"""seqcheck's own header, version 1: what `simulate` and `send` write and the built-in `seqcheck` reads.

Byte for byte in docs/header.md. Big endian, no padding; 18 bytes without stamps, so that it fits the smallest UDP frame
(60 bytes without FCS), 34 bytes with them. Never reads a clock: the time stamp is the caller's, in ns since 1970.
"""

from __future__ import annotations

import struct

MAGIC = 0x53455143  # "SEQC"
VERSION = 1
ETHERTYPE = 0x88B5  # for senders without IP: IEEE 802, local experimental ethertype 1

TIME, SLOT, BUF = 0x01, 0x02, 0x04  # flags: this stamp is there
SHORT, FULL = 18, 34  # length in bytes without and with stamps

# Name and NumPy format of each field, in order and without gaps: np.dtype(COLUMNS) lays an array over full headers,
# np.dtype(COLUMNS[:5]) over short ones.
COLUMNS = [
    ("magic", ">u4"), ("version", "u1"), ("flags", "u1"), ("stream", ">u4"), ("seq", ">u8"),
    ("time_ns", ">u8"), ("slot", ">u4"), ("buf", ">u4"),
]  # fmt: skip

_BASE = struct.Struct(">IBBIQ")
_STAMPS = struct.Struct(">QII")


def pack(
    seq: int, *, stream: int = 0, time_ns: int | None = None, slot: int | None = None, buf: int | None = None
) -> bytes:
    """The header: SHORT bytes where no stamp is given, else FULL. struct.error where a number does not fit."""
    flags = (time_ns is not None) * TIME | (slot is not None) * SLOT | (buf is not None) * BUF
    base = _BASE.pack(MAGIC, VERSION, flags, stream, seq)
    return base + _STAMPS.pack(time_ns or 0, slot or 0, buf or 0) if flags else base
