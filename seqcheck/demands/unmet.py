"""A demand that a report does not meet."""

from __future__ import annotations

from seqcheck.dataclass import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmet:
    """`what` was `demanded`, and this was `found`; all three are words for people."""

    what: str
    demanded: str
    found: str

    def __str__(self) -> str:
        return f"{self.what}: {self.demanded} demanded, found {self.found}"
