"""A context that is closed when it is left."""

from __future__ import annotations

from types import TracebackType
from typing import Self


class Closing:
    """Derive from it, and say what `close` does."""

    def close(self) -> None:
        """Let go of everything that was opened here."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
