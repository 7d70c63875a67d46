"""The tracker, in plain Python: what is out of order in every stream. The native one gives the same rows.

Theory of operation
    A stream has one expectation, `next`: the position after the highest number that is settled. A number is turned
    into its distance d from the expectation by the shorter way round the counter.
    d = 0   the expected one. Nothing to say; this is all that healthy traffic does.
    d > 0   a jump. It is *held*, and the stream's next record that is not behind decides: as far or farther, and the
            jump is accepted (the numbers passed over are missing); nearer, and it was a lone early number, kept in a
            short list until its place is reached: there it came again (EARLY 1), or the count goes on past it
            (EARLY 0: mere reordering). A lone number farther ahead than EARLY_REACH is an OUTLIER.
    d < 0   missing until now: late. Otherwise received before: a duplicate, whatever the distance.
    Beside this a *chain* follows backward steps that go on counting up by themselves. What follows decides what it was,
    however long it is. If the count goes on where it stood, or beyond, old numbers came once more. It was a restart if
    it began near the counter's base (or absurdly far off) and is CHAIN_EAGER long; if CHAIN_LONG of its numbers, or
    CHAIN_PAUSED after a pause, had never been received; if, after a pause, it repeated the whole epoch and went on; and
    if the input ends with it, when it is CHAIN_LONG long or a pause came before it.
    After a restart the stream is what a new one would be that began with the chain's first record: all that was said
    since is taken back (RETRACT). Up to CHAIN_BUFFER records are kept for that and read again. A longer chain is
    followed both ways at once: by the stream, and by a second state that takes the same records as a new epoch.

Invariants
    next - 1 was received or passed over; a position in [0, next) is received unless it is missing; a position below 0
    is not received unless its bit is set; early numbers and the held one lie at or above next.
    window[x & (W-1)] is the last copy of x for every received x with next - W <= x < next, or empty.
    received = unique + duplicates. A fresh number closes the chain.
    RFC 4737 sees first copies only, in the order of arrival, and knows no held records: `reordered` is strict.

Rows come in order of decision. No clock, no I/O. Limits (border.Room) are shared so that a stream that asks for no more
than its share loses nothing to others; what they cost is counted in the stream's row: beyond, unjudged, forgotten,
unfollowed.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...serial import span
from ..border import (
    CHAIN_BUFFER,
    CHAIN_DEPTH,
    CHAIN_EAGER,
    CHAIN_LONG,
    CHAIN_PAUSED,
    CHAIN_SKIP,
    DISTANCES,
    DUPLICATE,
    EARLY,
    EARLY_MAX,
    EARLY_REACH,
    EVENT,
    FAR,
    GAP,
    HOLE,
    LATE,
    MISSING_PAGE,
    NEAR_BASE,
    OUTLIER,
    PACE,
    PAGE,
    PAUSE_FACTOR,
    PAUSE_NS,
    RESTART,
    RETRACT,
    RETRACT_LATE,
    ROOM,
    STREAM_STATE,
    Frames,
    RecordColumns,
    Room,
)
from .memory import Memory
from .stream import Arrival, Chain, Early, Held, Track
from .strict import NOWHERE, apart

SPARE = 256  # rows that any one record may cause, beside three for each row of a chain that is read again


class Tracker(Memory):
    """See border.TrackerLike."""

    def __init__(self, modulus: int, room: Room = ROOM) -> None:
        super().__init__(room)
        self._modulus = modulus
        self._out: list[tuple[int, ...]] = []
        self._finish = 0  # streams finished
        self._distances = [0] * (DISTANCES + 1)

    # -- the border ----------------------------------------------------------------------------------------------------

    def feed(self, frames: Frames, records: RecordColumns, low: int, events: NDArray[Any]) -> tuple[int, int]:
        high = records.count
        rows = records.row[low:high]
        columns = zip(
            records.stream[low:high].tolist(), records.seq[low:high].tolist(), (rows + frames.first).tolist(),
            frames.ns[rows].tolist(), records.source[low:high].tolist(), records.ordinal[low:high].tolist(),
            strict=True,
        )  # fmt: skip
        room, tracks, whole, at = len(events), self._tracks, span(self._modulus), low
        for stream, seq, frame, ns, source, ordinal in columns:
            track = tracks.get(stream)
            if track is None:
                if len(self._out) + SPARE > room:
                    break
                arrival = Arrival(0, seq, frame, ns, source, ordinal)
                track = tracks[stream] = Track(stream, arrival)
                self._take(track, arrival)
            else:
                s = track.s
                if (
                    seq == (s["base"] + s["next"]) % whole
                    and track.held is None and track.chain is None and not track.early
                ):  # fmt: skip
                    self._in_order(track, Arrival(s["received"], seq, frame, ns, source, ordinal))
                else:
                    if len(self._out) + SPARE + _untold(track) > room:
                        break
                    self._take(track, Arrival(s["received"], seq, frame, ns, source, ordinal))
            at += 1
        return at, self._drain(events)

    def finish(self, events: NDArray[Any]) -> tuple[bool, int]:
        tracks = list(self._tracks.values())
        while self._finish < len(tracks):
            track = tracks[self._finish]
            if len(self._out) + SPARE + _untold(track) > len(events):
                return False, self._drain(events)
            self._end(track)
            self._finish += 1
        return True, self._drain(events)

    def streams(self) -> NDArray[Any]:
        table = np.zeros(len(self._tracks), STREAM_STATE)
        for row, track in enumerate(self._tracks.values()):
            for name, value in track.s.items():
                table[name][row] = value
            table["forgotten"][row] = self._odd.forgotten[track.id]
        return table

    def distances(self) -> NDArray[np.int64]:
        return np.array(self._distances)

    def missing(self) -> tuple[NDArray[Any], NDArray[Any]]:
        tracks = self._tracks
        found = [
            (key, bits)
            for key, bits in sorted(self._odd.pages.items())
            if key[2] >= 0 and key[1] <= tracks[key[0]].s["epoch"]
        ]
        pages = np.zeros(len(found), MISSING_PAGE)
        for at, (key, bits) in enumerate(found):
            pages[at] = (*key, np.frombuffer(bits.to_bytes(PAGE // 8, "little"), "<u8"))
        holes = [(stream, *hole) for stream in sorted(tracks) for hole in tracks[stream].holes]
        return pages, np.array(holes, HOLE)

    # -- a record ------------------------------------------------------------------------------------------------------

    def _in_order(self, track: Track, a: Arrival) -> None:
        s = track.s
        x = s["next"]
        if 2 * x >= track.entries:
            self._grow(track, x)
        s["next"] = x + 1
        s["received"] += 1
        s["last_ns"], s["last_frame"] = a.ns, a.frame
        strict = track.strict
        strict.unique += 1
        strict.next = x + 1
        track.window[x & (track.entries - 1)] = a

    def _take(self, track: Track, a: Arrival) -> None:
        s = track.s
        d = self._distance(track, a.seq)
        track.pause = apart(a.ns, s["last_ns"])
        s["received"] += 1
        s["last_ns"], s["last_frame"] = a.ns, a.frame
        if track.held is not None and d >= 0 and self._decide(track, d):
            d = self._distance(track, a.seq)
        if d == 0:
            self._expected(track, a)
        elif d > 0:
            self._ahead(track, a, d)
            self._note(track, a)
        else:
            self._behind(track, a, d)

    def _expected(self, track: Track, a: Arrival) -> None:
        s = track.s
        if self._repeated_all(track):
            self._note(track, a)
            if track.chain is not None:
                self._restart(track, track.chain)
                return
        self._close(track)
        x = s["next"]
        self._grow(track, x)
        s["next"] = x + 1
        for early in track.early:
            if early.x == x:
                self._again(track, early, a)
                return
        self._first(track, a, x)
        self._keep(track, x, a)

    def _first(self, track: Track, a: Arrival, x: int) -> None:
        """A first copy at or above the expectation. It is late, provisionally, where a number ahead of its time came
        before: such rows have x == next."""
        late = track.strict.take(x, a.ns, track.s)
        if late is not None:
            track.s["late"] += 1
            track.provisional += 1
            self._emit(track, LATE, a, x=x, next=x, a=late[0], b=late[1], e_ns=late[2])

    def _again(self, track: Track, early: Early, a: Arrival) -> None:
        """The early number came again, in its place: what came between was not late."""
        s = track.s
        x = early.x
        track.early.remove(early)
        s["early"] += 1
        self._emit(track, EARLY, early.arrival, x=x, next=x, a=1)
        self._withdraw(track, early, a.record)
        self._duplicate(track, a, x, early.arrival, x + 1)

    def _withdraw(self, track: Track, early: Early, record: int) -> None:
        """The provisionally late ones since `early` were in order, up to the next early number that is still open."""
        other = min(track.early, key=lambda e: e.since, default=None)
        stop = other.provisional if other else track.provisional
        start = max(early.provisional, track.settled)
        if stop > start:
            track.s["late"] -= stop - start
            last = other.since if other else record
            begin = max(early.since, track.settled_from)
            self._emit(track, RETRACT_LATE, early.arrival, x=early.x, next=early.x, a=begin, b=last)
            track.settled, track.settled_from = stop, last + 1

    def _ahead(self, track: Track, a: Arrival, d: int) -> None:
        s = track.s
        if d <= EARLY_REACH and track.early:
            x = s["next"] + d
            known = {early.x: at for at, early in enumerate(track.early)}
            if x in known:
                early = track.early[known[x]]
                copies = early.arrival.copies
                self._close(track)
                self._duplicate(track, a, x, early.arrival, x + 1)
                track.early[known[x]] = early._replace(arrival=a._replace(copies=copies + 1))
                return
            if all(n in known for n in range(s["next"], x)):
                self._close(track)
                self._grow(track, x)
                self._pass(track, x)
                s["next"] = x + 1
                self._first(track, a, x)
                self._keep(track, x, a)
                return
        near = d <= EARLY_REACH
        if near:
            self._first(track, a, s["next"] + d)
        track.held = Held(d, a, near)

    def _pass(self, track: Track, x: int) -> None:
        """The count goes on past the early numbers below x: they were mere reordering."""
        passed = sorted(early for early in track.early if early.x < x)
        if not passed:
            return
        track.early = [early for early in track.early if early.x >= x]
        track.settled, track.settled_from = track.provisional, track.s["received"] - 1
        for early in passed:
            self._emit(track, EARLY, early.arrival, x=early.x, next=early.x, a=0)
            self._keep(track, early.x, early.arrival, x)

    def _decide(self, track: Track, d: int) -> bool:
        """The held record, now that one at distance d >= 0 has come. Whether the expectation moved."""
        assert track.held is not None
        distance, a, seen = track.held
        track.held = None
        x = track.s["next"] + distance
        if d >= distance:
            if self._began_anew(track, distance, a.seq):
                self._epoch_from(track, a)
                return True
            self._accept(track, x, a, seen)
            return True
        if distance > EARLY_REACH:
            self._outlier(track, a, NOWHERE if distance > FAR else x)
            return False
        track.early.append(Early(x, a, track.provisional, a.record))
        if len(track.early) <= EARLY_MAX:
            return False
        top = max(track.early)
        track.early.remove(top)
        self._accept(track, top.x, top.arrival, True)
        return True

    def _accept(self, track: Track, x: int, a: Arrival, seen: bool) -> None:
        """The jump to x holds: what lies between is missing, but for early numbers."""
        s = track.s
        self._close(track)
        low = s["next"]
        known = sorted(early.x for early in track.early if early.x < x)
        for stop in [*known, x]:
            if stop > low:
                self._gap(track, low, stop, a)
            low = stop + 1
        self._grow(track, x)
        self._pass(track, x)
        s["next"] = x + 1
        if not seen:
            self._first(track, a, x)
        self._keep(track, x, a)

    def _gap(self, track: Track, low: int, high: int, a: Arrival) -> None:
        s = track.s
        s["missing"] += high - low
        s["gaps"] += 1
        self._lose(track, low, high)
        seq = (s["base"] + low) % span(self._modulus)
        self._emit(track, GAP, a._replace(seq=seq), x=low, next=low, a=high - low)

    def _behind(self, track: Track, a: Arrival, d: int) -> None:
        s = track.s
        far = d < -FAR
        x = NOWHERE if far else s["next"] + d
        new = not far and self._is_new(track, x)
        odd = far or x < track.floor
        if self._chained(track, a, (odd or x < 0 or not new, far, far or (new and x < 0))):
            return
        if odd:
            s["unjudged"] += not far
            self._outlier(track, a, x)
        elif new:
            self._late(track, a, x)
        else:
            self._duplicate(track, a, x, track.earlier(x), s["next"])

    def _late(self, track: Track, a: Arrival, x: int) -> None:
        s = track.s
        if x >= 0:
            left = x > 0 and self._is_new(track, x - 1)
            right = x + 1 < s["next"] and self._is_new(track, x + 1)
            self._find(track, x)
            s["missing"] -= 1
            s["gaps"] += left + right - 1
            if track.chain is not None:
                track.chain.refill.append(x)
        else:
            self._set(track, x)
            self._grow(track, s["next"] - x)
        late = track.strict.take(x, a.ns, s)
        extent, degree, ns = late if late is not None else (-1, 0, 0)
        s["late"] += 1
        self._emit(track, LATE, a, x=x, next=s["next"], a=extent, b=degree, e_ns=ns)
        self._keep(track, x, a)

    def _duplicate(self, track: Track, a: Arrival, x: int, earlier: Arrival | None, expected: int) -> None:
        s = track.s
        s["duplicates"] += 1
        self._count(track, min(a.record - earlier.record, DISTANCES) if earlier else 0, 1)
        self._repeat(track, x)
        if earlier is None:
            s["beyond"] += 1
            self._emit(track, DUPLICATE, a, x=x, next=expected, e_record=-1, a=track.pause)
            a = a._replace(copies=2)
        else:
            self._emit(
                track, DUPLICATE, a, x=x, next=expected, e_record=earlier.record, e_frame=earlier.frame,
                e_ns=earlier.ns, e_ordinal=earlier.ordinal if earlier.source == a.source else -1,
                copies=earlier.copies, a=track.pause,
            )  # fmt: skip
            a = a._replace(copies=earlier.copies + 1)
        if x < s["next"]:
            self._keep(track, x, a)

    def _outlier(self, track: Track, a: Arrival, x: int) -> None:
        track.s["outliers"] += 1
        self._emit(track, OUTLIER, a, x=x, next=track.s["next"])

    # -- chains and epochs ---------------------------------------------------------------------------------------------

    def _chained(self, track: Track, a: Arrival, kind: tuple[bool, bool, bool]) -> bool:
        """Follow the chain, or begin one: `kind` is whether the record may begin one, is far off, was never received.
        Whether a restart has taken the record."""
        may_begin, far, fresh = kind
        chain, whole = track.chain, span(self._modulus)
        if chain is not None and (a.seq - chain.next) % whole < CHAIN_SKIP:
            chain.length += 1
            chain.next = (a.seq + 1) % whole
        elif chain is not None and chain.length >= 3 and chain.strays < chain.length:
            chain.strays += 1
        else:
            self._close(track)
            if not may_begin or track.depth == CHAIN_DEPTH:
                return False
            chain = track.chain = Chain(track, a, (a.seq + 1) % whole)
            chain.eager = far or self._near_base(track, a.seq)
            chain.paused = self._paused(track, a)
        chain.fresh += fresh
        self._note(track, a)
        if track.chain is None:
            return False
        if (chain.eager and chain.length >= CHAIN_EAGER) or chain.fresh >= (
            CHAIN_PAUSED if chain.paused else CHAIN_LONG
        ):
            self._restart(track, chain)
            return True
        return False

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

    def _repeated_all(self, track: Track) -> bool:
        """Whether the chain began after a pause and repeated the whole epoch."""
        chain = track.chain
        return (
            chain is not None and chain.paused and not chain.strays and chain.length >= 2
            and chain.first.seq == track.s["base"] and chain.length == track.s["next"]
        )  # fmt: skip

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
        """The sender began anew with the chain's first record: take back what was said since, and tell it again."""
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

    def _began_anew(self, track: Track, distance: int, seq: int) -> bool:
        """Whether a jump that holds is a restart: over more numbers than can be lost, or, where the counter is so
        short that ahead and behind look alike, over RFC 3550's MAX_DROPOUT and onto the base."""
        if distance > FAR:
            return True
        return self._near_base(track, seq) and distance > 3000 and distance > span(self._modulus) // 4

    def _near_base(self, track: Track, seq: int) -> bool:
        return seq < NEAR_BASE or (seq - track.s["base"]) % span(self._modulus) < NEAR_BASE

    def _end(self, track: Track) -> None:
        s = track.s
        while (chain := track.chain) is not None:
            on = chain.next == (s["base"] + s["next"]) % span(self._modulus)  # it came up to where the count stood
            long = chain.length >= CHAIN_LONG or (chain.paused and chain.length >= 3)
            if not (self._repeated_all(track) or (long and not on)):
                break
            self._restart(track, chain)
        self._close(track)
        if track.held is not None:
            distance, a, seen = track.held
            track.held = None
            if distance <= EARLY_REACH:
                self._accept(track, s["next"] + distance, a, seen)
                track.settled_from = max(track.settled_from, s["received"] if track.settled == track.provisional else 0)
            else:
                self._outlier(track, a, NOWHERE if distance > FAR else s["next"] + distance)
        self._abandon(track)

    # -- small things --------------------------------------------------------------------------------------------------

    def _distance(self, track: Track, seq: int) -> int:
        """From the expectation to `seq`, by the shorter way round. Half the range counts as ahead, as everywhere, but
        as behind for 2**64, whose half is no positive 64-bit number."""
        whole = span(self._modulus)
        ahead: int = (seq - track.s["base"] - track.s["next"]) % whole
        if self._modulus == 0:
            return ahead if ahead < whole // 2 else ahead - whole
        return ahead if ahead <= whole // 2 else ahead - whole

    def _count(self, track: Track, distance: int, count: int) -> None:
        """Duplicates at a distance; taken back, where count is negative."""
        if track.depth:
            track.counted[distance] += count
        else:
            self._distances[distance] += count
        if track.chain is not None:
            track.chain.counted[distance] += count

    def _keep(self, track: Track, x: int, a: Arrival, past: int | None = None) -> None:
        """Into the window. `past` is the expectation, if it is not yet set."""
        track.keep(x, a, track.s["next"] if past is None else past)

    def _emit(self, track: Track, kind: int, at: Arrival, /, **rest: int) -> None:
        row = {
            "kind": kind, "stream": track.id, "epoch": track.s["epoch"], "source": at.source, "seq": at.seq,
            "record": at.record, "frame": at.frame, "ns": at.ns, "ordinal": at.ordinal, "e_record": 0, "e_frame": 0,
            "e_ns": 0, "e_ordinal": 0, "copies": 0, "a": 0, "b": 0, **rest,
        }  # fmt: skip
        if kind == DUPLICATE and row["e_record"] < 0:
            row["e_ordinal"] = -1
        (track.rows if track.depth else self._out).append(tuple(row[name] for name in EVENT.names or ()))

    def _drain(self, events: NDArray[Any]) -> int:
        count = len(self._out)
        if count:
            events[:count] = self._out
            self._out = []
        return count


def _untold(track: Track) -> int:
    """Rows that a restart would give at once."""
    chain = track.chain
    if chain is None:
        return 0
    return len(chain.other.rows) + _untold(chain.other) if chain.other else 3 * len(chain.rows)


def _signed(seq: int) -> int:
    """The same 64 bits as a signed number."""
    return seq - (1 << 64) if seq >> 63 else seq
