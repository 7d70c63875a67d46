"""Captures read by an executor's workers: the report is that of one thread, byte for byte, whatever becomes of them."""

from __future__ import annotations

import json
import os
import random
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import containers
import kinds
import pytest
import rings
from hypothesis import given, settings
from hypothesis import strategies as st
from test_parts import CAPTURES, damaged, of_two, restarting, sections, unpacked, written

import seqcheck
from seqcheck.capture import elsewhere, on_workers, packed, tasks
from seqcheck.decode.decoded import Ahead
from seqcheck.engine import session
from seqcheck.version import VERSION


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("executor")


@pytest.fixture(scope="module")
def frames() -> dict[str, list[containers.Packet]]:
    """The frames of each capture."""
    return {name: unpacked(make().getvalue()) for name, make in CAPTURES.items()}


@pytest.fixture(scope="module")
def threads() -> Iterator[Executor]:
    with ThreadPoolExecutor(3) as executor:
        yield executor


def here(paths: list[Path]) -> str:
    """The report as JSON, or why there is none."""
    try:
        return seqcheck.analyze(paths, kinds.LAYOUT).to_json()
    except seqcheck.InputError as error:
        return str(error)


def by(executor: Executor, paths: list[Path], sizes: tuple[int, int], *, unseen: bool = False, **more: Any) -> str:
    """The same by an executor, in parts and pieces of such sizes; `unseen`: only its workers see the files."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(elsewhere, "SIZE", sizes[0])
        patch.setattr(packed, "PIECE", sizes[1])
        if unseen:
            patch.setattr(elsewhere, "_seen_here", lambda place, seen: None)
        try:
            return seqcheck.analyze(paths, kinds.LAYOUT, executor=executor, **more).to_json()
        except seqcheck.InputError as error:
            return str(error)


@settings(max_examples=6, deadline=None)
@given(seed=st.integers(0, 2**32), data=st.data())
def test_the_report_does_not_depend_on_the_cuts(
    folder: Path, frames: dict[str, list[containers.Packet]], threads: Executor, seed: int, data: st.DataObject
) -> None:
    draw = random.Random(seed)
    name = data.draw(st.sampled_from([*CAPTURES, "restarts"]))
    made = restarting(draw) if name == "restarts" else frames[name]
    form = data.draw(st.sampled_from(["pcap", "pcapng", "damaged pcap", "damaged pcapng", "two"]))
    if form == "two":
        captures = of_two(made, draw)
    else:
        capture = sections(made, draw) if form.endswith("pcapng") else containers.pcap_file(made)
        captures = [damaged(capture, draw) if form.startswith("damaged") else capture]
    paths = written(folder, *captures)
    part = max(len(captures[0]) // data.draw(st.integers(1, 50)) + data.draw(st.integers(0, 3)), 1)
    piece = max(part // data.draw(st.integers(1, 5)), 1)
    assert by(threads, paths, (part, piece), unseen=draw.random() < 0.5) == here(paths)


def test_workers_are_what_reads(
    folder: Path, frames: dict[str, list[containers.Packet]], threads: Executor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else all of this would hold by a process that reads everything itself."""
    records: list[int] = []
    take = packed.AheadPacked.take

    def counted(self: Ahead, *given: Any) -> Any:
        found = take(self, *given)  # type: ignore[arg-type]
        records.append(found.count if found else 0)
        return found

    monkeypatch.setattr(packed.AheadPacked, "take", counted)
    paths = written(folder, containers.pcap_file(frames["ring"]))
    by(threads, paths, (20_000, 5_000))
    assert len(records) > 10
    assert sum(records) > 0.9 * len(frames["ring"])


def test_compressed_captures_and_layouts_that_are_found(folder: Path, threads: Executor) -> None:
    import gzip

    made = rings.stale_slots(64, 40).getvalue()
    paths = [folder / "run.pcap.gz"]
    paths[0].write_bytes(gzip.compress(made))
    assert by(threads, paths, (20_000, 5_000), unseen=True) == here(paths)
    expected = seqcheck.analyze(paths).to_json()
    assert seqcheck.analyze(paths, executor=threads).to_json() == expected


def test_a_file_that_a_worker_cannot_read(tmp_path: Path, threads: Executor) -> None:
    missing = tmp_path / "missing.pcap"
    with pytest.raises(seqcheck.InputError) as error:
        seqcheck.analyze(missing, kinds.LAYOUT, executor=threads)
    assert str(missing) in str(error.value)
    assert f"worker {on_workers.worker()}" in str(error.value)
    assert "No such file" in str(error.value)


def test_a_file_that_is_another_on_a_worker(folder: Path, threads: Executor) -> None:
    paths = written(folder, rings.stale_slots(64, 40).getvalue())
    real = on_workers.read_span

    def grown(place: on_workers.Place, *given: Any) -> Any:
        with paths[0].open("ab") as file:
            file.write(bytes(10))
        return real(place, *given)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(elsewhere, "read_span", grown)
        with pytest.raises(seqcheck.InputError, match="as elsewhere"):
            seqcheck.analyze(paths, kinds.LAYOUT, executor=threads)


def test_a_worker_of_another_version(folder: Path) -> None:
    (path,) = written(folder, rings.stale_slots(64, 40).getvalue())
    with pytest.raises(seqcheck.UsageError, match=f"has seqcheck {VERSION}, and this is 0.0"):
        on_workers.look(on_workers.Place(where=str(path), name="run"), "0.0")


def test_urls_and_patterns(folder: Path, threads: Executor) -> None:
    pytest.importorskip("fsspec", reason="the extra `cluster` is not installed")
    one, two = written(folder, *of_two(unpacked(rings.stale_slots(64, 40).getvalue()), random.Random(1)))
    found = seqcheck.analyze(f"file://{one.parent}/part-[01]", kinds.LAYOUT, executor=threads)
    assert found.capture.inputs == (f"file://{one}", f"file://{two}")
    assert json.loads(found.to_json().replace("file://", "")) == json.loads(here([one, two]))
    with pytest.raises(seqcheck.InputError, match="nothing matches it"):
        seqcheck.analyze(f"file://{folder}/none-*", kinds.LAYOUT, executor=threads)


@pytest.mark.parametrize("capture", ["-", b"bytes"])
def test_what_workers_cannot_see_is_refused(capture: Any, threads: Executor) -> None:
    with pytest.raises(seqcheck.UsageError, match="a path or a URL"):
        seqcheck.analyze(capture, kinds.LAYOUT, executor=threads)


def test_what_needs_every_frame_here_is_refused(folder: Path, threads: Executor) -> None:
    paths = written(folder, rings.stale_slots(64, 40).getvalue())
    with pytest.raises(seqcheck.UsageError, match="whole captures"):
        seqcheck.analyze(paths, kinds.LAYOUT, select=seqcheck.Selection(frames=(1, 2)), executor=threads)


class Deferred(Executor):
    """One that does what it is told to when it is asked to."""

    def __init__(self) -> None:
        self.given: list[tuple[Future[Any], Callable[[], Any]]] = []

    def submit(self, function: Callable[..., Any], /, *given: Any, **named: Any) -> Future[Any]:
        future: Future[Any] = Future()
        self.given.append((future, lambda: function(*given, **named)))
        return future


def test_what_takes_too_long_is_done_once_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first answer counts, and nobody waits for the other one."""
    executor = Deferred()
    task = tasks.Tasks(executor).submit(int, "7", about="run.pcap")
    monkeypatch.setattr(tasks, "PATIENCE_S", 0.0)
    begin = executor.submit

    def submit(*given: Any) -> Future[Any]:
        begin(*given)
        future, work = executor.given[-1]
        future.set_result(work())
        return future

    monkeypatch.setattr(executor, "submit", submit)
    assert task.get() == 7
    assert len(executor.given) == 2
    assert executor.given[0][0].cancelled()


def test_something_long_is_asked_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "PATIENCE_S", 0.0)
    monkeypatch.setattr(tasks, "STEP_S", 0.0)
    executor, calls = Deferred(), list[int]()

    def attend() -> None:
        calls.append(1)
        if len(calls) == 5:
            executor.given[0][0].set_result(7)

    assert tasks.Tasks(executor).submit(int, "7", about="run.pcap").watch(attend) == 7
    assert (len(executor.given), len(calls)) == (1, 5)


def test_what_is_raised_meanwhile_ends_the_waiting_for_it() -> None:
    executor = Deferred()

    def attend() -> None:
        raise TimeoutError

    with pytest.raises(TimeoutError):
        tasks.Tasks(executor).submit(int, "7", about="run.pcap").watch(attend)
    assert executor.given[0][0].cancelled()


def test_workers_that_fail_are_an_error_with_the_file() -> None:
    executor = Deferred()
    task = tasks.Tasks(executor).submit(int, "7", about="run.pcap, bytes 0 to 9")
    executor.given[0][0].set_exception(RuntimeError("lost its workers"))
    with pytest.raises(seqcheck.InputError, match=r"run.pcap, bytes 0 to 9: .*lost its workers"):
        task.get()


def test_a_process_that_is_killed_costs_no_result(folder: Path, frames: dict[str, list[containers.Packet]]) -> None:
    paths = written(folder, containers.pcap_file(frames["foreign"] * 5))
    expected = here(paths)
    killed: list[int] = []
    with ProcessPoolExecutor(2, get_context("spawn")) as executor:

        def kill(_: session.Progress) -> None:
            if not killed:
                killed.append(next(iter(executor._processes)))
                os.kill(killed[0], signal.SIGKILL)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(session, "INTERVAL_S", -1.0)
            assert by(executor, paths, (20_000, 5_000), progress=kill) == expected
    assert killed
