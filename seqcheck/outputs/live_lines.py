"""A live capture line by line: for people without a terminal, and as JSON lines for programs.

JSON lines, `seqcheck.live/1`: `{"type": "found", ...}` for each duplicate immediately, `{"type": "snapshot", ...}` for
each interval, and at the end a line for the report and one for each duplicate and gap that it lists (`seqcheck schema
live`). Times are integer ns. ASCII.
"""

from __future__ import annotations

import json
from typing import Any

from numpy.typing import NDArray

from seqcheck.model import Report, Verdict
from seqcheck.model.snapshot import Snapshot
from seqcheck.outputs.json import document, plain
from seqcheck.outputs.wording import count, span

SCHEMA = "seqcheck.live/1"
SECOND = 1_000_000_000  # ns
FIGURES = (
    "ns", "elapsed_ns", "frames", "bytes", "sequenced", "foreign", "streams", "duplicates", "missing", "late",
    "dropped", "missed", "behind",
)  # fmt: skip
VERDICT = ("cause", "strength", "ring_size")
FOUND = (
    '{"type": "found", "stream": %d, "seq": %s, "frame": %d, "ns": %d, "earlier_frame": %s, "distance": %s, "lag": %s,'
    ' "time_lag_ns": %s, "cause": %s, "strength": %s}\n'
)
LISTED = ("duplicate", "gap")
COUNTED = ("duplicates", "missing", "late", "dropped", "missed")


def snapshot(now: Snapshot) -> bytes:
    """A line of JSON: the figures, and the verdict so far."""
    verdict = now.report.verdict if now.report else None
    said = {name: getattr(verdict, name) for name in VERDICT} if verdict else None
    return line("snapshot", {"schema": SCHEMA, **{name: getattr(now, name) for name in FIGURES}, "verdict": said})


def found(rows: NDArray[Any], verdict: Verdict | None, *, numbered: bool = True) -> bytes:
    """A line for each of these DUPLICATE rows of EVENT, with the verdict so far; quickly, there may be many."""
    said = ["null", "null"]
    if verdict is not None:
        said = [json.dumps(verdict.cause), json.dumps(verdict.strength)]
    out = []
    names = ("stream", "seq", "frame", "ns", "e_frame", "record", "e_record", "next", "x", "e_ns")
    for stream, seq, frame, ns, earlier, record, before, due, at, then in zip(
        *(rows[name].tolist() for name in names), strict=True
    ):
        known = before >= 0
        distances = (earlier, record - before, ns - then) if known else ("null", "null", "null")
        number, lag = (seq, due - at) if numbered else ("null", "null")
        out.append(FOUND % (stream, number, frame, ns, *distances[:2], lag, distances[2], *said))
    return "".join(out).encode("ascii")


def closing(report: Report) -> bytes:
    """The report and its findings, a line each."""
    whole = document(report)
    whole.pop("overview", None)
    lists = (whole["duplicates"].pop("listed"), whole["gaps"].pop("listed"))
    found = [(kind, each) for kind, listed in zip(LISTED, lists, strict=True) for each in listed]
    return line("report", {**whole, "schema": SCHEMA}) + b"".join(line(kind, each) for kind, each in found)


def line(kind: str, fields: dict[str, Any]) -> bytes:
    """An object with its type in front."""
    return json.dumps({"type": kind, **plain(fields)}, allow_nan=False).encode("ascii") + b"\n"


def text(now: Snapshot, before: Snapshot | None) -> str:
    """One line to read. The rate is that since the snapshot before."""
    frames = now.frames - (before.frames if before else 0)
    elapsed = now.elapsed_ns - (before.elapsed_ns if before else 0)
    rate = f"{count(frames * SECOND // max(elapsed, 1))}/s"
    words = [f"{span(now.elapsed_ns)}: {count(now.frames)} frames ({rate})", f"{count(now.sequenced)} records"]
    words += [f"{count(getattr(now, name))} {name}" for name in COUNTED if getattr(now, name)]
    return ", ".join(words)
