"""The native kernel: the same answers as portable/, bit for bit, at the speed of memory.

What border.py promises, compiled: loops without Python objects, without allocation and without the GIL. They are C
modules (native/), each with a header that states what it does and what it asks of its caller; the others of this folder
are the way from Python to them. ImportError if any part was not built.
"""

from __future__ import annotations

from seqcheck.kernel.binding.arrays import row_bytes
from seqcheck.kernel.binding.contents import Content
from seqcheck.kernel.binding.decoding import Decoder, renumber
from seqcheck.kernel.binding.indexing import index_pcap, index_pcapng, index_tpacket, seek_pcap, seek_pcapng
from seqcheck.kernel.binding.packing import pack, unpack, unpack_times
from seqcheck.kernel.binding.tracking import Tracker

__all__ = [
    "NAME", "Content", "Decoder", "Tracker", "index_pcap", "index_pcapng", "index_tpacket", "pack", "renumber",
    "row_bytes", "seek_pcap", "seek_pcapng", "unpack", "unpack_times",
]  # fmt: skip

NAME = "native"
