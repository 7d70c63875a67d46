"""A report at a glance, for a Python prompt and for a notebook."""

from __future__ import annotations

from html import escape

from seqcheck.escape import visible
from seqcheck.model import Report
from seqcheck.outputs.wording import counted, headline, records

LONGEST = 160  # characters of a line


def text(report: Report) -> str:
    """Five lines."""
    verdict = report.verdict
    lines = (
        f"<seqcheck.Report of {', '.join(report.capture.inputs)}",
        f" {judgement(report)}",
        f" {verdict.statement}",
        f" {figures(report)}",
        ' .verdict .streams .duplicates .gaps .to_json() .write("html", "report.html")>',
    )
    return "\n".join(_short(visible(line)) for line in lines)


def html(report: Report) -> str:
    """The same for a notebook."""
    lines = (judgement(report), report.verdict.statement, figures(report))
    first, *rest = (escape(visible(line)) for line in lines)
    return f"<div><p><strong>{first}</strong></p>" + "".join(f"<p>{line}</p>" for line in rest) + "</div>"


def judgement(report: Report) -> str:
    """Cause, strength and ring."""
    verdict = report.verdict
    ring = f", ring {verdict.ring_size}" if verdict.ring_size is not None else ""
    strength = f", {verdict.strength}" if verdict.strength != "none" else ""
    return f"{headline(report)}{strength}{ring}"


def figures(report: Report) -> str:
    """What was counted."""
    late = sum(stream.late for stream in report.streams)
    return (
        f"{counted(records(report), 'record')} in {counted(len(report.streams), 'stream')}:"
        f" {counted(report.duplicates.total, 'duplicate')}"
        + (f", {report.gaps.missing:,} missing, {late:,} late" if report.numbered else "")
    )


def _short(line: str) -> str:
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 2]} …"
