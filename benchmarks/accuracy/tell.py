"""A case in one line: what is wrong, what was said, what is true."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks.accuracy.judge import Judged, Said


def judged(result: dict[str, Any]) -> Judged:
    """From a line of the results."""
    said = dict(result["said"])
    for name in ("bracket", "also", "foreign_causes"):
        said[name] = tuple(said[name]) if said.get(name) is not None else None if name == "bracket" else ()
    return Judged(kind=result["kind"], seed=result["seed"], said=Said(**said), truth=result["truth"])


def shy(one: Judged) -> bool:
    """It says that it does not know."""
    return one.said.cause == "unexplained"


WRONG: dict[str, Callable[[Judged], bool]] = {
    "CRASHED": lambda one: one.crashed,
    "JOINED": lambda one: one.said.joined_wrongly > 0,
    "ACCUSED": lambda one: one.accused,
    "COUNTS": lambda one: not one.crashed and not one.counts_right,
    "WRONG": lambda one: not one.crashed and not one.accused and not one.cause_right and not shy(one),
    "SHY": lambda one: not one.crashed and not one.cause_right and shy(one),
    "SIZE": lambda one: one.cause_right and not one.size_right,
    "UNNAMED": lambda one: one.shown and one.truth["size_known"] and one.right and not one.named,
    "OUTSIDE": lambda one: one.plain and one.cause_right and one.size_right and not one.within,
}  # fmt: skip


def wrong(one: Judged) -> list[str]:
    return [name for name, test in WRONG.items() if test(one)]


def line(one: Judged) -> str:
    truth, said = one.truth, one.said
    what = f"{said.cause} {said.strength} ring {said.ring_size} bracket {said.bracket} also {list(said.also)}"
    given = f" given {truth['given']}" if truth["given"] else ""
    return (
        f"{one.kind!r} {one.seed}: {said.trouble or what}; right {truth['right']}"
        f" ring {truth['ring']}, visible {truth['visible']} whole {truth['whole']} loss {truth['loss']:.4f}{given}"
        f" known {truth['size_known']}, duplicates {said.duplicates} of {truth['duplicates']},"
        f" missing {said.missing} of {truth['missing']}" + (f" mixture {truth['mixture']}" if truth["mixture"] else "")
    )
