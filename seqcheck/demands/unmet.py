"""The result of one requirement."""

from __future__ import annotations

from seqcheck.dataclass import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmet:
    """`what` was `demanded`, and this was `found`; all three are words for people."""

    what: str
    demanded: str
    found: str

    def __str__(self) -> str:
        return f"{self.what}: expected {self.demanded}, found {self.found}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """The same for a demand that was `met`, too."""

    what: str
    demanded: str
    found: str
    met: bool

    @property
    def unmet(self) -> Unmet:
        """Without the answer, for those that are not met."""
        return Unmet(what=self.what, demanded=self.demanded, found=self.found)
