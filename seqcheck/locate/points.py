"""One point of the path, analyzed by itself, and what is kept of it for the comparison: all of it grows with the
anomalies.

Positions (`x`) are those of the tracker, counted from the first record of an epoch; aligned.py makes them comparable.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..dataclass import dataclass
from ..diagnose import Facts
from ..engine.session import Query, Source, opened
from ..errors import SeqcheckError
from ..kernel.border import DUPLICATE, LATE
from ..layout import Layout
from ..model import Report
from ..track.tracker import Findings
from .contents import Contents
from .retracked import tracked
from .rounds import Numbered, Rounds
from .sample import Sample

ALONE = -1  # `a` of an EARLY row, where the number was never reached
# A DUPLICATE or LATE row, as far as it is needed here. `distance` 0: not known. `behind` the count, by how many
# numbers or records.
ANOMALY = np.dtype(
    [("kind", "<i4"), ("stream", "<i4"), ("epoch", "<i4"), ("x", "<i8"), ("next", "<i8"), ("record", "<i8"),
     ("frame", "<i8"), ("distance", "<i8"), ("behind", "<i8")]
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Epoch:
    """A stretch of records that share one count: `base` is the number at position 0, `length` how far it came."""

    base: int
    length: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """A point: what its analysis found, its anomalies ANOMALY[n] in order, its streams' epochs, and the sample. `early`
    are positions before the first record's, in order, that came late, `ahead` those that came beyond an epoch's length,
    where the count did not go on to them any more, and `restarts` the frames (int64[n], in order) with which epochs
    began; of streams that have any. `set_back`: by how many ns the clock was, as far as the sample shows. `numbered`:
    how the rounds of a short counter were told, and then all numbers go on through them."""

    name: str
    report: Report
    findings: Findings
    facts: Facts
    anomalies: NDArray[Any]
    epochs: tuple[tuple[Epoch, ...], ...]
    early: Mapping[tuple[int, int], Sequence[int]]
    ahead: Mapping[tuple[int, int], Sequence[int]]
    restarts: Mapping[int, NDArray[np.int64]]
    sample: Sample
    set_back: int
    numbered: Numbered | None = None

    @property
    def several(self) -> bool:
        """Whether any frame held several records."""
        return self.report.records.sequenced != int(self.findings.streams["received"].sum())

    @property
    def layout(self) -> Layout:
        """The one in use."""
        assert self.sample.layout is not None
        return self.sample.layout


class Point:
    """A point whose captures are open, as long as `stack` is. SeqcheckErrors say which one it was."""

    def __init__(self, name: str, captures: Sequence[Source], stack: ExitStack) -> None:
        self.name, self._sample, self._contents = name, Sample(), Contents()
        query = Query(listed=0, keep="findings", sinks=(self._sample, self._contents))
        with _named(name):
            self._opened = stack.enter_context(opened(captures, query))

    def observe(self, layout: Layout | None, rounds: Rounds) -> Observed:
        """Analyze it, once; `rounds` is what the points before tell."""
        with _named(self.name):
            results = self._opened.examine(() if layout is None else (layout,))
            conclusion, numbered = results.conclusion, None
            findings, rows = conclusion.findings, results.rows()
            seen = self._contents.release()
            if len(seen):
                keys = [stream.key for stream in conclusion.report.streams]
                numbered = rounds.number(seen, keys, findings.modulus)
                findings, again = tracked(seen, numbered.numbers)
                rows = iter(again)
                self._sample.replace(seen, numbered.numbers)
            wanted = (each for each in rows if each["kind"][0] in (DUPLICATE, LATE))
            found = np.concatenate([np.zeros(0, ANOMALY), *map(_anomalies, wanted)])
        return Observed(
            name=self.name,
            report=conclusion.report,
            findings=findings,
            facts=conclusion.facts,
            anomalies=found[np.argsort(found["frame"], kind="stable")],
            epochs=_epochs(findings),
            early=_positions(found[(found["kind"] == LATE) & (found["x"] < 0)]),
            ahead=_positions(findings.early[findings.early["a"] == ALONE]),
            restarts=_restarts(findings.restarts),
            sample=self._sample,
            set_back=self._sample.set_back(),
            numbered=numbered,
        )


@contextmanager
def _named(name: str) -> Iterator[None]:
    try:
        yield
    except SeqcheckError as error:
        raise type(error)(f"{name}: {error.message}", hint=error.hint) from error


def _positions(rows: NDArray[Any]) -> dict[tuple[int, int], list[int]]:
    """By stream and epoch, in order."""
    found: dict[tuple[int, int], list[int]] = {}
    for stream, epoch, x in sorted({*zip(*(rows[name].tolist() for name in ("stream", "epoch", "x")), strict=True)}):
        found.setdefault((stream, epoch), []).append(x)
    return found


def _restarts(rows: NDArray[Any]) -> dict[int, NDArray[np.int64]]:
    """By stream."""
    rows = rows[np.lexsort((rows["frame"], rows["stream"]))]
    streams, starts = np.unique(rows["stream"], return_index=True)
    return dict(zip(streams.tolist(), np.split(rows["frame"], starts[1:]), strict=True)) if len(rows) else {}


def _anomalies(rows: NDArray[Any]) -> NDArray[Any]:
    made = np.zeros(len(rows), ANOMALY)
    for name in ("kind", "stream", "epoch", "x", "next", "record", "frame"):
        made[name] = rows[name]
    extent = np.where(rows["kind"] == LATE, rows["a"], 0)
    made["behind"] = np.maximum(rows["next"] - rows["x"], extent)
    known = (rows["kind"] == DUPLICATE) & (rows["e_record"] >= 0)
    made["distance"][known] = (rows["record"] - rows["e_record"])[known]
    return made


def _epochs(findings: Findings) -> tuple[tuple[Epoch, ...], ...]:
    """Of each stream. A RESTART row ends one epoch and begins the next."""
    bases = [[int(first)] for first in findings.streams["first_seq"]]
    lengths: list[list[int]] = [[] for _ in bases]
    restarts = findings.restarts[np.argsort(findings.restarts["record"], kind="stable")]
    for stream, seq, length in zip(*(restarts[name].tolist() for name in ("stream", "seq", "next")), strict=True):
        bases[stream].append(seq)
        lengths[stream].append(length)
    for stream, length in enumerate(findings.streams["next"].tolist()):
        lengths[stream].append(length)
    return tuple(
        tuple(Epoch(base=base, length=length) for base, length in zip(*each, strict=True))
        for each in zip(bases, lengths, strict=True)
    )
