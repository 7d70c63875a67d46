"""What the charts of the page are drawn from, as JSON: times in seconds from the capture's begin, numbers from a base
that a browser's floats can hold, each point with its frame.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from seqcheck.escape import visible
from seqcheck.model import Overview, Report
from seqcheck.outputs.html.parts import ringed
from seqcheck.outputs.wording import key

LINES = 5  # streams drawn, those with most duplicates first
_EXACT = 1 << 53


def data(report: Report) -> dict[str, Any]:
    """All charts."""
    found = report.overview
    made: dict[str, Any] = {
        "ring": report.verdict.ring_size if ringed(report) else None,
        "distances": [[bin.low, bin.high, bin.count] for bin in report.duplicates.distances],
    }
    if found is not None:
        begin = report.capture.first_ns or 0
        if report.numbered:
            made |= {
                "course": course(report, found, begin),
                "behind": [[seconds(each.ns, begin), -each.lag, each.frame, each.seq] for each in found.strays],
            }
        made |= {
            "timeline": timeline(found, begin),
            "slots": slots(found) if ringed(report) else None,
        }
    return made


def course(report: Report, found: Overview, begin: int) -> dict[str, Any]:
    """Lines of numbers over time, and the duplicates of the same streams."""
    weight = Counter(each.stream for each in found.strays)
    for point in found.course:
        weight[point.stream] += 0
    received = {stream.id: stream.received for stream in report.streams}
    shown = sorted(weight, key=lambda stream: (-weight[stream], -received.get(stream, 0)))[:LINES]
    points = [point for point in found.course if point.stream in shown]
    strays = [each for each in found.strays if each.stream in shown]
    numbers = [point.seq for point in points] + [stray.seq for stray in strays]
    base = min(numbers, default=0) if max(numbers, default=0) > _EXACT else 0
    names = {stream.id: visible(f"{stream.id}: {key(stream)}") for stream in report.streams if stream.id in shown}
    return {
        "base": str(base),
        "streams": [names.get(stream, str(stream)) for stream in shown],
        "points": [[seconds(p.ns, begin), p.seq - base, p.frame, shown.index(p.stream)] for p in points],
        "strays": [[seconds(p.ns, begin), p.seq - base, p.frame, p.lag] for p in strays],
    }


def timeline(found: Overview, begin: int) -> list[list[Any]]:
    """[second, seconds, first frame, frames, duplicates, missing, late, dropped] of each stretch."""
    return [
        [
            seconds(each.ns, begin), None if each.span_ns is None else each.span_ns / 1e9, each.frame, each.frames,
            each.duplicates, each.missing, each.late, each.dropped,
        ]
        for each in found.timeline
    ]  # fmt: skip


def slots(found: Overview) -> dict[str, Any] | None:
    """The slot map."""
    if found.slots is None:
        return None
    it = found.slots
    return {
        "ring": it.ring,
        "slots": it.slots,
        "laps": it.laps,
        "cells": [[cell.slot, cell.lap, cell.count, cell.frame] for cell in it.cells],
    }


def seconds(ns: int, begin: int) -> float:
    """Since the capture's begin."""
    return (ns - begin) / 1e9
