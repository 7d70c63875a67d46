"""Numbers for keys, in order of first appearance: the tables of streams and sources, a block at a time.

A key is a row of 64-bit words. Rows are looked up by a hash and then compared whole, so that a collision, made on
purpose or not, costs time and never an answer. The table holds at most `limit` keys; which new ones it takes in,
`admission` says (border.ANY_STREAM, SECOND_RECORD, NO_STREAM).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from seqcheck.kernel.border import ANY_STREAM, NO_STREAM, WAITING

Words = NDArray[np.uint64]
Ids = NDArray[np.int64]

_ODD = np.uint64(0x9E3779B97F4A7C15)  # 2**64 / golden ratio
_SHIFT = np.uint64(29)


class Interner:
    """Keys of `width` words, numbered from 0."""

    __slots__ = ("_hashes", "_order", "_rows", "_waiting", "admission", "count", "limit")

    def __init__(self, width: int, limit: int) -> None:
        self.limit = limit
        self.count = 0
        self.admission = ANY_STREAM
        self._waiting: tuple[set[bytes], set[bytes]] = set(), set()  # keys that came once: the last ones, and older
        self._rows: Words = np.zeros((16, width), np.uint64)
        self._hashes: Words = np.zeros(0, np.uint64)  # sorted
        self._order: Ids = np.zeros(0, np.int64)  # the number that belongs to each hash

    def keys(self) -> Words:
        """The keys so far, a copy."""
        return self._rows[: self.count].copy()

    def waiting(self) -> tuple[Words, Words]:
        """The keys that came once: the last ones, and older ones."""
        width = self._rows.shape[1]
        young, old = (np.frombuffer(b"".join(sorted(keys)), np.uint64).reshape(-1, width) for keys in self._waiting)
        return young, old

    def load(self, keys: Words, admission: int, waiting: Words, older: Words) -> bool:
        """Know these, where nothing is known yet; False if that cannot be."""
        young, old = ({row.tobytes() for row in rows} for rows in (waiting, older))
        different = len({row.tobytes() for row in keys}) == len(keys)
        different &= len(young) == len(waiting) and len(old) == len(older)
        room = len(keys) <= self.limit and len(young) < WAITING and len(old) <= WAITING
        if not different or not room or not ANY_STREAM <= admission <= NO_STREAM:
            return False
        self._add(keys, _hash(keys))
        self.admission, self._waiting = admission, (young, old)
        return True

    def ids(self, keys: Words) -> Ids:
        """The number of each row, -1 where it is new and not taken in."""
        if self.admission != ANY_STREAM:
            return self._one_by_one(keys)
        if len(keys) < 2 or (keys[1:] != keys[0]).any():
            return self._ids(keys)
        return np.repeat(self._ids(keys[:1]), len(keys))  # one stream, one source: the usual block

    def adopt(self, keys: Words) -> Ids:
        """The same, whatever new ones are taken in at present."""
        before, self.admission = self.admission, ANY_STREAM
        try:
            return self.ids(keys)
        finally:
            self.admission = before

    def _ids(self, keys: Words) -> Ids:
        hashes = _hash(keys)
        before = self.count, self._hashes, self._order
        fresh = ~self._known(hashes)
        if fresh.any():
            first = np.sort(np.unique(hashes[fresh], return_index=True)[1])[: self.limit - self.count]
            self._add(keys[fresh][first], hashes[fresh][first])
        known = self._known(hashes)
        ids = np.full(len(keys), -1, np.int64)
        if known.any():
            ids[known] = self._order[np.searchsorted(self._hashes, hashes[known])]
            if (self._rows[ids[known]] != keys[known]).any():  # two keys with one hash
                self.count, self._hashes, self._order = before
                return self._one_by_one(keys)
        return ids

    def _known(self, hashes: Words) -> NDArray[np.bool_]:
        if not len(self._hashes):
            return np.zeros(len(hashes), np.bool_)
        at = np.minimum(np.searchsorted(self._hashes, hashes), len(self._hashes) - 1)
        known: NDArray[np.bool_] = self._hashes[at] == hashes
        return known

    def _add(self, keys: Words, hashes: Words) -> None:
        """Append new keys, in this order."""
        if self.count + len(keys) > len(self._rows):
            grown = np.zeros((max(2 * len(self._rows), self.count + len(keys)), self._rows.shape[1]), np.uint64)
            grown[: self.count] = self._rows[: self.count]
            self._rows = grown
        self._rows[self.count : self.count + len(keys)] = keys
        numbers = np.arange(self.count, self.count + len(keys))
        self.count += len(keys)
        together = np.concatenate((self._hashes, hashes))
        sort = np.argsort(together, kind="stable")
        self._hashes, self._order = together[sort], np.concatenate((self._order, numbers))[sort]

    def _one_by_one(self, keys: Words) -> Ids:
        """ids() without the hashes."""
        table = {row.tobytes(): number for number, row in enumerate(self._rows[: self.count])}
        held = len(table)
        ids = np.full(len(keys), -1, np.int64)
        new: list[int] = []
        for i, row in enumerate(keys):
            key = row.tobytes()
            if key not in table and held + len(new) < self.limit and self._admits(key):
                table[key] = held + len(new)
                new.append(i)
            ids[i] = table.get(key, -1)
        self._add(keys[new], _hash(keys[new]))
        return ids

    def _admits(self, key: bytes) -> bool:
        if self.admission in (ANY_STREAM, NO_STREAM):
            return self.admission == ANY_STREAM
        young, old = self._waiting
        if key in young or key in old:
            return True
        young.add(key)
        if len(young) == WAITING:
            self._waiting = set(), young
        return False


def _hash(keys: Words) -> Words:
    total = np.zeros(len(keys), np.uint64)
    for column in keys.T:
        total = (total ^ column) * _ODD
        total ^= total >> _SHIFT
    return total
