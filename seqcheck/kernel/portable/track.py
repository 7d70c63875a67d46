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
    Beside this a *chain* follows backward steps that go on counting up by themselves, over single strays and, where
    CHAIN_EAGER numbers in a row count up ahead of it, over what was lost. What follows decides what it was, however
    long it is. If the count goes on where it stood, or beyond, old numbers came again. It was a restart
    - if it began near the counter's base, or near 0, is CHAIN_EAGER long, and the count does not go on where it stood,
      well apart from the chain's last number. Near it, with numbers lost either way, it goes on from the chain if that
      takes no more than twice as many, unless about as many were lost as the chain spans: old slots took the place of
      new ones. That is decided at CHAIN_LONG; at once if a pause came before it, or if
      the sender has started over before and the count stood more than SHORT_COUNT beyond. An absurdly far one may begin
      anywhere, and is decided at once;
    - if CHAIN_LONG of its numbers, or CHAIN_PAUSED after a pause, had never been received;
    - if, after a pause, it repeated the whole epoch and went on;
    - if the input ends with it, when it is CHAIN_LONG long, a pause came before it, or CHAIN_EAGER of its numbers had
      never been received.
    It was none where it leaves out more than a count does (CHAIN_THIN); where its numbers were missing until then; or
    where it lies in one frame: whoever sends frames of many numbers may well send one again.
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
    CHAIN_EAGER,
    CHAIN_LONG,
    EARLY_REACH,
    FAR,
    HOLE,
    MISSING_PAGE,
    PAGE,
    ROOM,
    STREAM_STATE,
    Frames,
    RecordColumns,
    Room,
)
from .chains import withheld
from .records import Records
from .restored import restore
from .saved import words
from .stream import Arrival, Track
from .strict import NOWHERE

SPARE = 1024  # rows that any one record may cause, beside three for each row of a chain that is read again


class Tracker(Records):
    """See protocols.TrackerLike."""

    def __init__(self, modulus: int, room: Room = ROOM, saved: NDArray[np.int64] | None = None) -> None:
        super().__init__(modulus, room)
        self._finish = 0  # streams finished
        if saved is not None:
            restore(self, saved)

    def save(self) -> NDArray[np.int64]:
        return words(self)

    def feed(self, frames: Frames, records: RecordColumns, low: int, events: NDArray[Any]) -> tuple[int, int]:
        high = records.count
        rows = records.row[low:high]
        columns = zip(
            records.stream[low:high].tolist(), records.seq[low:high].tolist(), (rows + frames.first).tolist(),
            frames.ns[rows].tolist(), records.source[low:high].tolist(), records.ordinal[low:high].tolist(),
            strict=True,
        )  # fmt: skip
        room, tracks, at = len(events), self._tracks, low
        for stream, seq, frame, ns, source, ordinal in columns:
            track, whole = tracks.get(stream), self._turn_to(stream)
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
                    if len(self._out) + SPARE + withheld(track) > room:
                        break
                    self._take(track, Arrival(s["received"], seq, frame, ns, source, ordinal))
            at += 1
        return at, self._drain(events)

    def finish(self, events: NDArray[Any]) -> tuple[bool, int]:
        tracks = list(self._tracks.values())
        while self._finish < len(tracks):
            track = tracks[self._finish]
            self._turn_to(track.id)
            if len(self._out) + SPARE + withheld(track) > len(events):
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

    def forget(self) -> None:
        self._odd.pages.clear()
        for track in self._tracks.values():
            track.holes.clear()

    def _end(self, track: Track) -> None:
        s = track.s
        while (chain := track.chain) is not None:
            on = chain.next == (s["base"] + s["next"]) % span(self._modulus)  # it came up to where the count stood
            long = chain.length >= CHAIN_LONG or (chain.paused and chain.length >= 3)
            long = long or (chain.spread and chain.fresh >= CHAIN_EAGER)
            long = long and self._is_count(chain)
            if not (self._repeated_all(track) or self._waits(track) or (long and not on)):
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
