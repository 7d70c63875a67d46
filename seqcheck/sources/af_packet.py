"""Frames from interfaces, as they come: Linux packet sockets with a ring (TPACKET_V3), one for each interface.

The kernel hands over its ring block by block. To look back at earlier copies, what came last has to stay at hand: a
block that is well filled is read where it lies, and handed back when as many others have come as the ring has more than
it was asked for (`Listening.kept`), so that the kernel misses none of them. A block with little in it is copied to
others of its kind and handed back at once: a ring full of those would not reach back far. Nobody writes to what
is being read. When we are too slow the ring runs full and the kernel drops, and counts; nothing in between can grow.

Where it dropped is known exactly: it can only drop while it waits for the very block that we hold longest, so what was
dropped by the time that one is handed back was dropped just before that block's next content (a ring of n blocks: its
sequence number + n). Frames that the host itself sends are left out on loopback (linux/bpf.py), VLAN tags that the
kernel took out are put back (kernel/reference_tpacket.py), at no cost for frames without. Times are ns, lengths bytes.
"""

from __future__ import annotations

import struct
from collections import deque

import numpy as np

from seqcheck.errors import InputError
from seqcheck.kernel.border import BAD, FULL, Frames, Kernel, new_totals
from seqcheck.linux.interface import Interface
from seqcheck.linux.packet_socket import PacketSocket
from seqcheck.sources.live_window import ROWS, Slots
from seqcheck.sources.slots import Block, Pool

TP_STATUS_KERNEL, TP_STATUS_USER = 0, 1
STATUS = 2  # place of the status among the 32-bit words of a block
HEADER = 48  # struct tpacket_block_desc; what is in front of the first packet is less than a frame's own header
LEAST = 96  # bytes that a packet takes at least, with its headers
WELL_FILLED = 2  # a block is, from this part of its size on
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
        self._kept: deque[tuple[int, int, Block]] = deque()  # sequence number, place in the ring, rows
        self._columns = [Frames(ROWS) for _ in range(opened.kept)]
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
    def wakes(self) -> bool:
        """Whether the next block will wake whoever polls the socket. Not while the last one is kept: the kernel takes
        that for one that was not seen yet, and says at once that there is something."""
        return not self._kept or (self._kept[-1][1] + 1) % self.socket.blocks != self._next

    @property
    def behind(self) -> float:
        """The share of the ring that waits for us, from 0 to 1."""
        waiting = int(np.count_nonzero(self._status & TP_STATUS_USER)) - len(self._kept)
        return waiting / (len(self._status) - len(self._columns))

    def take(self) -> list[Piece]:
        """The frames of the next block; there is one. Nearly always one piece."""
        place = self._next * self.socket.block_size
        _, packets, first, length, number = _DESCRIPTION.unpack_from(self._memory, place)
        length = min(max(length, first), self.socket.block_size)
        size = length - first
        dropped = self._places.pop(number, 0)
        while self._kept and number - self._kept[0][0] >= len(self._columns):
            self._let_go()
        if self._columns and size > self.socket.block_size // WELL_FILLED:
            return self._index(self._keep(number), place + first, place + length, dropped)
        block = self._slots.room(size, min(packets, size // LEAST + 1))
        low = self._slots.stop
        block.frames.buf[low : low + size] = self._memory[place + first : place + length]
        self._give_back(number, self._next)
        self._slots.used(size)
        self._turn()
        return self._index(block, low, low + size, dropped) if packets else []

    def _keep(self, number: int) -> Block:
        """Rows for the block that was handed over, which stays."""
        columns = self._columns[number % len(self._columns)]
        columns.buf, columns.count = self._memory, 0
        kept = Block(columns, 0, len(self._memory))
        self._kept.append((number, self._next, kept))
        self._turn()
        return kept

    def _let_go(self) -> None:
        """Hand back the block that was kept longest."""
        number, place, block = self._kept[0]
        block.gone = True
        self._give_back(number, place)
        self._kept.popleft()

    def _turn(self) -> None:
        self._next = (self._next + 1) % self.socket.blocks

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

    def _give_back(self, number: int, place: int) -> None:
        """Hand a block back, and note what was dropped while the kernel waited for the one that we hold longest."""
        longest = self._kept[0][0] if self._kept else number
        dropped = self._unplaced + self.socket.count()
        self._unplaced = 0
        self._status[place] = TP_STATUS_KERNEL
        dropped += self.socket.count()
        if dropped:
            later = longest + self.socket.blocks
            self._places[later] = self._places.get(later, 0) + dropped

    @property
    def all_taken(self) -> bool:
        """Whether every frame that the kernel ever put into the ring was taken out."""
        self._unplaced += self.socket.count()
        return self.frames >= self.socket.accepted

    def close(self) -> None:
        """Let go of the ring."""
        for _, _, block in self._kept:
            block.gone = True
        self._kept.clear()
        self._status, self._memory = np.zeros(0, np.uint32), np.zeros(0, np.uint8)
        self.socket.close()
