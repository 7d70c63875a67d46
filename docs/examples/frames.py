"""Frames from scapy, without a file: simulate a sender, feed what would arrive, look at the report."""

import sys

from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import Ether

import seqcheck

RING = 64


def frame(number: int) -> bytes:
    """A frame whose payload begins with its number, four bytes, big endian."""
    head = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02") / IP(src="192.0.2.1", dst="192.0.2.2")
    return bytes(head / UDP(sport=5000, dport=5000) / number.to_bytes(4, "big"))


def arrivals() -> list[tuple[int, bytes]]:
    """Times and frames; six times a slot goes out again with what it held one lap before."""
    numbers = list(range(2000))
    for place in (100, 350, 700, 1100, 1500, 1900):
        numbers.insert(place, numbers[place - RING])
    return [(place * 10_000, frame(number)) for place, number in enumerate(numbers)]


def main() -> seqcheck.Report:
    """The report, and what it holds."""
    analyzer = seqcheck.Analyzer(layout="udp:5000 seq=u32be@0", ring_sizes=[RING], name="scapy")
    for ns, data in arrivals():
        analyzer.feed(data, ns=ns)
    report = analyzer.report()
    print(report)
    for duplicate in report.duplicates.listed:
        print(duplicate.frame, duplicate.earlier_frame, duplicate.distance)
    return report


if __name__ == "__main__":
    try:
        main()
    except seqcheck.SeqcheckError as error:
        sys.exit(str(error))
