"""Where frames come from: capture files, compressed ones, pipes. See `reader` for the interface."""

from seqcheck.capture.reader import CaptureReader
from seqcheck.sink import StoredFrame

__all__ = ["CaptureReader", "StoredFrame"]
