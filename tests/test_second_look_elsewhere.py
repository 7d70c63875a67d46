"""Captures that workers read are read again for the sender's other traffic by one of them; the report is that of a run
without an executor, byte for byte."""

from __future__ import annotations

import os
import pickle
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest
from test_files_that_change import cut, grown, replaced, rewritten
from test_other_traffic import LAYOUT, ring
from test_second_look import SAMPLES, WAYS, many, pcap

import seqcheck
from seqcheck import Progress, Report
from seqcheck.capture import elsewhere, on_workers, packed
from seqcheck.dataclass import replace
from seqcheck.engine import guard, second_look, session
from seqcheck.engine.guard import UNLIMITED, Allowance
from seqcheck.engine.other_traffic import Others
from seqcheck.layout import resolve_all

CAVEAT = "Other traffic was not compared by its bytes: "


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return pcap(ring(stale=9, foreign=12), tmp_path)[0]


@pytest.fixture(scope="module")
def threads() -> Iterator[Executor]:
    with ThreadPoolExecutor(3) as executor:
        yield executor


@pytest.fixture
def unseen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only workers see the files."""
    monkeypatch.setattr(elsewhere, "_seen_here", lambda place, seen: None)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts that are small enough for there to be many."""
    monkeypatch.setattr(elsewhere, "SIZE", 400_000)
    monkeypatch.setattr(packed, "PIECE", 100_000)


class Apart(Executor):
    """Does at once what it is told to, but for the second reading, which is left to `second`."""

    def __init__(self, second: Callable[[Callable[[], Any], Future[Any]], None]) -> None:
        self.second, self.asked = second, list[Future[Any]]()

    def submit(self, function: Any, /, *given: Any, **named: Any) -> Future[Any]:
        future: Future[Any] = Future()
        if function.func is second_look.read_by_worker:
            self.asked.append(future)
            self.second(function, future)
        else:
            future.set_result(function())
        return future


def never(*_: Any) -> None:
    """No answer comes."""


def alike(captures: Any, layout: Any, executor: Executor) -> Report:
    """The report by workers, which is that of a run without them."""
    plain, found = seqcheck.analyze(captures, layout), seqcheck.analyze(captures, layout, executor=executor)
    assert found.looked_again
    assert found.other_traffic is not None
    assert found.to_json() == plain.to_json()
    return found


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("way", WAYS)
def test_the_report_is_the_same(way: str, threads: Executor, tmp_path: Path) -> None:
    found = alike(WAYS[way](many(), tmp_path), LAYOUT, threads).other_traffic
    assert found is not None
    assert found.same_ring == 12


@pytest.mark.usefixtures("small", "unseen")
@pytest.mark.parametrize("way", ["pcap", "gzip", "overlapping"])
def test_of_files_that_only_workers_see_too(way: str, threads: Executor, tmp_path: Path) -> None:
    alike(WAYS[way](many(), tmp_path), LAYOUT, threads)


@pytest.mark.parametrize("layout", [None, [LAYOUT, "udp:7777 seq=u32be@0"]], ids=["discovered", "several"])
def test_layouts_of_other_kinds(layout: Any, path: Path, threads: Executor) -> None:
    alike(path, layout, threads)


def test_a_capture_that_ends_within_a_frame(path: Path, threads: Executor) -> None:
    os.truncate(path, path.stat().st_size - 7)
    assert alike(path, LAYOUT, threads).capture.damage


def test_processes(tmp_path: Path) -> None:
    with ProcessPoolExecutor(2, get_context("spawn")) as executor:
        found = alike(SAMPLES / "stale-other.pcap", None, executor)
        assert found.verdict.statement.endswith("Another 11 stale slots of the same ring held other traffic.")
        alike(WAYS["overlapping"](many(), tmp_path), LAYOUT, executor)


def test_urls(path: Path, threads: Executor) -> None:
    pytest.importorskip("fsspec", reason="the extra `cluster` is not installed")
    plain = seqcheck.analyze(path, LAYOUT).to_json()
    found = seqcheck.analyze(f"file://{path.parent}/r*.pcap", LAYOUT, executor=threads)
    assert found.to_json().replace("file://", "") == plain


def test_a_worker_is_who_reads_and_nobody_else(path: Path, threads: Executor, monkeypatch: pytest.MonkeyPatch) -> None:
    where, run = list[str](), second_look.run

    def told(*given: Any) -> None:
        where.append(threading.current_thread().name)
        run(*given)

    monkeypatch.setattr(second_look, "run", told)
    alike(path, LAYOUT, threads)
    assert where[0] == threading.main_thread().name  # without an executor
    assert len(where) == 2
    assert where[1].startswith("ThreadPoolExecutor")


def test_what_a_worker_returns_is_a_value_without_bytes_of_frames(path: Path) -> None:
    places = [on_workers.Place(where=str(path), name="run", size=path.stat().st_size)]
    found = second_look.read_by_worker(places, resolve_all(LAYOUT), UNLIMITED, 0.0)
    sent = pickle.dumps(found)
    again = pickle.loads(sent)
    assert isinstance(again, Others)
    assert (again.copies, again.told_apart) == (12, 524)
    held = [frame.data[42:] for frame in ring(stale=9, foreign=12) if b"!!!!" not in frame.data]
    assert len(held) == 524
    assert not any(data in sent for data in held)


def test_nothing_is_read_again_where_it_tells_nothing(path: Path) -> None:
    executor = Apart(never)
    for capture, how in ((path, {"also_content": False}), (SAMPLES / "clean.pcap", {}), (SAMPLES / "loss.pcap", {})):
        layout = LAYOUT if capture == path else None
        assert seqcheck.analyze(capture, layout, executor=executor, **how).other_traffic is None  # type: ignore[arg-type]
    assert executor.asked == []


def left_out(path: Path, executor: Executor, **how: Any) -> str:
    """Why other traffic was not compared; all else is as without it."""
    query = session.Query(layout=LAYOUT, also_content=None, executor=executor, **how)
    plain = seqcheck.analyze(path, LAYOUT, also_content=False)
    with session.examine(path, query) as results:
        report = results.report
    *caveats, last = report.verdict.caveats
    assert replace(report, verdict=replace(report.verdict, caveats=tuple(caveats))) == plain
    assert last.startswith(CAVEAT)
    return last.removeprefix(CAVEAT)


def changing(change: Callable[[Path], None], when: str, path: Path) -> Executor:
    """The file changes before the worker reads it again, or meanwhile."""

    def second(work: Callable[[], Any], future: Future[Any]) -> None:
        if when == "before":
            change(path)
            future.set_result(work())
            return
        with pytest.MonkeyPatch.context() as patch:
            run = second_look.run

            def meanwhile(*given: Any) -> None:
                run(*given)
                change(path)

            patch.setattr(second_look, "run", meanwhile)
            future.set_result(work())

    return Apart(second)


@pytest.mark.parametrize("change", [replaced, grown, rewritten])
@pytest.mark.parametrize("when", ["before", "meanwhile"])
def test_a_file_that_has_changed_is_told(change: Callable[[Path], None], when: str, path: Path) -> None:
    assert left_out(path, changing(change, when, path)) == f"{path} was changed while it was being read."


@pytest.mark.usefixtures("unseen")
@pytest.mark.parametrize(
    ("change", "when", "said"),
    [
        (replaced, "before", "as elsewhere"), (grown, "before", "as elsewhere"), (cut, "before", "as elsewhere"),
        (os.unlink, "before", "No such file or directory"), (replaced, "meanwhile", "as elsewhere"),
        (rewritten, "meanwhile", "was changed while it was being read"),
    ],
)  # fmt: skip
def test_so_is_one_that_only_workers_see(change: Callable[[Path], None], when: str, said: str, path: Path) -> None:
    why = left_out(path, changing(change, when, path))
    assert str(path) in why
    assert said in why


def test_time_and_memory_that_are_used_up_end_the_waiting(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def late(*_: Any) -> None:
        monkeypatch.setattr(guard.time, "monotonic", lambda: 1e12)

    def fat(*_: Any) -> None:
        monkeypatch.setattr(guard, "_peak", lambda: 1 << 62)

    for second, allowed, said in (
        (late, Allowance(seconds=90), "the time limit of 90 s was reached."),
        (fat, Allowance(memory=4 << 30), "the memory limit of 4096 MiB was reached."),
    ):
        executor = Apart(second)
        assert left_out(path, executor, allowance=allowed) == said
        assert [future.cancelled() for future in executor.asked] == [True]
        monkeypatch.undo()


def test_a_worker_stops_by_itself_when_time_is_up(path: Path) -> None:
    places = [on_workers.Place(where=str(path), name="run")]
    found = second_look.read_by_worker(places, resolve_all(LAYOUT), Allowance(seconds=5, memory=1 << 20), 6.0)
    assert found == "the time limit of 5 s was reached"


def test_ctrl_c_is_heard_while_waiting(path: Path) -> None:
    main = threading.main_thread().ident
    assert main is not None

    def press(*_: Any) -> None:
        threading.Timer(0.3, signal.pthread_kill, (main, signal.SIGINT)).start()

    executor = Apart(press)
    with pytest.raises(KeyboardInterrupt):
        seqcheck.analyze(path, LAYOUT, executor=executor)
    assert executor.asked[0].cancelled()


def test_progress_begins_anew(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody knows how far a worker is."""
    far: list[Progress] = []
    monkeypatch.setattr(session, "INTERVAL_S", 0)
    with ThreadPoolExecutor(1) as executor:
        seqcheck.analyze(path, LAYOUT, executor=executor, progress=far.append)
    size = path.stat().st_size
    again = [each for each in far if each.again]
    assert again
    assert {(each.bytes_done, each.bytes_total, each.frames) for each in again} == {(0, size, 0)}


def test_workers_that_fail_are_told(path: Path) -> None:
    def fail(_: Any, future: Future[Any]) -> None:
        future.set_exception(RuntimeError("killed thrice"))

    assert left_out(path, Apart(fail)) == f"{path}: the workers failed: RuntimeError: killed thrice."


def test_workers_without_memory_are_told(path: Path, threads: Executor, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise MemoryError

    monkeypatch.setattr(second_look, "run", full)
    assert left_out(path, threads) == "there was not enough memory for it."


@pytest.mark.parametrize("when", ["asked", "reading"])
def test_where_the_executor_broke_it_is_done_here(when: str, path: Path) -> None:
    def broken(_: Any, future: Future[Any]) -> None:
        if when == "asked":
            raise BrokenProcessPool
        future.set_exception(BrokenProcessPool())

    alike(path, LAYOUT, Apart(broken))


def test_a_process_that_is_killed_costs_no_result(tmp_path: Path) -> None:
    paths = pcap(many(), tmp_path)
    plain, killed = seqcheck.analyze(paths, LAYOUT).to_json(), list[int]()
    with ProcessPoolExecutor(1, get_context("spawn")) as executor:

        def kill(progress: Progress) -> None:
            if progress.again and not killed:
                killed.extend(executor._processes)
                for each in killed:
                    os.kill(each, signal.SIGKILL)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(session, "INTERVAL_S", -1.0)
            found = seqcheck.analyze(paths, LAYOUT, executor=executor, progress=kill)
    assert killed
    assert found.to_json() == plain
