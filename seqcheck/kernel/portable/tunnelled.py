"""Which frames may carry a tunnel, by their outermost headers: the few that are worth a look one by one."""

from __future__ import annotations

import numpy as np

from seqcheck.kernel.border import A_IP, RECORD, Frames
from seqcheck.kernel.portable.inside import BY_PORT, BY_PROTOCOL, BY_TYPE, LEAST_TYPE, UDP
from seqcheck.kernel.portable.walk import Bools, Ints, Walk, word


def tunnelled(frames: Frames, rows: Ints) -> Bools:
    """bool[n] for these rows of a block."""
    if not len(rows):
        return np.zeros(0, np.bool_)
    low, high = int(rows.min()), int(rows.max()) + 1
    walk = Walk(frames, low, high)
    walk.to_payload((A_IP, -1, ()))
    named = np.isin(walk.kind, list(BY_TYPE)) | ((walk.kind >= 0) & (walk.kind < LEAST_TYPE))
    protocol = walk.key["protocol"]
    reached = walk.status == RECORD
    held = reached & np.isin(protocol, list(BY_PROTOCOL))
    ported = np.flatnonzero(reached & (protocol == UDP) & (walk.start + 4 <= walk.cap))
    targets = word(walk.gather(ported, walk.start[ported], 4), 2)
    held[ported[np.isin(targets, list(BY_PORT))]] = True
    found: Bools = (named | held)[rows - low]
    return found
