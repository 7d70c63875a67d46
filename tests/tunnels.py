"""Tunnels for the tests: each a way to put a packet or a frame into others, built by scapy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from scapy.contrib.erspan import ERSPAN_II
from scapy.contrib.geneve import GENEVE
from scapy.contrib.gtp import GTP_U_Header, GTPPDUSessionContainer
from scapy.contrib.mpls import MPLS
from scapy.layers.inet import IP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import GRE, LLC, SNAP, Dot1Q, Ether
from scapy.layers.ppp import PPP, PPPoE
from scapy.layers.vxlan import VXLAN
from scapy.packet import Raw

LINK = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")
INNER = Ether(src="02:00:00:00:00:11", dst="02:00:00:00:00:12")
OUTER = IP(src="192.0.2.1", dst="192.0.2.2")
OUTER6 = IPv6(src="2001:db8::1", dst="2001:db8::2")


def packet(payload: bytes, dport: int = 5000) -> Any:
    return IP(src="10.0.0.1", dst="10.0.0.2") / UDP(sport=5, dport=dport) / Raw(payload)


def to(port: int) -> Any:
    """UDP, from a port that no dissector knows."""
    return UDP(sport=49152, dport=port)


def typed(kind: int, head: bytes) -> Any:
    """What an ethertype names, by its bytes."""
    return Ether(src=LINK.src, dst=LINK.dst, type=kind) / Raw(head)


# Name -> (frame of a packet, the tunnel's id that the key has). The packet is scapy's, or its bytes behind `/`.
TUNNELS: dict[str, tuple[Callable[[Any], Any], int]] = {
    "vxlan": (lambda p: LINK / OUTER / to(4789) / VXLAN(vni=7, flags=8) / INNER / p, 7),
    "vxlan-tagged": (lambda p: LINK / OUTER / to(4789) / VXLAN(vni=7, flags=8) / INNER / Dot1Q(vlan=5) / p, 7),
    "vxlan-linux": (lambda p: LINK / OUTER6 / to(8472) / VXLAN(vni=9, flags=8) / INNER / p, 9),
    "geneve": (lambda p: LINK / OUTER / to(6081) / GENEVE(vni=8, proto=0x6558) / INNER / p, 8),
    "geneve-options": (
        lambda p: LINK / OUTER / to(6081) / Raw(b"\2\0\x08\0\0\0\x08\0" + bytes(8) + bytes(p)), 8,
    ),
    "gtp": (lambda p: LINK / OUTER / to(2152) / GTP_U_Header(teid=99) / p, 99),
    "gtp-5g": (
        lambda p: LINK / OUTER / to(2152) / GTP_U_Header(teid=99, E=1, next_ex=0x85)
        / GTPPDUSessionContainer(type=0, QFI=3) / p, 99,
    ),
    "gtp-number": (lambda p: LINK / OUTER / to(2152) / GTP_U_Header(teid=99, S=1, seq=4) / p, 99),
    "gre": (lambda p: LINK / OUTER / GRE() / p, 0),
    "gre-all": (lambda p: LINK / OUTER / GRE(chksum_present=1, key_present=1, key=77, seqnum_present=1) / p, 77),
    "gre-ethernet": (lambda p: LINK / OUTER / GRE(proto=0x6558) / INNER / p, 0),
    "gre-tagged": (lambda p: LINK / OUTER / GRE(proto=0x8100) / Raw(b"\0\5\x08\0" + bytes(p)), 0),
    "erspan": (
        lambda p: LINK / OUTER / GRE(seqnum_present=1, sequence_number=5, proto=0x88BE) / ERSPAN_II(session_id=44)
        / INNER / p, 44,
    ),
    "erspan-1": (lambda p: LINK / OUTER / GRE(proto=0x88BE) / INNER / p, 0),
    "erspan-3": (
        lambda p: LINK / OUTER / GRE(proto=0x22EB) / Raw(b"\x20\0\0\x2c" + bytes(7) + b"\1" + bytes(8)) / INNER / p, 44,
    ),
    "4in4": (lambda p: LINK / OUTER / p, 0),
    "4in6": (lambda p: LINK / OUTER6 / p, 0),
    "6in4": (lambda p: LINK / OUTER / OUTER6 / p[UDP], 0),
    "mpls": (lambda p: LINK / MPLS(label=16, s=0) / MPLS(label=17, s=1) / p, 17),
    "mpls-word": (lambda p: LINK / MPLS(label=17, s=1) / Raw(bytes(4) + bytes(INNER / p)), 17),
    "mpls-ethernet": (lambda p: LINK / MPLS(label=17, s=1) / Raw(bytes(INNER / p)), 17),
    "mpls-ip": (lambda p: LINK / IP(src="192.0.2.1", dst="192.0.2.2", proto=137) / MPLS(label=17, s=1) / p, 17),
    "mpls-udp": (lambda p: LINK / OUTER / to(6635) / MPLS(label=17, s=1) / p, 17),
    "pppoe": (lambda p: LINK / PPPoE(sessionid=6) / PPP(proto=0x21) / p, 6),
    "l2tp": (
        lambda p: LINK / OUTER / to(1701) / Raw(b"\x40\2\0\0\0\3\0\4" + b"\xff\3\0\x21" + bytes(p)), 3 << 16 | 4,
    ),
    "l2tp-offset": (
        lambda p: LINK / OUTER / to(1701) / Raw(b"\x0a\2\0\3\0\4\0\0\0\0" + b"\0\2ab\0\x21" + bytes(p)),
        3 << 16 | 4,
    ),
    "802.1ah": (lambda p: typed(0x88E7, b"\0\0\0\x2a" + bytes(INNER / p)), 42),
    "hsr": (lambda p: typed(0x892F, b"\0\x34\0\1\x08\0" + bytes(p)), 0),
    "r-tag": (lambda p: typed(0xF1C1, b"\0\0\0\1\x08\0" + bytes(p)), 0),
    "vn-tag": (lambda p: typed(0x8926, b"\0\0\0\1\x08\0" + bytes(p)), 0),
    "macsec": (lambda p: typed(0x88E5, b"\0\0\0\0\0\1\x08\0" + bytes(p)), 0),
    "macsec-sci": (lambda p: typed(0x88E5, b"\x20\0\0\0\0\1" + bytes(8) + b"\x08\0" + bytes(p)), 0),
    "snap": (lambda p: typed(8 + len(p), bytes(LLC(dsap=0xAA, ssap=0xAA, ctrl=3) / SNAP(OUI=0, code=0x800) / p)), 0),
    "gre-in-vxlan": (
        lambda p: LINK / OUTER / to(4789) / VXLAN(vni=7, flags=8) / INNER / OUTER
        / GRE(key_present=1, key=77) / p, 7 << 32 | 77,
    ),
}  # fmt: skip
# What looks like one of them, and is none: nothing inside is to be found.
CLOSED: dict[str, Callable[[Any], Any]] = {
    "vxlan without an id": lambda p: LINK / OUTER / to(4789) / VXLAN(vni=7, flags=0) / INNER / p,
    "another port": lambda p: LINK / OUTER / to(4788) / VXLAN(vni=7, flags=8) / INNER / p,
    "gtp, another message": lambda p: LINK / OUTER / to(2152) / GTP_U_Header(teid=9, gtp_type=1) / p,
    "gre with routing": lambda p: LINK / IP(proto=47) / Raw(b"\x40\0\x08\0" + bytes(p)),
    "gre, version 1": lambda p: LINK / IP(proto=47) / Raw(b"\0\1\x08\0" + bytes(p)),
    "macsec, encrypted": lambda p: typed(0x88E5, b"\x0c\0\0\0\0\1\x08\0" + bytes(p)),
    "a later fragment": lambda p: LINK / IP(proto=4, frag=1) / Raw(bytes(p)),
    "an ICMP error": lambda p: LINK / IP(proto=1) / Raw(b"\3\3\0\0\0\0\0\0" + bytes(p)),
    "l2tp, control": lambda p: LINK / OUTER / to(1701) / Raw(b"\xc8\2\0\0\0\3\0\4\0\0\0\0\0\x21" + bytes(p)),
    "geneve, another version": lambda p: LINK / OUTER / to(6081)
    / Raw(b"\x40\0\x08\0\0\0\x08\0" + bytes(p)),
}  # fmt: skip
