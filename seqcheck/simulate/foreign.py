"""Foreign frames: what a host's stack sends beside the stream. Crafted by scapy, one template for each kind.

All addresses are documentation or local ones and fixed, so that nothing of this machine (routes, ARP tables) gets in.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from seqcheck.simulate.template import (
    GATEWAY,
    HOPS,
    SENDER4,
    SENDER6,
    V_SERIAL,
    V_SOURCE,
    Fill,
    Template,
    finish,
    framed,
)  # fmt: skip

TLS_DATA = b"\x17\x03\x03"  # application data, TLS 1.2 (RFC 5246 section 6.2.1); its length follows


def _tcp(size: int, flags: str) -> Callable[[], Any]:
    """A segment to port 443 in a frame of `size` bytes, with the time stamp option that every stack sends."""

    def craft() -> Any:
        from scapy.layers.inet import IP, TCP

        options = [("NOP", None), ("NOP", None), ("Timestamp", (0x1B2C3D4E, 0x0A0B0C0D))]
        tcp = TCP(sport=50_432, dport=443, seq=0, ack=0x5EEDF00D, flags=flags, window=501, options=options)
        body = size - 14 - 20 - 32
        data = (TLS_DATA + (body - 5).to_bytes(2, "big")).ljust(body, b"\xa5") if body else b""
        return IP(src=SENDER4, dst="203.0.113.80", id=0, flags="DF", ttl=HOPS) / tcp / data

    return craft


def _dns() -> Any:
    from scapy.layers.dns import DNS, DNSQR
    from scapy.layers.inet import IP, UDP

    ask = DNS(id=0, rd=1, qd=DNSQR(qname="example.org", qtype="A"))
    return IP(src=SENDER4, dst="203.0.113.53", id=0, ttl=HOPS) / UDP(sport=40_123, dport=53) / ask


def _icmp() -> Any:
    from scapy.layers.inet import ICMP, IP

    return IP(src=SENDER4, dst="203.0.113.1", id=0, ttl=HOPS) / ICMP(type=8, id=7, seq=0) / bytes(range(56))


def _arp() -> Any:
    from scapy.layers.l2 import ARP

    return ARP(op=1, hwsrc="02:00:00:00:00:00", psrc="192.0.2.0", hwdst="00:00:00:00:00:00", pdst="192.0.2.0")


def _nd() -> Any:
    from scapy.layers.inet6 import ICMPv6ND_NS, ICMPv6NDOptSrcLLAddr, IPv6

    ask = ICMPv6ND_NS(tgt="2001:db8::") / ICMPv6NDOptSrcLLAddr(lladdr="02:00:00:00:00:00")
    return IPv6(src=SENDER6, dst="ff02::1:ff00:0", hlim=255) / ask


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreign:
    """A kind of foreign frame. Positions count from the network header: the `serial` of `width` bytes that makes each
    one different, the `transport` header (-1: none), and where else the sender's last address byte stands (`own`)."""

    craft: Callable[[], Any]
    size: int
    serial: int
    width: int
    transport: int = 20
    own: tuple[int, ...] = ()
    target: str = GATEWAY


# serial: TCP sequence, DNS id, ICMP sequence, the last byte of the address that is asked for.
FOREIGN: dict[str, Foreign] = {
    "tcp": Foreign(craft=_tcp(583, "PA"), size=583, serial=24, width=4),
    "bulk": Foreign(craft=_tcp(1514, "A"), size=1514, serial=24, width=4),
    "ack": Foreign(craft=_tcp(66, "A"), size=66, serial=24, width=4),
    "dns": Foreign(craft=_dns, size=71, serial=28, width=2),
    "icmp": Foreign(craft=_icmp, size=98, serial=26, width=2),
    "arp": Foreign(craft=_arp, size=60, serial=27, width=1, transport=-1, own=(13, 17), target="ff:ff:ff:ff:ff:ff"),
    "nd": Foreign(craft=_nd, size=86, serial=63, width=1, transport=40, own=(71,), target="33:33:ff:00:00:00"),
}


def size(name: str, vlan: tuple[int, ...]) -> int:
    """Bytes of such a frame; a tag takes four, of which a short frame's padding may give some back."""
    kind = FOREIGN[name]
    padding = 18 if name == "arp" else 0
    return max(kind.size - padding + 4 * len(vlan), 60)


def template(name: str, vlan: tuple[int, ...]) -> Template:
    """The shape of a kind of foreign frame."""
    kind = FOREIGN[name]
    raw = framed(kind.craft(), vlan, kind.target, None)
    base = 14 + 4 * len(vlan)
    fills = [Fill(what=V_SERIAL, at=base + kind.serial, width=kind.width)]
    fills += [Fill(what=V_SOURCE, at=base + place, width=1) for place in kind.own]
    return finish(raw, base, fills, base + kind.transport if kind.transport >= 0 else -1)
