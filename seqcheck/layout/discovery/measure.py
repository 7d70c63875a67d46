"""How well numbers count: the steps from record to record, put into a few classes.

up      the next number; the step is one
ahead   numbers left out, at most NEAR of them; `single`: one; `spaced`: these come at even distances
copy    the same number with the same bytes around it
stuck   the same number with other bytes around it: no counter does that
astray  anything else
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from seqcheck.dataclass import dataclass

NEAR = 16
EVEN, EVENLY = 0.3, 0.1  # of the mean: how much even distances vary; and at most if they are few
MANY = 8  # distances
FEWEST, CHANCE = 5, 0.003  # steps of two, and how likely it may be that no larger one came by loss


HASTY, WIDER = 3, 1.5  # steps of two; times the usual gap, from which on a record may have been lost in between
STEADY, AROUND = 0.9, 0.3  # of the gaps are that near to the usual one, of it
REGULAR = 16  # steps of one


def hasty(step: NDArray[np.uint64], gap: NDArray[np.int64]) -> bool:
    """Whether at a steady pace numbers are left out again and again though no time was: a clock whose ticks are as long
    as the packets are apart does that, since both are rounded; a lost record leaves a gap. `gap` in ns."""
    ones, twos = gap[step == 1], gap[step == 2]
    if len(ones) < REGULAR or len(twos) < HASTY:
        return False
    usual = float(np.median(ones))
    if usual <= 0 or np.mean(np.abs(ones - usual) <= AROUND * usual) < STEADY:
        return False
    return bool(np.count_nonzero(twos < WIDER * usual) > max(HASTY - 1, len(twos) // 2))


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """How many pairs of each class; `pairs` are all."""

    pairs: int
    up: int
    ahead: int
    single: int
    spaced: bool
    copy: int
    stuck: int

    @property
    def share(self) -> float:
        """Of the pairs that are no copies, those that count by one."""
        return self.up / max(self.pairs - self.copy, 1)

    @property
    def even(self) -> bool:
        """Whether steps of one and of two alternate as in a ramp that rises by one and a bit each time. Frames that
        were lost would now and then be neighbours, so that larger steps came, too."""
        if self.single < self.ahead or self.ahead < FEWEST:
            return False
        lost = self.ahead / (self.up + self.ahead)
        return self.spaced or (1 - lost) ** self.ahead < CHANCE

    @property
    def forward(self) -> float:
        """The same for those that at least go ahead by little."""
        return (self.up + self.ahead) / max(self.pairs - self.copy, 1)


def steps(new: NDArray[np.uint64], old: NDArray[np.uint64], modulus: int, alike: NDArray[np.bool_]) -> Steps:
    """The steps from `old` to `new`, numbers below `modulus` (0: 2**64); `alike`: both frames have the same bytes."""
    step = distance(new, old, modulus)
    zero = step == 0
    near = min(NEAR, (modulus or 1 << 64) // 4)
    return Steps(
        pairs=len(step),
        up=int(np.count_nonzero(step == 1)),
        ahead=int(np.count_nonzero((step > 1) & (step <= near))),
        single=int(np.count_nonzero(step == 2)),
        spaced=_spaced(np.flatnonzero(step == 2)),
        copy=int(np.count_nonzero(zero & alike)),
        stuck=int(np.count_nonzero(zero & ~alike)),
    )


def _spaced(at: NDArray[np.int64]) -> bool:
    """Whether these places lie at even distances; frames are not lost like that, though four distances vary by
    less than EVEN by chance in one case of 24."""
    gaps = np.diff(at)
    most = EVEN if len(gaps) >= MANY else EVENLY
    return len(gaps) >= FEWEST - 1 and float(np.std(gaps)) < most * float(np.mean(gaps))


def distance(new: NDArray[np.uint64], old: NDArray[np.uint64], modulus: int) -> NDArray[np.uint64]:
    """(new - old) mod modulus."""
    if not modulus:
        return new - old
    m = np.uint64(modulus)
    return np.where(new >= old, new - old, new + (m - old))
