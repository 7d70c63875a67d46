"""What contents.pyx offers, for the type checker: protocols.ContentLike."""

from typing import Any

from numpy.typing import NDArray

from seqcheck.kernel.binding.reading import Reader

class Content(Reader):
    def __init__(self, window: int = ..., *, random: bytes | None = None) -> None: ...
    def flows(self) -> NDArray[Any]: ...
    def often(self) -> NDArray[Any]: ...
