"""What happens to the interfaces of a live capture, in words, each with its place among the frames.

A remark is made when the event is noticed; older frames may still wait in the kernel's ring. So its place is not final
until a younger frame was given out. Bounded.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from seqcheck.kernel.border import Frames

MAX_REMARKS = 100


@dataclass(slots=True, kw_only=True)
class _Remark:
    """Made at `ns`, after that many frames as far as is known; `open` while older ones may still come."""

    text: str
    ns: int
    after: int
    open: bool = True


class Remarks:
    """`note` is told each of them at once, also those for which there is no room."""

    def __init__(self, note: Callable[[str], None]) -> None:
        self.note = note
        self._made: list[_Remark] = []

    def add(self, text: str, *, after: int) -> None:
        """It happens now, and that many frames were given out."""
        if len(self._made) < MAX_REMARKS:
            self._made.append(_Remark(text=text, ns=time.time_ns(), after=after))
        self.note(text)

    def place(self, frames: Frames, low: int, high: int, before: int) -> None:
        """Rows low..high-1 are about to be given, after `before` frames: what was noted before they came stands in
        front of them."""
        for remark in self._made:
            if remark.open:
                older = int(np.count_nonzero(frames.ns[low:high] <= remark.ns))
                remark.after = before + older
                remark.open = older == high - low

    @property
    def texts(self) -> list[str]:
        """Each with its place: the number of the last frame that came before."""
        return [each.text + (f" (after frame {each.after})" if each.after else "") for each in self._made]

    def __bool__(self) -> bool:
        return bool(self._made)
