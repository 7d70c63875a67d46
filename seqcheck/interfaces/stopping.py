"""How to end a live reader."""

from __future__ import annotations


class Stopping:
    """`ended`: why it ended, where nobody asked for that."""

    ended = ""
    _stopping = False

    def stop(self, why: str = "") -> None:
        """End as soon as what has arrived by now was read; `why` where that was not planned. May be called from a
        signal handler."""
        if not self._stopping:
            self.ended = why
        self._stopping = True

    @property
    def stopping(self) -> bool:
        """Whether it was told to."""
        return self._stopping
