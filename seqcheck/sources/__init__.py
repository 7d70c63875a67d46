"""Where frames come from: capture files, compressed ones, pipes. See `reader` for the interface."""

from seqcheck.sink import StoredFrame
from seqcheck.sources.reader import CaptureReader

__all__ = ["CaptureReader", "StoredFrame"]
