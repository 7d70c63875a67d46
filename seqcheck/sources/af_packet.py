"""Frames from interfaces, as they come: Linux packet sockets with a ring (TPACKET_V3), one for each interface.

The kernel hands over its ring block by block. Each is copied into memory of our own, which is also the window that lets
us look back at earlier copies, and handed back before anything in it is parsed: the ring is free again at once, and
nobody can change what is being read. When we are too slow the ring runs full and the kernel drops, and counts; nothing
in between can grow.

Where it dropped is known exactly: it can only drop while it waits for the very block that we hold longest, so what was
dropped by the time that one is handed back was dropped just before that block's next content (a ring of n blocks: its
sequence number + n). Frames that the host itself sends are left out on loopback (linux/bpf.py), VLAN tags that the
kernel took out are put back (kernel/reference_tpacket.py), at no cost for frames without. Times are ns, lengths bytes.
"""

from __future__ import annotations

import struct

import numpy as np

from seqcheck.errors import InputError
from seqcheck.kernel.border import BAD, FULL, Frames, Kernel, new_totals
from seqcheck.linux.interface import Interface
from seqcheck.linux.packet_socket import PacketSocket
from seqcheck.sources.live_window import Slots
from seqcheck.sources.slots import Block, Pool

TP_STATUS_KERNEL, TP_STATUS_USER = 0, 1
STATUS = 2  # place of the status among the 32-bit words of a block
HEADER = 48  # struct tpacket_block_desc; what is in front of the first packet is less than a frame's own header
LEAST = 96  # bytes that a packet takes at least, with its headers
_DESCRIPTION = struct.Struct("=8x4IQ")  # status, packets, first packet, length, sequence number


class Piece:
    """Rows low..high-1 of `block.frames`, new from one interface; `dropped` frames were lost just before them."""

    __slots__ = ("block", "dropped", "high", "low")

    def __init__(self, block: Block, low: int, high: int, dropped: int) -> None:
        self.block, self.low, self.high, self.dropped = block, low, high, dropped

    @property
    def frames(self) -> Frames:
        return self.block.frames


class Port:
    """One interface, listened to. `interface` is None while it is not there (`awaited`: it was looked for)."""

    places = True  # where frames were dropped is known

    def __init__(self, opened: PacketSocket, kernel: Kernel, pool: Pool) -> None:
        self.socket = opened
        self.interface: Interface | None = None
        self.awaited = False
        self.frames = 0
        self.totals = new_totals()
        self._link = 0
        self._kernel = kernel
        self._slots = Slots(pool)
        self._memory = np.frombuffer(opened.memory, np.uint8)
        self._status = self._memory.view(np.uint32)[STATUS :: opened.block_size // 4]
        self._next = 0  # the block that the kernel hands over next
        self._places: dict[int, int] = {}  # sequence number of a block -> frames dropped just before it
        self._unplaced = 0  # dropped, and not yet in `_places`

    def bind(self, interface: Interface) -> None:
        """Listen to it from now on."""
        self.socket.bind(interface)
        self.interface, self._link = interface, interface.link

    @property
    def ready(self) -> bool:
        """Whether the kernel has handed over a block."""
        return bool(self._status[self._next] & TP_STATUS_USER)

    @property
    def behind(self) -> float:
        """The share of the ring that waits for us, from 0 to 1."""
        return int(np.count_nonzero(self._status & TP_STATUS_USER)) / len(self._status)

    def take(self) -> list[Piece]:
        """The frames of the next block; there is one. Nearly always one piece."""
        place = self._next * self.socket.block_size
        _, packets, first, length, number = _DESCRIPTION.unpack_from(self._memory, place)
        length = min(max(length, first), self.socket.block_size)
        size = length - first
        block = self._slots.room(size, min(packets, size // LEAST + 1))
        low = self._slots.stop
        frames = block.frames
        frames.buf[low : low + size] = self._memory[place + first : place + length]
        self._give_back(number)
        self._slots.used(size)
        dropped = self._places.pop(number, 0)
        if not packets:
            return [Piece(block, frames.count, frames.count, dropped)] if dropped else []
        return self._index(block, low, low + size, dropped)

    def _index(self, block: Block, start: int, stop: int, dropped: int) -> list[Piece]:
        pieces = []
        while True:
            frames = block.frames
            frames.totals = self.totals
            low = frames.count
            start, why = self._kernel.index_tpacket(frames.buf, start, stop, self._link, frames)
            self.frames += frames.count - low
            pieces.append(Piece(block, low, frames.count, dropped))
            if why == BAD:
                raise InputError(
                    f"a block of {self.socket.name}'s ring contradicts itself: a fault in the kernel, or here"
                )
            if why != FULL:
                return pieces
            rest = frames.buf[start:stop].copy()  # more rows than a slot has: go on in the next one
            block = self._slots.room(len(rest), frames.capacity)
            start, stop, dropped = self._slots.stop, self._slots.stop + len(rest), 0
            block.frames.buf[start:stop] = rest
            self._slots.used(len(rest))

    def _give_back(self, number: int) -> None:
        """Hand the block back, and note what was dropped while the kernel waited for it. What it drops between the two
        may be due to the next block already."""
        waiting = self._unplaced + self.socket.count()
        self._unplaced = 0
        self._status[self._next] = TP_STATUS_KERNEL
        self._next = (self._next + 1) % self.socket.blocks
        after = self.socket.count()
        if waiting or after:
            later = number + self.socket.blocks
            self._places[later] = self._places.get(later, 0) + waiting + after

    @property
    def all_taken(self) -> bool:
        """Whether every frame that the kernel ever put into the ring was taken out."""
        self._unplaced += self.socket.count()
        return self.frames >= self.socket.accepted

    def close(self) -> None:
        """Let go of the ring; frames that were taken stay."""
        self._status, self._memory = np.zeros(0, np.uint32), np.zeros(0, np.uint8)
        self.socket.close()
