"""The session's loop for captures that are still going on: the same Session, with a look at the clock.

    watch(reader, task, stops, show)

Beside what a session knows it keeps which gaps lie where our own side dropped frames, gives Snapshots from time to
time, and ends the capture where that was asked for. A snapshot's figures are of now (`missed` is up to MISSED_S old);
its report, which takes longer, is as old as it must be for making reports to take no more than JUDGING of the time, and
up to UNCHANGED_S where nothing was found since. Both are copies: whoever shows them can take as long as he likes, the
kernel's ring permitting. Nothing here grows with the capture.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from . import kernel
from .decode import foreign
from .errors import InputError
from .guard import UNLIMITED, Allowance, Budget
from .kernel.border import DUPLICATE, GAP, MAX_STREAMS, Frames, total
from .model import UNREAD, Capture, Damage, Gap, Gaps, Report
from .session import Session
from .snapshot import Latest, Snapshot

if TYPE_CHECKING:
    from .layout import Layout
    from .sources.live import LiveReader
    from .sources.recorder import Recorder

SECOND = 1_000_000_000  # ns
JUDGING = 0.002  # the share of the time that may go into reports in between
MISSED_S = 2  # how old the interfaces' own counters may be in a snapshot: they are files
SECOND_LOOK_S = 1  # from the first report to the second
GLANCE_S = 5.0  # of the processor, for a report in between; a capture that is to end calls it off
UNCHANGED_S = 60  # a report is as good as new for so long, if nothing was found since
OURS_MOST = 1 << 16  # places where we dropped that are remembered, for each stream
LATEST = 8
FEW = 256  # streams
BUSY = 0.5  # with so much of the ring waiting, snapshots have to wait, too


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What is asked about the capture; as for `session.analyze`."""

    layout: str | Layout | None = None
    ring_sizes: Sequence[int] = ()
    listed: int = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Stops:
    """When to end; None is never. Frames are counted, not records."""

    duration_s: float | None = None
    frames: int | None = None
    until_duplicate: bool = False
    allowance: Allowance = UNLIMITED


@dataclass(frozen=True, slots=True, kw_only=True)
class Show:
    """Who is shown snapshots: `call` every `every_s` seconds. `reports` says whether he wants reports in them."""

    call: Callable[[Snapshot], None]
    every_s: float
    reports: bool = True


def watch(
    reader: LiveReader, task: Task, stops: Stops, show: Show | None = None, recorder: Recorder | None = None
) -> Report:
    """Follow the capture until it ends or `stops` say so, and report on it. InputError where no frame fits."""
    session = LiveSession(task)
    begin = time.monotonic()
    due = begin + show.every_s if show else float("inf")
    end = begin + stops.duration_s if stops.duration_s is not None else float("inf")
    for frames, low, high in reader:
        if stops.frames is not None and reader.frames >= stops.frames:
            high, whole = max(low, high - (reader.frames - stops.frames)), high
            session.leave_out(frames, low, high, whole)
            reader.stop()
        session.follow(frames, high, low, reader)
        if recorder is not None:
            recorder.take(session.new, session.frames, reader.store)
        if stops.until_duplicate and session.duplicated:
            reader.stop()
        if stops.frames is not None and session.frames >= stops.frames:
            break
        now = time.monotonic()
        if now >= end:
            reader.stop()
        if not session.unread and (why := stops.allowance.spent(now - begin)):
            session.unread = f"{UNREAD}: {why}"
            reader.stop()
        if now >= due and show is not None and reader.behind < BUSY:
            due = now + show.every_s
            show.call(session.snapshot(reader, now - begin, reports=show.reports))
    session.unread = session.unread or cut_short(reader, stops, session.frames, time.monotonic() - begin)
    session.budget = Budget(called_off=lambda: reader.hurried)
    session.finish(reader.store)
    if recorder is not None:
        recorder.take(session.new, session.frames, reader.store)
        recorder.finish()
    return session.judged(reader, (*reader.remarks, *(recorder.remarks if recorder else ())))


def cut_short(reader: LiveReader, stops: Stops, frames: int, elapsed_s: float) -> str:
    """Why less came than was asked for; empty where all did, or where no end was named."""
    if reader.failure:
        return f"{UNREAD}: {reader.failure}"
    if not reader.ended:
        return ""
    asked = []
    if stops.duration_s is not None:
        asked.append(f"{elapsed_s:.1f} of {stops.duration_s:g} s")
    if stops.frames is not None:
        asked.append(f"{frames:,} of {stops.frames:,} frames")
    return f"{UNREAD}: {reader.ended} after {' and '.join(asked)}" if asked else ""


class LiveSession(Session):
    """A session that is looked at while it runs. `frames` were taken so far; `new` are the duplicates of the last
    block, EVENT[n] each."""

    def __init__(self, task: Task) -> None:
        self.frames = 0
        self.duplicated = False
        self.unread = ""  # why the capture was ended, where that was not asked for
        self.new: list[NDArray[Any]] = []
        self._task = task
        self._latest: list[Any] = []
        self._ours: list[NDArray[np.int64]] = []  # numbers of the frames that came first, by stream, after a drop
        self._ours_count = 0
        self._seen = np.zeros(MAX_STREAMS, np.bool_)  # streams that sent something since the last drop
        self._open = 0  # how many of the streams known then have not
        self._streams = 0
        self._report: Report | None = None
        self._judge_at = self._stale_at = 0.0
        self._missed, self._missed_at = 0, 0.0
        self._findings = 0  # rows so far
        self._beyond = self._cut_beyond = 0  # bytes and cut frames of what came when it was over,
        self._last_ns: int | None = None  # and the time of the last frame before that
        self._known: tuple[int, ...] = ()  # what there was when it was reported
        super().__init__(kernel.load(), task.layout)

    def follow(self, frames: Frames, high: int, low: int, reader: LiveReader) -> None:
        """Rows low..high-1 of `frames`, perhaps none."""
        self.new = []
        if reader.lost:
            self._seen[:] = False
            self._open = self._streams
        if high > low:
            self.take(frames, low, high, reader.store)
            self.frames += high - low
            self._meet(frames)
        self.drops(reader.dropped)

    def leave_out(self, frames: Frames, low: int, high: int, whole: int) -> None:
        """Rows high..whole-1 came when it was over: they are in the reader's totals, and not to be in ours."""
        self._beyond += int(frames.wire[high:whole].sum())
        self._cut_beyond += int(np.count_nonzero(frames.cap[high:whole] < frames.wire[high:whole]))
        if high > low:
            self._last_ns = int(frames.ns[low:high].max())

    def snapshot(self, reader: LiveReader, elapsed_s: float, *, reports: bool) -> Snapshot:
        """How things stand."""
        state: Any = self._chosen[2].streams() if self._chosen else np.zeros(0, EMPTY)
        if reports:
            self._rejudge(reader, (self._findings, len(state), reader.dropped))
        if elapsed_s >= self._missed_at:
            self._missed, self._missed_at = reader.missed, elapsed_s + MISSED_S
        return Snapshot(
            ns=reader.last_ns,
            elapsed_ns=int(elapsed_s * SECOND),
            frames=self.frames,
            bytes=reader.wire_bytes,
            sequenced=_total(state["received"]),
            foreign=foreign(self._chosen[1].sources()) if self._chosen else 0,
            streams=len(state),
            duplicates=_total(state["duplicates"]),
            missing=_total(state["missing"]),
            late=_total(state["late"]),
            dropped=reader.dropped,
            missed=self._missed,
            behind=reader.behind,
            latest=tuple(_latest(row) for row in self._latest),
            report=self._report,
        )

    def judged(self, reader: LiveReader, remarks: Sequence[str]) -> Report:
        """The report, as things stand; `remarks` become caveats. InputError where no frame fits."""
        capture = Capture(
            inputs=reader.inputs,
            frames=self.frames,
            bytes=reader.wire_bytes - self._beyond,
            first_ns=reader.first_ns,
            last_ns=reader.last_ns if self._last_ns is None else self._last_ns,
            dropped=reader.dropped,
            cut_frames=reader.cut_frames - self._cut_beyond,
            damage=(*reader.damage, *self._unread(reader)),
        )
        told = self.tell(capture, self._task.ring_sizes, self._task.listed)
        report = told.report
        ours = np.concatenate([*self._ours, np.zeros(0, np.int64)])
        gaps = told.findings.gaps
        mine = gaps[np.isin(gaps["frame"], ours)]
        missing = int(told.findings.missing.left(mine).sum())
        told_gaps = _mark(report.gaps, frozenset(mine["frame"].tolist()), missing)
        report = replace(report, gaps=told_gaps)
        said, caveats = _worth(report, reader)
        verdict = report.verdict
        return replace(
            report,
            verdict=replace(
                verdict, statement=verdict.statement + said, caveats=(*verdict.caveats, *caveats, *remarks)
            ),
        )

    def _unread(self, reader: LiveReader) -> tuple[Damage, ...]:
        """That what was allowed was used up."""
        return (Damage(input=reader.inputs[0], offset=0, what=self.unread),) if self.unread else ()

    def _rejudge(self, reader: LiveReader, known: tuple[int, ...]) -> None:
        begin = time.monotonic()
        if begin < (self._stale_at if known == self._known else self._judge_at):
            return
        self._known, first = known, self._report is None
        self.budget = Budget(seconds=GLANCE_S, called_off=lambda: reader.stopping)
        try:
            self._report = self.judged(reader, ())
        except InputError:  # no record yet
            return
        finally:
            self.budget = Budget()
        now = time.monotonic()
        self._judge_at = now + (SECOND_LOOK_S if first else (now - begin) / JUDGING)  # the first one takes far longer
        self._stale_at = max(self._judge_at, now + UNCHANGED_S)

    def _found(self, events: Any) -> None:
        super()._found(events)
        self._findings += len(events)
        kinds = events["kind"]
        rows = events[(kinds == DUPLICATE) | (kinds == GAP)]
        if not len(rows):
            return
        self._latest = [*self._latest, *rows[-LATEST:].copy()][-LATEST:]
        twice = rows[rows["kind"] == DUPLICATE]
        if len(twice):
            self.duplicated = True
            self.new.append(twice)

    def _meet(self, frames: Frames) -> None:
        """Of each stream that has not sent since our side dropped: its first frame, in which a gap is ours."""
        records = self._records
        if not records.count:
            return
        streams = records.stream[: records.count]
        self._streams = max(self._streams, int(streams.max()) + 1)
        if not self._open:
            return
        rows = np.flatnonzero(~self._seen[streams])
        if not len(rows):
            return
        new, at = np.unique(streams[rows], return_index=True)
        self._seen[new] = True
        self._open -= len(new)
        if self._ours_count < OURS_MOST:
            self._ours.append(records.row[rows[at]].astype(np.int64) + frames.first)
            self._ours_count += len(new)


EMPTY = np.dtype([(name, "<i8") for name in ("received", "duplicates", "missing", "late")])


def _total(column: NDArray[np.int64]) -> int:
    """Its sum; of few numbers Python's own is quicker."""
    return sum(column.tolist()) if len(column) < FEW else total(column)


def _latest(row: Any) -> Latest:
    gap = row["kind"] == GAP
    known = not gap and row["e_record"] >= 0
    return Latest(
        kind="gap" if gap else "duplicate",
        stream=int(row["stream"]),
        seq=int(row["seq"]),
        frame=int(row["frame"]),
        ns=int(row["ns"]),
        count=int(row["a"]) if gap else 1,
        distance=int(row["record"] - row["e_record"]) if known else None,
    )


def _mark(gaps: Gaps, frames: frozenset[int], missing: int) -> Gaps:
    """Say of each gap whether it is ours."""
    if not frames:
        return gaps
    listed: tuple[Gap, ...] = tuple(replace(gap, ours=True) if gap.frame in frames else gap for gap in gaps.listed)
    return replace(gaps, listed=listed, ours=missing)


def _worth(report: Report, reader: LiveReader) -> tuple[str, tuple[str, ...]]:
    """What our own losses mean for the verdict: a sentence for its statement, and caveats."""
    dropped, missed, gaps = reader.dropped, reader.missed, report.gaps
    said, caveats = "", []
    if gaps.ours:
        which = "All" if gaps.ours == gaps.missing else f"{gaps.ours:,}"
        said = f" {which} of the missing lie where this host itself dropped frames."
    if dropped:
        share = 100 * dropped / (dropped + report.capture.frames)
        where = f"{gaps.ours:,} of the {gaps.missing:,} missing numbers lie there and say nothing about the sender"
        if not reader.places:
            where = f"how many of the {gaps.missing:,} missing numbers are due to that is not known"
        caveats.append(
            f"This host was too slow for {dropped:,} frames ({share:.2g} % of all): {where}. Duplicates among those"
            " dropped were not seen, and distances across such a place are too short. Try: a larger --ring, a smaller"
            " --snap, a --filter."
        )
    if missed:
        caveats.append(
            f"The interface, or the host's queues, lost {missed:,} frames before they could be captured (ip -s link):"
            " missing numbers may be these. docs/live.md says how to set up a receiver."
        )
    return said, tuple(caveats)
