"""What an explanation is made of, and the places that several of them point to. Data, no rule.

Text is plain words with commands in backticks, so that it reads the same in a terminal and in Markdown. It never says
more than a receiver can know.
"""

from __future__ import annotations

from seqcheck.dataclass import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Rival:
    """Another explanation, by name, and what tells this one from it."""

    name: str
    apart: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Something to do next, and what it tells. `command` is a line to type (`eth0` and `run.pcap` stand for one's own),
    empty where it takes more than a command."""

    do: str
    command: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where this is known from."""

    title: str
    link: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """`name` is the cause's in the report, or that of what is no cause but looks like one; `aliases` are
    other names of it. `brief` is one line, `what` a paragraph, `seen` its signature."""

    name: str
    brief: str
    what: str
    seen: tuple[str, ...]
    apart: tuple[Rival, ...]
    steps: tuple[Step, ...]
    sources: tuple[Source, ...]
    aliases: tuple[str, ...] = ()


THREAD = Source(
    title="freebsd-net, November 2017: swaping ring slots between NIC ring and Host ring does not always success",
    link="https://lists.freebsd.org/pipermail/freebsd-net/2017-November/",
)
NETMAP_400 = Source(
    title="netmap issue 400: zerocopy swap not always successful",
    link="https://github.com/luigirizzo/netmap/issues/400",
)
NETMAP_404 = Source(
    title="netmap issue 404: the tail of an ixgbe ring jumps", link="https://github.com/luigirizzo/netmap/issues/404"
)
NETMAP_DRIVERS = Source(
    title="netmap's Linux drivers: which of them write a descriptor's address each time, which only when told to",
    link="https://github.com/luigirizzo/netmap/tree/master/LINUX",
)
AF_XDP = Source(title="Linux: AF_XDP, with its FAQ", link="https://docs.kernel.org/networking/af_xdp.html")
PKTGEN = Source(title="Linux: HOWTO for the packet generator", link="https://docs.kernel.org/networking/pktgen.html")
PACKET_7 = Source(
    title="packet(7): PACKET_STATISTICS, what a capture lost",
    link="https://man7.org/linux/man-pages/man7/packet.7.html",
)
EDITCAP = Source(
    title="editcap(1): -d, -D and -w remove copies that follow soon",
    link="https://www.wireshark.org/docs/man-pages/editcap.html",
)
RFC_4737 = Source(title="RFC 4737: packet reordering", link="https://www.rfc-editor.org/rfc/rfc4737")
RFC_5560 = Source(title="RFC 5560: packet duplication", link="https://www.rfc-editor.org/rfc/rfc5560")
RFC_3550 = Source(
    title="RFC 3550, appendix A.1: when a number far off is a new start",
    link="https://www.rfc-editor.org/rfc/rfc3550#appendix-A.1",
)
