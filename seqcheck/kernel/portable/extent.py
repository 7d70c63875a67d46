"""Where a record lies in its frame: from its first byte to where the next one begins, or to the payload's end."""

from __future__ import annotations

from copy import copy
from itertools import islice

from seqcheck.kernel.border import RECORD, Program
from seqcheck.kernel.portable.chain import to_next
from seqcheck.kernel.portable.examine import examine, following, steps_of


def extent(data: bytes, wire: int, link: int, program: Program, which: int) -> range | None:
    """Of the frame's record number `which`, counted from 0; None if there is none. Of a program that reads one record a
    frame, its whole payload, and that of any number: a record may give several."""
    first = examine(data, wire, link, program)
    if first.status != RECORD:
        return None
    each = steps_of(program).each
    if not each:
        return range(first.place.start, first.place.end)
    seen = next(islice((first, *following(data, program, first)), which, None), None)
    if seen is None:
        return None
    after = copy(seen.place)
    goes_on = to_next(data, after, each)
    return range(seen.place.here, after.here if goes_on else seen.place.end)
