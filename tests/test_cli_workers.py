"""Processes that work through tasks: all are done; if one dies, only its task is lost; none is left over."""

import multiprocessing
import os
import signal
from multiprocessing import util
from pathlib import Path

import pytest
import tasks

from seqcheck.cli.confined import _vacate
from seqcheck.cli.workers import News, carry_out


def answers(news: list[News]) -> dict[int, object]:
    return {each.task: each.answer for each in news if each.last}


@pytest.mark.parametrize("jobs", [1, 2, 9])
def test_every_task_is_done_once(jobs: int) -> None:
    news = list(carry_out(range(5), tasks.double, jobs))
    assert answers(news) == {at: at * 2 for at in range(5) if at} | {0: 0}
    assert [each.told for each in news if each.told] == [("half of", each.task * 2) for each in news if each.told]
    assert sum(each.last for each in news) == 5
    assert multiprocessing.active_children() == []


def test_a_process_that_dies_costs_its_own_task_only() -> None:
    ends = {each.task: each for each in carry_out(range(7), tasks.die_of_three, 2) if each.last}
    assert {at: each.exit_code for at, each in ends.items() if each.exit_code is not None} == {3: -9, 4: 7}
    assert answers([*ends.values()]) == {0: 0, 1: 1, 2: 2, 3: None, 4: None, 5: 5, 6: 6}


def test_there_are_no_more_processes_than_asked_for() -> None:
    assert len({each.answer for each in carry_out(range(6), tasks.process, 2)}) <= 2


def test_a_process_that_still_loads_does_not_hear_what_ends_its_employer(monkeypatch: pytest.MonkeyPatch) -> None:
    masks, start = [], util.spawnv_passfds  # type: ignore[attr-defined]

    def seen(path: bytes, args: list[str], passed: list[int]) -> int:
        masks.append(signal.pthread_sigmask(signal.SIG_BLOCK, []))
        return int(start(path, args, passed))

    before = signal.pthread_sigmask(signal.SIG_BLOCK, [])
    monkeypatch.setattr(util, "spawnv_passfds", seen)
    (answer,) = answers(list(carry_out([0], tasks.heard, 1))).values()
    assert {signal.SIGINT, signal.SIGTERM, signal.SIGHUP} <= masks[-1]
    assert signal.pthread_sigmask(signal.SIG_BLOCK, []) == before
    assert answer == (signal.SIG_IGN, [])  # it does later; Ctrl-C never


def test_who_leaves_a_pipe_can_still_close_it() -> None:
    """As the objects that hold it do when a confined process is interrupted."""
    ours, theirs = multiprocessing.Pipe()
    _vacate((theirs.fileno(),))
    with pytest.raises(EOFError):
        ours.recv()
    theirs.close()
    ours.close()


def test_nothing_to_do_is_done() -> None:
    assert list(carry_out([], tasks.double, 2)) == []


def test_whoever_leaves_early_leaves_nothing_behind(tmp_path: Path) -> None:
    mark, pipe = tmp_path / "mark", tmp_path / "pipe"
    os.mkfifo(pipe)
    work = carry_out([(str(mark), str(pipe))], tasks.leave_a_mark, 1)
    assert next(work).told == "at work"
    assert mark.exists()
    work.close()
    assert multiprocessing.active_children() == []
    assert not mark.exists()
