"""The first frames of captures, as a sample to look at."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seqcheck.capture.bytestream import Input
    from seqcheck.cli.privileges import Ready
    from seqcheck.kernel.border import Frames
    from seqcheck.kernel.protocols import Kernel


def first_frames(captures: Sequence[Input], kernel: Kernel, ready: Ready) -> Frames:
    """As many as discovery looks at; `ready` is called when the captures are open. InputError if nothing can be
    read."""
    from seqcheck.capture import CaptureReader
    from seqcheck.layout.discovery import Sample

    sample = Sample()
    with CaptureReader(captures, kernel=kernel) as reader:
        ready()
        for frames, low, high in reader:
            sample.take(frames, low, high)
            if sample.full:
                break
    return sample.frames()
