"""Requirements for a report: limits, causes that must not occur, and expectations. Pure; it judges, it never reads
captures.

Without any requirement a report is clean if nothing came twice and nothing is missing (docs/ci.md): late records and
restarts are not findings, nor are the second copies that redundant paths deliver on purpose. Foreign frames count if a
ring sent them again and somebody asked for them. `--max-...` changes these limits. A cause to fail on, or an
expectation, replaces them: then duplicates and missing numbers count only if a limit is given too. With any
requirement, a damaged or truncated capture fails, because the unread part may hold what must not occur.
`--allow-damage` allows it; an expectation may name it.
"""

from __future__ import annotations

from ..dataclass import dataclass
from ..model import Report
from .expected import Expectation
from .limits import NONE, Limit
from .suspects import Suspect
from .unmet import Check, Unmet

ON_PURPOSE = "redundancy"  # duplicates that are no findings by default
NO_COUNTER = "no-counter"
LIMITS = "limits"

__all__ = ["Check", "Demands", "Expectation", "Limit", "Suspect", "Unmet"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Demands:
    """All that is demanded; a limit of None is not given. A share of duplicates or late records is one of the records
    received, a share of missing numbers one of the numbers that should have come."""

    duplicates: Limit | None = None
    missing: Limit | None = None
    late: Limit | None = None
    suspects: tuple[Suspect, ...] = ()
    expected: Expectation | None = None
    damage: bool = False  # is allowed

    def unmet(self, report: Report) -> list[Unmet]:
        """Everything that does not hold; empty if the report is as demanded."""
        return [check.unmet for check in self.checks(report) if not check.met]

    def checks(self, report: Report) -> list[Check]:
        """Each demand, and whether the report meets it."""
        if self._blind(report):
            return [Check(what="cause", demanded="a field that counts", found=NO_COUNTER, met=False)]
        found = [*self._figures(report), *self._whole(report), *self._followed(report)]
        for suspect in self.suspects:
            found += suspect.checks(report)
        return found + (list(self.expected.checks(report)) if self.expected else [])

    def _figures(self, report: Report) -> list[Check]:
        default = None if self.suspects or self.expected else NONE
        received = sum(stream.received for stream in report.streams)
        due = sum(stream.unique + stream.missing for stream in report.streams)
        duplicates = report.duplicates.total
        if self.duplicates is None:
            duplicates -= report.duplicates.by_cause.get(ON_PURPOSE, 0)
        late = sum(stream.late for stream in report.streams)
        figures = [
            ("duplicates", self.duplicates or default, duplicates, received, "records"),
            ("missing", self.missing or default, report.gaps.missing, due, "numbers"),
            ("late", self.late, late, received, "records"),
        ]
        if (others := report.asked_beside) is not None:
            foreign = (
                "foreign duplicates",
                self.duplicates or default,
                others.stale,
                others.told_apart,
                "foreign frames",
            )
            figures.insert(1, foreign)
        return [
            Check(
                what=name, demanded=f"at most {limit}", found=f"{count} of {of} {noun}",
                met=not limit.exceeded(count, of),
            )
            for name, limit, count, of, noun in figures
            if limit is not None
        ]  # fmt: skip

    def _whole(self, report: Report) -> list[Check]:
        """That all of the capture was read, where somebody demands anything at all and nobody allows otherwise."""
        any_ = self.suspects or self.expected or self.duplicates or self.missing or self.late
        if self.damage or not any_ or (self.expected and "damage" in self.expected.counts):
            return []
        damage = report.capture.damage
        first = damage[0].what + (f" (and {len(damage) - 1} more)" if len(damage) > 1 else "") if damage else "none"
        return [Check(what="damage", demanded="none", found=first, met=not damage)]

    def _followed(self, report: Report) -> list[Check]:
        """That no limit may have hidden something, where one has, and damage is not allowed either."""
        hidden = [f"{each.count} ({each.name})" for each in report.limits if each.hides]
        if self.damage or not hidden:
            return []
        return [Check(what=LIMITS, demanded="nothing hidden", found=", ".join(hidden), met=False)]

    def exit_code(self, report: Report) -> int:
        """0 if all holds, else 1; 2 where the field does not count, or nothing was found but something may be
        hidden, so that nobody can tell."""
        unmet = self.unmet(report)
        if unmet and (self._blind(report) or all(each.what == LIMITS for each in unmet)):
            return 2
        return 1 if unmet else 0

    def _blind(self, report: Report) -> bool:
        """Nothing was judged, and nobody expects that."""
        expected = self.expected.causes if self.expected else ()
        return report.verdict.cause == NO_COUNTER and NO_COUNTER not in expected
