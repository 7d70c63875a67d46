"""The report as JUnit XML: one test case for each stream and check, and one for the verdict over all.

A stream fails `duplicates` where a number came twice, `missing` where one never came; the reasons are in the failure.
Characters that XML cannot hold are written out.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO
from xml.sax.saxutils import escape, quoteattr

from seqcheck.errors import TROUBLE
from seqcheck.escape import visible
from seqcheck.model import Duplicate, Gap, Report, Stream
from seqcheck.reporters import Page
from seqcheck.reporters.wording import count, counted, key, raw

ROWS = 20  # findings told of, for each stream
NAME = "seqcheck"
ON_PURPOSE = "redundancy"


def write(report: Report, out: BinaryIO, page: Page) -> None:
    """One test suite."""
    out.write(("\n".join(lines(report)) + "\n").encode("utf-8"))


def lines(report: Report) -> Iterator[str]:
    """Line by line."""
    counts = report.exit_code < TROUBLE  # else no figure of a stream means anything
    streams = report.streams if counts else ()
    duplicates, gaps = by_stream(report)
    failed = [
        (
            twice(stream, duplicates.get(stream.id, []), report),
            never(stream, gaps.get(stream.id, []), report),
        )
        for stream in streams
    ]
    failures = sum(each is not None for both in failed for each in both) + (report.exit_code == 1)
    errors = int(not counts)
    tests = 2 * len(streams) + 1
    capture = report.capture
    seconds = 0.0 if capture.first_ns is None or capture.last_ns is None else (capture.last_ns - capture.first_ns) / 1e9
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield f'<testsuites name="{NAME}" tests="{tests}" failures="{failures}" errors="{errors}">'
    yield (
        f'<testsuite name={attribute(", ".join(capture.inputs))} tests="{tests}" failures="{failures}"'
        f' errors="{errors}"'
        f' skipped="0" time="{seconds:.6f}">'
    )
    yield "<properties>"
    for name, value in properties(report):
        yield f"<property name={attribute(name)} value={attribute(value)}/>"
    yield "</properties>"
    found = verdict(report) if report.exit_code else None
    yield from case("verdict", NAME, found, report.verdict.statement, kind="failure" if counts else "error")
    for stream, (again, lost) in zip(streams, failed, strict=True):
        where = f"{NAME}.stream {stream.id}: {key(stream)}"
        yield from case("duplicates", where, again)
        yield from case("missing", where, lost)
    yield "</testsuite>"
    yield "</testsuites>"


def properties(report: Report) -> list[tuple[str, str]]:
    """What the suite is about."""
    return [
        ("version", report.seqcheck.version),
        ("layout", report.layout.spec),
        ("frames", raw(report.capture.frames)),
        ("records", raw(report.records.sequenced)),
        ("duplicates", raw(report.duplicates.total)),
        ("missing", raw(report.gaps.missing)),
        ("late", raw(sum(stream.late for stream in report.streams))),
        ("cause", report.verdict.cause),
        ("strength", report.verdict.strength),
    ]


def case(
    name: str, where: str, failure: tuple[str, str] | None, said: str = "", kind: str = "failure"
) -> Iterator[str]:
    """A test case that failed for that (message, text), or passed. `kind` is the element that says how it failed."""
    yield f"<testcase name={attribute(name)} classname={attribute(where)}>"
    if failure is not None:
        message, text = failure
        yield f"<{kind} type={attribute(name)} message={attribute(message)}>{content(text)}</{kind}>"
    elif said:
        yield f"<system-out>{content(said)}</system-out>"
    yield "</testcase>"


def verdict(report: Report) -> tuple[str, str]:
    """The judgement over all streams."""
    found = report.verdict
    text = [found.statement, *(f"because: {reason}" for reason in found.because)]
    text += [f"not {rival.cause}: {rival.why_not}" for rival in found.rivals]
    text += [f"also {also.cause} ({count(also.explained)}): {also.statement}" for also in report.also]
    text += [f"caveat: {caveat}" for caveat in found.caveats]
    return found.statement, "\n".join(map(visible, text))


def twice(stream: Stream, listed: list[Duplicate], report: Report) -> tuple[str, str] | None:
    """What came again, None where nothing did, or only what two redundant ways deliver on purpose."""
    others = report.duplicates.total - report.duplicates.by_cause.get(ON_PURPOSE, 0)
    listed = [each for each in listed if each.cause != ON_PURPOSE]
    if not stream.duplicates or not others or (report.duplicates.complete and not listed):
        return None
    shown = listed[:ROWS]
    text = [
        f"frame {each.frame}: number {each.seq} again, its earlier copy is frame {raw(each.earlier_frame)};"
        f" distance {raw(each.distance)}, {each.cause}"
        for each in shown
    ]
    left = stream.duplicates - len(shown)
    return f"{counted(stream.duplicates, 'number')} came again", more([report.verdict.statement, *text], left)


def never(stream: Stream, listed: list[Gap], report: Report) -> tuple[str, str] | None:
    """What never came, None where all did."""
    if not stream.missing:
        return None
    shown = listed[:ROWS]
    text = [f"frame {each.frame}: {counted(each.count, 'number')} missing from {each.first_seq}" for each in shown]
    left = stream.missing - sum(each.count for each in shown)
    if report.capture.dropped:
        text.append(f"the capturing side dropped {counted(report.capture.dropped, 'frame')}")
    return f"{counted(stream.missing, 'number')} never came", more(text, left)


def more(text: list[str], left: int) -> str:
    """Lines, and what they leave out."""
    return "\n".join([*map(visible, text), *([f"and {count(left)} more"] if left > 0 else [])])


def by_stream(report: Report) -> tuple[dict[int, list[Duplicate]], dict[int, list[Gap]]]:
    """The listed findings of each stream."""
    duplicates: dict[int, list[Duplicate]] = {}
    gaps: dict[int, list[Gap]] = {}
    for duplicate in report.duplicates.listed:
        duplicates.setdefault(duplicate.stream, []).append(duplicate)
    for gap in report.gaps.listed:
        gaps.setdefault(gap.stream, []).append(gap)
    return duplicates, gaps


def attribute(text: str) -> str:
    """`text` as an attribute's value, quoted."""
    return quoteattr(holdable(visible(text)))


def content(text: str) -> str:
    """Lines as an element's text; each was made visible."""
    return escape("\n".join(holdable(visible(line)) for line in text.split("\n")))


def holdable(text: str) -> str:
    """Without the two code points that XML forbids and a terminal does not mind."""
    return text.replace("\ufffe", "\\ufffe").replace("\uffff", "\\uffff")
