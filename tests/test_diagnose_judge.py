"""How slots are counted: the way under which copies agree."""

import pytest

from seqcheck.diagnose.judge import tighter


@pytest.mark.parametrize(
    ("before", "after", "count", "holds"),
    [
        (0.67, 1.0, 264, True),  # a third lay one off, by numbers that another frame was sent for
        (0.9, 1.0, 264, True),
        (0.9, 0.95, 264, False),
        (0.2, 0.35, 10, True),
        (0.1, 0.2, 10, False),  # still no common count
        (1.0, 1.0, 264, False),
        (0.9, 1.0, 10, False),  # a single copy
    ],
)
def test_another_way_to_count_has_to_be_much_better(before: float, after: float, count: int, holds: bool) -> None:
    assert tighter(before, after, count) is holds
