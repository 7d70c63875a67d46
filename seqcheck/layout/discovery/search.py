"""One place, from the table of its bytes to layouts that may be right.

Grouping by grouping the whole table is scanned for spots that count. A spot keeps the simplest grouping that is as good
as its best one. Then the spot becomes a word, rows that are no part of the count get a magic that leaves them out, and
columns of the grouping become stream fields. Nothing is judged here: `score` does, on what the real decoder reads.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from seqcheck.dataclass import dataclass, replace
from seqcheck.errors import UsageError
from seqcheck.kernel.border import Frames
from seqcheck.layout.discovery.clocks import clock
from seqcheck.layout.discovery.columns import HEAD, Columns, columns
from seqcheck.layout.discovery.cycle import cycle
from seqcheck.layout.discovery.grouping import Grouping, by_column, by_key, cut
from seqcheck.layout.discovery.inner import identifications
from seqcheck.layout.discovery.magic import sides, telling
from seqcheck.layout.discovery.measure import distance
from seqcheck.layout.discovery.places import Place
from seqcheck.layout.discovery.scan import Spot, scan
from seqcheck.layout.discovery.sessions import session
from seqcheck.layout.discovery.width import Reach, word
from seqcheck.layout.model import Layout, Match, Word

AS_GOOD = 0.04  # less fit, for which a simpler grouping is taken
ENOUGH = 0.97  # fit: no columns are needed to tell streams apart
NEAR = 4  # the largest step that counts
MOST = 8  # layouts of a place
RESTLESS, STRICT = 0.1, 0.95  # pairs in which bits below the counter move; then so many have to count by one
FAIR, OTHERS = 0.6, 3  # fit; groupings beside the best one
MOSTLY = 0.85  # of the values of a column, to call it text


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A layout and what was seen while it was made. `clock`: the number is a clock of this kind. `inner`: it is the
    identification of an IP header in the payload. `digits`: it is the last digit of a number in decimal."""

    layout: Layout
    reach: Reach | None = None
    clock: str = ""
    inner: bool = False
    digits: str = ""


def search(frames: Frames, place: Place, *, head: int = HEAD, only: range | None = None) -> list[Found]:
    """The layouts that count at this place, in no order of merit; with `only`, those whose lowest byte stands there."""
    table = columns(frames, place, head=head)
    keys = by_key(place.key[: len(table.data)])
    spots: dict[tuple[int, int], list[tuple[Grouping, Spot]]] = {}
    fit = 0.0
    for grouping in keys:
        for spot in scan(table, grouping):
            spots.setdefault((spot.column, spot.bit), []).append((grouping, spot))
            fit = max(fit, spot.fit)
    for base in (keys[0], keys[-1])[: len(keys)]:
        for grouping in by_column(base, table):
            for spot in scan(table, grouping):
                spots.setdefault((spot.column, spot.bit), []).append((grouping, spot))
    chosen = [pair for each in spots.values() for pair in _worth(each)]
    chosen.sort(key=lambda pair: (-pair[1].fit, pair[0].cost, pair[1].column))
    inner = identifications(table)
    seconds = frames.ns[place.rows[: len(table.data)]].astype(np.float64) / 1e9
    found: list[Found] = []
    for grouping, spot in chosen:
        if len(found) == MOST:
            break
        if only is not None and spot.column not in only:
            continue
        one = _found(table, place, grouping, spot)
        if one is None or any(one.layout == other.layout for other in found):
            continue
        found.append(replace(one, clock=clock(table, spot.column, seconds), inner=spot.column in inner))
    return found


def _worth(each: list[tuple[Grouping, Spot]]) -> list[tuple[Grouping, Spot]]:
    """The groupings in which a spot is worth a look: the cheapest that is as good as the best; and cheaper ones in
    which it counts fairly well: what is missing there may be a magic, a modulus, or a field that changes rarely."""
    best = max(spot.fit for _, spot in each)
    order = sorted(each, key=lambda pair: (pair[0].cost, pair[0].count))
    at = next(at for at, pair in enumerate(order) if pair[1].fit >= min(best - AS_GOOD, ENOUGH))
    return [order[at], *[pair for pair in order[:at] if pair[1].fit >= FAIR][:OTHERS]]


def _found(table: Columns, place: Place, grouping: Grouping, spot: Spot) -> Found | None:
    if not _lowest(table, grouping, spot) or (made := word(table, grouping, spot)) is None:
        return None
    digits = _digits(table, spot)
    if digits and spot.bit:
        return None
    matches: tuple[Match, ...] = ()
    told = _told(table, grouping, made[0])
    if told is not None:
        column, value = told
        matches = (Match(word=Word(bits=8, offset=int(table.offsets[column])), value=value),)
        rows = np.flatnonzero(table.there[:, column] & (table.data[:, column] == value))
        plain = next(each for each in by_key(place.key[: len(table.data)]) if each.key == grouping.key)
        table, grouping, plain = table.only(rows), grouping.only(rows), plain.only(rows)
        grouping = plain if plain.count == grouping.count else grouping
        if (made := word(table, grouping, spot)) is None:
            return None
    seq, reach = made
    modulus = seq.top + 1 if seq.top < (1 << 64) - 1 else 0
    if digits:
        seq, modulus = Word(bits=8, offset=int(table.offsets[spot.column]), mask=0x0F), 10
    else:
        number, counts, rows = _counts(table, grouping, seq)
        lost = rows[~counts[rows]]
        values = cycle(number[lost], number[grouping.before[lost]])
        if values and values < (modulus or 1 << 64):
            modulus = values
        elif (column := session(table, grouping, counts, rows, _taken(table, seq))) >= 0:
            grouping = cut(grouping, table, column)
    try:
        layout = Layout(
            anchor=place.anchor,
            selector=place.selector,
            seq=seq,
            modulus=modulus,
            key=grouping.key,
            streams=tuple(_stream(table, grouping, column, _taken(table, seq)) for column in grouping.columns),
            matches=matches,
        )
    except UsageError:
        return None
    return Found(layout=layout, reach=reach, digits=digits)


def _taken(table: Columns, seq: Word) -> range:
    """The columns of the number."""
    first = table.column(seq.offset)
    return range(first, first + seq.width)


def _told(table: Columns, grouping: Grouping, seq: Word) -> tuple[int, int] | None:
    """Column and value of a byte that tells the rows that count from others; None where none does."""
    _, counts, _ = _counts(table, grouping, seq)
    inside, out = sides(counts, grouping.before)
    out &= table.words(seq.offset, seq.width, big=seq.big)[1]
    return telling(table, inside, out, _taken(table, seq))


def _counts(
    table: Columns, grouping: Grouping, seq: Word
) -> tuple[NDArray[np.uint64], NDArray[np.bool_], NDArray[np.int64]]:
    """The numbers; bool[n]: the step to this row counts; and the rows that have one before them."""
    value, whole = table.words(seq.offset, seq.width, big=seq.big)
    number = (value & np.uint64(seq.mask)) >> np.uint64(seq.shift)
    rows = np.flatnonzero((grouping.before >= 0) & whole)
    rows = rows[whole[grouping.before[rows]]]
    modulus = seq.top + 1 if seq.top < (1 << 64) - 1 else 0
    step = distance(number[rows], number[grouping.before[rows]], modulus)
    counts = np.zeros(len(number), np.bool_)
    counts[rows[(step >= 1) & (step <= NEAR)]] = True
    return number, counts, rows


def _lowest(table: Columns, grouping: Grouping, spot: Spot) -> bool:
    """Whether the bits below the spot are no part of the count: they stay, or the count does not depend on them."""
    if not spot.bit:
        return True
    data = table.data[:, spot.column]
    rows = np.flatnonzero((grouping.before >= 0) & table.there[:, spot.column])
    new, old = data[rows], data[grouping.before[rows]]
    moved = ((new ^ old) & ((1 << spot.bit) - 1)) != 0
    up = ((new >> spot.bit) - (old >> spot.bit)) & (0xFF >> spot.bit) == 1
    return bool(np.mean(moved) < RESTLESS or np.mean(up) > STRICT)


def _stream(table: Columns, grouping: Grouping, column: int, taken: range) -> Word:
    """The word that holds `column` and is constant in each group: the widest that lies at a multiple of its width."""
    offset = int(table.offsets[column])
    rows = np.flatnonzero(grouping.before >= 0)
    for bits in (32, 16):
        width = bits // 8
        first = column - offset % width
        last = first + width - 1
        part = (0, table.head) if column < table.head else (table.head, len(table.offsets))
        if first < part[0] or last >= part[1] or any(at in taken for at in range(first, last + 1)):
            continue
        data = table.data[:, first : last + 1]
        if (data[rows] == data[grouping.before[rows]]).all():
            return Word(bits=bits, offset=int(table.offsets[first]))
    return Word(bits=8, offset=offset)


def _digits(table: Columns, spot: Spot) -> str:
    """What kind of decimal digit stands at the spot, empty where it is none: it never goes above 9."""
    values = table.data[table.there[:, spot.column], spot.column]
    if not len(values):
        return ""
    if ((values >= 0x30) & (values <= 0x39)).mean() > MOSTLY:
        return "text"
    if spot.bit:
        return ""
    if (values & 0x0F).max() <= 9 and len(np.unique(values & 0x0F)) == 10 and len(values) >= 20:
        return "bcd"
    return ""
