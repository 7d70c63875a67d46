"""Counters that do not count one by one up to their width: what looks like loss or restarts, and is neither.

Pure. Each finding is one sentence that names the next thing to try.
"""

from __future__ import annotations

import numpy as np

from ..track import Findings

FEWEST = 16  # gaps, and records
MOST = 0.8  # of the gaps are equally wide; of the records have one before them
CYCLES = 2  # restarts after the same number of records


def caveats(findings: Findings) -> list[str]:
    """What the counters of the streams give away."""
    return [sentence for sentence in (_steps(findings), _cycles(findings)) if sentence]


def _steps(findings: Findings) -> str:
    """A gap of the same width before nearly every record."""
    streams, gaps = findings.streams, findings.gaps
    unique = int((streams["received"] - streams["duplicates"]).sum())
    if len(gaps) < FEWEST or int(streams["gaps"].sum()) < MOST * unique:
        return ""
    widths, counts = np.unique(gaps["a"], return_counts=True)
    most = int(np.argmax(counts))
    if counts[most] < MOST * len(gaps):
        return ""
    step = int(widths[most]) + 1
    return (
        f"Nearly every number is {step} above the one before: the counter seems to step by {step}, and what counts as "
        "missing was never sent. Read it with a mask that leaves the low bits out, if the step is a power of two."
    )


def _cycles(findings: Findings) -> str:
    """Restarts, each after the same number of positions."""
    lengths, counts = np.unique(findings.restarts["next"], return_counts=True)
    if not len(lengths) or counts.max() < CYCLES:
        return ""
    length = int(lengths[int(np.argmax(counts))])
    return (
        f"{int(counts.max()):,} restarts came after {length:,} numbers each: if it is a cycle, give its length "
        f"as the modulus, as in --layout NAME%{length}, and no lap of it is taken for a restart."
    )
