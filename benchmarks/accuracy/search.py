"""A search for counter-examples: the innocent capture that is most strongly accused of a ring.

Kind by kind: some cases at random, then steps from the best ones so far, as evolution does. What is found can be made
again by `case KIND SEED --change PARAMETERS`.
"""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import numpy as np

from benchmarks.accuracy import cases, run
from benchmarks.accuracy.case import RING
from benchmarks.accuracy.judge import Said
from benchmarks.accuracy.kinds import KINDS
from benchmarks.accuracy.spaces import Params, draw, near

STRENGTH = {"none": 0.0, "weak": 1.0, "moderate": 2.0, "strong": 3.0}
KEPT = 6  # of the best, to step from


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    kind: str
    params: Params
    score: float
    said: Said


def score(said: Said) -> float:
    """How strongly a ring is accused: its strength, and the share of the duplicates that are laid to it."""
    share = said.explained / said.of if said.of else 0.0
    if said.cause in RING:
        return STRENGTH[said.strength] + share
    return 0.5 * bool(set(said.also) & set(RING)) + 0.1 * (said.cause == "unexplained")


def tried(kind: str, params: Params) -> Found:
    path = cases.SCRATCH / f"accuracy-search-{np.random.default_rng().integers(1 << 40):x}.pcap"
    try:
        data, truth = cases.build(kind, params)
        path.write_bytes(data)
        said = run.ask(path, truth)
    except Exception as error:  # noqa: BLE001 - parameters that nothing can be made of are no counter-example
        said = Said(trouble=f"{type(error).__name__}: {error}"[:200])
    finally:
        with contextlib.suppress(OSError):
            path.unlink()
    return Found(kind=kind, params=params, score=score(said), said=said)


def climb(kind: str, *, seed: int, tries: int, pool: ProcessPoolExecutor) -> Iterator[Found]:
    """Every try, in order. A third at random, then steps from the best."""
    rng = np.random.default_rng([seed, 11])
    spaces = cases.spaces_of(KINDS[kind])
    best: list[Found] = []
    done = 0
    while done < tries:
        batch = min(16, tries - done)
        if done < tries // 3 or not best:
            asked = [draw(spaces, rng) for _ in range(batch)]
        else:
            asked = [near(spaces, best[int(rng.integers(len(best)))].params, rng) for _ in range(batch)]
        found = list(pool.map(tried, [kind] * batch, asked))
        yield from found
        best = sorted([*best, *found], key=lambda one: -one.score)[:KEPT]
        done += batch


def search(names: list[str], *, seed: int, tries: int, jobs: int) -> int:
    """Print each accusation as it is found, and a line a kind. -> how many kinds have one."""
    guilty = 0
    with ProcessPoolExecutor(jobs, initializer=run.limits) as pool:
        for kind in names:
            strongest: Found | None = None
            accused = 0
            for one in climb(kind, seed=seed, tries=tries, pool=pool):
                bad = one.said.cause in RING and one.said.strength in ("moderate", "strong")
                accused += bad
                if strongest is None or one.score > strongest.score:
                    strongest = one
            assert strongest is not None
            said = strongest.said
            sys.stdout.write(
                f"{kind}: {accused} of {tries} accused; strongest: {said.cause} {said.strength} ring {said.ring_size} "
                f"{said.explained} of {said.of}\n"
            )
            if accused:
                guilty += 1
                change = json.dumps(strongest.params, default=run.plain)
                sys.stdout.write(
                    f"  python -m benchmarks.accuracy case '{kind}' 0 --change '{change}' --out found.pcap\n"
                )
            sys.stdout.flush()
    return guilty
