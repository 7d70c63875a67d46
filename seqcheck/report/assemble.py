"""Findings and their diagnosis -> the Report. The one place where columns become dataclasses.

Everything that an output shows is computed here or below; outputs only arrange. Pure.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..dataclass import replace
from ..decode.decoder import Key
from ..diagnose import Diagnosis, Facts
from ..diagnose.table import table
from ..kernel.border import total
from ..model import Cause, Duplicate, Duplicates, Gap, Gaps, Stream
from ..model.rows import Columns, Rows, each
from ..serial import span, wraps
from ..track.metrics import Metrics, States, metrics, unnumbered
from ..track.tracker import DISTANCES, Findings
from .bars import bars
from .seen_columns import by_arrival, seen_columns, where_known

if TYPE_CHECKING:
    from ..diagnose.result import Account

Keys = Callable[[int, int], list[Key] | dict[str, list[Any]]]  # of the streams from one to before another
_UNKNOWN: tuple[Cause, Cause] = ("unexplained", "no-counter")  # of a duplicate that nothing is like, by counter fault


class Streams:
    """The streams of `findings`, as columns and as values; `keys` gives their keys."""

    def __init__(self, findings: Findings, keys: Keys, *, numbered: bool) -> None:
        self._table, self._keys = findings.streams, keys
        self._moduli = findings.moduli_of(np.arange(len(findings.streams)))
        self._numbered, self._figures = numbered, metrics if numbered else unnumbered
        self._before = np.zeros(len(findings.streams), np.int64)  # wraps of epochs that are over
        for row in findings.restarts:
            positions = max(0, int(row["next"]) - 1)
            stream = int(row["stream"])
            self._before[stream] += wraps(int(row["a"]) % (1 << 64), positions, int(self._moduli[stream]))

    def columns(self, low: int, high: int) -> Columns:
        """The fields of streams low..high-1."""
        return {**self._outright(low, high), "metrics": self._figures(self._table[low:high])}

    def values(self) -> tuple[Stream, ...]:
        """All of them; their metrics are worked out when somebody asks."""
        columns, states = self._outright(0, len(self._table)), States(self._table, self._figures)
        return tuple(Stream(**row, metrics=Metrics(states, number)) for number, row in enumerate(each(columns)))

    def _outright(self, low: int, high: int) -> dict[str, list[Any]]:
        """All but the metrics."""
        table, moduli = self._table[low:high], self._moduli[low:high].tolist()
        base, last = table["base"].tolist(), np.maximum(table["next"] - 1, 0).tolist()
        before = self._before[low:high].tolist()
        nothing: list[Any] | None = None if self._numbered else [None] * len(table)
        return {
            "id": list(range(low, high)),
            "key": self._keys(low, high),
            "received": table["received"].tolist(),
            "unique": (table["received"] - table["duplicates"]).tolist(),
            **{name: table[name].tolist() for name in ("duplicates", "missing", "late", "restarts")},
            "wraps": [over + wraps(*each) for over, *each in zip(before, base, last, moduli, strict=True)],
            "first_seq": nothing or table["first_seq"].tolist(),
            "last_seq": nothing
            or [(first + more) % span(by) for first, more, by in zip(base, last, moduli, strict=True)],
        }


def streams(findings: Findings, keys: Keys, *, numbered: bool = True) -> Rows[Stream]:
    """One Stream for each row of the tracker's table; `keys` gives their keys."""
    made = Streams(findings, keys, numbered=numbered)
    return Rows(len(findings.streams), made.columns, made.values)


def duplicates(findings: Findings, diagnosis: Diagnosis, facts: Facts, listed: int) -> Duplicates:
    """All duplicates counted by cause, and the first `listed` of them one by one; of a diagnosis in full."""
    total = int(findings.streams["duplicates"].sum())
    shown = min(listed, len(diagnosis.table))
    columns = duplicate_columns(by_arrival(findings.duplicates, shown), findings, diagnosis, facts)
    return Duplicates(
        total=total,
        by_cause=_by_cause(diagnosis, total),
        distances=bars(findings.distances, _ring_size(diagnosis)),
        listed=tuple(Duplicate(**dict(zip(columns, row, strict=True))) for row in zip(*columns.values(), strict=True)),
        complete=shown == total,
    )


def causes(diagnosis: Diagnosis) -> list[Cause]:
    """The cause of each kept duplicate."""
    if diagnosis.counter is not None:
        return ["no-counter"] * len(diagnosis.table)
    named: list[Cause] = ["unexplained"] * len(diagnosis.table)
    for one in diagnosis.accounts:
        for at in np.flatnonzero(one.rows).tolist():
            named[at] = one.cause
    return named


def _ring_size(diagnosis: Diagnosis) -> int | None:
    """Of the leading account."""
    ring = diagnosis.accounts[0].ring if diagnosis.accounts else None
    return ring.size if ring is not None else None


def duplicate_columns(
    rows: NDArray[Any], findings: Findings, diagnosis: Diagnosis, facts: Facts
) -> dict[str, list[Any]]:
    """The fields of model.Duplicate for DUPLICATE rows, kept ones or others. What is not kept has the cause of a kept
    one at the same distance (as in `by_cause`), and with it the laps."""
    here = table(replace(findings, duplicates=rows, gaps=findings.gaps[:0]))
    kept = diagnosis.table
    order = np.argsort(kept.rows["frame"], kind="stable")
    at = np.searchsorted(kept.rows["frame"][order], rows["frame"])
    at = order[np.minimum(at, len(order) - 1)] if len(order) else np.zeros(len(rows), np.int64)
    is_kept = kept.rows["frame"][at] == rows["frame"] if len(order) else np.zeros(len(rows), np.bool_)
    place = np.where(is_kept, kept.substitute[at], here.substitute) if len(order) else here.substitute
    model = _models(diagnosis)
    like = [
        own if mine else model(distance)
        for own, mine, distance in zip(
            at.tolist(), is_kept.tolist(), _clipped(here.distance, here.known).tolist(), strict=True
        )
    ]
    named, (laps, shortfall) = causes(diagnosis), _laps(diagnosis)
    return {
        **seen_columns(rows, facts, place),
        "cause": [named[one] if one >= 0 else _UNKNOWN[diagnosis.counter is not None] for one in like],
        "laps": [laps[one] if one >= 0 else None for one in like],
        "shortfall": [shortfall[one] if one >= 0 else None for one in like],
    }


def _clipped(distance: NDArray[np.int64], known: NDArray[np.bool_]) -> NDArray[np.int64]:
    """As `Findings.distances` counts them: 0 is unknown, the last one is that far or farther."""
    return np.where(known, np.minimum(distance, DISTANCES), 0)


def _models(diagnosis: Diagnosis) -> Callable[[int], int]:
    """For a distance, the kept duplicate that stands for those beyond: one at this distance, or the nearest. -1 for
    unknown distances where none of the kept is unknown either."""
    kept = diagnosis.table
    distances = _clipped(kept.distance, kept.known)
    order = np.argsort(distances, kind="stable")
    ordered = distances[order]
    first = int(np.searchsorted(ordered, 1))

    def model(distance: int) -> int:
        if distance <= 0 or first >= len(order):
            return int(order[0]) if first > 0 and distance <= 0 else -1
        at = int(np.searchsorted(ordered, distance, "right")) - 1
        if at < first or (at + 1 < len(order) and ordered[at + 1] - distance < distance - ordered[at]):
            at += 1
        return int(order[min(at, len(order) - 1)])

    return model


def _laps(diagnosis: Diagnosis) -> tuple[list[int | None], list[int | None]]:
    """Laps and shortfall of each kept duplicate, None if no ring was found for it."""
    kept = diagnosis.table
    laps, short = np.zeros(len(kept), np.int64), np.zeros(len(kept), np.int64)
    has = np.zeros(len(kept), np.bool_)
    for one in reversed(diagnosis.accounts):
        if one.ring is not None and diagnosis.counter is None:
            mine = one.rows & kept.known
            laps[mine] = one.ring.laps[mine]
            short[mine] = laps[mine] * one.ring.best - kept.distance[mine]
            has |= mine
    return where_known(laps, has), where_known(short, has)


def in_full(findings: Findings, diagnosis: Diagnosis) -> Diagnosis:
    """The diagnosis with accounts of all duplicates. Those beyond the kept ones go to the account of the kept ones at
    the same distance, and what is told of numbers grows with it."""
    left = findings.distances.copy()
    kept = diagnosis.table
    np.subtract.at(left, _clipped(kept.distance, kept.known), 1)
    if not (left > 0).any() or not diagnosis.accounts:
        return diagnosis
    owner = np.zeros(len(kept), np.int64)
    for at, one in enumerate(diagnosis.accounts):
        owner[one.rows] = at
    more, model = [0] * len(diagnosis.accounts), _models(diagnosis)
    for distance in np.flatnonzero(left > 0).tolist():
        like = model(distance)
        if like >= 0:
            more[owner[like]] += int(left[distance])
    return replace(diagnosis, accounts=tuple(map(_grown, diagnosis.accounts, more)))


def _grown(one: Account, more: int) -> Account:
    grown = replace(one, more=more)
    times, was = grown.explained / max(one.explained, 1), one.figures
    return replace(grown, figures=replace(was, numbers=round(was.numbers * times), share=min(was.share * times, 1.0)))


def _by_cause(diagnosis: Diagnosis, total: int) -> dict[str, int]:
    """Counts by cause, of a diagnosis in full. What is like nothing that was kept is `unexplained`."""
    if diagnosis.counter is not None:
        return {"no-counter": total} if total else {}
    counts: dict[str, int] = {}
    for one in diagnosis.accounts:
        counts[one.cause] = counts.get(one.cause, 0) + one.explained
    if rest := total - sum(counts.values()):
        counts["unexplained"] = counts.get("unexplained", 0) + rest
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def gaps(findings: Findings, listed: int) -> Gaps:
    """The stretches that never came, the first `listed` of them one by one."""
    count = int(findings.streams["gaps"].sum())
    found: list[Gap] = []
    for start in range(0, len(findings.gaps), 4096):
        if len(found) >= listed:
            break
        columns = gap_columns(findings.gaps[start : start + 4096], findings)
        del columns["earlier_frame"]
        found += [Gap(**dict(zip(columns, row, strict=True))) for row in zip(*columns.values(), strict=True)]
    return Gaps(
        total=count,
        missing=total(findings.streams["missing"]),
        listed=tuple(found[:listed]),
        complete=len(found) == count and count <= listed,
    )


def gap_columns(rows: NDArray[Any], findings: Findings) -> dict[str, list[Any]]:
    """The fields of model.Gap for GAP rows: what is left of them, since late records may have filled a gap, or split
    it. And `earlier_frame`, the record before the gap where somebody put it into the rows."""
    moduli = map(span, findings.moduli_of(rows["stream"]).tolist())
    left = findings.missing.left(rows)
    names = ("stream", "epoch", "seq", "x", "a", "frame", "ns", "e_frame")
    found = [
        (stream, (seq + start - x) % whole, count, frame, ns, earlier or None)
        for stream, epoch, seq, x, width, frame, ns, earlier, still, whole in zip(
            *(rows[name].tolist() for name in names), left.tolist(), moduli, strict=True
        )
        if still
        for start, count in (((x, width),) if still == width else findings.missing(stream, epoch, x, x + width))
    ]
    columns = zip(*found, strict=True) if found else ((),) * 6
    return dict(zip(("stream", "first_seq", "count", "frame", "ns", "earlier_frame"), map(list, columns), strict=True))


def late_columns(rows: NDArray[Any]) -> dict[str, list[Any]]:
    """The fields of model.Late for LATE rows."""
    return {
        **{name: rows[name].tolist() for name in ("stream", "seq", "frame", "ns")},
        "lag": (rows["next"] - rows["x"]).tolist(),
        "extent": where_known(rows["a"], rows["a"] >= 0),
        "degree": where_known(rows["b"], rows["a"] >= 0),
    }


def restart_columns(rows: NDArray[Any]) -> dict[str, list[Any]]:
    """The fields of model.Restart for RESTART rows."""
    return {
        **{name: rows[name].tolist() for name in ("stream", "seq", "frame", "ns")},
        "positions_before": rows["next"].tolist(),
    }
