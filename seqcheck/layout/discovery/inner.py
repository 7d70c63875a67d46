"""IPv4 headers inside a payload: tunnels, and errors that quote a packet. Their identification counts, and is no
sequence number of the sender's; their checksums go the other way.

A header is believed where its checksum holds in nearly all rows: that leaves no doubt.
"""

from __future__ import annotations

import numpy as np

from seqcheck.layout.discovery.columns import Columns

HOLDS = 0.9
LOOK = 64  # rows
HEADER = 20


def identifications(table: Columns) -> set[int]:
    """The columns of identifications and checksums of IPv4 headers in the payload."""
    data, there = table.data[:LOOK], table.there[:LOOK]
    found: set[int] = set()
    limit = table.head - HEADER
    if limit < 0 or not len(data):
        return found
    first = (data[:, : limit + 1] == 0x45) & there[:, HEADER - 1 : table.head]
    for at in np.flatnonzero(first.mean(axis=0) >= HOLDS).tolist():
        rows = data[first[:, at], at : at + HEADER].astype(np.int64)
        total = (rows[:, 0::2] * 256 + rows[:, 1::2]).sum(axis=1)
        total = (total & 0xFFFF) + (total >> 16)
        total = (total & 0xFFFF) + (total >> 16)
        if (total == 0xFFFF).mean() >= HOLDS:
            found |= {at + 4, at + 5, at + 10, at + 11}
    return found
