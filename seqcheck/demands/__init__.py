"""What somebody demands of a report: limits, causes that must not be, and expectations. Pure; it judges, it never reads
captures.

Without any demand a report is clean where nothing came twice and nothing is missing (DESIGN section 4): late records
and restarts are no findings, nor are the second copies that redundant paths deliver on purpose. `--max-...` moves these
limits. A cause that is named as a reason to fail, or an
expectation, takes their place: then duplicates and missing numbers count only where a limit is given too.
"""

from __future__ import annotations

from ..dataclass import dataclass
from ..model import Report
from .expected import Expectation
from .limits import NONE, Limit
from .suspects import Suspect
from .unmet import Unmet

ON_PURPOSE = "redundancy"  # duplicates that are no findings by default
NO_COUNTER = "no-counter"

__all__ = ["Demands", "Expectation", "Limit", "Suspect", "Unmet"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Demands:
    """All that is demanded; a limit of None is not given. A share of duplicates or late records is one of the records
    received, a share of missing numbers one of the numbers that should have come."""

    duplicates: Limit | None = None
    missing: Limit | None = None
    late: Limit | None = None
    suspects: tuple[Suspect, ...] = ()
    expected: Expectation | None = None

    def unmet(self, report: Report) -> list[Unmet]:
        """Everything that does not hold; empty where the report is as demanded."""
        default = None if self.suspects or self.expected else NONE
        if self._blind(report):
            return [Unmet(what="cause", demanded="a field that counts", found=NO_COUNTER)]
        received = sum(stream.received for stream in report.streams)
        due = sum(stream.unique + stream.missing for stream in report.streams)
        duplicates = report.duplicates.total
        if self.duplicates is None:
            duplicates -= report.duplicates.by_cause.get(ON_PURPOSE, 0)
        late = sum(stream.late for stream in report.streams)
        figures = (
            ("duplicates", self.duplicates or default, duplicates, received, "records"),
            ("missing", self.missing or default, report.gaps.missing, due, "numbers"),
            ("late", self.late, late, received, "records"),
        )
        found = [
            Unmet(what=name, demanded=f"at most {limit}", found=f"{count} of {of} {noun}")
            for name, limit, count, of, noun in figures
            if limit is not None and limit.exceeded(count, of)
        ]
        for suspect in self.suspects:
            found += suspect.unmet(report)
        return found + (self.expected.unmet(report) if self.expected else [])

    def exit_code(self, report: Report) -> int:
        """0 where all holds, else 1; 2 where the field does not count, so that nobody can tell."""
        return 2 if self._blind(report) else 1 if self.unmet(report) else 0

    def _blind(self, report: Report) -> bool:
        """Nothing was judged, and nobody expects that."""
        expected = self.expected.causes if self.expected else ()
        return report.verdict.cause == NO_COUNTER and NO_COUNTER not in expected
