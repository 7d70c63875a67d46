"""One place, from the table of its bytes to layouts that may be right.

Grouping by grouping the whole table is scanned for spots that count. A spot is looked at in the simplest grouping that
is as good as its best one, and `make` turns it into a layout. Where nothing counts well, the kinds of frames at the
place are searched one by one. Nothing is judged here: `score` does, on what the real decoder reads.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from seqcheck.dataclass import replace
from seqcheck.kernel.border import Frames
from seqcheck.layout.discovery.again import carried, continued, fresh
from seqcheck.layout.discovery.clocks import clock, fraction, short
from seqcheck.layout.discovery.columns import HEAD, Columns, columns
from seqcheck.layout.discovery.floats import FLOATING, floating
from seqcheck.layout.discovery.grouping import Grouping, by_column, by_key
from seqcheck.layout.discovery.inner import identifications
from seqcheck.layout.discovery.kinds import kinds
from seqcheck.layout.discovery.make import Found, Site, make, strided
from seqcheck.layout.discovery.places import Place
from seqcheck.layout.discovery.scan import Spot, scan
from seqcheck.layout.discovery.strides import strides
from seqcheck.layout.discovery.written import text
from seqcheck.layout.model import Layout, Match, Word

AS_GOOD = 0.04  # less fit, for which a simpler grouping is taken
ENOUGH = 0.97  # fit: no columns are needed to tell streams apart
MOST = 8  # layouts of a place
TIMED = 128  # rows whose times are compared with clocks
MIXED = 0.9  # fit: below that, kinds of frames are tried one by one
FAIR, OTHERS = 0.6, 3  # fit; groupings beside the best one
COPIED = 0.05  # of the rows, whose bytes came before: then the others are searched, too
TURNS = 16  # streams that send one after the other
LOW = 4  # values of a low byte


def search(frames: Frames, place: Place, *, head: int = HEAD, only: range | None = None) -> list[Found]:
    """The layouts that count at this place, in no particular order; with `only`, those whose lowest byte is there."""
    table = columns(frames, place, head=head)
    whole = Site(place=place, table=table, keys=by_key(place.key[: len(table.data)]))
    inner = identifications(table)
    few = np.linspace(0, len(table.data) - 1, min(TIMED, len(table.data))).astype(np.int64)
    seconds = frames.ns[place.rows[few]].astype(np.float64) / 1e9
    timed, front = table.only(few), table.only(np.arange(len(few)))
    found, best = _searched(whole, only)
    if only is None:
        first = fresh(table, whole.keys[0].group)
        if len(first) < (1 - COPIED) * len(table.data):
            more, fit = _searched(_only(whole, first), None)
            found, best = [*more, *found], max(best, fit)
    if best < MIXED and only is None:
        for match, rows in kinds(table):
            found += _searched(_only(whole, rows, match), None)[0]
    if only is None:
        found += _strides(whole, alone=best >= MIXED)
    texts = _written(frames, place, whole) if only is None else []
    return texts + [replace(one, clock=_clock(timed, front, one, seconds), inner=one.column in inner) for one in found]


def _only(site: Site, rows: NDArray[np.int64], match: Match | None = None) -> Site:
    """These rows alone."""
    keys = [each.only(rows) for each in site.keys]
    return Site(place=site.place, table=site.table.only(rows), keys=keys, match=match)


def _clock(table: Columns, front: Columns, found: Found, seconds: NDArray[np.float64]) -> str:
    """What clock it is, if any, or other value that is none of a counter. `front` has neighbouring rows."""
    seq = found.layout.seq
    if not isinstance(seq, Word):
        return clock(table, found.column, seconds)
    beside = fraction(table, seq, seconds) or clock(table, found.column, seconds)
    beside = beside or short(table, found.column, seconds)
    return beside or (FLOATING if floating(front, seq) else "")


def _written(frames: Frames, place: Place, whole: Site) -> list[Found]:
    """Numbers in text."""
    return [
        Found(
            layout=Layout(anchor=place.anchor, selector=place.selector, seq=digits, key=grouping.key),
            clock=clock,
        )
        for digits, grouping, clock in text(frames, place, whole.keys)
    ]


def _searched(site: Site, only: range | None) -> tuple[list[Found], float]:
    """What counts there, and how well the best spot does."""
    spots: dict[tuple[int, int], list[tuple[Grouping, Spot]]] = {}
    counting: set[int] = set()  # columns that count by themselves tell no streams apart, except a few that take turns
    for grouping in site.keys:
        for spot in scan(site.table, grouping):
            spots.setdefault((spot.column, spot.bit), []).append((grouping, spot))
            if spot.fit >= FAIR and not _in_turns(site.table, spot.column):
                counting.add(spot.column)
    bases = site.keys[:1] if len(site.keys) == 1 else [site.keys[0], site.keys[-1]]
    for base, grouping in ((plain, each) for plain in bases for each in by_column(plain, site.table)):
        if counting.isdisjoint(grouping.columns) and not _constant(site.table, base, grouping.columns[-1]):
            for spot in scan(site.table, grouping):
                beside = (site.table, base, grouping.columns[-1], spot)
                if not carried(*beside) and not continued(*beside):
                    spots.setdefault((spot.column, spot.bit), []).append((grouping, spot))
    chosen = [pair for each in spots.values() for pair in _worth(each)]
    chosen.sort(key=lambda pair: (-pair[1].fit, pair[0].cost, pair[1].column))
    found: list[Found] = []
    for grouping, spot in chosen:
        if len(found) == MOST:
            break
        if only is not None and spot.column not in only:
            continue
        one = make(site, grouping, spot)
        if one is not None and not any(one.layout == other.layout for other in found):
            found.append(one)
    return found, max((spot.fit for _, spot in chosen), default=0.0)


def _in_turns(table: Columns, column: int) -> bool:
    """Whether it has few values, but not all that the high bits of a byte can have: that would be the low byte of a
    longer number, which goes up by a constant."""
    values = np.unique(table.data[:, column]).astype(np.int64)
    return len(values) <= TURNS and not (np.diff(values) * len(values) == 256).all()


def _constant(table: Columns, base: Grouping, column: int) -> bool:
    """Whether it is such a low byte."""
    values = np.unique(table.data[:, column]).astype(np.int64)
    if len(values) < LOW or (np.diff(values) * len(values) != 256).any():
        return False
    rows = np.flatnonzero(base.before >= 0)
    steps = np.bincount(table.data[rows, column] - table.data[base.before[rows], column], minlength=256)
    return bool(steps.max() >= ENOUGH * len(rows))


def _strides(site: Site, *, alone: bool) -> list[Found]:
    """Numbers that go up by a constant, in the simplest grouping in which they do; with `alone`, of those by addresses
    and ports alone."""
    found: list[Found] = []
    seen: set[int] = set()
    bases = site.keys[:1] if len(site.keys) == 1 else [site.keys[0], site.keys[-1]]
    columns = [] if alone else [each for base in bases for each in by_column(base, site.table)]
    for grouping in [*site.keys, *columns]:
        for one in strides(site.table, grouping):
            if one.column in seen or len(found) == MOST or _inside(site.table, grouping, one.word):
                continue
            seen.add(one.column)
            made = strided(site, grouping, one)
            found += [made] if made else []
    return found


def _inside(table: Columns, grouping: Grouping, word: Word) -> bool:
    """Whether a column that tells streams apart is one of the number's own bytes."""
    first = table.column(word.offset)
    return any(first <= column < first + word.width for column in grouping.columns)


def _worth(each: list[tuple[Grouping, Spot]]) -> list[tuple[Grouping, Spot]]:
    """The groupings in which a spot is worth a look: the cheapest that is as good as the best; and cheaper ones in
    which it counts fairly well: what is missing there may be a magic, a modulus, or a field that changes rarely."""
    best = max(spot.fit for _, spot in each)
    order = sorted(each, key=lambda pair: (pair[0].cost, pair[0].count))
    at = next(at for at, pair in enumerate(order) if pair[1].fit >= min(best - AS_GOOD, ENOUGH))
    return [order[at], *[pair for pair in order[:at] if pair[1].fit >= FAIR][:OTHERS]]
