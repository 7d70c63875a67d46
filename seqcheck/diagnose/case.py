"""What all steps of judging need of a capture, with the shares that follow from it. Pure."""

from __future__ import annotations

import numpy as np

from ..dataclass import dataclass
from ..kernel.border import total
from ..track.tracker import Findings
from .arrays import distinct
from .explanations.context import Context
from .facts import Facts
from .keys import Bools
from .table import Table
from .units import Loss


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """`alone` marks the rows whose source sends one stream only."""

    findings: Findings
    facts: Facts
    table: Table
    loss: Loss
    context: Context
    alone: Bools

    def beside(self, rows: Bools) -> Bools:
        """bool[streams]: those of the sources of these rows."""
        result: Bools = np.isin(self.findings.streams["source"], self.table.rows["source"][rows])
        return result

    def elsewhere(self, rows: Bools) -> float:
        """The share of the frames of these sources that are of no stream with any of these rows."""
        received = self.findings.streams["received"]
        every = float(received[self.beside(rows)].sum()) + self.facts.foreign
        hit = float(received[distinct(self.table.rows["stream"][rows].astype(np.int64))].sum())
        return max(1 - hit / max(every, 1.0), 0.0)

    def all_of(self, rows: Bools) -> float:
        """How many duplicates these rows stand for."""
        return float(rows.sum()) / max(self.table.kept, 1e-9)


FEW, FEW_OF = 20, 0.05  # places, and share of all, that the share of all counts for
MANY = 4  # duplicates that a stream would have, if it had as many as the others


def _untouched(streams: np.ndarray[tuple[int], np.dtype[np.void]]) -> float:
    """The share of records that are of streams without a duplicate, though others have so many that it should."""
    unique = streams["received"] - streams["duplicates"]
    expected = unique * (int(streams["duplicates"].sum()) / max(int(unique.sum()), 1))
    none = (streams["duplicates"] == 0) & (expected >= MANY)
    return float(streams["received"][none].sum() / max(int(streams["received"].sum()), 1))


def _beside(some: int, of: int, here: int, places: int) -> float:
    """How often what there is `some` of `of` comes at other places than these, where it came `here` times. The fewer
    others there are, the more it is the share of all."""
    like = FEW + FEW_OF * of
    return (max(some - here, 0) + like * some / max(of, 1)) / (max(of - places, 0) + like)


def case_of(findings: Findings, facts: Facts, table: Table) -> Case:
    streams = findings.streams
    received, duplicates = int(streams["received"].sum()), int(streams["duplicates"].sum())
    unique, missing = received - duplicates, total(streams["missing"])
    sources = np.bincount(np.maximum(streams["source"], 0), minlength=1)
    instead, filled = (round(int(each.sum()) / max(table.kept, 1e-9)) for each in (table.stands_in, table.overwritten))
    gone = max(missing - instead, 0)
    jumps = int(streams["gaps"].sum())
    ahead = round(int(table.early.sum()) / max(table.kept, 1e-9))
    of = np.minimum(np.maximum(table.rows["source"], 0), len(sources) - 1)
    return Case(
        findings=findings,
        facts=facts,
        table=table,
        loss=Loss(
            loss=max(gone - filled, 0) / (missing + unique) if missing else 0.0,
            foreign=facts.foreign / (facts.foreign + received) if facts.foreign else 0.0,
            again=duplicates / max(unique, 1),
            beyond=max(missing - duplicates, 0) / max(missing + unique, 1),
        ),
        context=Context(
            unique=unique,
            missing=missing,
            loss=missing / max(missing + unique, 1),
            gone=gone / max(missing + unique, 1),
            jumps=jumps / max(unique, 1),
            beside=_beside(missing, unique + missing, instead, duplicates),
            jumps_beside=_beside(jumps, unique, filled, ahead),
            redundant=facts.redundant,
            foreign=facts.foreign / max(facts.foreign + received, 1),
            times=received / max(unique, 1),
            late=int(streams["late"].sum()) / max(unique, 1),
            untouched=_untouched(streams),
        ),
        alone=sources[of] == 1,
    )
