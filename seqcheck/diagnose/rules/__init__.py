"""The causes, one file each, in the order in which they may claim duplicates.

A rule is a function `claim(case) -> Claim | None` over the duplicates that are still open. The innocent explanations
that leave unmistakable marks come first, so that what remains for the ring is what nothing simpler explains.
One more cause is one more file and one more line here.
"""

from __future__ import annotations

from collections.abc import Callable

from ..case import Case, Claim
from . import (
    early_overwrite,
    loop,
    path_copy,
    retransmission,
    ring_replay,
    sender_repeat,
    stale_slot,
    standing_counter,
    unexplained,
)

Rule = Callable[[Case], Claim | None]

RULES: tuple[Rule, ...] = (
    standing_counter.claim,
    retransmission.claim,
    sender_repeat.claim,
    loop.claim,
    path_copy.claim,
    early_overwrite.claim,
    ring_replay.claim,
    stale_slot.claim,
    unexplained.claim,
)
