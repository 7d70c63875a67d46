"""What limits that were reached mean for a report: sentences for its reader, and whether anything can still be clean.

Pure; the one place where a track.Limit becomes prose.
"""

from __future__ import annotations

from collections.abc import Iterable

from ..dataclass import replace
from ..model import Reached, Verdict
from ..track.tracker import Limit, LimitName

SENTENCES: dict[LimitName, str] = {
    "streams": "{count} records belong to streams that were not followed: memory sufficed for {limit} streams.",
    "copies": "The earlier copies of {count} duplicates are too far back, so their distances are unknown.",
    "missing": "{count} records carried numbers too old to know whether they had come before: they were not judged.",
    "forgotten": "{count} missing numbers are counted but no longer known individually: the gaps list only the others.",
    "chains": "{count} runs of old numbers were too fragmented to follow: they count as copies, not as a restart.",
    "duplicates": "{count} duplicates are counted but not kept individually; the verdict is based on a sample of all.",
    "gaps": "{count} gaps are counted but not kept individually; losses next to duplicates may be incomplete.",
    "late": "{count} late records are counted but not kept individually.",
    "restarts": "{count} restarts are counted but not kept individually.",
}
HIDING: dict[LimitName, str] = {  # what may hide a duplicate or a loss
    "streams": "{count} records belong to streams that were not followed",
    "missing": "{count} records carried numbers too old to be judged",
}


def caveats(limits: Iterable[Limit], followed: int) -> tuple[str, ...]:
    """A sentence for each limit that was reached; `followed` is how many streams were followed."""
    totals = _totals(limits)
    return tuple(
        sentence.format(count=f"{totals[name]:,}", limit=f"{followed:,}")
        for name, sentence in SENTENCES.items()
        if name in totals
    )


def reached(limits: Iterable[Limit]) -> tuple[Reached, ...]:
    """Each of them once, over all streams, in the order of the sentences."""
    totals = _totals(limits)
    return tuple(Reached(name=name, count=totals[name], hides=name in HIDING) for name in SENTENCES if name in totals)


def judged(verdict: Verdict, limits: Iterable[Limit], followed: int) -> Verdict:
    """The verdict with what limits mean for it: a capture of which something was not seen is not clean."""
    totals = _totals(limits)
    verdict = replace(verdict, caveats=(*verdict.caveats, *caveats(limits, followed)))
    hidden = [text.format(count=f"{totals[name]:,}") for name, text in HIDING.items() if name in totals]
    if verdict.cause != "clean" or not hidden:
        return verdict
    return replace(
        verdict,
        cause="not-judged",
        strength="none",
        statement=f"{verdict.statement} But not everything could be checked: {'; '.join(hidden)}.",
    )


def _totals(limits: Iterable[Limit]) -> dict[LimitName, int]:
    totals: dict[LimitName, int] = {}
    for limit in limits:
        totals[limit.name] = totals.get(limit.name, 0) + limit.count
    return totals
