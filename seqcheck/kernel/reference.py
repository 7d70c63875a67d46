"""The reference kernel: plain Python and NumPy, obvious before fast. The native kernel gives the same answers."""

from __future__ import annotations

from seqcheck.kernel.reference_decode import Decoder
from seqcheck.kernel.reference_index import index_pcap, index_pcapng
from seqcheck.kernel.reference_tpacket import index_tpacket
from seqcheck.kernel.reference_track import Tracker

__all__ = ["NAME", "Decoder", "Tracker", "index_pcap", "index_pcapng", "index_tpacket"]

NAME = "reference"
