"""The outcome for one of many captures, as a value that passes through a pipe."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from seqcheck.dataclass import dataclass
from seqcheck.demands import Unmet
from seqcheck.model import Rival, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What the table tells of a report, which itself may be too long for a pipe. `damage`: places in the capture."""

    records: int
    duplicates: int
    missing: int
    late: int
    damage: int
    verdict: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How it went with one capture: what was `found`, and what was the `trouble`: that nothing was, or that a report
    could not be written."""

    code: int
    found: Found | None = None
    unmet: tuple[Unmet, ...] = ()
    trouble: tuple[str, ...] = ()


def outcome_of(tree: dict[str, Any]) -> Outcome:
    """An Outcome from what `asdict` and JSON made of it. ValueError, KeyError or TypeError if it is none."""
    found = tree["found"]
    if found is not None:
        verdict = found["verdict"]
        bracket = verdict["bracket"]
        verdict = Verdict(
            **{
                **verdict,
                "bracket": bracket and (bracket[0], bracket[1]),
                "because": tuple(map(str, verdict["because"])),
                "rivals": tuple(Rival(**each) for each in verdict["rivals"]),
                "caveats": tuple(map(str, verdict["caveats"])),
            }
        )
        counts = {name: int(found[name]) for name in ("records", "duplicates", "missing", "late", "damage")}
        found = Found(verdict=verdict, **counts)
    return Outcome(
        code=int(tree["code"]),
        found=found,
        unmet=tuple(Unmet(**each) for each in tree["unmet"]),
        trouble=tuple(map(str, tree["trouble"])),
    )


def named(capture: str, lines: Sequence[str]) -> tuple[str, ...]:
    """The lines of an error, the first one with the capture's name."""
    first, *rest = lines
    begin = f"seqcheck: {capture}"
    return (first if first.startswith(begin) else first.replace("seqcheck", begin, 1), *rest)
