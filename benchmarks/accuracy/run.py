"""Make cases, analyse each in this process with `seqcheck.analyze`, and append what came out to a file of JSON lines.

Two workers, with a limit of memory and of time for each case. A case that is already in the file is not run again.
"""

from __future__ import annotations

import contextlib
import json
import resource
import signal
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Literal

import seqcheck
from benchmarks.accuracy import cases
from benchmarks.accuracy.judge import STATED, Said
from benchmarks.accuracy.truth import Truth
from seqcheck.model import OtherTraffic

SECONDS = 60  # a case that takes longer is trouble
MEMORY = 6 << 30  # bytes of address space
BATCH = 200  # cases that one set of processes sees
Work = tuple[str, int, bool]
Result = dict[str, Any]
By = Literal["numbers", "both", "content"]  # what tells frames apart: for "both", other traffic is by content
LISTED = 20_000


def limits() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    signal.signal(signal.SIGALRM, _late)


def _late(*_: object) -> None:
    raise TimeoutError(f"more than {SECONDS} s")


@contextlib.contextmanager
def _ended_after(seconds: int) -> Iterator[None]:
    """End the process after so much more of the processor's time, since a loop in C hears of no alarm. Afterwards the
    limit is what it was before."""
    before = resource.getrlimit(resource.RLIMIT_CPU)
    used = resource.getrusage(resource.RUSAGE_SELF)
    resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime) + seconds, before[1]))
    signal.alarm(SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        resource.setrlimit(resource.RLIMIT_CPU, before)


def ask(path: Path, truth: Truth, by: By = "numbers") -> Said:
    """What seqcheck says of the capture."""
    begin = time.perf_counter()
    layout = "content" if by == "content" else truth.layout
    sizes = [truth.given] if truth.given else []
    try:
        report = seqcheck.analyze(str(path), layout, sizes, listed=LISTED, also_content=by == "both")
    except Exception as error:  # noqa: BLE001 - whatever it is, it is the result
        return Said(trouble=f"{type(error).__name__}: {error}"[:300])
    verdict = report.verdict
    return Said(
        cause=verdict.cause,
        strength=verdict.strength,
        ring_size=verdict.ring_size,
        bracket=tuple(verdict.bracket) if verdict.bracket else None,  # type: ignore[arg-type]
        explained=verdict.explained,
        of=verdict.of,
        also=tuple(one.cause for one in report.also),
        duplicates=report.duplicates.total,
        missing=report.missing,
        restarts=sum(one.restarts for one in report.streams),
        ms=round(1000 * (time.perf_counter() - begin), 1),
        **foreign(report.other_traffic, truth),
    )


def foreign(found: OtherTraffic | None, truth: Truth) -> dict[str, Any]:
    """What is said of the frames without a number, compared with the truth."""
    if found is None:
        return {}
    joined = {each.frame for each in found.listed if each.same_ring}
    return {
        "foreign_seen": True,
        "joined": len(joined),
        "joined_of": len(truth.others) if found.complete else 0,
        "joined_wrongly": len(joined - set(truth.others)),
        "foreign_causes": tuple(one.cause for one in found.also if one.strength in STATED),
    }


def one(work: Work, by: By = "numbers") -> Result:
    """One case from seed to verdict."""
    kind, seed, final = work
    path = None
    try:
        with _ended_after(2 * SECONDS):
            path, truth = cases.make(kind, seed, final=final)
            said = ask(path, truth, by)
        if by == "content":  # nobody sees a new packet with an old number, or what nothing tells apart
            truth = replace(truth, right=(*truth.right, "clean", "unexplained"), duplicates=None, missing=None)
        return {"kind": kind, "seed": seed, "final": final, "truth": asdict(truth), "said": asdict(said)}
    except Exception as error:  # noqa: BLE001 - a case that cannot be made is told, and the others go on
        trouble = f"not made: {type(error).__name__}: {error}"[:300]
        return {"kind": kind, "seed": seed, "final": final, "truth": None, "said": asdict(Said(trouble=trouble))}
    finally:
        if path:
            with contextlib.suppress(OSError):
                path.unlink()


def known(file: Path) -> dict[Work, Result]:
    found = {}
    if file.exists():
        for line in file.read_text(encoding="utf-8").splitlines():
            with contextlib.suppress(ValueError):  # a line cut short by a stop
                result = json.loads(line)
                found[result["kind"], result["seed"], result["final"]] = result
    return found


def run(work: list[Work], file: Path | None, jobs: int, ask_one: Callable[[Work], Result] = one) -> Iterator[Result]:
    """Results, those that were known first."""
    old = known(file) if file else {}
    yield from (old[case] for case in work if case in old)
    todo = [case for case in work if case not in old]
    with contextlib.ExitStack() as stack:
        out = stack.enter_context(file.open("a+", encoding="utf-8")) if file else None
        if out and not whole(file):
            out.write("\n")
        for index, result in enumerate(results(todo, jobs, ask_one)):
            line = json.dumps(result, default=plain)
            if out:
                out.write(line + "\n")
                out.flush()
            if index % 100 == 99:
                sys.stderr.write(f"{index + 1} of {len(todo)}\n")
            yield json.loads(line)


def whole(file: Path | None) -> bool:
    """Does the file end with a whole line?"""
    data = file.read_bytes()[-1:] if file else b""
    return data in (b"", b"\n")


def results(todo: list[Work], jobs: int, ask_one: Callable[[Work], Result]) -> Iterator[Result]:
    """Each case's result, in order. A case that ends its process is told as trouble, and the others go on."""
    begin = 0
    while begin < len(todo):
        batch = todo[begin : begin + BATCH]
        with ProcessPoolExecutor(jobs, initializer=limits) as pool:
            futures = [pool.submit(ask_one, case) for case in batch]
            for case, future in zip(batch, futures, strict=True):
                try:
                    yield future.result()
                except BrokenProcessPool:
                    yield alone(case, ask_one)
        begin += len(batch)


def alone(case: Work, ask_one: Callable[[Work], Result]) -> Result:
    """Once more in a process of its own: another may have ended the one that it was in."""
    with ProcessPoolExecutor(1, initializer=limits) as pool:
        try:
            return pool.submit(ask_one, case).result()
        except BrokenProcessPool:
            kind, seed, final = case
            _, truth = cases.build(kind, cases.parameters(kind, seed, final=final), seed=seed)
            said = Said(trouble="the process ended")
            return {"kind": kind, "seed": seed, "final": final, "truth": asdict(truth), "said": asdict(said)}


def plain(value: Any) -> Any:
    """NumPy's numbers as JSON has them."""
    return value.item()
