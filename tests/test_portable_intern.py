"""kernel.portable.intern: numbers by first appearance, also where hashes collide and where the table is full."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqcheck.kernel.portable import intern
from seqcheck.kernel.portable.intern import Interner

KEYS = st.lists(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), max_size=12), max_size=6)


@pytest.mark.parametrize("bits", [64, 3, 0])
@settings(deadline=None)
@given(KEYS, st.integers(0, 30))
def test_as_a_dictionary(bits: int, blocks: list[list[tuple[int, int]]], limit: int) -> None:
    whole = intern._hash
    table: dict[tuple[int, int], int] = {}
    interner = Interner(2, limit)
    with pytest.MonkeyPatch.context() as patch:  # with few bits of hash, keys collide all the time
        patch.setattr(intern, "_hash", lambda keys: whole(keys) & np.uint64((1 << bits) - 1))
        for keys in blocks:
            expected = []
            for key in keys:
                if key not in table and len(table) < limit:
                    table[key] = len(table)
                expected.append(table.get(key, -1))
            assert interner.ids(np.array(keys, np.uint64).reshape(-1, 2)).tolist() == expected
    assert [tuple(row) for row in interner.keys().tolist()] == list(table)
    assert interner.count == len(table)
