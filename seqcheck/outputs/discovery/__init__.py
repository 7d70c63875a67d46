"""What discovery found in captures, ready to be written."""

from __future__ import annotations

from seqcheck.dataclass import dataclass
from seqcheck.layout.discovery import Candidate


@dataclass(frozen=True, slots=True, kw_only=True)
class Discovery:
    """`frames` were looked at; `candidates`, best first; `there`: what is in the captures at all, in words."""

    captures: tuple[str, ...]
    frames: int
    candidates: tuple[Candidate, ...]
    there: tuple[str, ...]
