"""The state of a live capture: which report a snapshot has, and how much time reports may take."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import specimens

from seqcheck.engine.guard import Budget
from seqcheck.engine.standing import BUSY, Moment, Newest, Standing
from seqcheck.kernel.border import STREAM_STATE
from seqcheck.model import Report

FEW, MANY = specimens.CLEAN, specimens.STALE


class Reader(SimpleNamespace):
    """An interface whose ring is `behind`."""

    def __init__(self) -> None:
        super().__init__(
            behind=0.0, stopping=False, dropped=0, missed=0, last_ns=None, wire_bytes=0, taken=[("sq0", 1, 0)]
        )


def moment(duplicates: int, elapsed_s: float = 1.0) -> Moment:
    state = np.zeros(1, STREAM_STATE)
    state["received"], state["duplicates"] = 100, duplicates
    chosen = SimpleNamespace(
        track=SimpleNamespace(streams=lambda: state),
        content=None,
        decoder=SimpleNamespace(sources=lambda: {"counts": np.zeros((1, 4), np.int64)}),
    )
    newest = Newest()
    newest.rows = duplicates
    pipeline: Any = SimpleNamespace(chosen=chosen)
    return Moment(frames=100, elapsed_s=elapsed_s, pipeline=pipeline, newest=newest)


def judge_while(reader: Reader, behind: float, report: Report) -> Any:
    """A judge during whose work the ring fills."""

    def judge(budget: Budget) -> Report:
        reader.behind = behind
        off = budget.called_off()
        reader.behind = 0.0
        return replace(report, verdict=replace(report.verdict, cause="not-judged")) if off else report

    return judge


def test_a_report_is_called_off_where_the_ring_fills_and_the_last_one_stands() -> None:
    reader: Any = Reader()
    standing = Standing(reader)
    assert standing.snapshot(moment(0), judge_while(reader, 0.0, FEW)).report is FEW
    standing._judge_at = standing._news_at = 0.0
    now = standing.snapshot(moment(7), judge_while(reader, BUSY, MANY))
    assert (now.report, now.duplicates) == (FEW, 7)
    standing._judge_at = standing._news_at = 0.0
    assert standing.snapshot(moment(8), judge_while(reader, 0.0, MANY)).report is MANY


def test_a_report_that_was_asked_for_has_the_counts_of_now_in_any_case() -> None:
    reader: Any = Reader()
    standing = Standing(reader)
    standing.snapshot(moment(0), judge_while(reader, 0.0, FEW))
    standing.hurry()
    report = standing.snapshot(moment(7), judge_while(reader, 1.0, MANY)).report
    assert report is not None
    assert (report.verdict.cause, report.duplicates) == ("not-judged", MANY.duplicates)


def test_where_judging_takes_long_news_have_to_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that took 2 s is followed by no other for 4."""
    clock = [1000.0]
    monkeypatch.setattr("seqcheck.engine.standing.time.monotonic", lambda: clock[0])
    reader: Any = Reader()
    standing, judged = Standing(reader), []

    def judge(budget: Budget) -> Report:
        clock[0] += 2.0
        judged.append(clock[0])
        return MANY

    for duplicates in (10**6, 2 * 10**6, 3 * 10**6, 4 * 10**6):
        standing.snapshot(moment(duplicates), judge)
        clock[0] += 1.5
    assert judged == [1002.0, 1008.5]


def test_a_snapshot_has_the_figures_of_its_streams() -> None:
    reader: Any = Reader()
    standing = Standing(reader)
    standing.snapshot(moment(0), judge_while(reader, 0.0, FEW))
    now = standing.snapshot(moment(7), judge_while(reader, 0.0, FEW))
    assert now.figures is not None
    assert now.figures["duplicates"].tolist() == [7]
