"""A cause that must not be found: CAUSE, or CAUSE:STRENGTH for evidence at least that strong; `any` is every cause."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Self, cast, get_args

from ..dataclass import dataclass
from ..model import Cause, Report, Strength
from .unmet import Check, Unmet

ANY = "any"
BLIND = ("not-judged", "no-counter")  # nobody looked: then no cause can be ruled out
CAUSES = tuple(cause for cause in get_args(Cause) if cause != "clean")
STRENGTHS: tuple[Strength, ...] = ("none", "weak", "moderate", "strong")  # ascending


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspect:
    """`cause` (or ANY) must not be found with evidence of `strength` or more."""

    cause: str
    strength: Strength = "none"

    @classmethod
    def parse(cls, text: str) -> Self:
        """`stale-slot` or `stale-slot:moderate`; ValueError if there is no such cause or strength."""
        cause, colon, strength = text.partition(":")
        if cause not in (*CAUSES, ANY):
            raise ValueError(f"there is no cause {cause!r}; there are: {', '.join(CAUSES)}; or {ANY}")
        if colon and strength not in STRENGTHS:
            raise ValueError(f"there is no strength {strength!r}; there are: {', '.join(STRENGTHS)}")
        return cls(cause=cause, strength=cast(Strength, strength or "none"))

    def checks(self, report: Report) -> list[Check]:
        """Each cause found that it is about; one that is met, if there is none."""
        found = [
            Check(what=each.what, demanded=each.demanded, found=each.found, met=False) for each in self.unmet(report)
        ]
        what = "any cause" if self.cause == ANY else f"cause {self.cause}"
        return found or [Check(what=what, demanded=f"none{self._limit}", found="none", met=True)]

    @property
    def _limit(self) -> str:
        return "" if self.strength == "none" else f" that is {self.strength} or more"

    def unmet(self, report: Report) -> Iterator[Unmet]:
        """Each cause found that it is about."""
        verdict = report.verdict
        if verdict.cause in BLIND and self.cause != verdict.cause:
            what = "any cause" if self.cause == ANY else f"cause {self.cause}"
            yield Unmet(what=what, demanded="none", found="not judged")
            return
        claims = [(verdict.cause, verdict.strength, verdict.explained)]
        claims += [(cast(Cause, also.cause), also.strength, also.explained) for also in report.also]
        if report.asked_beside is not None:
            claims += [(cast(Cause, one.cause), one.strength, one.explained) for one in report.asked_beside.also]
        least = STRENGTHS.index(self.strength)
        for cause, strength, explained in claims:
            if cause != "clean" and self.cause in (cause, ANY) and STRENGTHS.index(strength) >= least:
                duplicates = "1 duplicate" if explained == 1 else f"{explained} duplicates"
                evidence = "" if strength == "none" else f", evidence {strength}"
                yield Unmet(what=f"cause {cause}", demanded=f"none{self._limit}", found=f"{duplicates}{evidence}")
