"""Runs of old frames, one lap behind, that come several times."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import replays
from kinds import STEP
from test_verdict_kinds import judged

from seqcheck.model import RING_CAUSES
from seqcheck.report.reasons import held, ring

UNEVEN = (STEP // 2, 2 * STEP)


def test_old_frames_that_held_new_ones_up_came_on_no_path() -> None:
    """The pace never changes, but no way stops new frames while it delivers old ones. A program's timer may."""
    verdict = judged(replays.parts_again(apart=2100, runs=12, part=100)).verdict
    assert (verdict.cause, verdict.ring_size, verdict.strength) == ("ring-replay", 700, "moderate"), verdict.caveats
    assert not any("a constant delay would look" in caveat for caveat in verdict.caveats)


def test_quick_copies_make_no_other_laps_shorter() -> None:
    """Laps with more of them take less time, which says nothing of a timer."""
    verdict = judged(replays.parts_again(quick=True, pace=(STEP - 20, STEP + 20), part=70)).verdict
    assert (verdict.cause, verdict.ring_size) == ("ring-replay", 700)
    assert not any("a timer or a delay does that" in caveat for caveat in verdict.caveats), verdict.caveats
    assert verdict.strength in ("moderate", "strong")


@pytest.mark.parametrize(("size", "others"), [(503, 0.03), (256, 0.05)])
def test_a_program_does_not_count_what_others_send(size: int, others: float) -> None:
    """Nearly half of the numbers come again, which a program may want; but they agree on a count of all frames."""
    verdict = judged(replays.parts_again(size, part=size - 20, runs=9, others=others, pace=UNEVEN, apart=200)).verdict
    assert (verdict.cause, verdict.ring_size) == ("ring-replay", size)
    assert verdict.strength in ("moderate", "strong"), (verdict.caveats, verdict.rivals)


@pytest.mark.parametrize(("kept", "times", "late"), [(500, 5, 0.002), (500, 5, 0.004), (995, 2, 0.004), (995, 3, 0.01)])
def test_a_history_in_pieces_is_no_ring(kept: int, times: int, late: float) -> None:
    """It goes up to the newest number, though some of it was overtaken."""
    verdict = judged(replays.history_again(kept, times, late=late)).verdict
    assert verdict.cause not in RING_CAUSES or verdict.strength == "weak", verdict.statement


def test_no_time_that_varies_is_a_reason_beside_a_pace_that_does_not() -> None:
    """Whatever a doubt says of the sender's pace, a reason must not say the opposite."""
    steady = {doubt for doubt, words in held.WORDS.items() if "pace is steady" in _said(words)}
    assert {"keeps-time", "timed-blocks"} <= steady <= ring.OF_PACE


def _said(words: Callable[[Any], str]) -> str:
    """The sentence, if it is the same for all accounts."""
    try:
        return words(None)
    except (AttributeError, AssertionError):
        return ""
