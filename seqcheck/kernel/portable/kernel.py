"""The portable kernel: plain Python and NumPy, obvious before fast. The native kernel gives the same answers."""

from __future__ import annotations

from seqcheck.kernel.portable.adopt import renumber
from seqcheck.kernel.portable.content import Content
from seqcheck.kernel.portable.decode import Decoder
from seqcheck.kernel.portable.index import index_pcap, index_pcapng
from seqcheck.kernel.portable.packed import pack, unpack, unpack_times
from seqcheck.kernel.portable.seek import seek_pcap, seek_pcapng
from seqcheck.kernel.portable.tpacket import index_tpacket
from seqcheck.kernel.portable.track import Tracker

__all__ = [
    "NAME", "Content", "Decoder", "Tracker", "index_pcap", "index_pcapng", "index_tpacket", "pack", "renumber",
    "seek_pcap", "seek_pcapng", "unpack", "unpack_times",
]  # fmt: skip

NAME = "reference"
