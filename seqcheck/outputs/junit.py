"""The report as JUnit XML: test cases for the capture, the verdict, and each stream and check; or for each requirement.

Without requirements, a stream fails `duplicates` if a number came twice, and `missing` if one never came. With some
(limits, causes to fail on, expectations), they alone decide: there is a test case for each, and the streams' cases say
what was found and pass. A damaged capture, and a field that does not count, are errors.

Jenkins and GitLab both read this: it fits the schema of Jenkins' xunit plugin (junit-10.xsd), in which times have three
decimals at most. Characters that XML cannot hold are escaped.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, BinaryIO
from xml.sax.saxutils import escape, quoteattr

from seqcheck.dataclass import dataclass
from seqcheck.errors import TROUBLE
from seqcheck.escape import visible
from seqcheck.model import Duplicate, Gap, Report, Stream
from seqcheck.outputs import Page
from seqcheck.outputs.wording import beside, count, counted, flaw, key, named, place, raw

if TYPE_CHECKING:
    from seqcheck.demands import Check, Demands

ROWS = 20  # findings told of, for each stream
NAME = "seqcheck"
ON_PURPOSE = "redundancy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A test case. `outcome` is what it is in the file: "failure" or "error" with `message` and `text`, or "" where it
    passed; then `text`, if any, is its output."""

    name: str
    where: str
    outcome: str = ""
    message: str = ""
    text: str = ""


def write(report: Report, out: BinaryIO, page: Page) -> None:
    """One test suite."""
    out.write(("\n".join(lines(report, page.demands)) + "\n").encode("utf-8"))


def lines(report: Report, demands: Demands | None = None) -> Iterator[str]:
    """Line by line."""
    cases = [capture(report, demands), *(demanded(report, demands) if demands else by_default(report))]
    totals = (
        f'tests="{len(cases)}" failures="{sum(case.outcome == "failure" for case in cases)}"'
        f' errors="{sum(case.outcome == "error" for case in cases)}"'
    )
    seen = report.capture
    ns = 0 if seen.first_ns is None or seen.last_ns is None else max(0, seen.last_ns - seen.first_ns)
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield f'<testsuites name="{NAME}" {totals}>'
    yield f'<testsuite name={attribute(", ".join(seen.inputs))} {totals} skipped="0" time="{ns / 1e9:.3f}">'
    yield "<properties>"
    for name, value in properties(report):
        yield f"<property name={attribute(name)} value={attribute(value)}/>"
    yield "</properties>"
    for case in cases:
        yield from element(case)
    yield "</testsuite>"
    yield "</testsuites>"


def capture(report: Report, demands: Demands | None) -> Case:
    """Whether all of the capture could be read."""
    damage = report.capture.damage
    if not damage:
        return Case(name="capture", where=NAME)
    text = "\n".join(visible(place(each)) for each in damage[:ROWS])
    if demands is not None and demands.damage:
        return Case(name="capture", where=NAME, text=text)
    message = f"the capture {flaw(damage)}"
    return Case(name="capture", where=NAME, outcome="error", message=message, text=text)


def by_default(report: Report) -> Iterator[Case]:
    """The verdict, and each stream's duplicates and missing numbers."""
    if report.exit_code >= TROUBLE:  # no figure of a stream means anything
        yield Case(name="verdict", where=NAME, outcome="error", message=report.verdict.statement, text=verdict(report))
        return
    if report.exit_code:
        yield Case(
            name="verdict", where=NAME, outcome="failure", message=report.verdict.statement, text=verdict(report)
        )
    else:
        yield Case(name="verdict", where=NAME, text=report.verdict.statement)
    for where, name, found in by_stream(report):
        message, text = found or ("", "")
        yield Case(name=name, where=where, outcome="failure" if found else "", message=message, text=text)


def demanded(report: Report, demands: Demands) -> Iterator[Case]:
    """What is demanded, and what was found of all streams."""
    checks: Sequence[Check] = demands.checks(report)
    blind = demands.exit_code(report) >= TROUBLE
    for check in checks:
        failed = "" if check.met else "error" if blind else "failure"
        message = "" if check.met else str(check.unmet)
        text = f"expected {check.demanded}, found {check.found}" if check.met else verdict(report)
        name = f"{check.what}: {check.demanded}"
        yield Case(name=name, where=f"{NAME}.demands", outcome=failed, message=message, text=text)
    yield Case(name="verdict", where=NAME, text=verdict(report))
    if not blind:
        for where, name, found in by_stream(report):
            yield Case(name=name, where=where, text="\n".join(found) if found else "")


def by_stream(report: Report) -> Iterator[tuple[str, str, tuple[str, str] | None]]:
    """Class name, name and findings (message, text) of each stream's test cases."""
    duplicates, gaps = listed_by_stream(report)
    for stream in report.streams:
        where = f"{NAME}.stream {stream.id}: {key(stream)}"
        yield where, "duplicates", twice(stream, duplicates.get(stream.id, []), report)
        yield where, "missing", never(stream, gaps.get(stream.id, []), report)


def properties(report: Report) -> list[tuple[str, str]]:
    """What the suite is about."""
    return [
        ("version", report.seqcheck.version),
        ("layout", "; ".join(each.spec for each in report.read_by)),
        ("frames", raw(report.capture.frames)),
        ("records", raw(report.records.sequenced)),
        ("duplicates", raw(report.duplicates.total)),
        ("missing", raw(report.gaps.missing)),
        ("late", raw(sum(stream.late for stream in report.streams))),
        ("cause", report.verdict.cause),
        ("strength", report.verdict.strength),
    ]


def element(case: Case) -> Iterator[str]:
    """A test case as it is in the file."""
    yield f"<testcase name={attribute(case.name)} classname={attribute(case.where)}>"
    if case.outcome:
        yield (
            f"<{case.outcome} type={attribute(case.name)} message={attribute(case.message)}>{content(case.text)}"
            f"</{case.outcome}>"
        )
    elif case.text:
        yield f"<system-out>{content(case.text)}</system-out>"
    yield "</testcase>"


def verdict(report: Report) -> str:
    """The judgement over all streams."""
    found = report.verdict
    text = [found.statement, *(f"because: {reason}" for reason in found.because)]
    text += [f"not {rival.cause}: {rival.why_not}" for rival in found.rivals]
    text += [f"also {also.cause}: {beside(also)}" for also in report.also]
    text += [f"caveat: {caveat}" for caveat in found.caveats]
    return "\n".join(map(visible, text))


def twice(stream: Stream, listed: list[Duplicate], report: Report) -> tuple[str, str] | None:
    """What came again, None if nothing did, or only what two redundant paths deliver on purpose."""
    others = report.duplicates.total - report.duplicates.by_cause.get(ON_PURPOSE, 0)
    listed = [each for each in listed if each.cause != ON_PURPOSE]
    if not stream.duplicates or not others or (report.duplicates.complete and not listed):
        return None
    shown = listed[:ROWS]
    text = [
        f"frame {each.frame}: {named(each.seq)} again, its earlier copy is frame {raw(each.earlier_frame)};"
        f" distance {raw(each.distance)}, {each.cause}"
        for each in shown
    ]
    left = stream.duplicates - len(shown)
    what = "number" if report.numbered else "frame"
    return f"{counted(stream.duplicates, what)} came again", more([report.verdict.statement, *text], left)


def never(stream: Stream, listed: list[Gap], report: Report) -> tuple[str, str] | None:
    """What never came, None if all did."""
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


def listed_by_stream(report: Report) -> tuple[dict[int, list[Duplicate]], dict[int, list[Gap]]]:
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
