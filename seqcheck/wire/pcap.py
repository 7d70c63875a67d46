"""Classic pcap: the 24-byte file header read, headers and records written.

Assumes nothing of the bytes; never does I/O. Reading records in bulk is the kernel's work (`index_pcap`). Times are
integer nanoseconds, lengths bytes. Source: tcpdump.org/manpages/pcap-savefile.5, and libpcap's sf-pcap.c for the
versions before 2.4 and for the "modified" format of Kuznetzov's patches.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from struct import Struct, pack

import numpy as np
from numpy.typing import NDArray

from seqcheck.kernel.border import MAX_FRAME, MAX_WIRE, PcapRule

HEADER = 24  # bytes of the file header
VERSION = (2, 4)
FCS_PRESENT = 0x04000000  # of the link type (draft-ietf-opsawg-pcap, section 4)
# magic number: (fractions are nanoseconds, bytes of a record's header)
MAGICS = {0xA1B2C3D4: (False, 16), 0xA1B23C4D: (True, 16), 0xA1B2CD34: (False, 24)}

_STARTS = {
    pack(order + "I", magic): (order == ">", nano, header) for magic, (nano, header) in MAGICS.items() for order in "<>"
}


def is_pcap(head: bytes) -> bool:
    """Whether a file that starts with these (4 or more) bytes says that it is a classic pcap."""
    return head[:4] in _STARTS


def parse_header(head: bytes) -> PcapRule:
    """The rule by which the records are read. ValueError, in words, where the header cannot be read.

    The snap length is not believed (writers get it wrong), nor is thiszone. The upper 16 bits of the link type say
    how long the frame check sequences are: bit 26 that they do, the upper four how many words of 16 bits.
    """
    big, nano, header = _STARTS[head[:4]]
    if len(head) < HEADER:
        raise ValueError(f"has a pcap header that is cut: {len(head)} of {HEADER} bytes")
    major, minor, _, _, _, link = Struct((">" if big else "<") + "HHiIII").unpack_from(head, 4)
    if major != VERSION[0] or minor > VERSION[1]:
        raise ValueError(f"is a pcap of version {major}.{minor}; only 2.0 to 2.4 are known")
    fcs = 2 * (link >> 28) if link & FCS_PRESENT else 0
    return PcapRule(big=big, nano=nano, header=header, link=link & 0xFFFF, swapped=minor < VERSION[1], fcs=fcs)


def fault(record: bytes, rule: PcapRule) -> str:
    """What is wrong with a record on which index_pcap stopped with BAD; `record` is its header."""
    cap, wire = Struct((">" if rule.big else "<") + "8xII").unpack_from(record)
    if rule.swapped:
        cap, wire = min(cap, wire), max(cap, wire)
    if cap > MAX_FRAME:
        return f"record claims {cap} captured bytes, more than {MAX_FRAME}"
    return f"record claims {wire} bytes on the wire, more than {MAX_WIRE}"


# ---- writing: little-endian, nanoseconds unless asked for microseconds -----------------------------------------------


def file_header(*, link: int, snap: int = MAX_FRAME, nano: bool = True, big: bool = False) -> bytes:
    """The 24 bytes at the start of a file of LINKTYPE `link`."""
    magic = 0xA1B23C4D if nano else 0xA1B2C3D4
    return pack((">" if big else "<") + "IHHiIII", magic, *VERSION, 0, 0, snap, link)


def record(ns: int, data: bytes, *, wire: int | None = None, nano: bool = True, big: bool = False) -> bytes:
    """One record. `wire` is the length on the wire where `data` was cut."""
    seconds, fraction = divmod(ns, 1_000_000_000)
    fraction = fraction if nano else fraction // 1000
    length = len(data)
    return pack((">" if big else "<") + "4I", seconds, fraction, length, wire or length) + data


def records(ns: NDArray[np.int64], data: Sequence[bytes | memoryview], *, nano: bool = True) -> bytes:
    """Whole frames of any lengths as records, in bulk: frame i of `data` at ns[i]. Some million a second."""
    lengths = np.fromiter(map(len, data), np.int64, len(data))
    heads = memoryview(_heads(ns, lengths, nano).tobytes())
    return b"".join(chain.from_iterable((heads[16 * i : 16 * i + 16], frame) for i, frame in enumerate(data)))


def _heads(ns: NDArray[np.int64], lengths: NDArray[np.int64], nano: bool) -> NDArray[np.uint32]:
    """Record headers, little-endian: <u4[n, 4]."""
    heads = np.empty((len(ns), 4), "<u4")
    heads[:, 0], fraction = np.divmod(ns, 1_000_000_000)
    heads[:, 1] = fraction if nano else fraction // 1000
    heads[:, 2] = heads[:, 3] = lengths
    return heads
