"""Make cases, analyse each in this process with `seqcheck.analyze`, and append what came out to a file of JSON lines.

Two workers, with a limit of memory and of time for each case. A case that stands in the file already is not run again.
"""

from __future__ import annotations

import contextlib
import json
import resource
import signal
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any

import seqcheck
from benchmarks.accuracy import cases
from benchmarks.accuracy.judge import Said
from benchmarks.accuracy.truth import Truth

SECONDS = 60  # a case that takes longer is trouble
MEMORY = 6 << 30  # bytes of address space
Work = tuple[str, int, bool]


def limits() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    signal.signal(signal.SIGALRM, _late)


def _late(*_: object) -> None:
    raise TimeoutError(f"more than {SECONDS} s")


def ask(path: Path, truth: Truth) -> Said:
    """What seqcheck says of the capture."""
    begin = time.perf_counter()
    try:
        report = seqcheck.analyze(str(path), layout=truth.layout, ring_sizes=[truth.given] if truth.given else [])
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
    )


def one(work: Work) -> dict[str, Any]:
    """One case from seed to verdict."""
    kind, seed, final = work
    signal.alarm(SECONDS)
    path = None
    try:
        path, truth = cases.make(kind, seed, final=final)
        said = ask(path, truth)
        return {"kind": kind, "seed": seed, "final": final, "truth": asdict(truth), "said": asdict(said)}
    except Exception as error:  # noqa: BLE001 - a case that cannot be made is told, and the others go on
        trouble = f"not made: {type(error).__name__}: {error}"[:300]
        return {"kind": kind, "seed": seed, "final": final, "truth": None, "said": asdict(Said(trouble=trouble))}
    finally:
        signal.alarm(0)
        if path:
            with contextlib.suppress(OSError):
                path.unlink()


def known(file: Path) -> dict[Work, dict[str, Any]]:
    results = {}
    if file.exists():
        for line in file.read_text(encoding="utf-8").splitlines():
            with contextlib.suppress(ValueError):  # a line cut short by a stop
                result = json.loads(line)
                results[result["kind"], result["seed"], result["final"]] = result
    return results


def run(work: list[Work], file: Path | None, jobs: int) -> Iterator[dict[str, Any]]:
    """Results, those that were known first."""
    old = known(file) if file else {}
    yield from (old[one] for one in work if one in old)
    todo = [one for one in work if one not in old]
    with ProcessPoolExecutor(jobs, initializer=limits) as pool, contextlib.ExitStack() as stack:
        out = stack.enter_context(file.open("a", encoding="utf-8")) if file else None
        for index, result in enumerate(pool.map(one, todo, chunksize=4)):
            if out:
                out.write(json.dumps(result, default=plain) + "\n")
                out.flush()
            if index % 100 == 99:
                sys.stderr.write(f"{index + 1} of {len(todo)}\n")
            yield json.loads(json.dumps(result, default=plain))


def plain(value: Any) -> Any:
    """NumPy's numbers as JSON has them."""
    return value.item()
