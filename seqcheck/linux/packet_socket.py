"""A packet socket with a receive ring (TPACKET_V3): opened, bound, counted, stopped.

The kernel fills blocks of the ring and hands them over whole; `blocks` of them lie one behind the other in `memory`,
each `block_size` bytes. Nothing is read from the memory here. Opening needs CAP_NET_RAW, binding again does not, so an
interface that comes back can be taken up without privilege. Source: Linux Documentation/networking/packet_mmap.rst,
net/packet/af_packet.c.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import mmap
import socket
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field

from seqcheck.errors import InputError, PrivilegeError, UsageError
from seqcheck.escape import visible
from seqcheck.linux import bpf
from seqcheck.linux.interface import ANY, IFNAMSIZ, Interface
from seqcheck.linux.privilege import advice

SOL_PACKET = 263
ADD_MEMBERSHIP, RX_RING, STATISTICS, VERSION, RESERVE, TIMESTAMP = 1, 5, 6, 10, 12, 17
PROMISCUOUS = 1  # PACKET_MR_PROMISC
TPACKET_V3 = 2
ETH_P_ALL = 3
TAG = 4  # bytes before each frame, for a VLAN tag that is put back
BLOCK = 2 << 20  # bytes of a block; the kernel takes multiples of its page
FEWEST = 2  # blocks
FRAME = 2048  # only its being a divisor matters to TPACKET_V3
RETIRE_MS = 50  # after so long the kernel hands over a block that is not full

SIOCSHWTSTAMP = 0x89B0
HWTSTAMP_TX_OFF, HWTSTAMP_FILTER_ALL = 0, 1
RAW_HARDWARE = 1 << 6  # SOF_TIMESTAMPING_RAW_HARDWARE
CLOCKS = ("host", "adapter")

_REQUEST = struct.Struct("7I")  # struct tpacket_req3
_STATISTICS = struct.Struct("3I")  # struct tpacket_stats_v3
_ADDRESS = struct.Struct("=HHiHBB8s")  # struct sockaddr_ll
_MEMBERSHIP = struct.Struct("iHH8s")  # struct packet_mreq


@dataclass(frozen=True, slots=True, kw_only=True)
class Listening:
    """How to listen. `ring` is the size of each interface's ring in bytes, in blocks of `block` bytes; `snap` the bytes
    kept of a frame; `filters` are the instructions for `expression` by link type, empty for everything; `clock` is one
    of CLOCKS; `direction` is "in", "out", or "" for both (on loopback, which would show each frame twice, "in"). `kept`
    blocks more are allotted to be kept by the reader. So many `workers` share an interface's frames and its ring
    (fanout.py); it `returns` if it may go and come back under another number."""

    ring: int = 64 << 20
    snap: int = 262_144
    promiscuous: bool = False
    clock: str = "host"
    block: int = BLOCK
    kept: int = 0
    workers: int = 1
    returns: bool = False
    expression: str = ""
    direction: str = ""
    filters: bpf.Programs = field(default_factory=dict)

    def program(self, interface: Interface, *, only: bool = False) -> list[bpf.Instruction]:
        """What is to run for each frame of that interface; `only`: for a socket that is given others' frames, too.
        UsageError if the expression does not suit it."""
        if self.filters and interface.link not in self.filters:
            raise UsageError(
                f"the filter {self.expression!r} does not match the link layer of {visible(interface.name)}"
            )
        direction = self.direction or ("any" if interface.name == ANY else "in" if interface.loopback else "")
        made = bpf.program(self.filters.get(interface.link, ()), self.snap, direction=direction)
        return bpf.only(interface.index, made) if only else made


class PacketSocket:
    """A socket with its ring. `accepted` frames were put into the ring since it was opened, `dropped` were not for want
    of room, as far as `count()` was asked."""

    def __init__(self, name: str, how: Listening) -> None:
        """Listens on nothing until `bind`. Frames of all interfaces (`any`) come without their link-layer headers."""
        if name == ANY and how.promiscuous:
            raise UsageError("`any` cannot be promiscuous", hint="name the interfaces: live eth0 eth1 --promiscuous")
        self.name, self.how = name, how
        self.accepted = self.dropped = 0
        self.block_size = how.block
        self.kept = how.kept
        self.blocks = max(how.ring // how.block, FEWEST) + how.kept
        try:
            kind = socket.SOCK_DGRAM if name == ANY else socket.SOCK_RAW
            self.socket = socket.socket(socket.AF_PACKET, kind | socket.SOCK_NONBLOCK, 0)
        except PermissionError:
            raise PrivilegeError(f"listening on {name} needs the privilege CAP_NET_RAW", hint=advice()) from None
        try:
            self.socket.setsockopt(SOL_PACKET, VERSION, TPACKET_V3)
            self.socket.setsockopt(SOL_PACKET, RESERVE, TAG)
            self._stamps(how.clock)
            self.memory = self._ring()
        except BaseException:
            self.socket.close()
            raise

    def bind(self, interface: Interface) -> None:
        """Listen on the interface, from now on. OSError if it has gone in the meantime."""
        self.admit(self.how.program(interface))
        self.attach_to(interface.name)
        self.ask_for_all(interface)

    def attach_to(self, name: str) -> None:
        """Be given what passes the interface of that name, or all of them (ANY). OSError if it has gone."""
        if name == ANY:
            self._bind_to_all()
        else:
            self.socket.bind((name, ETH_P_ALL))

    def admit(self, program: Sequence[bpf.Instruction]) -> None:
        """Of what passes, take in what this program lets through, from now on."""
        bpf.attach(self.socket, program)

    def ask_for_all(self, interface: Interface) -> None:
        """Have the interface take in frames to other addresses as well, if that was asked for."""
        if self.how.promiscuous:
            wanted = _MEMBERSHIP.pack(interface.index, PROMISCUOUS, 0, b"")
            self.socket.setsockopt(SOL_PACKET, ADD_MEMBERSHIP, wanted)

    @property
    def ring_bytes(self) -> int:
        """What the kernel gave for frames that wait."""
        return (self.blocks - self.kept) * self.block_size

    def fileno(self) -> int:
        return self.socket.fileno()

    def count(self) -> int:
        """Ask the kernel; how many frames it dropped since it was last asked."""
        taken, dropped, _ = _STATISTICS.unpack(self.socket.getsockopt(SOL_PACKET, STATISTICS, _STATISTICS.size))
        self.accepted += taken - dropped
        self.dropped += dropped
        return int(dropped)

    def fault(self) -> int:
        """The error that waits on the socket (ENETDOWN where its interface went down), 0 for none."""
        return self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)

    def shut(self) -> None:
        """Take in no more frames; those in the ring stay."""
        self.admit(bpf.NOTHING)

    def close(self) -> None:
        """The memory goes with its last view."""
        self.socket.close()

    def _bind_to_all(self) -> None:
        """To interface number 0, which Python's own bind() does not know."""
        address = _ADDRESS.pack(socket.AF_PACKET, socket.htons(ETH_P_ALL), 0, 0, 0, 0, b"")
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.bind(self.socket.fileno(), address, len(address)):
            raise OSError(ctypes.get_errno(), "cannot listen on all interfaces")

    def _ring(self) -> mmap.mmap:
        length = self.blocks * self.block_size
        request = _REQUEST.pack(self.block_size, self.blocks, FRAME, length // FRAME, RETIRE_MS, 0, 0)
        try:
            self.socket.setsockopt(SOL_PACKET, RX_RING, request)
            return mmap.mmap(self.socket.fileno(), length, mmap.MAP_SHARED, mmap.PROT_READ | mmap.PROT_WRITE)
        except OSError as error:
            if error.errno != errno.ENOMEM:
                raise
            raise InputError(
                f"the kernel cannot allocate {length >> 20} MiB for the ring on {self.name}",
                hint="Use a smaller buffer, for example: --ring 16M",
            ) from error

    def _stamps(self, clock: str) -> None:
        """Time stamps by the adapter's clock: the driver has to be told to make them, the socket to show them."""
        if clock == "host":
            return
        wish = (ctypes.c_int * 3)(0, HWTSTAMP_TX_OFF, HWTSTAMP_FILTER_ALL)
        request = struct.pack(f"{IFNAMSIZ}sP16x", self.name.encode(), ctypes.addressof(wish))
        try:
            fcntl.ioctl(self.socket, SIOCSHWTSTAMP, request)
        except PermissionError:
            raise PrivilegeError(
                f"hardware time stamps on {self.name} need the privilege CAP_NET_ADMIN", hint=advice()
            ) from None
        except OSError as error:
            raise UsageError(
                f"{self.name} cannot time-stamp every frame in hardware ({error.strerror})",
                hint="See `ethtool -T` for what it supports. Without --clock adapter, the host sets the time stamps.",
            ) from error
        self.socket.setsockopt(SOL_PACKET, TIMESTAMP, RAW_HARDWARE)
