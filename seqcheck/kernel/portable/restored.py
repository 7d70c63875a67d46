"""A tracker out of the words that saved.py states. They may be anybody's: whatever could not be a tracker's is refused,
by the same limits as in the native kernel (native/track_load.c)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from ..border import (
    BACKS,
    CHAIN_BUFFER,
    CHAIN_DEPTH,
    DISTANCES,
    EARLY_MAX,
    EARLY_REACH,
    MAX_SOURCES,
    MAX_STREAMS,
    N_DEGREES,
    OPENERS,
    OUTLIER,
    STREAM_STATE,
    WINDOW_CAP,
    WINDOW_FIRST,
    WINDOW_STEP,
    Room,
)
from .saved import LOW, Saves
from .sets import Hole, Pages
from .stream import Arrival, Chain, Early, Held, Row, Track
from .strict import LARGEST, NOWHERE, Opener

T = TypeVar("T")
MOST_RECORDS = (1 << 47) - 1  # of a stream; and frames: a window has 48 bits for them
MOST_POSITION = 1 << 60
MOST_COPIES = 0x7FFFFFFF
DOUBLED = 20  # how often a limit may have been
EPOCHS = (1 << 31) - 1
SIZES = tuple(WINDOW_FIRST * WINDOW_STEP**n for n in range(20) if WINDOW_FIRST * WINDOW_STEP**n <= WINDOW_CAP)
ANY = (
    "first_ns",
    "last_ns",
    "late_ns_max",
    "first_seq",
    "base",
)  # columns that may be anything, or are looked at alone
COLUMNS = {  # what others may be at most; they are not negative
    "received": MOST_RECORDS, "last_frame": MOST_RECORDS, "first_frame": MOST_RECORDS, "source": MAX_SOURCES,
    "next": MOST_POSITION, "epoch": EPOCHS - 1, "free_squares": LARGEST,
}  # fmt: skip


class Restores(Saves, Protocol):
    """What is filled in."""

    _room: Room

    def _turn_to(self, stream: int) -> int: ...

    _others: list[Track]
    _holes: int
    _allotted: int
    _windows: Counter[int]


class Tape:
    """Words, one after the other. ValueError if one is not what it may be."""

    def __init__(self, words: NDArray[np.int64], modulus: int) -> None:
        self._words: list[int] = words.tolist()
        self._at = 0
        self.modulus = modulus

    def any(self) -> int:
        """The next word."""
        self._at += 1
        if self._at > len(self._words):
            raise self.refusal()
        return self._words[self._at - 1]

    def within(self, low: int, high: int) -> int:
        """The next word, low <= word <= high."""
        word = self.any()
        if not low <= word <= high:
            raise self.refusal()
        return word

    def seq(self) -> int:
        """A number of the counter."""
        word = self.any() & ((1 << 64) - 1)
        if self.modulus and word >= self.modulus:
            raise self.refusal()
        return word

    def many(self, most: int, one: Callable[[], T]) -> list[T]:
        """As many of them as the next word says."""
        return [one() for _ in range(self.within(0, min(most, len(self._words))))]

    def check(self, holds: bool) -> None:
        """ValueError if it does not hold."""
        if not holds:
            raise self.refusal()

    def end(self) -> None:
        """That was all."""
        self.check(self._at == len(self._words))

    def refusal(self) -> ValueError:
        return ValueError(
            f"tracker: this is not what a tracker with this modulus and this room saved, at word {self._at}"
        )


def restore(tracker: Restores, words: NDArray[np.int64]) -> None:
    """Make a new tracker what the words say."""
    tape, room = Tape(words, tracker._modulus), tracker._room
    tracker._moduli = tape.many(MAX_STREAMS, lambda: tape.any() & ((1 << 64) - 1))
    tape.check(1 not in tracker._moduli)
    if not tracker._moduli:
        tape.check(tape.any() & ((1 << 64) - 1) == tracker._modulus)
    tracker._odd.most, tracker._repeated.most = _limit(tape, room.pages), _limit(tape, room.small_pages)
    tracker._most_holes = _limit(tape, room.holes)
    tracker._widest = tape.any()
    tape.check(tracker._widest in SIZES)
    one = _Streams(tape, tracker)
    for _ in range(tape.within(0, MAX_STREAMS)):
        one.stream()
    _pages(tape, tracker, tracker._odd)
    _pages(tape, tracker, tracker._repeated)
    for distance, count in _counts(tape).items():
        tracker._distances[distance] = count
    tape.end()


def _limit(tape: Tape, given: int) -> int:
    """`given` doubled some times."""
    limit = tape.within(given, given << DOUBLED)
    tape.check(limit in [given << n for n in range(DOUBLED + 1)])
    return limit


class _Streams:
    """Reads streams."""

    def __init__(self, tape: Tape, tracker: Restores) -> None:
        self._tape, self._tracker = tape, tracker

    def stream(self) -> None:
        tape, tracks = self._tape, self._tracker._tracks
        stream = tape.within(0, MAX_STREAMS - 1)
        tape.check(stream not in tracks and (not self._tracker._moduli or stream < len(self._tracker._moduli)))
        self._tracker._turn_to(stream)
        tape.modulus = self._tracker._modulus
        state = self._state()
        tape.check(state["received"] >= 1 and state["next"] >= 1 and state["first_frame"] <= state["last_frame"])
        self._tracker._odd.forgotten[stream] = state["forgotten"]
        track = tracks[stream] = self._track(stream, state, 0)
        tape.check(track.entries >= WINDOW_FIRST)

    def _track(self, stream: int, state: dict[str, Any], depth: int) -> Track:
        """The rest of it, with that row."""
        track = Track(stream, Arrival(0, 0, 0, 0, 0, 0), depth)
        track.s = {**state, "forgotten": 0}
        self._window(track)
        self._odd(track)
        return track

    def _state(self) -> dict[str, Any]:
        tape = self._tape
        state: dict[str, Any] = {}
        for name in STREAM_STATE.names or ():
            if name == "degrees":
                state[name] = [tape.within(0, MOST_POSITION) for _ in range(N_DEGREES)]
            elif name in ("first_seq", "base"):
                state[name] = tape.seq()
            elif name in ANY:
                state[name] = tape.any()
            else:
                state[name] = tape.within(
                    -MOST_POSITION if name not in COLUMNS else 0, COLUMNS.get(name, MOST_POSITION)
                )
        return state

    def _window(self, track: Track) -> None:
        tape, s, low = self._tape, track.s, LOW
        track.entries = tape.within(0, self._tracker._widest)
        tape.check(track.entries in (0, *SIZES))
        for slot in range(track.entries):
            ns, frame, record, ordinal = (
                tape.any(), *(tape.any() & ((1 << 64) - 1) for _ in range(3)),
            )  # fmt: skip
            tape.check(frame >> 16 <= s["last_frame"] and record >> 16 <= s["received"])
            copies = record & low | (ordinal & low) << 16
            if copies:
                track.window[slot] = Arrival(record >> 16, 0, frame >> 16, ns, frame & low, ordinal >> 16, copies)
        if track.entries:
            self._tracker._windows[track.entries] += 1
            self._tracker._allotted += track.entries

    def _arrival(self, track: Track) -> Arrival:
        tape, s = self._tape, track.s
        record, seq, frame = tape.within(0, s["received"]), tape.seq(), tape.within(0, s["last_frame"])
        ns, ordinal, copies = tape.any(), tape.within(0, MOST_RECORDS), tape.within(1, MOST_COPIES)
        return Arrival(record, seq, frame, ns, tape.within(0, MAX_SOURCES), ordinal, copies)

    def _held(self, track: Track) -> Held | None:
        distance = self._tape.within(0, LARGEST)
        return Held(distance, self._arrival(track), distance <= EARLY_REACH) if distance else None

    def _early(self, track: Track) -> Early:
        tape, s = self._tape, track.s
        x, provisional = tape.within(s["next"], s["next"] + EARLY_REACH), tape.within(0, MOST_RECORDS)
        since = tape.within(0, s["received"])
        return Early(x, self._arrival(track), provisional, since)

    def _odd(self, track: Track) -> None:
        tape, strict = self._tape, track.strict
        strict.next, strict.unique = tape.within(0, MOST_POSITION), tape.within(0, MOST_RECORDS)
        strict.last_late, strict.proven = tape.within(-1, MOST_RECORDS), tape.within(-1, MOST_RECORDS)
        track.provisional, track.settled, track.settled_from = (tape.within(0, MOST_RECORDS) for _ in range(3))
        track.floor = tape.within(NOWHERE, MOST_POSITION)
        track.held = self._held(track)
        track.early = tape.many(EARLY_MAX, lambda: self._early(track))
        strict.openers = tape.many(OPENERS, self._opener)
        tape.check(bool(strict.openers))
        strict.backs = tape.many(BACKS, lambda: (tape.within(0, MOST_RECORDS), _position(tape)))
        self._holes(track)
        if tape.within(0, track.depth < CHAIN_DEPTH):
            track.chain = self._chain(track)

    def _opener(self) -> Opener:
        tape = self._tape
        low, high = tape.within(NOWHERE, MOST_POSITION), _position(tape)
        return Opener(low, high, tape.within(0, MOST_RECORDS), tape.any(), bool(tape.within(0, 1)))

    def _holes(self, track: Track) -> None:
        tape, last = self._tape, (0, 0, 0)

        def hole() -> Hole:
            nonlocal last
            epoch = tape.within(last[0], track.s["epoch"])
            low = tape.within(last[2] if epoch == last[0] else 0, MOST_POSITION)
            last = epoch, low, tape.within(low + 1, MOST_POSITION + 1)
            return last

        track.holes = tape.many(self._tracker._most_holes, hole)
        self._tracker._holes += len(track.holes)

    def _chain(self, track: Track) -> Chain:
        tape = self._tape
        chain = Chain(track, self._arrival(track), tape.seq())
        chain.length, chain.strays = tape.within(1, MOST_RECORDS), tape.within(0, MOST_RECORDS)
        chain.run = tape.within(0, chain.strays)
        chain.run_next, chain.fresh = tape.seq(), tape.within(0, MOST_RECORDS)
        chain.eager, chain.paused = bool(tape.within(0, 1)), bool(tape.within(0, 1))
        chain.spread = chain.length > 1  # nobody saves records that share a frame
        chain.before = self._state()
        tape.check(chain.before["received"] <= track.s["received"])
        chain.held = self._held(track)
        chain.provisional, chain.settled, chain.settled_from = (tape.within(0, MOST_RECORDS) for _ in range(3))
        chain.counted = _counts(tape)
        chain.refill = self._refill(track.s["received"] - chain.first.record)
        chain.rows = tape.many(CHAIN_BUFFER, lambda: self._arrival(track))
        tape.check(all(row.copies == 1 for row in chain.rows))  # as records come
        if tape.within(0, not chain.rows):
            chain.other = self._other(track)
        return chain

    def _refill(self, left: int) -> list[int]:
        """Positions, at most `left` of them: each came with a record."""
        tape, found = self._tape, list[int]()
        for _ in range(tape.within(0, LARGEST)):
            low = tape.within(0, MOST_POSITION)
            high = tape.within(low + 1, min(MOST_POSITION + 1, low + left))
            left -= high - low
            found += range(low, high)
        return found

    def _other(self, track: Track) -> Track:
        tape, state = self._tape, self._state()
        tape.check(all(state[name] == track.s[name] for name in ("received", "last_frame")))
        other = self._track(track.id, state, track.depth + 1)
        self._tracker._others.append(other)
        other.rows = tape.many(self._tracker._room.chain_rows, lambda: self._row(other))
        other.counted = _counts(tape)
        return other

    def _row(self, other: Track) -> Row:
        tape, received, last = self._tape, other.s["received"], other.s["last_frame"]
        kind, epoch, source = tape.within(0, OUTLIER), tape.within(0, EPOCHS), tape.within(0, MAX_SOURCES)
        seq, x, following = tape.seq(), tape.any(), _position(tape)
        record, frame, ns = tape.within(0, received), tape.within(0, last), tape.any()
        ordinal = tape.within(0, MOST_RECORDS)
        e_record, e_frame, e_ns = tape.within(-1, received), tape.within(0, last), tape.any()
        e_ordinal, copies = tape.within(-1, MOST_RECORDS), tape.within(0, MOST_COPIES)
        return (
            kind, other.id, epoch, source, seq, x, following, record, frame, ns, ordinal, e_record, e_frame, e_ns,
            e_ordinal, copies, tape.any(), tape.any(),
        )  # fmt: skip


def _position(tape: Tape) -> int:
    return tape.within(-MOST_POSITION, MOST_POSITION)


def _counts(tape: Tape) -> Counter[int]:
    """Distances in order, and how many there were of each."""
    found: Counter[int] = Counter()
    least = 0
    for _ in range(tape.within(0, DISTANCES + 1)):
        distance = tape.within(least, DISTANCES)
        found[distance] = tape.within(-MOST_RECORDS, MOST_RECORDS)
        least = distance + 1
    return found


def _pages(tape: Tape, tracker: Restores, pool: Pages) -> None:
    last = (-1, 0, 0)
    most = MOST_POSITION // pool.width
    for _ in range(tape.within(0, pool.most)):
        key = tape.within(0, MAX_STREAMS - 1), tape.within(0, EPOCHS), tape.within(-most, most)
        tape.check(key > last and key[0] in tracker._tracks)
        bits = np.array([tape.any() for _ in range(pool.width // 64)], np.int64).tobytes()
        pool.pages[key] = int.from_bytes(bits, "little")
        last = key
