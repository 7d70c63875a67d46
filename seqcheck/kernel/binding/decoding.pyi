"""What decoding.pyx offers, for the type checker: protocols.KernelDecoder and protocols.Kernel."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqcheck.kernel.binding.reading import Reader
from seqcheck.kernel.border import Known, Program, RecordColumns

def renumber(
    records: RecordColumns, streams: NDArray[np.int32], sources: NDArray[np.int32], shift: NDArray[np.int64]
) -> None: ...

class Decoder(Reader):
    def __init__(self, program: Program, saved: Known | None = ..., *, any_processor: bool = ...) -> None: ...
    def save(self) -> Known: ...
    def known(self) -> tuple[int, int]: ...
    def adopt_streams(self, keys: NDArray[Any]) -> NDArray[np.int32]: ...
    def adopt_sources(self, rows: NDArray[Any]) -> tuple[NDArray[np.int32], NDArray[np.int64]]: ...
