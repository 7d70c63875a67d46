"""Frames from interfaces, as they come: Linux packet sockets with a ring (TPACKET_V3), one for each interface.

The kernel hands over its ring block by block. To look back at earlier copies, what came last has to stay at hand: a
block that is well filled is read where it lies, and handed back when as many others have come as the ring has more than
it was asked for (`Listening.kept`), so that the kernel misses none of them. A block with little in it is copied to
others of its kind and handed back at once: a ring full of those would not reach back far. It stays all the same where
the one before it makes up for it: the kernel closes a block every RETIRE_MS, also between two that it fills. So kept
blocks are half full at least, taken together. Nobody writes to what is being read. When we are too slow the ring runs
full and the kernel drops, and counts; nothing in between can grow.

Where it dropped is known exactly: it can only drop while it waits for the very block that we hold longest, so what was
dropped by the time that one is handed back was dropped just before that block's next content (a ring of n blocks: its
sequence number + n). Frames that the host itself sends are left out on loopback (linux/bpf.py), VLAN tags that the
kernel took out are put back (kernel/portable/tpacket.py), at no cost for frames without. Times are ns, lengths bytes.
"""

from __future__ import annotations

import struct
from collections import deque
from typing import NamedTuple

import numpy as np

from seqcheck.capture.slots import Block, Pool
from seqcheck.errors import InputError
from seqcheck.interfaces.live_window import COLUMNS, ROWS, Slots
from seqcheck.kernel.border import BAD, FULL, Frames, new_totals
from seqcheck.kernel.protocols import Kernel
from seqcheck.linux.interface import Interface
from seqcheck.linux.packet_socket import BLOCK, RETIRE_MS, PacketSocket

TP_STATUS_KERNEL, TP_STATUS_USER = 0, 1
STATUS = 2  # place of the status among the 32-bit words of a block
LEAST = 96  # bytes that a packet takes at least, with its headers
ROWS_AT_ONCE = 2 * ROWS  # frames of blocks that lie in the ring, so those of three blocks at least
AT_ONCE = 4  # parts of the kept blocks; no more than one of them is taken at once, and so let go of
WELL_FILLED = 2  # a block is, from this part of its size on
# Nobody looks while a block is kept (Port.wakes) until a quarter of the ring is filled, at the pace at which that block
# was, or, should it quicken, at SWIFT_NS a BLOCK; and not longer than LONGEST_MS.
SWIFT_NS, SHORTEST_MS, LONGEST_MS = 5_000_000, 5, 40
SECOND, MILLI = 1_000_000_000, 1_000_000  # ns
HORIZON_NS = 3 * RETIRE_MS * MILLI  # the kernel hands over a block that is not full before its frames are as old
MARGIN_NS = 10 * MILLI  # how long before it comes to the ring a frame may have been stamped
# status, packets, first packet, length, sequence number; when it was begun, when its last packet came: s, ns
_DESCRIPTION = struct.Struct("=8x4IQ4I")
_STAMP = struct.Struct("=4x2I")  # of a packet: s, ns


class _Waiting(NamedTuple):
    """A block that the kernel has handed over: its sequence number, where its packets lie, how many there are at most,
    ns from when it was begun to its last packet."""

    number: int
    start: int
    stop: int
    rows: int
    lasted: int


class Piece:
    """Rows low..high-1 of `block.frames`, new from one interface; `dropped` frames were lost just before them."""

    __slots__ = ("block", "dropped", "high", "low")

    def __init__(self, block: Block, low: int, high: int, dropped: int) -> None:
        self.block, self.low, self.high, self.dropped = block, low, high, dropped

    @property
    def frames(self) -> Frames:
        return self.block.frames


class Port:
    """A socket's frames."""

    places = True  # where frames were dropped is known

    def __init__(self, opened: PacketSocket, kernel: Kernel, pool: Pool) -> None:
        self.socket = opened
        self.frames = 0
        self.totals = new_totals()
        self.block_size = opened.block_size
        self._link = 0
        self._kernel = kernel
        self._slots = Slots(pool)
        self._memory = np.frombuffer(opened.memory, np.uint8)
        self._status = self._memory.view(np.uint32)[STATUS :: opened.block_size // 4]
        self._next = 0  # the block that the kernel hands over next
        self._kept: deque[tuple[int, int, Block]] = deque()  # sequence number, place in the ring, rows
        self._before = 0  # bytes in the block before the next one, if it was kept
        self._pace_ns = 0  # in which the last block would have been filled to its end
        self._columns: list[Frames] = []  # those that no kept block uses
        self._places: dict[int, int] = {}  # sequence number of a block -> frames dropped just before it
        self._unplaced = 0  # dropped, and not yet in `_places`

    def bind(self, interface: Interface) -> None:
        """Listen to it from now on. OSError if it has gone in the meantime."""
        self.socket.bind(interface)
        self._link = interface.link

    @property
    def ready(self) -> bool:
        """Whether the kernel has handed over a block."""
        return bool(self._status[self._next] & TP_STATUS_USER)

    @property
    def wakes(self) -> bool:
        """Whether the next block will wake the thread that polls the socket. Not while the last one is kept: the kernel
        takes that for one that was not seen yet, and says at once that there is something."""
        return not self._kept or (self._kept[-1][1] + 1) % self.socket.blocks != self._next

    @property
    def rest_ms(self) -> int:
        """How long nobody need look, when nothing is ready and nothing `wakes`."""
        quarter = (self.socket.blocks - self.socket.kept) / 4
        ms = int(quarter * min(self._pace_ns, SWIFT_NS * self.block_size // BLOCK)) // MILLI
        return min(max(ms, SHORTEST_MS), LONGEST_MS)

    @property
    def behind(self) -> float:
        """The share of the ring that waits for us, from 0 to 1."""
        waiting, most = 0, len(self._status) - self.socket.kept  # what waits follows on itself: mostly a look or two
        while waiting < most and self._status[(self._next + waiting) % len(self._status)] & TP_STATUS_USER:
            waiting += 1
        return waiting / max(most, 1)

    def floor(self, now: int) -> int:
        """If nothing is `ready`: the time (ns) before which no frame is that is still to come. `now` is the time from
        before that was looked at.

        The block that is being filled says how many packets it has by now, and when the first one came. What it says
        may be left from the lap before, and then is older."""
        place = self._next * self.socket.block_size
        _, packets, first, *_ = _DESCRIPTION.unpack_from(self._memory, place)
        came = now
        if packets and first <= self.socket.block_size - LEAST:
            seconds, ns = _STAMP.unpack_from(self._memory, place + first)
            came = min(seconds * SECOND + ns, now)
        return max(came - MARGIN_NS, now - HORIZON_NS)

    def take(self) -> list[Piece]:
        """The frames of the next block; there is one. If it stays, also those of the blocks behind it that are ready
        and stay, as far as all find place in one Frames: so the more waits, the less a frame costs."""
        pieces: list[Piece] = []
        columns: Frames | None = None
        for _ in range(max(self.socket.kept // AT_ONCE, 1)):
            waiting = self._waiting()
            size, rows = waiting.stop - waiting.start, waiting.rows
            if not (self.socket.kept and self._stays(size)):
                return pieces or self._copy(waiting)
            if columns is not None and columns.count + rows > columns.capacity:
                break
            while self._kept and waiting.number - self._kept[0][0] >= self.socket.kept:
                self._let_go()
            if columns is None:
                columns = self._columns.pop() if self._columns else _untouched(ROWS_AT_ONCE)
                columns.buf, columns.count = self._memory, 0
            pieces += self._keep(waiting, columns)
            if not self.ready or pieces[-1].frames is not columns:
                break
        return pieces

    def _waiting(self) -> _Waiting:
        """The next block, not taken yet."""
        place = self._next * self.socket.block_size
        _, packets, first, length, number, *times = _DESCRIPTION.unpack_from(self._memory, place)
        length = min(max(length, first), self.socket.block_size)
        lasted = (times[2] - times[0]) * SECOND + times[3] - times[1]
        return _Waiting(number, place + first, place + length, min(packets, (length - first) // LEAST + 1), lasted)

    def _stays(self, size: int) -> bool:
        """Whether a block with that many bytes in it is read where it lies."""
        whole = self.socket.block_size
        return size > whole // WELL_FILLED or size + self._before >= whole

    def _copy(self, waiting: _Waiting) -> list[Piece]:
        """Take the next block by copying it, and hand it back."""
        number, start, stop, rows, lasted = waiting
        while self._kept and number - self._kept[0][0] >= self.socket.kept:
            self._let_go()
        self._before = 0
        size = stop - start
        self._pace_ns = lasted * self.block_size // max(size, 1)
        block = self._slots.room(size, rows)
        low = self._slots.stop
        block.frames.buf[low : low + size] = self._memory[start:stop]
        self._give_back(number, self._next)
        self._slots.used(size)
        self._turn()
        dropped = self._places.pop(number, 0)
        return self._index(block, low, low + size, dropped) if rows else []

    def _keep(self, waiting: _Waiting, columns: Frames) -> list[Piece]:
        """Take the next block as it is."""
        number, start, stop, _, lasted = waiting
        self._before = stop - start
        self._pace_ns = lasted * self.block_size // self._before
        kept = Block(columns, 0, len(self._memory))
        self._kept.append((number, self._next, kept))
        self._turn()
        return self._index(kept, start, stop, self._places.pop(number, 0))

    def _let_go(self) -> None:
        """Hand back the block that was kept longest."""
        number, place, block = self._kept[0]
        block.gone = True
        self._give_back(number, place)
        self._kept.popleft()
        if not self._kept or self._kept[0][2].frames is not block.frames:
            self._columns.append(block.frames)

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

    @property
    def waiting(self) -> int:
        """How many frames wait in the ring."""
        self._unplaced += self.socket.count()
        return max(0, self.socket.accepted - self.frames)

    def close(self) -> None:
        """Let go of the ring."""
        for _, _, block in self._kept:
            block.gone = True
        self._kept.clear()
        self._status, self._memory = np.zeros(0, np.uint32), np.zeros(0, np.uint8)
        self.socket.close()


def _untouched(rows: int) -> Frames:
    """Frames whose columns take no memory before they are written to, as those made of zeros may."""
    frames = Frames(0)
    for name in COLUMNS:
        setattr(frames, name, np.empty(rows, getattr(frames, name).dtype))
    return frames
