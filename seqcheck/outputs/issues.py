"""What a code scanner would call issues: each requirement that is not met, and the verdict if all are; for the formats
sarif and codequality.

Without requirements, duplicates and missing numbers are the issues, and a damaged capture is a warning.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal
from urllib.parse import quote

from seqcheck.dataclass import dataclass
from seqcheck.escape import visible
from seqcheck.model import Report
from seqcheck.outputs.wording import flaw, headline

if TYPE_CHECKING:
    from seqcheck.demands import Demands

Level = Literal["error", "warning", "note"]
STDIN = "-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """`rule` is its kind, in lower case and dashes; `place` the capture, as a URI."""

    rule: str
    level: Level
    message: str
    place: str

    @property
    def fingerprint(self) -> str:
        """The same for the same rule in the same capture, whatever was counted."""
        return hashlib.sha256(f"{self.rule}\0{self.place}".encode()).hexdigest()


def issues(report: Report, demands: Demands | None) -> Iterator[Issue]:
    """The worst first; none of a capture that is clean."""
    from seqcheck.demands import Demands as Nothing

    place = uri(report.capture.inputs[0] if report.capture.inputs else STDIN)
    unmet = (demands or Nothing()).unmet(report)
    for each in unmet:
        message = f"{visible(str(each))}. {visible(report.verdict.statement)}"
        yield Issue(rule=_rule(each.what), level="error", message=message, place=place)
    allowed = demands is not None and demands.damage
    if report.capture.damage and not allowed and not any(each.what == "damage" for each in unmet):
        yield Issue(rule="damage", level="warning", message=f"The capture {flaw(report.capture.damage)}.", place=place)
    if not unmet and report.exit_code:
        yield Issue(rule=headline(report), level="note", message=visible(report.verdict.statement), place=place)


def uri(path: str) -> str:
    """A path as a URI: relative ones stay relative to the repository, absolute ones are files."""
    if path == STDIN:
        return "standard-input"
    encoded = quote(path.replace(os.sep, "/"), safe="/", errors="surrogateescape")
    return f"file://{encoded}" if os.path.isabs(path) else encoded.removeprefix("./")


def _rule(what: str) -> str:
    """'cause stale-slot' -> 'stale-slot', 'stream dport 5001 (id 0): missing' -> 'stream-missing'."""
    name = what.removeprefix("cause ")
    if name.startswith("stream "):
        name = f"stream {name.rpartition(': ')[2]}" if ": " in name else "stream"
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
