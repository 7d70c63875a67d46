"""Backward steps that go on counting up: old numbers again, or a restart. Theory: track.py.

Until it is known which of the two a chain is, its records are kept to be read again, or from CHAIN_BUFFER of them on
taken by a second state as well, which takes them as a new epoch (and may hold chains of its own, CHAIN_DEPTH deep).
"""

from __future__ import annotations

from abc import abstractmethod

from ...serial import span
from ..border import (
    CHAIN_BUFFER,
    CHAIN_DEPTH,
    CHAIN_EAGER,
    CHAIN_LONG,
    CHAIN_LOST,
    CHAIN_PAUSED,
    CHAIN_SKIP,
    CHAIN_THIN,
    EARLY,
    EARLY_REACH,
    FAR,
    NEAR_BASE,
    PACE,
    PAUSE_FACTOR,
    PAUSE_NS,
    RESTART,
    RETRACT,
    RETRACT_LATE,
    SHORT_COUNT,
)
from .stream import Arrival, Chain, Track
from .strict import NOWHERE, apart
from .telling import Telling


class Chains(Telling):
    """Of one tracker: `_take` and `_accept` are what it does with single records."""

    @abstractmethod
    def _take(self, track: Track, a: Arrival) -> None:
        """A record of the stream."""

    @abstractmethod
    def _accept(self, track: Track, x: int, a: Arrival, seen: bool) -> None:
        """A jump to x holds."""

    def _chained(self, track: Track, a: Arrival, d: int, kind: tuple[bool, bool]) -> bool:
        """Follow the chain, or begin one, with a record `d` from the expectation: `kind` is whether it may begin one,
        and was never received. Whether a restart has taken the record."""
        may_begin, fresh = kind
        chain, whole = track.chain, span(self._modulus)
        if chain is not None and self._follows(chain, a.seq, CHAIN_SKIP):
            chain.length += 1
            chain.next = (a.seq + 1) % whole
            chain.spread |= a.frame != chain.first.frame
        elif chain is not None and chain.length >= 3 and chain.strays < chain.length:
            self._stray(chain, a)
        elif chain is not None and self._waits(track):
            return self._restart_with(track, a)
        else:
            self._close(track)
            if not (may_begin and self._room.restarts) or track.depth == CHAIN_DEPTH:
                return False
            chain = track.chain = Chain(track, a, (a.seq + 1) % whole)
            chain.paused = self._paused(track, a)
            soon = chain.paused or (track.s["restarts"] > 0 and d < -SHORT_COUNT)
            chain.eager = d < -FAR or (soon and self._near_base(track, a.seq))
        chain.fresh += fresh
        self._note(track, a)
        if track.chain is None:
            return False
        if (
            (chain.eager and chain.spread and chain.length >= CHAIN_EAGER and self._is_count(chain))
            or (chain.length >= CHAIN_LONG and self._waits(track))
            or chain.fresh >= (CHAIN_PAUSED if chain.paused else CHAIN_LONG)
        ):
            self._restart(track, chain)
            return True
        return False

    def _stray(self, chain: Chain, a: Arrival) -> None:
        """A record that does not follow. Where enough of them count up ahead of the chain, it goes on there: what it
        passed over was lost."""
        whole, seq = span(self._modulus), a.seq
        chain.strays += 1
        chain.run = chain.run + 1 if chain.run and seq == chain.run_next else 1
        chain.run_next = (seq + 1) % whole
        if chain.run >= CHAIN_EAGER and self._follows(chain, seq, min(CHAIN_THIN * chain.length, SHORT_COUNT)):
            chain.length += chain.run
            chain.strays -= chain.run
            chain.next, chain.run = chain.run_next, 0
            chain.spread |= a.frame != chain.first.frame

    def _follows(self, chain: Chain, seq: int, skip: int) -> bool:
        """Whether a number goes on from the chain, with fewer than `skip` passed over; of a counter so short that most
        numbers would, a quarter of them: what is ahead of the chain must not be behind a count that it began."""
        whole = span(self._modulus)
        return (seq - chain.next) % whole < min(skip, max(whole // 4, 1))

    def _reach(self, chain: Chain) -> int:
        return (chain.next - chain.first.seq) % span(self._modulus)

    def _is_count(self, chain: Chain) -> bool:
        """Whether the chain left out no more than a count does, and does not consist of numbers that were missing."""
        dense = self._reach(chain) < CHAIN_THIN * chain.length
        return dense and 4 * len(chain.refill) <= 3 * (chain.length + chain.strays)

    def _waits(self, track: Track) -> bool:
        """Whether the chain began near the base, or where the counter starts over, and not far back; so that it is a
        restart unless the count goes on where it stood."""
        chain = track.chain
        return (
            chain is not None and not chain.eager and chain.spread and chain.length >= CHAIN_EAGER
            and self._near_base(track, chain.first.seq) and self._is_count(chain)
        )  # fmt: skip

    def _goes_on(self, track: Track, a: Arrival, d: int) -> bool:
        """Whether a number that is not behind the expectation goes on from the chain: near its last one; or confirms a
        jump that is none of the count's. What is lost either way is weighed."""
        if not self._waits(track):
            return False
        chain, held = track.chain, track.held
        assert chain is not None
        if d == 0:
            return self._follows(chain, a.seq, CHAIN_LOST)
        if not (self._follows(chain, a.seq, CHAIN_SKIP) or (held is not None and d >= held.distance >= CHAIN_SKIP)):
            return False
        return (a.seq - chain.next) % span(self._modulus) <= 2 * d and not _displaced(self._reach(chain), d)

    def _restart_with(self, track: Track, a: Arrival) -> bool:
        """It was a restart, and this record is one of the new epoch's. False if the chain can be followed no
        longer."""
        self._note(track, a)
        if track.chain is None:
            return False
        self._restart(track, track.chain)
        return True

    def _note(self, track: Track, a: Arrival) -> None:
        """Keep a record that a restart would read again, or let what the chain may turn out to be take it."""
        chain = track.chain
        if chain is None:
            return
        if chain.other is None:
            chain.rows.append(a)
            if len(chain.rows) < CHAIN_BUFFER:
                return
            self._read_again(track, chain)
        else:
            self._take(chain.other, a)
        assert chain.other is not None
        if len(chain.other.rows) > self._room.chain_rows:
            track.s["unfollowed"] += 1
            self._close(track)

    def _read_again(self, track: Track, chain: Chain) -> Track:
        """The chain's records as those of a new epoch."""
        other = chain.other = Track(track.id, chain.first, track.depth + 1)
        self._others.append(other)
        other.s.update(epoch=track.s["epoch"] + 1, received=chain.first.record)
        for row in chain.rows:
            self._take(other, row)
        chain.rows = []
        return other

    def _close(self, track: Track) -> None:
        """The chain was none, or can be followed no longer."""
        if track.chain is not None and track.chain.other is not None:
            other = track.chain.other
            self._close(other)
            self._others.remove(other)
            self._drop_window(other)
            self._holes -= len(other.holes)
            for pool in (self._odd, self._repeated):
                pool.drop_after(track.id, track.s["epoch"])
        track.chain = None

    def _restart(self, track: Track, chain: Chain) -> None:
        """The sender started over with the chain's first record: take back what was said since, and tell it again."""
        s = track.s
        received, held = s["received"], chain.held
        other = chain.other or self._read_again(track, chain)
        track.chain = None
        for x in chain.refill:
            self._set(track, x)
        for distance, count in chain.counted.items():
            self._count(track, distance, -count)
        first = chain.first.record
        track.early = [
            early for early in track.early if early.since < first and (not held or early.since != held.arrival.record)
        ]
        track.held, track.provisional = None, chain.provisional
        track.settled, track.settled_from = chain.settled, chain.settled_from
        s.update(chain.before)
        last_one = held is not None and held.distance <= EARLY_REACH
        if held is not None and not last_one:
            self._outlier(track, held.arrival, NOWHERE)
        self._abandon(track)
        self._emit(track, RETRACT, chain.first, x=0, next=s["next"], a=first, b=received - 1)
        if held is not None and last_one:  # a jump to the old epoch's last number, which nothing could confirm
            self._accept(track, s["next"] + held.distance, held.arrival, held.seen)
        self._emit(track, RESTART, chain.first, x=0, next=s["next"], a=_signed(s["base"]))
        s["restarts"] += 1
        self._others.remove(other)
        self._drop_window(track)
        for distance, count in other.counted.items():
            self._count(track, distance, count)
        track.become(other)
        below = track.chain
        while below is not None and below.other is not None:
            below.other.depth -= 1
            below = below.other.chain
        (track.rows if track.depth else self._out).extend(other.rows)

    def _epoch_from(self, track: Track, a: Arrival) -> None:
        s = track.s
        self._close(track)
        self._emit(track, RESTART, a, x=0, next=s["next"], a=_signed(s["base"]))
        s["restarts"] += 1
        s["epoch"] += 1
        track.begin(a)
        s["next"] = 1
        track.strict.take(0, a.ns, s)
        self._keep(track, 0, a._replace(copies=1))

    def _abandon(self, track: Track) -> None:
        """The epoch ends: early numbers that are still open were alone."""
        s = track.s
        for early in sorted(track.early):
            s["early"] += 1
            self._emit(track, EARLY, early.arrival, x=early.x, next=early.x, a=-1)
        if track.early:
            first = max(track.settled_from, min(early.since for early in track.early))
            count = track.provisional - max(track.settled, min(early.provisional for early in track.early))
            if count > 0:
                s["late"] -= count
                self._emit(track, RETRACT_LATE, track.early[0].arrival, x=0, next=0, a=first, b=s["received"])
        track.early = []

    def _repeated_all(self, track: Track) -> bool:
        """Whether the chain began after a pause and repeated the whole epoch."""
        chain = track.chain
        return (
            chain is not None and chain.paused and not chain.strays and chain.length >= 2
            and chain.first.seq == track.s["base"] and chain.length == track.s["next"]
        )  # fmt: skip

    def _paused(self, track: Track, a: Arrival) -> bool:
        """Whether the time before this record is long, and far longer than between the records just before it."""
        if track.pause < PAUSE_NS:
            return False
        last = track.s["next"] - 1
        for back in range(min(PACE, last), 0, -1):
            earlier = None if self._is_new(track, last - back) else track.earlier(last - back)
            if earlier is not None:
                usual = apart(a.ns - track.pause, earlier.ns)
                return apart(track.pause * back, 0) >= apart(usual * PAUSE_FACTOR, 0)
        return True

    def _began_anew(self, track: Track, distance: int, seq: int) -> bool:
        """Whether a jump that holds is a restart: over more numbers than can be lost, or, where the counter is so
        short that ahead and behind look alike, over RFC 3550's MAX_DROPOUT and onto the base."""
        if distance > FAR:
            return True
        return self._near_base(track, seq) and distance > 3000 and distance > span(self._modulus) // 4

    def _near_base(self, track: Track, seq: int) -> bool:
        return seq < NEAR_BASE or (seq - track.s["base"]) % span(self._modulus) < NEAR_BASE


def _displaced(reach: int, lost: int) -> bool:
    """Whether about as many numbers were lost as the chain spans: old ones went out in the place of new ones."""
    return reach <= 2 * lost and lost <= 2 * reach


def withheld(track: Track) -> int:
    """Rows that a restart would give at once."""
    chain = track.chain
    if chain is None:
        return 0
    return len(chain.other.rows) + withheld(chain.other) if chain.other else 3 * len(chain.rows)


def _signed(seq: int) -> int:
    """The same 64 bits as a signed number."""
    return seq - (1 << 64) if seq >> 63 else seq
