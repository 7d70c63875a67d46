"""What a foreign frame is, in two or three words: "ARP", "TCP to port 443", "ethertype 0x88cc".

dpkt dissects; it is imported when the first frame is to be named. Hostile bytes are named by what can be told. Pure.
"""

from __future__ import annotations

from typing import Any

from ..wire.link import TYPE_AT, ethertype_at, ip_offset, word

_ETHERTYPES = {0x0806: "ARP", 0x88CC: "LLDP", 0x8809: "slow protocols (LACP)", 0x88F7: "PTP", 0x888E: "EAPOL"}
_PROTOCOLS = {1: "ICMP", 2: "IGMP", 47: "GRE", 50: "ESP", 51: "AH", 58: "ICMPv6", 89: "OSPF", 132: "SCTP"}
_PORTS = {53: "DNS", 67: "DHCP", 68: "DHCP", 123: "NTP", 5353: "mDNS"}


def name(frame: bytes, link: int) -> str:
    """What the frame is."""
    offset = ip_offset(frame, link)
    if offset is None or offset >= len(frame):
        return _not_ip(frame, link)
    import dpkt

    six = frame[offset] >> 4 == 6
    try:
        packet: Any = dpkt.ip6.IP6(frame[offset:]) if six else dpkt.ip.IP(frame[offset:])
        inner = packet.data
    except Exception:  # noqa: BLE001 - dpkt raises what it likes on hostile bytes; "IP" is what can be told
        return "IPv6" if six else "IP"
    if isinstance(inner, dpkt.tcp.TCP):
        return f"TCP to port {min(inner.sport, inner.dport)}"
    if isinstance(inner, dpkt.udp.UDP):
        port = next((port for port in (inner.dport, inner.sport) if port in _PORTS), None)
        return _PORTS[port] if port is not None else f"UDP to port {inner.dport}"
    protocol = int(packet.nxt if six else packet.p)
    return _PROTOCOLS.get(protocol, f"IP protocol {protocol}")


def _not_ip(frame: bytes, link: int) -> str:
    kind = word(frame, ethertype_at(frame, link)) if link in TYPE_AT else -1
    if kind < 0:
        return "not IP"
    return _ETHERTYPES.get(kind, "802.3" if kind < 0x600 else f"ethertype 0x{kind:04x}")
