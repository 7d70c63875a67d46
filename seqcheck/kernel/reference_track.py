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
    Beside this a *chain* follows backward steps that go on counting up by themselves. One that persists without a
    fresh number is a restart: everything since its first record is taken back (RETRACT) and read again as a new epoch.
    It persists when it began near the counter's base (or absurdly far off) and is CHAIN_EAGER long; when a pause came
    before it and it is CHAIN_PAUSED long; when it is CHAIN_LONG long, two laps of the largest ring known; and when,
    after a pause, it repeated the whole epoch and went on.

Invariants
    next - 1 was received or passed over; a position in [0, next) is received unless it is in MISSING; a position
    below 0 is missing unless it is in BELOW; early numbers and the held one lie at or above next.
    window[x & (W-1)] is the last copy of x for every received x with next - W <= x < next, or empty.
    received = unique + duplicates. A fresh number closes the chain.
    RFC 4737 sees first copies only, in the order of arrival, and knows no held records: `reordered` is strict.

Rows come in order of decision. No clock, no I/O; memory is bounded by the limits in border.py.
"""

from __future__ import annotations

import copy as copying
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..serial import span
from .border import (
    CHAIN_EAGER,
    CHAIN_LONG,
    CHAIN_PAUSED,
    CHAIN_SEGMENT,
    CHAIN_SEGMENTS,
    CHAIN_SKIP,
    DISTANCES,
    DUPLICATE,
    EARLY,
    EARLY_MAX,
    EARLY_REACH,
    EVENT,
    FAR,
    GAP,
    LATE,
    NEAR_BASE,
    OUTLIER,
    PAUSE_FACTOR,
    PAUSE_NS,
    RESTART,
    RETRACT,
    RETRACT_LATE,
    STREAM_STATE,
    WINDOW_BUDGET,
    Frames,
    RecordColumns,
)  # fmt: skip
from .reference_bits import BELOW, MISSING, REPEATED, Bits
from .reference_stream import Arrival, Chain, Early, Track
from .reference_strict import NOWHERE, apart

SPARE = 64  # rows that any one record may cause, beside three for each row of a chain that is read again


class Tracker:
    """See border.TrackerLike."""

    def __init__(self, modulus: int) -> None:
        self._modulus = modulus
        self._tracks: dict[int, Track] = {}
        self._bits, self._repeated = Bits(self._epoch), Bits(self._epoch, small=True)
        self._allotted = 0  # window entries
        self._segments = 0  # chain segments in use
        self._out: list[tuple[int, ...]] = []
        self._finish = 0  # streams finished
        self._replaying = False
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
                    replay = 3 * len(track.chain.rows) if track.chain else 0
                    if len(self._out) + SPARE + replay > room:
                        break
                    self._take(track, Arrival(s["received"], seq, frame, ns, source, ordinal))
            at += 1
        return at, self._drain(events)

    def finish(self, events: NDArray[Any]) -> tuple[bool, int]:
        tracks = list(self._tracks.values())
        while self._finish < len(tracks):
            track = tracks[self._finish]
            if len(self._out) + SPARE + (3 * len(track.chain.rows) if track.chain else 0) > len(events):
                return False, self._drain(events)
            self._end(track)
            self._finish += 1
        return True, self._drain(events)

    def streams(self) -> NDArray[Any]:
        table = np.zeros(len(self._tracks), STREAM_STATE)
        for row, track in enumerate(self._tracks.values()):
            for name, value in track.s.items():
                table[name][row] = value
        return table

    def distances(self) -> NDArray[np.int64]:
        return np.array(self._distances)

    def missing(self) -> tuple[NDArray[Any], NDArray[Any]]:
        return self._bits.missing()

    def copy(self) -> Tracker:
        new = copying.deepcopy(self)
        new._bits.current = new._repeated.current = new._epoch
        return new

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
        if track.entries:
            track.window[x & (track.entries - 1)] = a

    def _take(self, track: Track, a: Arrival) -> None:
        s = track.s
        d = self._distance(track, a.seq)
        pause = track.pause = apart(a.ns, s["last_ns"])
        s["received"] += 1
        s["last_ns"], s["last_frame"] = a.ns, a.frame
        if track.held is not None and d >= 0 and self._decide(track, d):
            d = self._distance(track, a.seq)
        if d == 0:
            self._expected(track, a)
        elif d > 0:
            self._ahead(track, a, d)
        else:
            self._behind(track, a, d, pause)

    def _expected(self, track: Track, a: Arrival) -> None:
        s = track.s
        chain = track.chain
        if (
            chain is not None and chain.paused and not chain.strays and chain.length >= 2
            and chain.first.seq == s["base"] and chain.length == s["next"] and not self._replaying
        ):  # fmt: skip
            self._restart(track, chain, a)
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
        other = min(track.early, key=lambda e: e.arrival.record, default=None)
        stop = other.provisional if other else track.provisional
        start = max(early.provisional, track.settled)
        if stop > start:
            track.s["late"] -= stop - start
            last = other.arrival.record if other else record
            self._emit(track, RETRACT_LATE, early.arrival, x=early.x, next=early.x, a=early.arrival.record, b=last)
        track.settled = max(track.settled, stop)

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
        track.held = (d, a, near)

    def _pass(self, track: Track, x: int) -> None:
        """The count goes on past the early numbers below x: they were mere reordering."""
        passed = sorted(early for early in track.early if early.x < x)
        if not passed:
            return
        track.early = [early for early in track.early if early.x >= x]
        track.settled = track.provisional
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
        if len(track.early) < EARLY_MAX:
            track.early.append(Early(x, a, track.provisional))
            return False
        track.early.append(Early(x, a, track.provisional))
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
        if not self._bits.add_missing(track.id, s["epoch"], low, high):
            track.floor = high
        seq = (s["base"] + low) % span(self._modulus)
        self._emit(track, GAP, a._replace(seq=seq), x=low, next=low, a=high - low)

    def _behind(self, track: Track, a: Arrival, d: int, pause: int) -> None:
        s = track.s
        far = d < -FAR
        x = NOWHERE if far else s["next"] + d
        epoch, bits = s["epoch"], self._bits
        missing = not far and (
            bits.has(MISSING, track.id, epoch, x) if x >= 0 else not bits.has(BELOW, track.id, epoch, x)
        )
        odd = far or x < track.floor
        if self._chained(track, a, odd or x < 0 or not missing, far, pause):
            return
        if odd:
            s["unjudged"] += not far
            self._outlier(track, a, x)
            return
        if missing:
            self._late(track, a, x)
            return
        self._duplicate(track, a, x, track.earlier(x), s["next"])

    def _late(self, track: Track, a: Arrival, x: int) -> None:
        s = track.s
        epoch, bits = s["epoch"], self._bits
        if x >= 0:
            left = bits.has(MISSING, track.id, epoch, x - 1)
            right = x + 1 < s["next"] and bits.has(MISSING, track.id, epoch, x + 1)
            if not bits.discard_missing(track.id, epoch, x):
                track.floor = max(track.floor, x + 1)
            s["missing"] -= 1
            s["gaps"] += left + right - 1
            if track.chain is not None:
                track.chain.refill.append(x)
        elif not bits.add(BELOW, track.id, epoch, x):
            track.floor = max(track.floor, x + 1)
        late = track.strict.take(x, a.ns, s)
        extent, degree, ns = late if late is not None else (-1, 0, 0)
        s["late"] += 1
        self._emit(track, LATE, a, x=x, next=s["next"], a=extent, b=degree, e_ns=ns)
        self._keep(track, x, a)

    def _duplicate(self, track: Track, a: Arrival, x: int, earlier: Arrival | None, expected: int) -> None:
        s = track.s
        s["duplicates"] += 1
        distance = min(a.record - earlier.record, DISTANCES) if earlier else 0
        self._distances[distance] += 1
        if track.chain is not None:
            track.chain.counted.append(distance)
        what = (REPEATED, track.id, s["epoch"], x)
        if not self._repeated.has(*what) and self._repeated.add(*what):
            s["replicated"] += 1
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

    def _chained(self, track: Track, a: Arrival, may_begin: bool, far: bool, pause: int) -> bool:
        """Follow the chain, or begin one. Whether a restart has taken the record."""
        if self._replaying:
            return False
        chain, s, whole = track.chain, track.s, span(self._modulus)
        if chain is not None and (a.seq - chain.next) % whole < CHAIN_SKIP:
            chain.length += 1
            chain.next = (a.seq + 1) % whole
        elif chain is not None and chain.length >= 3 and chain.strays < chain.length:
            chain.strays += 1
        else:
            self._close(track)
            if not may_begin:
                return False
            near = a.seq < NEAR_BASE or (a.seq - s["base"]) % whole < NEAR_BASE
            chain = self._open_chain(track, a, near or far, pause)
        if len(chain.rows) % CHAIN_SEGMENT == 0:
            if self._segments >= CHAIN_SEGMENTS:
                self._close(track)
                return False
            self._segments += 1
        chain.rows.append(a)
        length = chain.length
        if (
            length >= CHAIN_LONG
            or (chain.eager and length >= CHAIN_EAGER)
            or (chain.paused and length >= CHAIN_PAUSED)
        ):  # fmt: skip
            self._restart(track, chain)
            return True
        return False

    def _open_chain(self, track: Track, a: Arrival, eager: bool, pause: int) -> Chain:
        s = track.s
        before = {**s, "degrees": list(s["degrees"]), "received": s["received"] - 1}
        usual = (a.ns - pause - s["first_ns"]) // max(1, a.record - 1)
        paused = pause >= PAUSE_NS and pause >= PAUSE_FACTOR * usual
        chain = track.chain = Chain(a, before, eager, paused)
        chain.provisional = track.provisional
        chain.length, chain.next = 1, (a.seq + 1) % span(self._modulus)
        return chain

    def _close(self, track: Track) -> None:
        if track.chain is not None:
            self._segments -= -(-len(track.chain.rows) // CHAIN_SEGMENT)
            track.chain = None

    def _restart(self, track: Track, chain: Chain, last: Arrival | None = None) -> None:
        """The sender began anew with the chain's first record: take back what was said since, and read it again."""
        s = track.s
        received, last_ns, last_frame = s["received"], s["last_ns"], s["last_frame"]
        held = track.held
        last_one = held is not None and held[0] <= EARLY_REACH and held[1].record < chain.first.record
        if held is not None and not last_one:
            chain.before["outliers"] += 1
            self._emit(track, OUTLIER, held[1], x=NOWHERE, next=s["next"])
        for x in chain.refill:
            if not self._bits.add(MISSING, track.id, s["epoch"], x):
                break
        for distance in chain.counted:
            self._distances[distance] -= 1
        track.provisional = chain.provisional
        self._abandon(track, chain.before)
        self._emit(track, RETRACT, chain.first, x=0, next=s["next"], a=chain.first.record, b=received - 1)
        rows = chain.rows if last is None else [*chain.rows, last]
        self._close(track)
        s.update(chain.before)
        if held is not None and last_one:  # a jump to the old epoch's last number, which nothing could confirm
            self._accept(track, s["next"] + held[0], held[1], held[2])
        self._epoch_from(track, rows[0])
        self._replaying = True
        for row in rows[1:]:
            self._take(track, row)
        self._replaying = False
        s.update(received=received, last_ns=last_ns, last_frame=last_frame)

    def _abandon(self, track: Track, s: dict[str, Any]) -> None:
        """The epoch ends: early numbers that are still open were alone."""
        for early in sorted(track.early):
            s["early"] += 1
            self._emit(track, EARLY, early.arrival, x=early.x, next=early.x, a=-1)
        if track.early:
            first = min(early.arrival.record for early in track.early)
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
        self._bits.over = self._repeated.over = True
        track.begin(a)
        s["next"] = 1
        track.strict.take(0, a.ns, s)
        self._keep(track, 0, a._replace(copies=1))

    def _began_anew(self, track: Track, distance: int, seq: int) -> bool:
        """Whether a jump that holds is a restart: over more numbers than can be lost, or, where the counter is so
        short that ahead and behind look alike, over RFC 3550's MAX_DROPOUT and onto the base."""
        if distance > FAR:
            return True
        whole = span(self._modulus)
        near = seq < NEAR_BASE or (seq - track.s["base"]) % whole < NEAR_BASE
        return near and distance > 3000 and distance > whole // 4

    def _end(self, track: Track) -> None:
        s, chain = track.s, track.chain
        if chain is not None and chain.paused and chain.length >= 3:
            self._restart(track, chain)
        self._close(track)
        if track.held is not None:
            distance, a, seen = track.held
            track.held = None
            if distance <= EARLY_REACH:
                self._accept(track, s["next"] + distance, a, seen)
            else:
                self._outlier(track, a, NOWHERE if distance > FAR else s["next"] + distance)
        self._abandon(track, s)

    # -- small things --------------------------------------------------------------------------------------------------

    def _distance(self, track: Track, seq: int) -> int:
        """From the expectation to `seq`, by the shorter way round. Half the range counts as ahead, as everywhere, but
        as behind for 2**64, whose half is no positive 64-bit number."""
        whole = span(self._modulus)
        ahead: int = (seq - track.s["base"] - track.s["next"]) % whole
        if self._modulus == 0:
            return ahead if ahead < whole // 2 else ahead - whole
        return ahead if ahead <= whole // 2 else ahead - whole

    def _keep(self, track: Track, x: int, a: Arrival, past: int | None = None) -> None:
        """Into the window. `past` is the expectation, if it is not yet set."""
        track.keep(x, a, track.s["next"] if past is None else past)

    def _grow(self, track: Track, x: int) -> None:
        self._allotted += track.grow(x, WINDOW_BUDGET - self._allotted)

    def _epoch(self, stream: int) -> int:
        epoch: int = self._tracks[stream].s["epoch"]
        return epoch

    def _emit(self, track: Track, kind: int, at: Arrival, /, **rest: int) -> None:
        row = {
            "kind": kind, "stream": track.id, "epoch": track.s["epoch"], "source": at.source, "seq": at.seq,
            "record": at.record, "frame": at.frame, "ns": at.ns, "ordinal": at.ordinal, "e_record": 0, "e_frame": 0,
            "e_ns": 0, "e_ordinal": 0, "copies": 0, "a": 0, "b": 0, **rest,
        }  # fmt: skip
        if kind == DUPLICATE and row["e_record"] < 0:
            row["e_ordinal"] = -1
        self._out.append(tuple(row[name] for name in EVENT.names or ()))

    def _drain(self, events: NDArray[Any]) -> int:
        count = len(self._out)
        if count:
            events[:count] = self._out
            self._out = []
        return count


def _signed(seq: int) -> int:
    """The same 64 bits as a signed number."""
    return seq - (1 << 64) if seq >> 63 else seq
