"""What discovery hands out: a layout that may be right, how likely that is, and why."""

from __future__ import annotations

from seqcheck.dataclass import dataclass
from seqcheck.layout.model import Layout

DOUBTLESS = 0.9  # score, from which on a candidate is taken without asking
LIKELY = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """`layout` bears the name of a built-in where it is one. `records` and `streams` of the sample that it reads;
    `score` from 0 to 1; `because`: sentences, the evidence for and against, strongest first; `values`: the first
    numbers of the first streams. `apart` of the records are in frames that no better candidate reads."""

    layout: Layout
    records: int
    streams: int
    apart: int
    score: float
    because: tuple[str, ...]
    values: tuple[tuple[int, ...], ...]
