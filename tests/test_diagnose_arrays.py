"""distinct and median, compared with NumPy's own."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from seqcheck.diagnose.arrays import distinct, median

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


def test_of_nothing() -> None:
    assert len(distinct(np.zeros(0, np.int64))) == 0
    assert math.isnan(median(np.zeros(0)))


@pytest.mark.parametrize("name", ["a", "b"])
def test_columns_of_a_table(name: str) -> None:
    rows = np.array([(3, 1.5), (1, 0.5), (3, 0.5)], [("a", "<i8"), ("b", "<f8")])
    assert distinct(rows[name]).tolist() == sorted({*rows[name].tolist()})
