"""What one record does to its stream: it is the next, ahead, late, or again. Theory: track.py."""

from __future__ import annotations

from ...serial import span
from ..border import DISTANCES, DUPLICATE, EARLY, EARLY_MAX, EARLY_REACH, FAR, GAP, LATE, RETRACT_LATE
from .chains import Chains
from .stream import Arrival, Early, Held, Track
from .strict import NOWHERE, apart


class Records(Chains):
    """Of one tracker."""

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
        if d >= 0 and self._goes_on(track, a, d) and self._restart_with(track, a):
            return
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
        if self._repeated_all(track) and self._restart_with(track, a):
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

    def _behind(self, track: Track, a: Arrival, d: int) -> None:
        s = track.s
        far = d < -FAR
        x = NOWHERE if far else s["next"] + d
        new = not far and self._is_new(track, x)
        odd = far or x < track.floor
        if self._chained(track, a, d, (odd or x < 0 or not new, far or (new and x < 0))):
            return
        if odd:
            s["unjudged"] += not far
            self._outlier(track, a, x)
        elif new:
            self._late(track, a, x)
        else:
            self._duplicate(track, a, x, track.earlier(x), s["next"])

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
        """The jump to x holds: what lies between is missing, except for early numbers."""
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
