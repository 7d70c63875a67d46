"""The words and figures that the reports about several points share. They arrange, they never compute."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from seqcheck.model.located import Delay, Located, Segment, Way
from seqcheck.outputs.wording import count, counted, span

ARROW = "→"
KINDS = {"duplicate": "copy", "lost": "lost", "late": "late"}
OVER = "Delays are relative to the fastest frame, because the points' clocks need not agree."


def place(each: Segment | Located, way: Way) -> str:
    """sender → switch; at sender"""
    if way.redundancy is not None:
        return "on both paths"
    if each.after is None:
        return f"at {each.at}" if each.at == way.points[0].name else f"at {each.at} or before"
    return f"{each.after} {ARROW} {each.at}"


def losses(each: Segment) -> str:
    """12; 12 (≤ 3 later)"""
    return f"{count(each.lost)} (up to {count(each.unsure)} later)" if each.unsure else count(each.lost)


def median(delay: Delay | None) -> str:
    """12.1 µs; +2.1 µs over the fastest frame's"""
    return "" if delay is None else _taken(delay, delay.median_ns)


def most(delay: Delay | None) -> str:
    """The same of all but one in a hundred."""
    return "" if delay is None else _taken(delay, delay.p99_ns)


def _taken(delay: Delay, ns: int) -> str:
    return span(delay.least_ns + ns) if delay.absolute else f"+{span(ns)}"


def jitter(delay: Delay | None) -> str:
    """2.1 µs ± 1 µs"""
    return "" if delay is None else f"{span(delay.jitter_ns)} ± {span(delay.uncertain_ns)}"


def summary(way: Way) -> str:
    """3 points, 1 stream along the way"""
    shared = sum(each.matched != "none" for each in way.streams)
    along = "along the way" if way.redundancy is None else "on both paths"
    return f"{counted(len(way.points), 'point')}, {counted(shared, 'stream')} {along}, layout {way.layout.name}"


def pointed(way: Way) -> Iterator[tuple[str, str]]:
    """What copies point at, place by place."""
    for each in way.segments:
        if each.verdict is not None:
            yield place(each, way), each.verdict.statement


def remarks(way: Way) -> list[str]:
    """What each point did not see."""
    return [f"{point.name}: {remark}" for point in way.points for remark in point.remarks]


def clocks(way: Way) -> list[str]:
    """Their state, and what delays are counted from."""
    told = [point.clock.statement for point in way.points if point.clock is not None]
    delays = [each.delay for each in way.segments if each.delay is not None]
    return [*told, *([OVER] if delays and not delays[0].absolute else [])]


def found(each: Located) -> str:
    """What was found of a number: 3 from here on; 2 copies"""
    if each.kind == "late":
        return ""
    if each.kind == "lost":
        return "" if each.count == 1 else f"{count(each.count)} from here on"
    return counted(each.count, "copy", "copies")


def tone(way: Way) -> str:
    """How the whole looks: clean, finding, unsure."""
    return {0: "clean", 1: "finding"}.get(way.exit_code, "unsure")


def hidden(way: Way, shown: Sequence[Located]) -> str:
    """What a list of findings leaves out."""
    left = len(way.findings.listed) - len(shown)
    if left <= 0 and way.findings.complete:
        return ""
    return (
        f"and {counted(left, 'more', 'more')}" if way.findings.complete else "and more; --listed N lists N of each kind"
    )
