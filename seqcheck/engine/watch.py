"""Captures in progress: the same pipeline, with a look at the clock.

    watch(reader, task, stops, show, keepers)

Ends the capture when it is time, shows Snapshots meanwhile (standing.py), and says what the receiving side means for
the verdict (receiver.py). Nothing here grows with the capture.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from .. import kernel
from ..interfaces.up_to import UpTo
from ..layout import resolve_all
from ..model import UNREAD, Damage, Report
from ..model.snapshot import Ask, Snapshot
from ..report.receiver import Losses, notes
from ..sink import Keeper, Sink
from .crowd import Crowd
from .guard import UNLIMITED, Allowance, Budget
from .merged import Merged
from .observation import ONCE, Observation, Question, may_tell_more, not_compared
from .own_drops import OwnDrops
from .pipeline import run
from .standing import BUSY, Moment, Newest, Standing

if TYPE_CHECKING:
    from ..interfaces.ongoing import Ongoing
    from ..layout import Layouts


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What is asked about the capture; as for `session.analyze`."""

    layout: Layouts = None
    ring_sizes: Sequence[int] = ()
    listed: int = 1000
    also_content: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Stops:
    """When to end; None is never. Frames are counted, not records, and no more are taken. Where it is the time or a
    duplicate that ends it, all that has come by then is taken: what follows on a duplicate tells its place, and is part
    of its evidence."""

    duration_s: float | None = None
    frames: int | None = None
    until_duplicate: bool = False
    allowance: Allowance = UNLIMITED


def nothing() -> Ask:
    """Nobody asks."""
    return Ask.NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class Show:
    """Who is shown snapshots: `call` every `every_s` seconds, and whenever `ask` asks for one. `reports` says whether
    he wants reports in them; `sinks` look on beside. `last` is shown how it ended, with the report."""

    call: Callable[[Snapshot], None]
    every_s: float
    ask: Callable[[], Ask] = nothing
    reports: bool = True
    sinks: tuple[Sink, ...] = ()
    last: Callable[[Snapshot], None] = lambda now: None


def watch(
    reader: Ongoing, task: Task, stops: Stops, show: Show | None = None, keepers: Sequence[Keeper] = ()
) -> Report:
    """Follow the capture until it ends or `stops` say so, and report on it. InputError if no frame fits."""
    live = Watch(reader, task, stops, (*keepers, *(show.sinks if show else ())))

    def attend() -> None:
        live.attend(show)
        for keeper in keepers:
            keeper.attend()

    run(live.blocks, live.seen.pipeline, attend)
    live.end()
    for keeper in keepers:
        keeper.finish()
    remarks = (*reader.remarks, *(remark for keeper in keepers for remark in keeper.remarks))
    report = live.report(remarks, Budget(called_off=lambda: reader.hurried))
    if show is not None:
        show.last(replace(live.snapshot(live.elapsed_s, reports=False), report=report))
    return report


def cut_short(reader: Ongoing, stops: Stops, frames: int, elapsed_s: float) -> str:
    """Why less came than was asked for; empty if all did, or where no end was named."""
    if reader.failure:
        return f"{UNREAD}: {reader.failure}"
    if not reader.ended or (stops.frames is not None and frames >= stops.frames):
        return ""
    asked = []
    if stops.duration_s is not None:
        asked.append(f"{elapsed_s:.1f} of {stops.duration_s:g} s")
    if stops.frames is not None:
        asked.append(f"{frames:,} of {stops.frames:,} frames")
    return f"{UNREAD}: {reader.ended} after {' and '.join(asked)}" if asked else ""


class Watch:
    """A capture that is looked at while it runs: `blocks` are what comes, `seen` is what is made of it."""

    def __init__(self, reader: Ongoing, task: Task, stops: Stops, beside: Sequence[Sink] = ()) -> None:
        self._reader, self._task, self._stops = reader, task, stops
        self._own, self._newest = OwnDrops(), Newest()
        self.blocks = UpTo(reader, stops.frames, self._own.lost)
        self._merged = Merged(max((each.mtu for each in reader.adapters), default=0))
        sinks: list[Sink] = [self._own, self._newest, self._merged, *beside]
        self.seen = Observation(kernel.load(), resolve_all(task.layout), sinks, also_content=task.also_content)
        self.seen.pipeline.crowd = Crowd(stops.allowance.memory)
        self._standing = Standing(reader)
        self._begin = time.monotonic()
        self._due = 0.0  # when to show the state again
        self._unread = ""  # why the capture was ended, where that was not asked for

    def attend(self, show: Show | None) -> None:
        """End the capture if it is time, show the state if it is time."""
        reader, stops = self._reader, self._stops
        elapsed = time.monotonic() - self._begin
        over = stops.duration_s is not None and elapsed >= stops.duration_s
        if over or (stops.until_duplicate and self._newest.duplicated):
            reader.stop()
        if not self._unread and (why := stops.allowance.spent(elapsed)):
            self._unread = f"{UNREAD}: {why}"
            reader.stop()
        if show is None:
            return
        ask = show.ask()
        if ask is not Ask.NOTHING or (elapsed >= (self._due or show.every_s) and reader.behind < BUSY):
            self._due = elapsed + show.every_s
            if ask is Ask.REPORT:
                self._standing.hurry()
            show.call(self.snapshot(elapsed, reports=show.reports or ask is Ask.REPORT))

    def end(self) -> None:
        """It is over: was that all that was asked for?"""
        why = cut_short(self._reader, self._stops, self.blocks.frames, self.elapsed_s)
        self._unread = self._unread or why

    @property
    def elapsed_s(self) -> float:
        """Since it began."""
        return time.monotonic() - self._begin

    def snapshot(self, elapsed_s: float, *, reports: bool) -> Snapshot:
        """Its state, that long after it began."""
        moment = Moment(
            frames=self.blocks.frames, elapsed_s=elapsed_s, pipeline=self.seen.pipeline, newest=self._newest
        )
        return self._standing.snapshot(moment, (lambda budget: self.report((), budget)) if reports else None)

    def report(self, remarks: Sequence[str], budget: Budget) -> Report:
        """As of now; `remarks` become caveats. InputError if no frame fits."""
        unread = (Damage(input=self._reader.inputs[0], offset=0, what=self._unread),) if self._unread else ()
        question = Question(ring_sizes=self._task.ring_sizes, listed=self._task.listed, budget=budget)
        made = self.seen.conclude(self.blocks.capture(unread), question)
        if not self._task.also_content and may_tell_more(made.report):
            made = not_compared(made, ONCE)
        report = replace(made.report, gaps=self._own.marked(made.report.gaps, made.findings))
        reader = self._reader
        chosen = self.seen.pipeline.chosen
        losses = Losses(
            dropped=reader.dropped,
            placed=reader.places,
            missed=reader.missed,
            merged=self._merged.frames,
            apart=chosen is not None and all(layout.each and not layout.moves for layout in chosen.layouts),
        )
        receiver = notes(report, losses, reader.adapters)
        verdict = report.verdict
        return replace(
            report,
            verdict=replace(
                verdict,
                statement=receiver.first + verdict.statement + receiver.said,
                caveats=(*receiver.caveats, *verdict.caveats, *remarks),
            ),
        )
