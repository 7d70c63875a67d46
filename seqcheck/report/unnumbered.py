"""A report about frames that carry no numbers (the layout content): nothing in it speaks of any. Pure."""

from __future__ import annotations

import re

from ..dataclass import replace
from ..kernel.border import INDISTINCT, REASONS
from ..model import Also, Report, Rival, Verdict
from .words import plural

# What a sentence about numbers says instead, first match first.
SAYS = (
    (r"^No number came twice in ([\d,]+ records?)\. Nothing is missing\.", r"No frame came twice in \1."),
    (r"another number is missing", "another frame is missing"),
    (r"\bnew packet with an old number\b", "new packet with old content"),
    (r"\bcarried a number received before\b", "had been received before"),
    (r"\bnumber(s?)\b(?! of)", r"frame\1"),
    (r"\bNumber(s?)\b(?! of)", r"Frame\1"),
)


def unnumbered(report: Report, *, renewed: int) -> Report:
    """The report with sentences about frames, and with what was not told apart; `renewed` frames had the content of
    another packet."""
    return replace(
        report,
        verdict=_verdict(report, renewed),
        also=tuple(_also(one) for one in report.also),
    )


def said(sentence: str) -> str:
    """The same about frames."""
    for pattern, instead in SAYS:
        sentence = re.sub(pattern, instead, sentence)
    return sentence


def _verdict(report: Report, renewed: int) -> Verdict:
    verdict = report.verdict
    return replace(
        verdict,
        statement=said(verdict.statement),
        because=tuple(map(said, verdict.because)),
        rivals=tuple(
            Rival(cause=one.cause, why_not=said(one.why_not)) for one in verdict.rivals if one.cause != "restart"
        ),
        caveats=(*_indistinct(report, renewed), *map(said, verdict.caveats)),
    )


def _indistinct(report: Report, renewed: int) -> list[str]:
    """What was not told apart."""
    found = []
    indistinct = report.records.skipped.get(REASONS[INDISTINCT], 0)
    if indistinct:
        more = f" (of {plural(renewed, 'frame')} the content came again in a new packet)" if renewed else ""
        found.append(
            f"{plural(indistinct, 'frame')} {'carries' if indistinct == 1 else 'carry'} nothing that tells "
            f"{'it' if indistinct == 1 else 'them'} apart{more}: whether old ones are among them cannot be seen."
        )
    if report.capture.cut_frames:
        found.append("Cut frames were compared only as far as they were captured.")
    return found


def _also(one: Also) -> Also:
    return replace(one, statement=said(one.statement))
