"""The page's pieces of HTML: lists and tables. Every text goes through `text`, every number through wording."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from seqcheck.dataclass import dataclass
from seqcheck.model import UNREAD, Bin, Duplicate, Gap, Moment, OtherCopy, Report, Stream
from seqcheck.outputs import wording
from seqcheck.outputs.foremost import by_findings
from seqcheck.outputs.html import pair as html_pair
from seqcheck.outputs.html.next_steps import requirements, steps
from seqcheck.outputs.html.ring import figure
from seqcheck.outputs.html.text import text, worded
from seqcheck.outputs.html.words import MEANING, RINGS, UNNUMBERED
from seqcheck.outputs.wording import OF_NUMBERS, count, counted, headline, key, key_text, moment, raw, size, span

if TYPE_CHECKING:
    from seqcheck.demands import Demands

ROWS, GAPS, STREAMS, INPUTS = 1000, 500, 200, 20
NOTHING = "–"
RULED_OUT = "ruled out: "
T = TypeVar("T")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Column(Generic[T]):
    """A column: what is shown, and what it is sorted by where that differs. `words` to the left, and where they can be
    `long`, in lines; numbers to the right."""

    title: str
    value: Callable[[T], str]
    by: Callable[[T], Any] | None = None
    words: bool = False
    long: bool = False


def parts(report: Report, demands: Demands | None = None) -> dict[str, str]:
    """By the name of their place in page.html."""
    verdict = report.verdict
    apart = [(rival.cause, rival.why_not) for rival in verdict.rivals]
    ruled_out = [(cause, why.removeprefix(RULED_OUT)) for cause, why in apart if why.startswith(RULED_OUT)]
    return {
        "tone": "clean" if report.exit_code == 0 else "unsure" if verdict.strength in ("weak", "none") else "finding",
        "cause": text(headline(report)),
        "statement": text(verdict.statement),
        "meaning": worded((MEANING if report.numbered else UNNUMBERED)[headline(report)]),
        "figures": figures(report),
        "because": listing("Why", verdict.because),
        "next": steps(headline(report), ring_given=report.verdict.ring_given),
        "requirements": requirements(report, demands),
        "rivals": pairs("What else it could be", [pair for pair in apart if not pair[1].startswith(RULED_OUT)])
        + pairs("Ruled out", ruled_out),
        "also": pairs(
            "Also found",
            [(it.cause, wording.beside(it)) for it in report.also],
        ),
        "caveats": listing("Before relying on it", verdict.caveats),
        "said": said(report),
        "ring": figure(report.overview.slots if report.overview and ringed(report) else None, said(report)),
        "pair": html_pair.figure(report.pair),
        "distances": distances(report),
        "moments": moments(report),
        "causes": "".join(f"<option>{text(cause)}</option>" for cause in report.duplicates.by_cause),
        "duplicates": duplicates(report),
        "gaps": gaps(report),
        "streams": streams(report),
        "other_traffic": other_traffic(report),
        "read": read(report),
    }


def ringed(report: Report) -> bool:
    """Whether anything points to a ring, so that one has a place in the charts."""
    return any(cause in RINGS for cause in (report.verdict.cause, *(also.cause for also in report.also)))


def utc(ns: int) -> str:
    """A moment, to the nanosecond: 2017-11-24 21:11:24.000000123."""
    seconds, rest = divmod(ns, 10**9)
    return f"{_EPOCH + timedelta(seconds=seconds):%Y-%m-%d %H:%M:%S}.{rest:09d}"


def time_lag(it: Duplicate | OtherCopy) -> str:
    """The time between the two copies."""
    return NOTHING if it.time_lag_ns is None else span(it.time_lag_ns)


def known(number: int | None) -> str:
    """A number, or a dash where it does not apply."""
    return NOTHING if number is None else raw(number)


def figures(report: Report) -> str:
    """The counts, as a list of terms."""
    verdict = report.verdict
    late = sum(stream.late for stream in report.streams)
    of_numbers = [("missing", count(report.gaps.missing)), ("late", count(late))] if report.numbered else []
    shown = [
        ("duplicates", count(report.duplicates.total)),
        *of_numbers,
        ("records", count(wording.records(report))),
        ("streams", count(len(report.streams))),
    ]
    if verdict.ring_size is not None:
        shown.insert(0, (f"ring, {'as given' if verdict.ring_given else 'inferred'}", count(verdict.ring_size)))
    if verdict.strength != "none":
        shown.insert(0, ("evidence", verdict.strength))
    if report.capture.dropped is not None:
        shown.append(("dropped while capturing", count(report.capture.dropped)))
    return "".join(f"<div><dt>{text(name)}</dt><dd>{text(value)}</dd></div>" for name, value in shown)


def listing(title: str, sentences: Sequence[str]) -> str:
    """Sentences under a heading; nothing if there are none."""
    items = "".join(f"<li>{worded(sentence)}</li>" for sentence in sentences)
    return f"<section><h2>{title}</h2><ul>{items}</ul></section>" if items else ""


def pairs(title: str, items: Iterable[tuple[str, str]]) -> str:
    """Names and what is said of them."""
    shown = "".join(f"<dt>{text(name)}</dt><dd>{worded(value)}</dd>" for name, value in items)
    return f'<section><h2>{title}</h2><dl class="pairs">{shown}</dl></section>' if shown else ""


def said(report: Report) -> str:
    """How many duplicates, by cause: what the charts have in common, in words."""
    causes = ", ".join(f"{count(number)} {cause}" for cause, number in report.duplicates.by_cause.items())
    return text(f"{counted(report.duplicates.total, 'duplicate')}: {causes}" if causes else "No duplicates.")


def distances(report: Report) -> str:
    """The histogram as a table."""
    columns: list[Column[Bin]] = [
        Column(title="distance", value=lambda it: raw(it.low) if it.low == it.high else f"{it.low} to {it.high}"),
        Column(title="duplicates", value=lambda it: count(it.count)),
    ]
    return plain("Distances between the copies, in records of the stream", columns, report.duplicates.distances)


def moments(report: Report) -> str:
    """The time line as a table: where something happened."""
    begin = report.capture.first_ns
    found = report.overview.timeline if report.overview else ()
    columns: list[Column[Moment]] = [
        Column(title="from second", value=lambda it: moment(it.ns, begin)),
        Column(title="from frame", value=lambda it: raw(it.frame)),
        Column(title="frames", value=lambda it: count(it.frames)),
        Column(title="for", value=lambda it: span(it.span_ns)),
        Column(title="duplicates", value=lambda it: count(it.duplicates)),
        Column(title="missing", value=lambda it: count(it.missing)),
        Column(title="late", value=lambda it: count(it.late)),
        Column(title="dropped", value=lambda it: count(it.dropped)),
    ]
    columns = [column for column in columns if report.numbered or column.title not in OF_NUMBERS]
    return plain("Stretches of the capture with findings", columns, [it for it in found if eventful(it)])


def eventful(it: Moment) -> bool:
    """Whether anything was found in it."""
    return bool(it.duplicates or it.missing or it.late or it.dropped)


def duplicates(report: Report) -> str:
    """The first ones, to sort and to filter."""
    found = report.duplicates
    columns: list[Column[Duplicate]] = [
        Column(title="frame", value=lambda it: raw(it.frame)),
        Column(title="earlier", value=lambda it: known(it.earlier_frame)),
        Column(title="time, UTC", value=lambda it: utc(it.ns), words=True),
        Column(title="number", value=lambda it: raw(it.seq)),
        Column(title="distance", value=lambda it: known(it.distance)),
        Column(title="in frames", value=lambda it: known(it.frame_distance)),
        Column(title="lag", value=lambda it: raw(it.lag)),
        Column(title="time lag", value=time_lag, by=lambda it: it.time_lag_ns),
        Column(title="laps", value=lambda it: known(it.laps)),
        Column(title="short by", value=lambda it: known(it.shortfall)),
        Column(title="copy", value=likeness, words=True, long=True),
        Column(title="place", value=lambda it: it.place or NOTHING, words=True),
        Column(title="cause", value=lambda it: it.cause, words=True),
    ]
    if len(report.streams) > 1:
        columns.insert(0, Column(title="stream", value=lambda it: raw(it.stream)))
    shown = found.listed[:ROWS]
    columns = [column for column in columns if report.numbered or column.title not in OF_NUMBERS]
    return sortable("duplicates", "Duplicates", columns, shown) + left(found.total, len(shown))


def other_traffic(report: Report) -> str:
    """What was found among the foreign frames; nothing if nobody asked."""
    found = report.other_traffic
    if found is None:
        return ""
    columns: list[Column[OtherCopy]] = [
        Column(title="frame", value=lambda it: raw(it.frame)),
        Column(title="earlier", value=lambda it: known(it.earlier_frame)),
        Column(title="time, UTC", value=lambda it: utc(it.ns), words=True),
        Column(title="in frames", value=lambda it: known(it.frame_distance)),
        Column(title="time lag", value=time_lag, by=lambda it: it.time_lag_ns),
        Column(title="flow", value=lambda it: key_text(it.flow), words=True, long=True),
        Column(title="cause", value=lambda it: it.cause, words=True),
    ]
    shown = found.listed[:ROWS]
    rows = sortable("other-traffic", "Copies in other traffic", columns, shown) + left(found.copies, len(shown))
    return f"<h2>Other traffic</h2><p>{worded(found.statement)}</p>{rows if shown else ''}"


def likeness(it: Duplicate) -> str:
    """How the copy compares with the earlier one."""
    if it.identical is None:
        return "not compared"
    if it.identical:
        return "identical"
    return f"differs: {', '.join(it.differs[:8])}" if it.differs else "other bytes"


def gaps(report: Report) -> str:
    """The first ones."""
    found, begin = report.gaps, report.capture.first_ns
    columns: list[Column[Gap]] = [
        Column(title="before frame", value=lambda it: raw(it.frame)),
        Column(title="at second", value=lambda it: moment(it.ns, begin)),
        Column(title="missing", value=lambda it: count(it.count), by=lambda it: it.count),
        Column(title="first number", value=lambda it: raw(it.first_seq)),
    ]
    if len(report.streams) > 1:
        columns.insert(0, Column(title="stream", value=lambda it: raw(it.stream)))
    return sortable("gaps", "Gaps", columns, found.listed[:GAPS]) + left(found.total, len(found.listed[:GAPS]))


def streams(report: Report) -> str:
    """Those with findings first."""
    found = by_findings(report.streams)
    columns: list[Column[Stream]] = [
        Column(title="id", value=lambda it: raw(it.id)),
        Column(title="stream", value=key, words=True, long=True),
        *counts("received", "duplicates", "missing", "late", "restarts", "wraps"),
        Column(title="first number", value=lambda it: raw(it.first_seq)),
        Column(title="last number", value=lambda it: raw(it.last_seq)),
    ]
    columns = [column for column in columns if report.numbered or column.title not in OF_NUMBERS]
    return sortable("streams", "Streams", columns, found[:STREAMS]) + left(len(found), len(found[:STREAMS]))


def counts(*names: str) -> list[Column[Stream]]:
    """Columns of counts, by the names of their fields."""

    def column(name: str) -> Column[Stream]:
        return Column(title=name, value=lambda it: count(getattr(it, name)), by=lambda it: getattr(it, name))

    return [column(name) for name in names]


def sortable(name: str, title: str, columns: Sequence[Column[T]], rows: Sequence[T]) -> str:
    """A table whose columns can be sorted by; the page's program does it."""
    if not rows:
        return f"<p>{title}: none.</p>"
    heads = "".join(
        f'<th scope="col" aria-sort="none"{"" if it.words else NUMBER}><button type="button">{it.title}</button></th>'
        for it in columns
    )
    body = "".join(f"<tr>{''.join(cell(it, row) for it in columns)}</tr>\n" for row in rows)
    return (
        f'<div class="scroll" role="region" aria-label="{title}" tabindex="0"><table id="{name}">'
        f"<caption>{title}</caption><thead><tr>{heads}</tr></thead><tbody>\n{body}</tbody></table></div>"
    )


NUMBER = ' class="number"'


def cell(column: Column[T], row: T) -> str:
    """One cell; `data-by` where it is sorted by something else than it shows."""
    shown = text(column.value(row))
    if column.words:
        return f'<td class="long">{shown}</td>' if column.long else f"<td>{shown}</td>"
    by = "" if column.by is None else f' data-by="{text(str(column.by(row)))}"'
    return f"<td{NUMBER}{by}>{shown}</td>"


def plain(title: str, columns: Sequence[Column[T]], rows: Sequence[T]) -> str:
    """A table in place of a chart."""
    if not rows:
        return ""
    heads = "".join(f'<th scope="col"{NUMBER}>{it.title}</th>' for it in columns)
    body = "".join(f"<tr>{''.join(cell(it, row) for it in columns)}</tr>\n" for row in rows)
    return (
        f"<details><summary>The same as a table</summary>"
        f'<div class="scroll" role="region" aria-label="{title}" tabindex="0"><table><caption>{title}</caption>'
        f"<thead><tr>{heads}</tr></thead><tbody>\n{body}</tbody></table></div></details>"
    )


def left(total: int, shown: int) -> str:
    """What a table leaves out."""
    if total <= shown:
        return ""
    return (
        f"<p>The first {count(shown)} of {count(total)}; all are counted above, and"
        " <code>--report csv=FILE</code> lists every one.</p>"
    )


def read(report: Report) -> str:
    """What the report rests on."""
    capture, records = report.capture, report.records
    rows = [("capture", ", ".join(capture.inputs[:INPUTS]))]
    if len(capture.inputs) > INPUTS:
        rows.append(("and", counted(len(capture.inputs) - INPUTS, "more capture")))
    rows.append(("frames", f"{counted(capture.frames, 'frame')}, {size(capture.bytes)}"))
    if capture.first_ns is not None and capture.last_ns is not None:
        begin = (_EPOCH + timedelta(microseconds=capture.first_ns // 1000)).strftime("%Y-%m-%d %H:%M:%S")
        rows.append(("time", f"{span(capture.last_ns - capture.first_ns)} from {begin} UTC"))
    if capture.selected:
        rows.append(("selected", capture.selected))
    skipped = ", ".join(f"{count(number)} {reason}" for reason, number in records.skipped.items() if number)
    rows.append(("records", f"{counted(records.sequenced, 'record')}, {count(records.foreign)} foreign"))
    if skipped:
        rows.append(("skipped", skipped))
    if capture.cut_frames:
        rows.append(("cut", f"{counted(capture.cut_frames, 'frame')} cut by the snap length"))
    rows += [("layout", f"{each.name}: {each.spec}") for each in report.read_by]
    rows.append(("seqcheck", f"{report.seqcheck.version}, {report.seqcheck.kernel} kernel"))
    rows += [
        ("not read" if each.what.startswith(UNREAD) else "damage", wording.place(each))
        for each in capture.damage[:INPUTS]
    ]
    return pairs("What was read", rows)
