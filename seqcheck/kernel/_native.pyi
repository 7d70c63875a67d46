"""What _native.pyx offers, for the type checker: border.Kernel."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqcheck.kernel.border import Frames, PcapRule, Program, RecordColumns
from seqcheck.kernel.reference_track import Tracker as Tracker

NAME: str

def index_pcap(
    buf: NDArray[np.uint8], start: int, stop: int, rule: PcapRule, frames: Frames
) -> tuple[int, int]: ...
def index_pcapng(
    buf: NDArray[np.uint8], start: int, stop: int, big: bool, interfaces: NDArray[Any], frames: Frames
) -> tuple[int, int]: ...

class Decoder:
    def __init__(self, program: Program) -> None: ...
    def decode(self, frames: Frames, low: int, high: int, records: RecordColumns) -> None: ...
    def keys(self) -> NDArray[Any]: ...
    def sources(self) -> NDArray[Any]: ...
