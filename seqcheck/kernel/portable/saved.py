"""A tracker as a row of int64 words, the same for both kernels: all that it knows, and nothing of how it is kept.

    tracker   moduli (n; each by stream), or 0 and the one of all; most pages, most small pages, most holes; widest
              window; streams (n; each stream); pages of missing numbers; those of repeated ones; distances (n; each
              distance, count)
    stream    id, state, window, odd
    state     the columns of STREAM_STATE, in order
    window    entries; each of them: ns, frame << 16 | source, record << 16 | low half of copies,
              ordinal << 16 | high half of copies; all 0 if it is empty
    odd       RFC 4737's NextExp, first copies, the last late one, proven; provisional, settled, settled_from; floor;
              held; early (n; each x, provisional, since, arrival); openers (n; each low, high, unique, ns, proven);
              backs (n; each unique, x); holes (n; each epoch, low, high); 1 and a chain, or 0
    held      distance (0: none), arrival
    arrival   record, seq, frame, ns, ordinal, copies, source
    chain     first arrival, next, length, strays, run of strays, what would follow it, fresh, eager, paused;
              the state before it, with the records
              before its first; held then; provisional, settled, settled_from then; distances counted since;
              refill (n; each low, high); rows (n; each arrival); 1 and an other, or 0
    other     state, window, odd; rows (n; each as EVENT without the stream); distances counted
    pages     n; each stream, epoch, number, and its bits in words; in order

Numbers of the counter stand as int64 bits. Things come in the order in which they came about, unless it says otherwise.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ..border import EARLY_REACH, STREAM_STATE
from .sets import Pages
from .stream import Arrival, Chain, Held, Track

LOW = (1 << 16) - 1
OF_THE_STREAM = ("first_seq", "first_ns", "first_frame", "source")  # what a later epoch has from it


class Saves(Protocol):
    """What is asked of a tracker."""

    _modulus: int
    _moduli: list[int]
    _tracks: dict[int, Track]
    _odd: Pages
    _repeated: Pages
    _most_holes: int
    _widest: int
    _distances: list[int]


def words(tracker: Saves) -> NDArray[np.int64]:
    """All of it."""
    out = [len(tracker._moduli), *(tracker._moduli or [tracker._modulus])]
    out += (tracker._odd.most, tracker._repeated.most, tracker._most_holes, tracker._widest, len(tracker._tracks))
    for track in tracker._tracks.values():
        out.append(track.id)
        _state(out, {**track.s, "forgotten": tracker._odd.forgotten[track.id]})
        _rest(out, track)
    _pages(out, tracker._odd)
    _pages(out, tracker._repeated)
    _counts(out, dict(enumerate(tracker._distances)))
    return np.array([word & ((1 << 64) - 1) for word in out], np.uint64).view(np.int64)


def _state(out: list[int], s: dict[str, Any]) -> None:
    for name in STREAM_STATE.names or ():
        out += s[name] if name == "degrees" else [s[name]]


def _rest(out: list[int], track: Track) -> None:
    """Window and odd."""
    out.append(track.entries)
    for slot in range(track.entries):
        a = track.window.get(slot)
        out += (0, 0, 0, 0) if a is None else (
            a.ns, a.frame << 16 | a.source, a.record << 16 | a.copies & LOW, a.ordinal << 16 | a.copies >> 16,
        )  # fmt: skip
    strict = track.strict
    out += (strict.next, strict.unique, strict.last_late, strict.proven)
    out += (track.provisional, track.settled, track.settled_from, track.floor)
    _held(out, track.held)
    out.append(len(track.early))
    for early in track.early:
        out += (early.x, early.provisional, early.since, *_arrival(early.arrival))
    _many(out, strict.openers)
    _many(out, strict.backs)
    _many(out, track.holes)
    out.append(track.chain is not None)
    if track.chain is not None:
        _chain(out, track, track.chain)


def _many(out: list[int], rows: Sequence[Iterable[int]]) -> None:
    out.append(len(rows))
    for row in rows:
        out += row


def _arrival(a: Arrival) -> tuple[int, ...]:
    return a.record, a.seq, a.frame, a.ns, a.ordinal, a.copies, a.source


def _held(out: list[int], held: Held | None) -> None:
    if held is None:
        out.append(0)
    else:
        assert held.seen == (held.distance <= EARLY_REACH)  # so it need not be written down
        out += (held.distance, *_arrival(held.arrival))


def _chain(out: list[int], track: Track, chain: Chain) -> None:
    out += _arrival(chain.first)
    out += (
        chain.next, chain.length, chain.strays, chain.run, chain.run_next, chain.fresh, chain.eager, chain.paused,
    )  # fmt: skip
    nothing = dict.fromkeys(OF_THE_STREAM if track.depth else (), 0)
    _state(out, {**chain.before, "forgotten": 0, "last_ns": 0, "last_frame": 0, **nothing})
    _held(out, chain.held)
    out += (chain.provisional, chain.settled, chain.settled_from)
    _counts(out, chain.counted)
    _many(out, stretches(chain.refill))
    _many(out, [_arrival(a) for a in chain.rows])
    out.append(chain.other is not None)
    if chain.other is not None:
        other = chain.other
        _state(out, {**other.s, **dict.fromkeys(OF_THE_STREAM, 0)})
        _rest(out, other)
        _many(out, [(row[0], *row[2:]) for row in other.rows])
        _counts(out, other.counted)


def stretches(positions: Iterable[int]) -> list[list[int]]:
    """Each [first, past the last] of those that follow one another, in the order in which they came."""
    found: list[list[int]] = []
    for x in positions:
        if found and found[-1][1] == x:
            found[-1][1] += 1
        else:
            found.append([x, x + 1])
    return found


def _counts(out: list[int], counted: Counter[int] | dict[int, int]) -> None:
    _many(out, sorted((distance, count) for distance, count in counted.items() if count))


def _pages(out: list[int], pool: Pages) -> None:
    out.append(len(pool.pages))
    for key, bits in sorted(pool.pages.items()):
        out += key
        out += np.frombuffer(bits.to_bytes(pool.width // 8, "little"), "<u8").tolist()
