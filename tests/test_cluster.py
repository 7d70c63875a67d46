"""`analyze --cluster`: a real scheduler and real workers on this machine; the report is that of one process."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import containers
import kinds
import pytest
import rings
from test_parts import unpacked

import seqcheck
from seqcheck.capture import elsewhere, packed
from seqcheck.cli.main import main
from seqcheck.engine import session

distributed: Any = pytest.importorskip("distributed", reason="the extra `cluster` is not installed")
from seqcheck.engine.cluster import connected  # noqa: E402 - without the extra there is nothing to test

START_S = 60  # for a process to start, on a machine that has much to do
LOOPBACK = "127.0.0.1"
OTHER = Path(__file__).parents[1] / "samples" / "stale-other.pcap"  # a ring, and stale slots of its that held no record
FORGETS = {"DASK_DISTRIBUTED__SCHEDULER__WORKER_TTL": "3s"}  # after that without a word, a worker is given up


class Processes:
    """A scheduler at `address`, and workers, which end with the context."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._all = folder, list[subprocess.Popen[bytes]]()
        self._file = folder / "scheduler.json"
        self._start("dask_scheduler", "--no-dashboard", "--port", "0", "--scheduler-file", str(self._file))
        self.address = self._address()

    def worker(self, name: str, *before: str) -> subprocess.Popen[bytes]:
        """One more, started by the command `before`."""
        log = self._folder / f"{name}.log"
        with distributed.Client(self.address, timeout=START_S) as client:
            count = len(client.scheduler_info(n_workers=-1)["workers"])
            started = self._start(
                "dask_worker", self.address, "--name", name, "--nthreads", "1", "--no-nanny", "--no-dashboard",
                "--local-directory", str(self._folder / name), before=before, log=log,
            )  # fmt: skip
            try:
                client.wait_for_workers(count + 1, timeout=START_S)
            except TimeoutError:
                raise AssertionError(log.read_text(encoding="utf-8")) from None
        return started

    def _start(
        self, what: str, *options: str, before: tuple[str, ...] = (), log: Path | None = None
    ) -> subprocess.Popen[bytes]:
        command = [*before, sys.executable, "-m", f"distributed.cli.{what}", "--host", LOOPBACK, *options]
        with (log or self._folder / f"{what}.log").open("wb") as out:
            process = subprocess.Popen(command, stdout=out, stderr=out, cwd=self._folder, env={**os.environ, **FORGETS})
        self._all.append(process)
        return process

    def _address(self) -> str:
        end = time.monotonic() + START_S
        while time.monotonic() < end:
            try:
                return str(json.loads(self._file.read_text(encoding="utf-8"))["address"])
            except (FileNotFoundError, json.JSONDecodeError):
                assert self._all[0].poll() is None, (self._folder / "dask_scheduler.log").read_text(encoding="utf-8")
                time.sleep(0.05)
        raise AssertionError("no scheduler")

    def close(self) -> None:
        for process in reversed(self._all):
            process.kill()
            process.wait()


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[Processes]:
    """A scheduler without workers."""
    made = Processes(tmp_path)
    try:
        yield made
    finally:
        made.close()


@pytest.fixture(scope="module")
def capture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Some thousands of frames of a ring that sends old slots."""
    path = tmp_path_factory.mktemp("cluster") / "run.pcap"
    path.write_bytes(containers.pcap_file(unpacked(rings.stale_slots(64, 40).getvalue()) * 3))
    return path


@pytest.fixture(scope="module")
def expected(capture: Path) -> str:
    return seqcheck.analyze(capture, kinds.LAYOUT).to_json()


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts that are small enough for there to be many."""
    monkeypatch.setattr(elsewhere, "SIZE", 10_000)
    monkeypatch.setattr(packed, "PIECE", 4_000)


def test_the_command_by_a_scheduler_and_by_processes_here(
    processes: Processes, capture: Path, expected: str, tmp_path: Path
) -> None:
    processes.worker("one")
    processes.worker("two")
    for number, address in enumerate([processes.address, "local:2"]):
        out = tmp_path / f"{number}.json"
        command = [sys.executable, "-m", "seqcheck", "analyze", "--keep-privileges", "--cluster", address]
        done = subprocess.run(
            [*command, "--layout", kinds.LAYOUT, "--report", f"json={out}", str(capture)],
            capture_output=True, text=True, check=False, timeout=300,
        )  # fmt: skip
        assert done.returncode == 1, done.stderr
        assert out.read_text(encoding="utf-8") == expected


@pytest.mark.usefixtures("small")
def test_a_worker_that_is_killed_costs_no_result(
    processes: Processes, capture: Path, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    victim = processes.worker("victim")
    processes.worker("other")
    monkeypatch.setattr(session, "INTERVAL_S", -1.0)
    frames: list[int] = []

    def kill(progress: session.Progress) -> None:
        if not frames:
            victim.kill()
        frames.append(progress.frames)

    with connected(processes.address) as cluster:
        assert cluster.executor is not None
        found = seqcheck.analyze(capture, kinds.LAYOUT, executor=cluster.executor, progress=kill)
    assert found.to_json() == expected
    assert frames[0] < found.capture.frames  # it was in the middle
    assert victim.wait() == -signal.SIGKILL


@pytest.mark.usefixtures("small")
def test_a_worker_that_hangs_costs_no_result(
    processes: Processes, capture: Path, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The scheduler gives it up, and what it had in hand is done by another one."""
    slow = processes.worker("slow")
    processes.worker("other")
    monkeypatch.setattr(session, "INTERVAL_S", -1.0)
    stopped: list[int] = []

    def stop(_: session.Progress) -> None:
        if not stopped:
            stopped.append(slow.pid)
            os.kill(slow.pid, signal.SIGSTOP)

    try:
        with connected(processes.address) as cluster:
            found = seqcheck.analyze(capture, kinds.LAYOUT, executor=cluster.executor, progress=stop)
    finally:
        os.kill(slow.pid, signal.SIGCONT)
    assert found.to_json() == expected
    assert stopped


def test_other_traffic_of_a_ring(processes: Processes, tmp_path: Path) -> None:
    processes.worker("one")
    out = tmp_path / "out.json"
    for words, also in (([], None), (["--no-also-content"], False)):
        options = ["--keep-privileges", "--cluster", processes.address, "--force", f"--report=json={out}", *words]
        assert main(["-q", "analyze", *options, str(OTHER)]) == 1
        assert out.read_text(encoding="utf-8") == seqcheck.analyze(OTHER, also_content=also).to_json()
        assert (json.loads(out.read_text(encoding="utf-8"))["other_traffic"] is None) is (also is False)


def test_a_worker_that_is_killed_while_it_reads_again_costs_no_result(
    processes: Processes, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = seqcheck.analyze(OTHER)
    victim = processes.worker("victim")
    monkeypatch.setattr(session, "INTERVAL_S", -1.0)

    def kill(progress: session.Progress) -> None:
        if progress.again and victim.poll() is None:  # it has been given the work, and has not begun
            processes.worker("other")
            victim.kill()
            victim.wait()
        elif progress.frames == expected.capture.frames:
            os.kill(victim.pid, signal.SIGSTOP)

    with connected(processes.address) as cluster:
        found = seqcheck.analyze(OTHER, executor=cluster.executor, progress=kill)
    assert found.to_json() == expected.to_json()
    assert victim.poll() == -signal.SIGKILL


def test_a_file_that_no_worker_has(processes: Processes, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    processes.worker("one")
    missing = tmp_path / "missing.pcap"
    assert main(["analyze", "--cluster", processes.address, str(missing)]) == 2
    said = capsys.readouterr().err
    assert f"{missing} cannot be read by worker tcp://{LOOPBACK}:" in said
    assert "No such file" in said


def hidden(folder: Path) -> tuple[str, ...]:
    """How a command is started that sees another, empty folder there."""
    script = f'mount -t tmpfs none "{folder}" && exec "$@"'
    return ("unshare", "--mount", "sh", "-c", script, "sh")


def test_a_worker_without_the_file(processes: Processes, capture: Path, tmp_path: Path) -> None:
    """Others have it; the error names the one that has not."""
    before = hidden(capture.parent)
    tried = subprocess.run([*before, "true"], capture_output=True, check=False) if shutil.which("unshare") else None
    if tried is None or tried.returncode:
        pytest.skip("no mount of our own is allowed here")
    processes.worker("without", *before)
    with (
        connected(processes.address) as cluster,
        pytest.raises(seqcheck.InputError, match=r"cannot be read by worker tcp://.*No such file"),
    ):
        seqcheck.analyze(capture, kinds.LAYOUT, executor=cluster.executor)


def test_a_file_that_only_workers_see(
    processes: Processes, capture: Path, expected: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    processes.worker("one")
    monkeypatch.setattr(elsewhere, "_seen_here", lambda place, seen: None)
    with connected(processes.address) as cluster:
        assert seqcheck.analyze(capture, kinds.LAYOUT, executor=cluster.executor).to_json() == expected


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("nonsense", "is not the address of a cluster"),
        ("local:0", "is not the address of a cluster"),
        (f"tcp://{LOOPBACK}:1", "there is no scheduler at"),
    ],
)
def test_an_address_that_is_none(
    address: str, said: str, capture: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("seqcheck.engine.cluster.PATIENCE_S", 1)
    assert main(["analyze", "--cluster", address, str(capture)]) == 2
    assert said in capsys.readouterr().err


def test_a_scheduler_without_workers(
    processes: Processes, capture: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("seqcheck.engine.cluster.PATIENCE_S", 2)
    assert main(["analyze", "--cluster", processes.address, str(capture)]) == 2
    assert "has no worker" in capsys.readouterr().err


@pytest.mark.parametrize(
    "more", [["--each"], ["--jobs", "2"], ["--state", "s"], ["--frames", "1-2"], ["--report", "csv"]]
)
def test_what_workers_do_not_do_is_refused(more: list[str], capture: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["analyze", "--cluster", "local:1", *more, str(capture)]) == 2
    assert (more[-1] if more[0] == "--report" else more[0]) in capsys.readouterr().err
