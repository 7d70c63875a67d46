"""Several records in one payload, each telling where the next one begins: the EACH rows of a program. This is what they
mean, for one payload; chained.py does the same by the block.

The first place is where the program's moves lead; without moves it is the payload's first byte. From each place to the
next it is the sum of the amounts:

    AMOUNT    constant + word * factor, rounded up to a multiple of `round`, as of a MOVE
    ONLY_IF   where its word is 0, the AMOUNT behind it counts nothing

All words are read at the place itself (offsets from HERE on count from there). At each place the program is run
without its moves. What is no record there is passed over, whatever the reason. The way ends with a word that is not in
the payload or was not captured, a sum of 0, or a place that is not in the payload or was not captured. So there are no
more places than bytes: hostile lengths lead nowhere, and never back.

A storey of headers is a record if one place in its payload is; otherwise it has the status of its first place. Where
the moves fail there is no place at all, and the status is theirs. All records of a frame are behind the same headers,
and have the same source and ordinal; a frame of which no stream is taken in is STREAMS.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from seqcheck.kernel.border import EACH, ONLY_IF, RECORD
from seqcheck.kernel.portable.frame import Place
from seqcheck.kernel.portable.moves import amount_of, word_of


def is_each(row: Any) -> bool:
    """Whether a row of FIELD is one."""
    return int(row["role"]) == EACH


def to_next(data: bytes, place: Place, rows: Sequence[Any], looked: list[range] | None = None) -> bool:
    """On from the record at place.here to the place of the next; False if there is none. The bytes that decide are
    added to `looked`."""
    looked = [] if looked is None else looked
    total, at = 0, 0
    while at < len(rows):
        row = rows[at]
        at += 1
        if int(row["op"]) == ONLY_IF:
            status, value = word_of(data, place, row, looked)
            at += not value
        else:
            status, amount = amount_of(data, place, row, looked)
            total += amount
        if status != RECORD:
            return False
    place.here += total
    return total > 0 and place.here < min(place.end, len(data))
