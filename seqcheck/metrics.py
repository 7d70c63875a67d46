"""The standards' figures of one stream, from the tracker's sums: RFC 5560, RFC 4737, RFC 3357, RFC 7680.

Plain arithmetic on one row of STREAM_STATE, worked out when somebody asks, since a report may have hundreds of
thousands of them; docs/metrics.md gives each key's definition and section. Ratios are
floats (they are for reading), everything else is an integer; None where a figure has no meaning (nothing reordered).
"""

from __future__ import annotations

from collections.abc import ItemsView, Iterator, Mapping
from typing import Any

from numpy.typing import NDArray

from .kernel.border import N_DEGREES, plain_rows

Figure = int | float | None
CHUNK = 64  # rows; of one row alone it is the calls into NumPy that take the time


class States:
    """A STREAM_STATE table, whose rows are made into Python values a chunk at a time."""

    __slots__ = ("_latest", "_table")

    def __init__(self, table: NDArray[Any]) -> None:
        self._table = table
        self._latest: tuple[int, list[dict[str, Any]]] = (-1, [])

    def row(self, at: int) -> dict[str, Any]:
        """Row `at`, as border.plain_rows gives it."""
        number, rows = self._latest
        if number != at // CHUNK:
            number = at // CHUNK
            rows = list(plain_rows(self._table[number * CHUNK : (number + 1) * CHUNK]))
            self._latest = number, rows
        return rows[at % CHUNK]


class Metrics(Mapping[str, Figure]):
    """The figures of one row of a table, by name."""

    __slots__ = ("_at", "_states")

    def __init__(self, states: States, at: int) -> None:
        self._states, self._at = states, at

    def __getitem__(self, name: str) -> Figure:
        return self._all()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())

    def __repr__(self) -> str:
        return repr(self._all())

    def __reduce__(self) -> Any:
        return dict, (self._all(),)  # not the whole table

    def items(self) -> ItemsView[str, Figure]:
        """All of them, at once."""
        return self._all().items()

    def _all(self) -> dict[str, Figure]:
        return metrics(self._states.row(self._at))


def metrics(s: Mapping[str, Any]) -> dict[str, Figure]:
    """The figures of the row `s` of STREAM_STATE, as border.plain_rows gives it."""
    received, duplicates = s["received"], s["duplicates"]
    unique = received - duplicates
    missing, gaps = s["missing"], s["gaps"]
    expected = unique + missing
    reordered, extents = s["reordered"], s["extents"]
    figures: dict[str, Figure] = {
        "duplication_fraction": _ratio(duplicates, unique),  # RFC 5560 section 5.1
        "replicated_packet_rate": _ratio(s["replicated"], unique),  # 5.2
        "loss_ratio": _ratio(missing, expected),  # RFC 7680 section 3
        "loss_periods": gaps,  # RFC 3357 section 6.2
        "mean_loss_period": _ratio(missing, gaps),
        "reordered": reordered,  # RFC 4737 section 3
        "reordered_ratio": _ratio(reordered, unique),  # 4.1
        "reordering_extent_max": s["extent_max"] if extents else None,  # 4.2
        "reordering_extent_mean": _ratio(s["extent_sum"], extents),
        "late_time_max_ns": s["late_ns_max"] if extents else None,  # 4.3
        "discontinuities": s["jumps"],  # 3.4
        "discontinuity_max": s["jump_max"],
        "reordering_gap_max": s["reorder_gap_max"] or None,  # 4.5
        "reordering_gap_mean": _ratio(s["reorder_gap_sum"], s["reorder_gaps"]),
        "free_runs": s["free_runs"],  # 4.6: x, a, q
        "free_run_length_sum": s["free_length"],
        "free_run_squares_sum": s["free_squares"],
    }
    for n in range(N_DEGREES):
        figures[f"reordered_{n + 1}"] = s["degrees"][n]  # 5.3: n-reordered records
    figures["early"] = s["early"]
    figures["outliers"] = s["outliers"]
    figures["first_frame"] = s["first_frame"]
    figures["last_frame"] = s["last_frame"]
    figures["first_ns"] = s["first_ns"]
    figures["last_ns"] = s["last_ns"]
    return figures


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None
