"""Frames around payloads: Ethernet, VLAN, IPv4, UDP, TCP, tunnels. Checksums of IPv4 headers hold, others are 0."""

from __future__ import annotations

import struct
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Flow:
    """Who sends to whom."""

    source: int = 1
    target: int = 2
    sport: int = 40000
    dport: int = 6000


def internet(payload: bytes, protocol: int, flow: Flow, identification: int) -> bytes:
    head = struct.pack(
        ">BBHHHBBHII", 0x45, 0, 20 + len(payload), identification & 0xFFFF, 0x4000, 64, protocol, 0,
        0x0A000000 + flow.source, 0x0A000000 + flow.target,
    )  # fmt: skip
    total = sum(struct.unpack(">10H", head))
    total = (total & 0xFFFF) + (total >> 16)
    total = (total & 0xFFFF) + (total >> 16)
    return head[:10] + struct.pack(">H", 0xFFFF - total) + head[12:] + payload


def udp(payload: bytes, flow: Flow) -> bytes:
    return struct.pack(">HHHH", flow.sport, flow.dport, 8 + len(payload), 0) + payload


def tcp(payload: bytes, flow: Flow, seq: int) -> bytes:
    return struct.pack(">HHIIBBHHH", flow.sport, flow.dport, seq & 0xFFFFFFFF, 1, 0x50, 0x18, 512, 0, 0) + payload


def ethernet(payload: bytes, kind: int, flow: Flow, *, vlan: int = 0) -> bytes:
    head = bytes([2, 0, 0, 0, 0, flow.target]) + bytes([2, 0, 0, 0, 0, flow.source])
    tag = struct.pack(">HH", 0x8100, vlan) if vlan else b""
    return (head + tag + struct.pack(">H", kind) + payload).ljust(60, b"\0")


def carried(payload: bytes, how: str, flow: Flow, identification: int) -> bytes:
    """The frame of a payload, by the name of a way."""
    if how == "eth":
        return ethernet(payload, 0x88B7, flow)
    if how == "ip":
        return ethernet(internet(payload, 200, flow, identification), 0x0800, flow)
    datagram = internet(udp(payload, flow), 17, flow, identification)
    if how == "ipip":
        return ethernet(internet(datagram, 4, flow, identification), 0x0800, flow)
    if how == "vxlan":
        inner = ethernet(datagram, 0x0800, flow)
        outer = udp(struct.pack(">II", 0x08000000, 77 << 8) + inner, Flow(sport=50000, dport=4789))
        return ethernet(internet(outer, 17, flow, identification), 0x0800, flow)
    if how == "tcp":
        return ethernet(
            internet(tcp(payload, flow, identification * len(payload)), 6, flow, identification), 0x0800, flow
        )
    return ethernet(datagram, 0x0800, flow, vlan=5 if how == "vlan" else 0)


WAYS = ("udp",) * 12 + ("vlan", "eth", "eth", "ip", "ipip", "vxlan", "tcp")
START = {"udp": 42, "vlan": 46, "eth": 14, "ip": 34, "ipip": 62, "vxlan": 92, "tcp": 54}  # of the payload in the frame
