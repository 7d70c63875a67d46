"""What an account says of itself: one statement, the reasons behind it, what limits it. A function for each pattern.

Short sentences, each reason with its figure. Nothing is computed here but differences of figures that the account
holds, and none of them is told where it would make no sense (a negative number of slots, more laps than there are).
"""

from __future__ import annotations

from collections.abc import Callable

from ...diagnose.result import Account, Pattern
from ...model import RING_CAUSES
from ..words import agree, listed, number
from . import nothing, ring, sender, way
from .common import share
from .held import held_back
from .way import ways

_Told = Callable[[Account], list[str]]
__all__ = ["because", "limits", "statement", "ways"]


def statement(one: Account, of: int) -> str:
    """One sentence for the top of the report; `of` duplicates there are in total."""
    return _WORDS[one.pattern][0](one, of)


def because(one: Account, kinds: dict[str, int]) -> tuple[str, ...]:
    """The observations that it rests on; `kinds` are those of the frames between copies."""
    found = [*_WORDS[one.pattern][1](one), *_bytes(one)]
    if one.ring is not None and kinds:
        found.append(f"Between the copies the sender also sent {listed(tuple(kinds))}.")
    return tuple(found)


def limits(one: Account) -> tuple[str, ...]:
    """What limits it, and the next thing to try."""
    of_sender = one.cause in ("retransmission", "sender-repeat")  # whatever time its copies keep
    return (*held_back(one), *(sender.limits if of_sender else _WORDS[one.pattern][2])(one))


def _bytes(one: Account) -> list[str]:
    figures = one.figures
    found: list[str] = []
    if figures.identical and one.pattern not in ("new-packet", "shared-number", "standing-counter"):
        over = ", as far as they were captured" if figures.cut else ""
        found.append(
            f"{share(figures.identical, figures.compared, 'compared pair').capitalize()} "
            f"{agree(figures.identical, 'is', 'are')} identical{over}"
            + (f", down to the IP identification: {_same(one)}." if figures.new_would_show else ".")
        )
    if figures.other_length:
        found.append(
            f"{number(figures.other_length)} {agree(figures.other_length, 'has', 'have')} the old bytes with another "
            "length: "
            + (
                "the slot's address was stale, its length was not."
                if one.cause in RING_CAUSES
                else "something on the way pads or cuts them, or a slot's address was stale and its length was not."
            )
        )
    return found


def _same(one: Account) -> str:
    if one.cause in ("retransmission", "sender-repeat"):
        return "the same packets, repeated below IP or on the path"
    return "no program sent them again"


# Of each pattern: its statement, its reasons, its limits.
_WORDS: dict[Pattern, tuple[Callable[[Account, int], str], _Told, _Told]] = {
    "lap": (ring.lap, ring.reasons, ring.limits),
    "early-lap": (ring.early_lap, ring.reasons, ring.limits),
    "replay": (ring.replay, ring.reasons, ring.limits),
    "early": (ring.early, ring.reasons, ring.limits),
    "next-buffer": (ring.next_buffer, nothing.nothing, ring.limits),
    "delay": (way.delay, way.reasons, way.limits),
    "at-once": (way.at_once, way.reasons, way.limits),
    "other-way": (way.other_way, way.reasons, way.limits),
    "new-packet": (sender.new_packet, sender.reasons, sender.limits),
    "block": (sender.block, sender.block_reasons, sender.limits),
    "count": (sender.count, sender.reasons, sender.limits),
    "spread": (nothing.spread, nothing.spread_reasons, nothing.spread_limits),
    "none": (nothing.none, nothing.none_reasons, nothing.capture_more),
    "shared-number": (nothing.shared, nothing.shared_reasons, nothing.key),
    "standing-counter": (nothing.standing, nothing.nothing, nothing.key),
}
