"""What every reader of captures says of what it read: sums over its inputs. It is a context manager that closes it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from seqcheck.closing import Closing
from seqcheck.kernel.border import T_BYTES, T_CUT, T_FIRST, T_LAST


class Summed(Closing):
    """`_totals` are those of border.Frames, one for each input."""

    @property
    def _totals(self) -> Sequence[NDArray[np.int64]]:
        raise NotImplementedError

    @property
    def wire_bytes(self) -> int:
        """Bytes of these frames on the wire."""
        return sum(int(each[T_BYTES]) for each in self._totals)

    @property
    def first_ns(self) -> int | None:
        """The lowest time stamp; None if no frame has one (pcapng's simple packets have none)."""
        return min((int(each[T_FIRST]) for each in self._timed()), default=None)

    @property
    def last_ns(self) -> int | None:
        """The highest time stamp."""
        return max((int(each[T_LAST]) for each in self._timed()), default=None)

    @property
    def cut_frames(self) -> int:
        """Frames of which less was captured than was on the wire."""
        return sum(int(each[T_CUT]) for each in self._totals)

    def _timed(self) -> list[NDArray[np.int64]]:
        return [each for each in self._totals if each[T_FIRST] <= each[T_LAST]]
