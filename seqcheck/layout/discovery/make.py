"""From a spot that counts to the layout that reads it.

Rows that are no part of the count get a magic that leaves them out; the spot becomes a word; resets become a modulus;
fields that change where the count begins again, and the columns of the grouping, become stream fields.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from seqcheck.dataclass import dataclass
from seqcheck.errors import UsageError
from seqcheck.layout.discovery.again import turns
from seqcheck.layout.discovery.columns import Columns
from seqcheck.layout.discovery.cycle import cycle
from seqcheck.layout.discovery.grouping import Grouping, cut
from seqcheck.layout.discovery.lowest import Below, below, lowest
from seqcheck.layout.discovery.magic import belonging, sides, telling
from seqcheck.layout.discovery.measure import distance
from seqcheck.layout.discovery.places import Place
from seqcheck.layout.discovery.scan import Spot
from seqcheck.layout.discovery.sessions import session
from seqcheck.layout.discovery.strides import Stride
from seqcheck.layout.discovery.width import Reach, word
from seqcheck.layout.discovery.written import bcd, varint
from seqcheck.layout.model import Layout, Match, Word

NEAR = 4  # the largest step that counts
TRIES = 4  # magics that turn out to be bytes of the number itself, or to leave out records
HEADER = 16  # bytes behind the number, up to which a byte may be one of the header
VARINT = 0.5  # of the steps of a varint, that have to be one
MOSTLY = 0.85  # of the values of a column, to call it text
TEXT = np.isin(np.arange(256), list(b"0123456789ABCDEFabcdef"))  # digits, decimal and hexadecimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A layout and what was seen while it was made. `column` of the table that holds the number's lowest byte. `clock`:
    the number is a clock of this kind. `inner`: it is the identification of an IP header in the payload. `digits`: it
    is the last digit of a number in decimal, written as this. `below`: what the bits below it do. `own`: it is a
    built-in at its own port, protocol or ethertype."""

    layout: Layout
    column: int = -1
    reach: Reach | None = None
    clock: str = ""
    inner: bool = False
    digits: str = ""
    below: Below = "none"
    own: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Rows of a place, all of them or those that `match` tells from others; `keys`: how addresses and ports can group
    them."""

    place: Place
    table: Columns
    keys: list[Grouping]
    match: Match | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Counted:
    """The rows that count, without those that a match leaves out, and the word that counts in them."""

    table: Columns
    grouping: Grouping
    matches: tuple[Match, ...]
    seq: Word
    reach: Reach


def make(site: Site, grouping: Grouping, spot: Spot) -> Found | None:
    """The layout of a spot; None if it is no low end of a number, or the language has no words for it."""
    if not lowest(site.table, grouping, spot):
        return None
    digits = _digits(site.table, spot)
    if digits == "bcd" and (one := _bcd(site, grouping, spot)) is not None:
        return one
    counted = None if digits and spot.bit else _counted(site, grouping, spot)
    if counted is None:
        return None
    seq = counted.seq
    whole = np.flatnonzero(counted.table.words(seq.offset, seq.width, big=seq.big)[1])
    if not len(whole):
        return None
    table, grouping = counted.table.only(whole), counted.grouping.only(whole)
    taken = _taken(table, seq)
    modulus, least = seq.top + 1 if seq.top < (1 << 64) - 1 else 0, 0
    if digits:
        seq, modulus = Word(bits=8, offset=int(table.offsets[spot.column]), mask=0x0F), 10
        taken = _taken(table, seq)
    else:
        number, counts, rows = _counts(table, grouping, seq)
        if (one := _varint(site, counted, table, grouping, spot, number, rows)) is not None:
            return one
        other = rows[number[rows] - number[grouping.before[rows]] != 1]  # 126 to 0 looks like a lost number of 128
        values, first = cycle(number[other], number[grouping.before[other]])
        if values and values < (modulus or 1 << 64):
            modulus, least = values, first
        else:
            column = session(table, grouping, number, counts, taken)
            column = column if column >= 0 else turns(table, grouping, number, taken)
            grouping = cut(grouping, table, column) if column >= 0 else grouping
    try:
        layout = Layout(
            anchor=site.place.anchor,
            selector=site.place.selector,
            seq=seq,
            modulus=modulus,
            least=least,
            key=grouping.key,
            streams=tuple(_stream(table, grouping, column, taken) for column in grouping.columns),
            matches=counted.matches,
        )
    except UsageError:
        return None
    return Found(
        layout=layout, column=spot.column, reach=counted.reach, digits=digits, below=below(table, grouping, spot)
    )


def strided(site: Site, grouping: Grouping, stride: Stride) -> Found | None:
    """The layout of a number that goes up by a constant."""
    taken = _taken(site.table, stride.word)
    try:
        layout = Layout(
            anchor=site.place.anchor,
            selector=site.place.selector,
            seq=stride.word,
            step=stride.step,
            key=grouping.key,
            streams=tuple(_stream(site.table, grouping, column, taken) for column in grouping.columns),
            matches=(site.match,) if site.match else (),
        )
    except UsageError:
        return None
    return Found(layout=layout, column=stride.column)


def _bcd(site: Site, grouping: Grouping, spot: Spot) -> Found | None:
    """The layout of a number in BCD, which needs two bytes to be told from a binary one."""
    seq = bcd(site.table, spot)
    if seq is None or seq.size < 2:
        return None
    layout = Layout(
        anchor=site.place.anchor,
        selector=site.place.selector,
        seq=seq,
        key=grouping.key,
        streams=tuple(_stream(site.table, grouping, column, range(0)) for column in grouping.columns),
        matches=(site.match,) if site.match else (),
    )
    return Found(layout=layout, column=spot.column)


def _varint(
    site: Site,
    counted: _Counted,
    table: Columns,
    grouping: Grouping,
    spot: Spot,
    number: NDArray[np.uint64],
    rows: NDArray[np.int64],
) -> Found | None:
    """The layout of a varint, where it counts better than the word at its first byte."""
    made = varint(table, grouping, spot.column) if spot.bit == 0 else None
    if made is None:
        return None
    seq, share = made
    if share < VARINT or share <= float(np.mean(number[rows] - number[grouping.before[rows]] == 1)):
        return None
    taken = range(spot.column, spot.column + 1)
    layout = Layout(
        anchor=site.place.anchor,
        selector=site.place.selector,
        seq=seq,
        key=grouping.key,
        streams=tuple(_stream(table, grouping, column, taken) for column in grouping.columns),
        matches=counted.matches,
    )
    return Found(layout=layout, column=spot.column)


def _counted(site: Site, grouping: Grouping, spot: Spot) -> _Counted | None:
    """The word at a spot, and the magic that it takes."""
    barred = range(spot.column, spot.column + 1)
    byte = Word(bits=8, offset=int(site.table.offsets[spot.column]), mask=0xFF & ~((1 << spot.bit) - 1))
    theirs = np.zeros(len(site.table.data), np.bool_)
    for _ in range(TRIES):
        table, mine, matches = site.table, grouping, (site.match,) if site.match else ()
        told = _mark(table, mine, byte, barred, theirs)
        if told is not None:
            column, value = told
            matches = (*matches, Match(word=Word(bits=8, offset=int(table.offsets[column])), value=value))
            rows = np.flatnonzero(table.there[:, column] & (table.data[:, column] == value))
            plain = next(each for each in site.keys if each.key == grouping.key).only(rows)
            table, mine = table.only(rows), mine.only(rows)
            mine = plain if plain.count == mine.count else mine
        made = word(table, mine, spot)
        if made is None:
            return None
        seq, reach = made
        taken = _taken(table, seq)
        if told is not None and (more := _left_out(site, grouping, seq, rows, told[0]) & ~theirs).any():
            theirs |= more
        elif not any(table.column(match.word.offset) in taken for match in matches):
            return _Counted(table=table, grouping=mine, matches=matches, seq=seq, reach=reach)
        else:
            barred = taken
    return None


def _left_out(site: Site, grouping: Grouping, seq: Word, rows: NDArray[np.int64], column: int) -> NDArray[np.bool_]:
    """bool[n]: rows that a magic at `column` leaves out, though their numbers belong to the count. A column may put
    them into a stream of their own."""
    table = site.table
    deep = column >= table.head or column > _taken(table, seq)[-1] + HEADER
    group = next(each.group for each in site.keys if each.key == grouping.key)
    return belonging(table, group, seq, rows, column, deep=deep)


def _taken(table: Columns, seq: Word) -> range:
    """The columns of the number."""
    first = table.column(seq.offset)
    return range(first, first + seq.width)


def _mark(
    table: Columns, grouping: Grouping, seq: Word, barred: range, theirs: NDArray[np.bool_]
) -> tuple[int, int] | None:
    """Column and value of a byte, outside `barred`, that tells the rows in which `seq` counts from others; or None.
    `theirs`: rows that it must not leave out, since their numbers belong to the count."""
    _, counts, _ = _counts(table, grouping, seq)
    inside, out = sides(counts, grouping.before)
    out &= table.words(seq.offset, seq.width, big=seq.big)[1]
    return telling(table, inside, out & ~theirs, barred, theirs)


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
    """What kind of decimal digit is at the spot, empty if it is none: it never goes above 9."""
    values = table.data[table.there[:, spot.column], spot.column]
    if not len(values):
        return ""
    decimal = ((values >= 0x30) & (values <= 0x39)).mean()
    if decimal > MOSTLY or (decimal and TEXT[values].all()):
        return "text"
    if spot.bit:
        return ""
    if (values & 0x0F).max() <= 9 and len(np.unique(values & 0x0F)) == 10 and len(values) >= 20:
        return "bcd"
    return ""
