"""Of duplicates, column by column, what was seen and needs no judging: the fields of model.Duplicate up to `place`."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Bools = NDArray[np.bool_]


class Facts(Protocol):
    """What is needed of diagnose.Facts."""

    @property
    def evidence(self) -> Any: ...
    @property
    def numbered(self) -> bool: ...


def by_arrival(rows: NDArray[Any], most: int) -> NDArray[Any]:
    """The first `most` EVENT rows by their frames. The tracker gives them as they are settled, which is later where a
    count stepped back."""
    return rows[np.argsort(rows["frame"], kind="stable")[:most]]


def seen_columns(rows: NDArray[Any], facts: Facts, substitute: Bools) -> dict[str, list[Any]]:
    """Of DUPLICATE rows. `substitute` bool[n]: whether the number that was due there never came. Where frames carry no
    numbers, what rests on them is None."""
    evidence, nothing = facts.evidence, None if facts.numbered else [None] * len(rows)
    known = rows["e_record"] >= 0
    compared = [evidence.get(frame) for frame in rows["frame"].tolist()]
    return {
        "stream": rows["stream"].tolist(),
        "seq": nothing or rows["seq"].tolist(),
        "frame": rows["frame"].tolist(),
        "earlier_frame": where_known(rows["e_frame"], known),
        "ns": rows["ns"].tolist(),
        "distance": where_known(rows["record"] - rows["e_record"], known),
        "frame_distance": where_known(rows["ordinal"] - rows["e_ordinal"], known & (rows["e_ordinal"] >= 0)),
        "lag": nothing or (rows["next"] - rows["x"]).tolist(),
        "time_lag_ns": where_known(rows["ns"] - rows["e_ns"], known),
        "copies": where_known(rows["copies"] + 1, rows["copies"] > 0),
        "identical": [each.identical if each else None for each in compared],
        "same_length": [each.same_length if each else None for each in compared],
        "differs": [each.differs if each else () for each in compared],
        "place": nothing or ["substitute" if it else "extra" for it in substitute.tolist()],
    }


def where_known(values: NDArray[Any], known: Bools) -> list[int | None]:
    """Values as Python has them, None if they are not known."""
    return [value if it else None for value, it in zip(values.tolist(), known.tolist(), strict=True)]
