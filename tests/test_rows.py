"""Rows: made when they are asked for, and otherwise a sequence like any other."""

from __future__ import annotations

import io
import json
import math
import pickle
from collections.abc import Callable
from typing import Any

import pytest
import specimens

from seqcheck.dataclass import replace
from seqcheck.model import Stream
from seqcheck.model.rows import CHUNK, Columns, Rows
from seqcheck.outputs import Page
from seqcheck.outputs.json import text, write

FIELDS = (
    "id",
    "key",
    "received",
    "unique",
    "duplicates",
    "missing",
    "late",
    "restarts",
    "wraps",
    "first_seq",
    "last_seq",
)


def streams(count: int) -> tuple[Stream, ...]:
    return tuple(specimens.stream(number, received=number % 7 + 3, duplicates=number % 3) for number in range(count))


def rows(values: tuple[Stream, ...], made: Callable[[], None] = lambda: None) -> Rows[Stream]:
    """The same as columns; `made` is called where all are made."""

    def columns(low: int, high: int) -> Columns:
        part = values[low:high]
        metrics = {name: [value.metrics[name] for value in part] for name in part[0].metrics}
        return {**{name: [getattr(value, name) for value in part] for name in FIELDS}, "metrics": metrics}

    def all_of_them() -> tuple[Stream, ...]:
        made()
        return values

    return Rows(len(values), columns, all_of_them)


@pytest.mark.parametrize("count", [0, 1, 5, CHUNK, CHUNK + 1, 2 * CHUNK + 3])
def test_json_is_the_same_of_columns_and_of_values(count: int) -> None:
    values = streams(count)
    found = []
    for several in (values, rows(values, lambda: pytest.fail("nobody looked at one"))):
        out = io.BytesIO()
        write(replace(specimens.CLEAN, streams=several), out, Page())
        found.append(out.getvalue())
    assert found[0] == found[1]
    assert [each["received"] for each in json.loads(found[1])["streams"]] == [value.received for value in values]


@pytest.mark.parametrize(
    "values",
    [
        [0, 0, 0], [0, 0, 1], [1, True, 1], [True, True], [None, None], [None, 1], [0.0, -0.0, 0.0], [0.5, 0.5],
        [1, 1.0], ["%s", "%s"], ["%", '"'], [["a"], ["a"]], [(), (1,)], [{"%d": 1}, {"%d": 1}], [{}, {}],
        [math.inf, math.inf],
    ],
)  # fmt: skip
def test_a_column_is_what_its_values_are(values: list[Any]) -> None:
    made = Rows(len(values), lambda low, high: {"%": [1] * (high - low), "it": values[low:high]}, lambda: ())
    told = [None] * len(values) if math.inf in values else [list(it) if isinstance(it, tuple) else it for it in values]
    found = json.loads(text(made))
    assert repr(found) == repr([{"%": 1, "it": it} for it in told])


def test_a_sequence_like_any_other() -> None:
    values = streams(5)
    same = rows(values)
    assert (len(same), same[1], same[-1], same[1:3], list(same)) == (5, values[1], values[-1], values[1:3], [*values])
    assert same == values
    assert same == rows(values)
    assert same != values[:4]
    assert values[2] in same
    assert repr(same) == repr(values)
    with pytest.raises(IndexError):
        same[5]


def test_made_once_and_only_when_somebody_looks() -> None:
    calls = list[int]()
    same = rows(streams(3), lambda: calls.append(1))
    assert len(same) == 3
    assert [len(columns["id"]) for columns in same.chunks()] == [3]
    assert calls == []
    assert same[0] is same[0]
    assert calls == [1]


def test_pickled_as_what_they_are() -> None:
    values = streams(3)
    assert pickle.loads(pickle.dumps(rows(values))) == values
