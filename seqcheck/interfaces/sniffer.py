"""Frames from an interface by scapy's sockets: for FreeBSD and macOS, and anywhere on request.

Far slower than af_packet, since each frame takes a call of the system; what is found is the same. Time stamps pass
through a float, so they are right to about 240 ns. Drops are known on Linux only, and not where they happened.
Everything is opened on construction, while that is still allowed.
"""

from __future__ import annotations

import select
import socket
import struct
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np

from seqcheck.capture.slots import Pool
from seqcheck.errors import InputError, PrivilegeError
from seqcheck.escape import visible
from seqcheck.interfaces.af_packet import HORIZON_NS, Piece
from seqcheck.interfaces.live_window import Slots
from seqcheck.kernel.border import MAX_FRAME, T_BYTES, T_CUT, T_FIRST, T_LAST, Frames, new_totals
from seqcheck.linux import bpf
from seqcheck.linux.interface import Interface
from seqcheck.linux.packet_socket import SOL_PACKET, STATISTICS, Listening
from seqcheck.linux.privilege import advice

AT_ONCE = 256  # frames
SO_RCVBUFFORCE = 33  # asm-generic/socket.h
LINKS = {"Ether": 1, "Loopback": 0, "IP": 101, "IPv6": 101, "IP46": 101, "CookedLinux": 113}  # by scapy's class
SECOND = 1_000_000_000


class Sniffed:
    """scapy's socket, with what af_packet.Port's socket has."""

    def __init__(self, name: str, how: Listening, interface: Interface, expression: str) -> None:
        import scapy.arch
        import scapy.layers.l2  # noqa: F401 - without them scapy knows neither sockets nor link layers
        from scapy.config import conf
        from scapy.error import Scapy_Exception

        self.name = name
        self.accepted = self.dropped = self.ring_bytes = 0
        try:
            self.inner: Any = conf.L2listen(iface=name, promisc=how.promiscuous, filter=expression or None)
        except PermissionError:
            raise PrivilegeError(f"listening on {visible(name)} needs privileges", hint=advice()) from None
        except (OSError, Scapy_Exception) as error:
            raise InputError(f"cannot listen on {visible(name)} by scapy: {error}") from error
        if sys.platform == "linux":
            self.inner.ins.setblocking(False)
            bpf.attach(self.inner.ins, how.program(interface))
            _make_room(self.inner.ins, min(how.ring, (1 << 30) - 1))

    def fileno(self) -> int:
        return int(self.inner.fileno())

    def count(self) -> int:
        """As in linux.packet_socket; 0 if the system does not tell."""
        if sys.platform != "linux":
            return 0
        taken, dropped = struct.unpack("2I", self.inner.ins.getsockopt(SOL_PACKET, STATISTICS, 8))
        self.accepted += taken - dropped
        self.dropped += dropped
        return int(dropped)

    def fault(self) -> int:
        return int(self.inner.ins.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)) if sys.platform == "linux" else 0

    def shut(self) -> None:
        if sys.platform == "linux":
            bpf.attach(self.inner.ins, bpf.NOTHING)

    def close(self) -> None:
        self.inner.close()


class SniffedPort:
    """As af_packet.Port."""

    places = False
    rest_ms = 0  # it `wakes`
    waiting = 0  # not known
    block_size = AT_ONCE * MAX_FRAME  # of what is taken at once, at most

    def __init__(self, opened: Sniffed, pool: Pool) -> None:
        self.socket = opened
        self.frames = 0
        self.totals = new_totals()
        self._slots = Slots(pool)
        self._link = LINKS.get(getattr(opened.inner.LL, "__name__", ""), 1)

    def bind(self, interface: Interface) -> None:
        """It was bound when it was opened."""
        if sys.platform == "linux":  # where we know more link layers than scapy has classes for
            self._link = interface.link

    @property
    def ready(self) -> bool:
        """Whether there is a frame."""
        poll = select.poll()
        poll.register(self.socket, select.POLLIN)
        return any(event & select.POLLIN for _, event in poll.poll(0))

    @property
    def wakes(self) -> bool:
        """Always."""
        return True

    def floor(self, now: int) -> int:
        """As in af_packet.Port."""
        return now - HORIZON_NS

    @property
    def behind(self) -> float:
        """Not known."""
        return 0.0

    @property
    def all_taken(self) -> bool:
        """Whether every frame that was put into the socket was taken out, as far as the system tells."""
        self.socket.count()
        return self.frames >= self.socket.accepted and not self.ready

    def take(self) -> Sequence[Piece]:
        """The frames that are there, at most AT_ONCE."""
        pieces: list[Piece] = []
        self.socket.count()
        for _ in range(AT_ONCE):
            try:
                _, data, stamp = self.socket.inner.recv_raw(MAX_FRAME)
            except (BlockingIOError, OSError):
                break
            if data is not None:
                self._add(data, round(stamp * SECOND) if stamp else 0, pieces)
            if sys.platform != "linux" and not self.ready:
                break
        self.frames += sum(piece.high - piece.low for piece in pieces)
        return pieces

    def _add(self, data: bytes, ns: int, pieces: list[Piece]) -> None:
        size = min(len(data), MAX_FRAME)
        block = self._slots.room(size, 1)
        frames, at, row = block.frames, self._slots.stop, block.frames.count
        frames.buf[at : at + size] = np.frombuffer(data, np.uint8, size)
        _append(frames, (at, size, len(data), ns, self._link))
        self._slots.used(size)
        totals = self.totals
        totals[T_BYTES] += len(data)
        totals[T_CUT] += size < len(data)
        totals[T_FIRST], totals[T_LAST] = min(totals[T_FIRST], ns), max(totals[T_LAST], ns)
        if pieces and pieces[-1].block is block:
            pieces[-1].high = row + 1
        else:
            pieces.append(Piece(block, row, row + 1, 0))

    def close(self) -> None:
        """No more frames."""
        self.socket.close()


def _make_room(opened: socket.socket, size: int) -> None:
    """So many bytes for frames that wait; without CAP_NET_ADMIN no more than net.core.rmem_max."""
    try:
        opened.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, size)
    except OSError:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, size)


def _append(frames: Frames, values: tuple[int, int, int, int, int]) -> None:
    row = frames.count
    for name, value in zip(("off", "cap", "wire", "ns", "link"), values, strict=True):
        getattr(frames, name)[row] = value
    frames.count = row + 1
