"""The findings in the terminal report: streams, distances, duplicates, gaps; the first of each, and how many more."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from seqcheck.escape import visible
from seqcheck.model import Duplicate, Gap, OtherCopy, Stream
from seqcheck.outputs.foremost import by_findings
from seqcheck.outputs.histogram import Row, rows
from seqcheck.outputs.terminal.style import BAR, DIM, INDENT, MARK, Column, Drawn, Marks, View, table
from seqcheck.outputs.wording import NOT_COMPARED, OF_NUMBERS, UNKNOWN, count, counted, key, key_text, moment, raw, span

ROWS = 10
BARS = 14
BAR_WIDEST = 60
ALL = "--report json lists {}"


def streams(view: View) -> Drawn | None:
    """The streams, those with findings first."""
    numbered = view.report.numbered
    every = [stream for stream in view.report.streams if numbered or stream.received]
    if not every:
        return None
    found = by_findings(every)
    columns: list[Column[Stream]] = [
        Column(title="id", value=lambda stream: raw(stream.id)),
        Column(title="stream", value=key, words=True, wraps=True),
        Column(title="received", value=lambda stream: count(stream.received)),
        Column(title="duplicates", value=lambda stream: count(stream.duplicates)),
    ]
    if numbered:
        columns.append(Column(title="missing", value=lambda stream: count(stream.missing)))
        columns.append(Column(title="late", value=lambda stream: count(stream.late)))
    if any(stream.restarts for stream in every):
        columns.append(Column(title="restarts", value=lambda stream: count(stream.restarts)))
    if any(stream.wraps for stream in every):
        columns.append(Column(title="wraps", value=lambda stream: count(stream.wraps)))
    if numbered:
        columns.append(
            Column(title="numbers", value=lambda stream: f"{stream.first_seq} to {stream.last_seq}", worth=2)
        )
    more = found[ROWS:]
    faulty = sum(1 for stream in more if stream.duplicates or stream.missing)
    note = f"and {counted(len(more), 'more stream')}, {count(faulty)} of them with findings" if more else ""
    return "Streams", with_note(table(columns, found[:ROWS], view.width - INDENT), note)


def distances(view: View) -> Drawn | None:
    """The histogram, with the ring and its laps."""
    report = view.report
    ring = report.verdict.ring_size
    found = rows(report.duplicates.distances, ring, BARS)
    if not found:
        return None
    labels = [str(row.low) if row.low == row.high else f"{row.low}{view.marks.to}{row.high}" for row in found]
    counts = [count(row.count) for row in found]
    marks = [lap_mark(row, ring, view.marks) for row in found]
    room = view.width - 2 - max(map(len, labels)) - max(map(len, counts)) - max(map(len, marks)) - 6
    widest = max(min(room, BAR_WIDEST), 8)
    most = max(row.count for row in found)
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(justify="right", no_wrap=True)
    grid.add_column(no_wrap=True)
    grid.add_column(justify="right", no_wrap=True)
    grid.add_column(no_wrap=True)
    for row, label, number, mark in zip(found, labels, counts, marks, strict=True):
        length = row.count * widest // most
        bar = view.marks.bar * length or (view.marks.sliver if row.count else "")
        grid.add_row(Text(label), Text(bar, style=BAR), Text(number), Text(mark, style=MARK))
    beyond = report.duplicates.total - sum(row.count for row in found)
    note = f"and {count(beyond)} whose earlier copy lies too far back to be measured" if beyond > 0 else ""
    return "Distances between the copies, in records of the stream", with_note(grid, note)


def lap_mark(row: Row, ring: int | None, marks: Marks) -> str:
    """What is shown beside a row on which a lap ends."""
    if ring is None or not row.laps:
        return ""
    return f"{marks.here} ring of {ring}" if row.laps == 1 else f"{marks.here} {row.laps} laps, {row.laps * ring}"


def duplicates(view: View) -> Drawn | None:
    """The first duplicates, with the frame numbers to look up."""
    found = view.report.duplicates
    if not found.total:
        return None
    shown = found.listed[:ROWS]
    columns: list[Column[Duplicate]] = [
        Column(title="frame", value=lambda duplicate: raw(duplicate.frame)),
        Column(title="earlier", value=lambda duplicate: raw(duplicate.earlier_frame)),
        Column(title="number", value=lambda duplicate: raw(duplicate.seq)),
        Column(title="distance", value=lambda duplicate: raw(duplicate.distance)),
        Column(title="in frames", value=lambda duplicate: raw(duplicate.frame_distance), worth=4),
        Column(title="lag", value=lambda duplicate: raw(duplicate.lag), worth=5),
        Column(title="time lag", value=lambda duplicate: time_lag(duplicate, view.marks), worth=6),
        Column(title="copy", value=likeness, worth=8, words=True),
        Column(title="place", value=lambda duplicate: duplicate.place or UNKNOWN, worth=4, words=True),
        Column(title="laps", value=lambda duplicate: raw(duplicate.laps), worth=2),
        Column(title="short by", value=lambda duplicate: raw(duplicate.shortfall), worth=3),
    ]
    if not view.report.numbered:
        columns = [column for column in columns if column.title not in OF_NUMBERS]
    if len(view.report.streams) > 1:
        columns.insert(0, Column(title="stream", value=lambda duplicate: raw(duplicate.stream)))
    if any(duplicate.differs for duplicate in shown):
        columns.append(
            Column(
                title="differs in",
                value=lambda duplicate: ", ".join(duplicate.differs),
                worth=3,
                words=True,
                wraps=True,
            )
        )
    worth = 7 if len(found.by_cause) > 1 else 1
    columns.append(Column(title="cause", value=lambda duplicate: duplicate.cause, worth=worth, words=True))
    more = found.total - len(shown)
    note = (
        f"and {count(more)} more; {ALL.format('them' if found.complete else count(len(found.listed)))}" if more else ""
    )
    return "Duplicates (frame numbers as in Wireshark)", with_note(table(columns, shown, view.width - INDENT), note)


def other_traffic(view: View) -> Drawn | None:
    """What was found among the foreign frames, and the first copies."""
    found = view.report.other_traffic
    if found is None:
        return None
    said = Text(visible(found.statement))
    shown = found.listed[:ROWS]
    if not shown:
        return "Other traffic", said
    columns: list[Column[OtherCopy]] = [
        Column(title="frame", value=lambda copy: raw(copy.frame)),
        Column(title="earlier", value=lambda copy: raw(copy.earlier_frame)),
        Column(title="in frames", value=lambda copy: raw(copy.frame_distance)),
        Column(title="time lag", value=lambda copy: time_lag(copy, view.marks), worth=6),
        Column(title="flow", value=lambda copy: key_text(copy.flow), words=True, wraps=True),
        Column(title="cause", value=lambda copy: copy.cause, worth=7, words=True),
    ]
    more = found.copies - len(shown)
    note = f"and {count(more)} more" if more else ""
    return "Other traffic", Group(said, with_note(table(columns, shown, view.width - INDENT), note))


def time_lag(duplicate: Duplicate | OtherCopy, marks: Marks) -> str:
    """The time between the copies."""
    return span(duplicate.time_lag_ns).replace("µ", marks.micro)


def likeness(duplicate: Duplicate) -> str:
    """How the copy compares with the earlier one."""
    if duplicate.identical is None:
        return NOT_COMPARED
    if duplicate.identical:
        return "identical"
    return "other bytes" if duplicate.same_length else "other length"


def gaps(view: View) -> Drawn | None:
    """The first gaps."""
    found = view.report.gaps
    if not found.total:
        return None
    shown = found.listed[:ROWS]
    begin = view.report.capture.first_ns
    columns: list[Column[Gap]] = [
        Column(title="before frame", value=lambda gap: raw(gap.frame)),
        Column(title="at second", value=lambda gap: moment(gap.ns, begin)),
        Column(title="missing", value=lambda gap: count(gap.count)),
        Column(title="first number", value=lambda gap: raw(gap.first_seq)),
    ]
    if len(view.report.streams) > 1:
        columns.insert(0, Column(title="stream", value=lambda gap: raw(gap.stream)))
    more = found.total - len(shown)
    note = (
        f"and {count(more)} more; {ALL.format('them' if found.complete else count(len(found.listed)))}" if more else ""
    )
    return "Gaps", with_note(table(columns, shown, view.width - INDENT), note)


def with_note(body: RenderableType, note: str) -> RenderableType:
    """A table and, under it, what it leaves out."""
    return Group(body, Text(note, style=DIM)) if note else body
