"""What each cause is, how it shows, and what to check next: the texts behind `seqcheck explain` and docs/verdict.md.

The one place where these texts are. One more cause is one more Explanation here, beside its label in
diagnose/explanations/labels.py.
"""

from __future__ import annotations

from .entry import Explanation, Rival, Source, Step
from .lookalikes import CAPTURE_DROPS, LATE, MISSING, RESTART, WRAP
from .ring import EARLY_OVERWRITE, RING_REPLAY, STALE_SLOT
from .sender import RETRANSMISSION, SENDER_REPEAT
from .verdicts import CLEAN, NO_COUNTER, NOT_JUDGED, UNEXPLAINED
from .way import LOOP, PATH_COPY, REDUNDANCY

__all__ = ["CAUSES", "LOOKALIKES", "Explanation", "Rival", "Source", "Step", "explanations", "find"]

CAUSES = (
    CLEAN, STALE_SLOT, RING_REPLAY, EARLY_OVERWRITE, PATH_COPY, LOOP, RETRANSMISSION, SENDER_REPEAT, REDUNDANCY,
    UNEXPLAINED, NO_COUNTER, NOT_JUDGED,
)  # fmt: skip
LOOKALIKES = (RESTART, WRAP, LATE, MISSING, CAPTURE_DROPS)


def explanations() -> dict[str, Explanation]:
    """All of them, by name and by alias."""
    found: dict[str, Explanation] = {}
    for one in (*CAUSES, *LOOKALIKES):
        found |= dict.fromkeys((one.name, *one.aliases), one)
    return found


def find(name: str) -> Explanation | None:
    """The one of that name, however it is written."""
    return explanations().get("-".join(name.strip().lower().replace("_", " ").replace("-", " ").split()))
