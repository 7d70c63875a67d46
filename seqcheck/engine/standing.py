"""The state of a live capture, from time to time: Snapshots.

The figures of a snapshot are current (`missed` is up to MISSED_S old). Its report, which takes longer, is as old as it
must be so that making reports takes no more than JUDGING of the time, and up to UNCHANGED_S if nothing was found since;
when the first duplicates come, or many times more, it is made immediately. Nobody reads frames meanwhile: it is called
off if BUSY of the ring waits, and the last one stays. Both are copies: showing them may take as long as the kernel's
ring permits.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..decode.decoder import foreign
from ..diagnose.natural import natural
from ..errors import InputError
from ..kernel.border import DUPLICATE, GAP, total
from ..model import Report
from ..model.snapshot import Latest, Snapshot, Taken
from ..sink import Block, Sink
from .guard import Budget
from .pipeline import Pipeline

if TYPE_CHECKING:
    from ..interfaces.ongoing import Ongoing
    from ..layout import Layout

SECOND = 1_000_000_000  # ns
JUDGING = 0.002  # the share of the time that may go into reports in between,
NEWS_S, GREW = 0.5, 1.25  # and this soon if the duplicates have grown by this factor, which they seldom do
NEWS = 0.5  # the share of the time that may go into these, if they take long
BUSY = 0.5  # if this share of the ring waits to be read, snapshots wait, and a report is called off
MISSED_S = 2  # how old the interfaces' own counters may be in a snapshot: they are files
SECOND_LOOK_S = 1  # from the first report to the second
GLANCE_S = 3.0  # of the processor, for a report in between; a capture that is to end calls it off
UNCHANGED_S = 60  # a report is as good as new for so long, if nothing was found since
LATEST = 32
FEW = 256  # streams

_NO_STREAM = np.zeros(0, [(name, "<i8") for name in ("received", "duplicates", "missing", "late")])
Judge = Callable[[Budget], Report]


class Newest(Sink):
    """`rows` of findings so far, whether there was a duplicate, and the `latest` duplicates and gaps."""

    def __init__(self) -> None:
        self.rows = 0
        self.duplicated = False
        self._latest: list[Any] = []
        self._numbered = True

    def begin(self, layouts: Sequence[Layout]) -> None:
        """The layouts are known."""
        self._numbered = not layouts[0].content

    def found(self, rows: NDArray[Any], block: Block) -> None:
        """Remember the last ones."""
        self.rows += len(rows)
        kinds = rows["kind"]
        told = rows[(kinds == DUPLICATE) | (kinds == GAP)]
        if len(told):
            self._latest = [*self._latest, *told[-LATEST:].copy()][-LATEST:]
            self.duplicated = self.duplicated or bool((kinds == DUPLICATE).any())

    @property
    def latest(self) -> tuple[Latest, ...]:
        """The last LATEST of them, the newest one last."""
        return tuple(_latest(row, numbered=self._numbered) for row in self._latest)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """What a snapshot is taken of. `frames` were taken up to now."""

    frames: int
    elapsed_s: float
    pipeline: Pipeline
    newest: Newest


class Standing:
    """Takes snapshots, and remembers what it need not ask again each time."""

    def __init__(self, reader: Ongoing) -> None:
        self._reader = reader
        self._report: Report | None = None
        self._judge_at = self._stale_at = self._news_at = 0.0
        self._missed, self._missed_at = 0, 0.0
        self._known: tuple[int, ...] = ()  # what there was when it was reported
        self._asked = False  # whether a report was asked for, whatever it takes

    def snapshot(self, now: Moment, judge: Judge | None) -> Snapshot:
        """Of this moment. `judge` makes a report within a budget (InputError if there is no record yet), None if
        none is wanted."""
        reader, chosen = self._reader, now.pipeline.chosen
        state: Any = chosen.track.streams() if chosen else _NO_STREAM
        if chosen and chosen.content is not None:
            state = natural(chosen.content).streams(state)
        if judge is not None:
            known = (now.newest.rows, len(state), reader.dropped)
            self._rejudge(judge, known, _total(state["duplicates"]))
        if now.elapsed_s >= self._missed_at:
            self._missed, self._missed_at = reader.missed, now.elapsed_s + MISSED_S
        return Snapshot(
            ns=reader.last_ns,
            elapsed_ns=int(now.elapsed_s * SECOND),
            frames=now.frames,
            bytes=reader.wire_bytes,
            sequenced=_total(state["received"]),
            foreign=foreign(chosen.decoder.sources()) if chosen else 0,
            streams=len(state),
            duplicates=_total(state["duplicates"]),
            missing=_total(state["missing"]),
            late=_total(state["late"]),
            dropped=reader.dropped,
            missed=self._missed,
            behind=reader.behind,
            latest=now.newest.latest,
            report=self._report,
            figures=state,
            interfaces=tuple(Taken(name=name, frames=f, dropped=lost) for name, f, lost in reader.taken),
        )

    def hurry(self) -> None:
        """Whatever it takes, the next snapshot has a new report."""
        self._judge_at = self._stale_at = self._news_at = 0.0
        self._asked = True

    def _rejudge(self, judge: Judge, known: tuple[int, ...], duplicates: int) -> None:
        begin = time.monotonic()
        due = self._stale_at if known == self._known else self._judge_at
        if self._report is not None and duplicates > GREW * self._report.duplicates.total:
            due = self._news_at
        if begin < due:
            return
        self._known, first = known, self._report is None
        asked, self._asked = self._asked, False
        off = CalledOff(self._reader)
        try:
            report = judge(Budget(seconds=GLANCE_S, called_off=off))
        except InputError:  # no record yet
            return
        if self._report is None or asked or not off.said:
            self._report = report
        now = time.monotonic()
        self._news_at = now + max(NEWS_S, (now - begin) / NEWS)
        self._judge_at = now + (SECOND_LOOK_S if first else (now - begin) / JUDGING)  # the first one takes far longer
        self._stale_at = max(self._judge_at, now + UNCHANGED_S)


class CalledOff:
    """Whether nobody can wait for a report any more; `said`: whether that was the answer once."""

    def __init__(self, reader: Ongoing) -> None:
        self.said = False
        self._reader = reader

    def __call__(self) -> bool:
        self.said = self.said or self._reader.stopping or self._reader.behind >= BUSY
        return self.said


def _total(column: NDArray[np.int64]) -> int:
    """Its sum; of few numbers Python's own is quicker."""
    return sum(column.tolist()) if len(column) < FEW else total(column)


def _latest(row: Any, *, numbered: bool) -> Latest:
    gap = row["kind"] == GAP
    known = not gap and row["e_record"] >= 0
    return Latest(
        kind="gap" if gap else "duplicate",
        stream=int(row["stream"]),
        seq=int(row["seq"]) if numbered else None,
        frame=int(row["frame"]),
        ns=int(row["ns"]),
        count=int(row["a"]) if gap else 1,
        distance=int(row["record"] - row["e_record"]) if known else None,
    )
