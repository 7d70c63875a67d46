"""The standards' figures of streams, from the tracker's sums: RFC 5560, RFC 4737, RFC 3357, RFC 7680.

Plain arithmetic on rows of STREAM_STATE, a column at a time and when somebody asks, since a report may have hundreds of
thousands of them; docs/metrics.md gives each key's definition and section. Ratios are floats (they are for reading),
everything else is an integer; None if a figure has no meaning (nothing reordered).
"""

from __future__ import annotations

from collections.abc import Callable, ItemsView, Iterator, Mapping
from typing import Any

from numpy.typing import NDArray

from ..kernel.border import N_DEGREES

Figure = int | float | None
Figures = Callable[[NDArray[Any]], dict[str, list[Figure]]]
ANY_STREAM = (  # figures that need no number
    "duplication_fraction", "replicated_packet_rate", "first_frame", "last_frame", "first_ns", "last_ns",
)  # fmt: skip
CHUNK = 64  # rows; of one row alone it is the calls into NumPy that take the time


class States:
    """A STREAM_STATE table, whose figures are worked out a chunk of rows at a time."""

    __slots__ = ("_figures", "_latest", "_table")

    def __init__(self, table: NDArray[Any], figures: Figures | None = None) -> None:
        """`figures` is `metrics`, or `unnumbered`."""
        self._table, self._figures = table, figures or metrics
        self._latest: tuple[int, dict[str, list[Figure]]] = (-1, {})

    def row(self, at: int) -> dict[str, Figure]:
        """The figures of row `at`."""
        number, columns = self._latest
        if number != at // CHUNK:
            number = at // CHUNK
            columns = self._figures(self._table[number * CHUNK : (number + 1) * CHUNK])
            self._latest = number, columns
        return {name: column[at % CHUNK] for name, column in columns.items()}


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
        return self._states.row(self._at)


def metrics(table: NDArray[Any]) -> dict[str, list[Figure]]:
    """The figures by name, each a list with one for each row of the STREAM_STATE `table`."""
    s = {name: table[name].T.tolist() for name in table.dtype.names or ()}
    unique = [received - duplicates for received, duplicates in zip(s["received"], s["duplicates"], strict=True)]
    expected = [came + missing for came, missing in zip(unique, s["missing"], strict=True)]
    return {
        "duplication_fraction": _ratios(s["duplicates"], unique),  # RFC 5560 section 5.1
        "replicated_packet_rate": _ratios(s["replicated"], unique),  # 5.2
        "loss_ratio": _ratios(s["missing"], expected),  # RFC 7680 section 3
        "loss_periods": s["gaps"],  # RFC 3357 section 6.2
        "mean_loss_period": _ratios(s["missing"], s["gaps"]),
        "reordered": s["reordered"],  # RFC 4737 section 3
        "reordered_ratio": _ratios(s["reordered"], unique),  # 4.1
        "reordering_extent_max": _where(s["extents"], s["extent_max"]),  # 4.2
        "reordering_extent_mean": _ratios(s["extent_sum"], s["extents"]),
        "late_time_max_ns": _where(s["extents"], s["late_ns_max"]),  # 4.3
        "discontinuities": s["jumps"],  # 3.4
        "discontinuity_max": s["jump_max"],
        "reordering_gap_max": _where(s["reorder_gap_max"], s["reorder_gap_max"]),  # 4.5
        "reordering_gap_mean": _ratios(s["reorder_gap_sum"], s["reorder_gaps"]),
        "free_runs": s["free_runs"],  # 4.6: x, a, q
        "free_run_length_sum": s["free_length"],
        "free_run_squares_sum": s["free_squares"],
        **{f"reordered_{n + 1}": s["degrees"][n] for n in range(N_DEGREES)},  # 5.3: n-reordered records
        "early": s["early"],
        "outliers": s["outliers"],
        "first_frame": s["first_frame"],
        "last_frame": s["last_frame"],
        "first_ns": s["first_ns"],
        "last_ns": s["last_ns"],
    }


def unnumbered(table: NDArray[Any]) -> dict[str, list[Figure]]:
    """The same of streams without numbers: what rests on these is None."""
    return {name: column if name in ANY_STREAM else [None] * len(column) for name, column in metrics(table).items()}


def _ratios(parts: list[int], wholes: list[int]) -> list[Figure]:
    return [part / whole if whole else None for part, whole in zip(parts, wholes, strict=True)]


def _where(known: list[int], values: list[int]) -> list[Figure]:
    return [value if one else None for one, value in zip(known, values, strict=True)]
