"""Fields that are no counters, and count all the same for a while."""

from __future__ import annotations

import pytest
import steady_paths
from kinds import STEP
from test_verdict_kinds import judged


@pytest.mark.parametrize("tick", [2 * STEP, 4 * STEP, 8 * STEP])
def test_a_clock_in_the_place_of_the_counter_sends_nothing_again(tick: int) -> None:
    verdict = judged(steady_paths.by_the_clock(tick)).verdict
    assert verdict.strength == "weak", verdict.statement
    assert any("that is a clock" in caveat for caveat in verdict.caveats)


@pytest.mark.parametrize("each", [2, 3])
def test_a_generator_sends_each_number_as_often(each: int) -> None:
    verdict = judged(steady_paths.by_the_clock(each=each)).verdict
    assert (verdict.cause, verdict.strength) == ("sender-repeat", "strong"), verdict.caveats
