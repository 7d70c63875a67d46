"""What seqcheck is measured against, on the same file in turn. Tools that are not installed are left out by name.

Slow ones read a part: `share` of the frames, which the table says. Each is a command that reads the capture and
throws its output away; `{file}` is the capture.
"""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass, replace

DPKT = """
import sys, dpkt
count = 0
for _, frame in dpkt.pcap.Reader(open(sys.argv[1], "rb")):
    udp = dpkt.ethernet.Ethernet(frame).data.data
    count += int.from_bytes(udp.data[10:18], "big") >= 0
"""
SCAPY = """
import sys
from scapy.all import PcapReader, UDP
count = 0
for packet in PcapReader(sys.argv[1]):
    count += int.from_bytes(bytes(packet[UDP].payload)[10:18], "big") >= 0
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """A command; `share` of the frames is what it can read in reasonable time, `processors` how many it may use."""

    name: str
    argv: tuple[str, ...]
    share: float = 1.0
    pcap_only: bool = False
    processors: int = 1  # 0: all

    @property
    def installed(self) -> bool:
        return shutil.which(self.argv[0]) is not None


SEQCHECK = Peer(
    name="seqcheck analyze",
    argv=(
        *(sys.executable, "-m", "seqcheck", "analyze", "--keep-privileges"),
        *("--layout", "seqcheck", "--report", "json", "{file}"),
    ),
)
SEQCHECK_ALL = replace(SEQCHECK, name="seqcheck analyze, all processors", processors=0)
PLAIN = (
    SEQCHECK,
    Peer(name="wc -l (the price of reading)", argv=("wc", "-l", "{file}")),
    Peer(name="capinfos -c", argv=("capinfos", "-c", "{file}")),
    Peer(name="tcpdump -w /dev/null", argv=("tcpdump", "-r", "{file}", "-w", "/dev/null")),
    Peer(name="editcap -D 4097", argv=("editcap", "-D", "4097", "{file}", "/dev/null"), share=0.002),
    Peer(name="tshark -T fields", argv=("tshark", "-r", "{file}", "-T", "fields", "-e", "frame.number"), share=0.01),
    Peer(name="dpkt, a plain loop", argv=(sys.executable, "-c", DPKT, "{file}"), share=0.02, pcap_only=True),
    Peer(name="scapy, a plain loop", argv=(sys.executable, "-c", SCAPY, "{file}"), share=0.001, pcap_only=True),
)
FEW = PLAIN[:3]  # for the shapes beyond the first: what the goals are about
UNPACKERS = {
    ".gz": Peer(name="gzip -dc into cat", argv=("sh", "-c", "gzip -dc {file} | cat >/dev/null")),
    ".zst": Peer(name="zstd -dc into cat", argv=("sh", "-c", "zstd -dcq {file} | cat >/dev/null")),
}
