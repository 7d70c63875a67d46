"""Arrays of numbers, compared with what NumPy or plain Python make of them."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from seqcheck.diagnose.arrays import at_one_count, distinct, median

INTS = arrays(np.int64, st.integers(0, 30), elements=st.integers(-(2**62), 2**62) | st.integers(-3, 3))
FLOATS = arrays(np.float64, st.integers(0, 30), elements=st.floats(-1e300, 1e300))


@given(INTS | FLOATS)
def test_distinct(values: np.ndarray) -> None:
    found = distinct(values)
    assert found.dtype == values.dtype
    assert found.tolist() == np.unique(values).tolist()


@given((INTS | FLOATS).filter(len))
def test_median(values: np.ndarray) -> None:
    assert median(values) == np.median(values) == median(values.tolist())


@given(arrays(np.int64, st.integers(0, 30), elements=st.integers(0, 2**40) | st.integers(0, 5)), st.integers(0, 3))
def test_at_one_count(values: np.ndarray, give: int) -> None:
    found = values.tolist()
    usual = max(sorted(set(found)), key=found.count, default=0)
    near = sum(abs(each - usual) <= give for each in found)
    assert at_one_count(values, give) == pytest.approx(near / max(len(found), 1))


def test_of_nothing() -> None:
    assert at_one_count(np.zeros(0, np.int64)) == 0
    assert len(distinct(np.zeros(0, np.int64))) == 0
    assert math.isnan(median(np.zeros(0)))


@pytest.mark.parametrize("name", ["a", "b"])
def test_columns_of_a_table(name: str) -> None:
    rows = np.array([(3, 1.5), (1, 0.5), (3, 0.5)], [("a", "<i8"), ("b", "<f8")])
    assert distinct(rows[name]).tolist() == sorted({*rows[name].tolist()})
