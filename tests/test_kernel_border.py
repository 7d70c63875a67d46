"""The border: the native kernel was compiled with the constants and rows of border.py, and offers what it asks for."""

from __future__ import annotations

import inspect

import numpy as np
import pytest
from twins import KERNELS, native

from seqcheck.kernel import border

NUMBERS, ROWS = native.compiled()


def test_every_constant_is_the_same() -> None:
    assert {name: getattr(border, name) for name in NUMBERS} == NUMBERS


def test_no_constant_is_forgotten() -> None:
    """Those that only Python needs: roles that decode does not read, and sizes of what the caller brings."""
    elsewhere = {"SLOT", "TIME", "BUF", "EVENTS"}
    numbers = {name for name, value in vars(border).items() if name.isupper() and isinstance(value, int)}
    assert numbers - set(NUMBERS) == elsewhere


def test_rows_are_of_the_same_size() -> None:
    assert {name: getattr(border, name).itemsize for name in ROWS} == ROWS
    rows = {name for name, value in vars(border).items() if isinstance(value, np.dtype)}
    assert rows == set(ROWS)


@pytest.mark.parametrize("kernel", KERNELS, ids=lambda kernel: str(kernel.NAME))
def test_both_offer_all_of_it(kernel: object) -> None:
    functions = [name for name, _ in inspect.getmembers(border.Kernel, inspect.isfunction) if name.startswith("index")]
    assert functions
    for name in functions:
        assert callable(getattr(kernel, name))
    for kind, protocol in (("Decoder", border.DecoderLike), ("Tracker", border.TrackerLike)):
        methods = {name for name, _ in inspect.getmembers(protocol, inspect.isfunction) if not name.startswith("_")}
        assert methods <= set(dir(getattr(kernel, kind)))
