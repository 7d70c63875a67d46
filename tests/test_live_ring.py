"""What is done with the blocks of a packet socket's ring: read where they lie or copied, several at once, handed back;
and where frames were dropped. The test plays the kernel's part."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import cast

import pytest
from test_live_tpacket import packet

from seqcheck.interfaces.af_packet import (
    HORIZON_NS,
    LEAST,
    LONGEST_MS,
    MARGIN_NS,
    SECOND,
    SHORTEST_MS,
    SWIFT_NS,
    Piece,
    Port,
)
from seqcheck.interfaces.live import _runs
from seqcheck.interfaces.live_window import LiveStore, pool
from seqcheck.kernel import load
from seqcheck.linux.packet_socket import BLOCK, PacketSocket

SIZE, HEAD = 1 << 14, 48
FRAME = len(packet(bytes(60)))
FULL = (SIZE - HEAD) // FRAME


@dataclass
class Ring:
    """As PacketSocket; `fill` is the kernel."""

    kept: int = 12
    blocks: int = 24
    block_size: int = SIZE
    name: str = "test"
    accepted: int = 0
    dropped: int = 0
    lost: int = 0  # not asked for yet
    sequence: int = 0
    memory: bytearray = field(default_factory=bytearray)

    def __post_init__(self) -> None:
        self.memory = bytearray(self.blocks * SIZE)

    def count(self) -> int:
        lost, self.lost = self.lost, 0
        self.dropped += lost
        return lost

    def fill(self, frames: int, *, lasted_ns: int = 0) -> None:
        """The next block, with numbered frames; the kernel must own it."""
        at = self.sequence % self.blocks * SIZE
        assert not self.memory[at + 8] & 1, "the block is still kept"
        numbers = range(self.accepted + 1, self.accepted + frames + 1)
        body = b"".join(packet(n.to_bytes(60, "big"), last=n == numbers[-1]) for n in numbers)
        head = struct.pack("=8x4IQ4I", 1, frames, HEAD, HEAD + len(body), self.sequence, 0, 0, 0, lasted_ns)
        self.memory[at : at + HEAD] = head.ljust(HEAD, b"\0")
        self.memory[at + HEAD : at + HEAD + len(body)] = body
        self.accepted += frames
        self.sequence += 1

    def filling(self, frames: int) -> None:
        """The next block has so many packets, and is not handed over."""
        at = self.sequence % self.blocks * SIZE
        body = b"".join(packet(bytes(60)) for _ in range(frames))
        head = struct.pack("=8x4IQ4I", 0, frames, HEAD, HEAD + len(body), self.sequence, 0, 0, 0, 0)
        self.memory[at : at + HEAD + len(body)] = head.ljust(HEAD, b"\0") + body

    def theirs(self) -> list[int]:
        """The blocks that the reader has not handed back."""
        return [at for at in range(self.blocks) if self.memory[at * SIZE + 8] & 1]


def made(ring: Ring) -> Port:
    return Port(cast("PacketSocket", ring), load(), pool(1))


def numbers(pieces: list[Piece]) -> list[int]:
    """What stands in the frames."""
    found = []
    for piece in pieces:
        frames = piece.frames
        for row in range(piece.low, piece.high):
            start = int(frames.off[row])
            found.append(int.from_bytes(frames.buf[start : start + 60].tobytes(), "big"))
    return found


def test_blocks_that_wait_are_taken_together_as_rows_of_one_frames() -> None:
    ring = Ring()
    port = made(ring)
    for _ in range(3):
        ring.fill(FULL)
    pieces = port.take()
    assert [(piece.low, piece.high) for piece in pieces] == [(0, FULL), (FULL, 2 * FULL), (2 * FULL, 3 * FULL)]
    assert len({id(piece.frames) for piece in pieces}) == 1
    assert numbers(pieces) == list(range(1, 3 * FULL + 1))
    assert [len(run) for run in _runs(pieces)] == [3]
    assert not port.ready


def test_no_more_at_once_than_may_be_kept() -> None:
    """What is handed on must not be written to while it is looked at."""
    ring = Ring(kept=2)
    port = made(ring)
    for _ in range(5):
        ring.fill(FULL)
    seen = []
    while port.ready:
        pieces = port.take()
        assert len(pieces) <= 2
        assert not any(piece.block.gone for piece in pieces)
        seen += numbers(pieces)
    assert seen == list(range(1, 5 * FULL + 1))
    assert ring.theirs() == [3, 4]


def test_what_is_taken_at_once_leaves_a_window_to_look_back_at() -> None:
    """However many wait: three quarters of what is kept can still be looked up when the first new row is looked at."""
    ring = Ring(kept=8, blocks=24)
    port = made(ring)
    for _ in range(8):
        ring.fill(FULL)
    before = [piece.block for _ in range(8) if port.ready for piece in port.take()]
    assert len(before) == 8
    for _ in range(8):
        ring.fill(FULL)
    port.take()
    assert sum(not block.gone for block in before) == 6


def test_a_block_with_little_in_it_stays_where_the_one_before_makes_up_for_it() -> None:
    ring = Ring(kept=6)
    port = made(ring)
    for frames in (FULL, 3, 3, FULL // 3, FULL // 3 * 2, FULL // 2):
        ring.fill(frames)
    seen = []
    while port.ready:
        seen += numbers(port.take())
    assert seen == list(range(1, ring.accepted + 1))
    # the first 3 come behind a full block; the next are copied, as is what follows a block that was copied
    assert ring.theirs() == [0, 1, 4, 5]


def test_where_little_comes_all_is_copied_and_handed_back_at_once() -> None:
    ring = Ring()
    port = made(ring)
    for _ in range(30):
        ring.fill(FULL // 3)
        port.take()
        assert ring.theirs() == []
        assert port.wakes


@pytest.mark.parametrize("kept", [1, 2, 4])
def test_frames_can_be_had_again_while_their_block_is_kept(kept: int) -> None:
    ring, store, seen = Ring(kept=kept), LiveStore(), 0
    port = made(ring)
    for several in (1, 3, 2, 8, 1, 1, 6):
        for _ in range(min(several, ring.blocks - len(ring.theirs()))):
            ring.fill(FULL)
        while port.ready:
            for run in _runs(port.take()):
                first = seen + 1 - run[0].low
                for piece in run:
                    store.note(first + piece.low, piece.frames, (piece.low, piece.high), (piece.block,))
                seen += run[-1].high - run[0].low
            for number in range(1, seen + 1, 17):
                again = store.get(number)
                assert (again is not None) == (number > seen - kept * FULL), number
                assert again is None or int.from_bytes(again.data, "big") == number


def test_a_place_where_frames_were_dropped_begins_a_run() -> None:
    ring = Ring(kept=8, blocks=12)
    port = made(ring)
    for _ in range(12):
        ring.fill(FULL)
    for _ in range(4):
        port.take()
    port.take()  # hands back blocks 0 and 1
    ring.lost = 7  # while the kernel waits for the next one, its number 2
    ring.fill(FULL)
    ring.fill(FULL)
    port.take()  # hands back 2 and 3
    ring.fill(FULL)
    ring.fill(FULL)
    runs = [[(numbers([piece])[0] // FULL, piece.dropped) for piece in run] for run in _runs(port.take() + port.take())]
    assert [dropped for run in runs for _, dropped in run] == [0, 0, 7, 0]
    assert [[block for block, _ in run] for run in runs] == [[12, 13], [14, 15]]
    assert ring.dropped == 7


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """As much time for a block of ours as for one of BLOCK bytes."""
    monkeypatch.setattr("seqcheck.interfaces.af_packet.SWIFT_NS", SWIFT_NS * BLOCK // SIZE)


@pytest.mark.usefixtures("small_blocks")
def test_how_long_nobody_looks_goes_by_the_pace() -> None:
    ring = Ring(kept=4, blocks=36)
    port = made(ring)
    ring.fill(FULL, lasted_ns=1_000_000)
    port.take()
    assert not port.wakes
    assert 7 <= port.rest_ms <= 8
    ring.fill(FULL, lasted_ns=40_000_000)
    port.take()
    assert port.rest_ms == LONGEST_MS
    ring.fill(FULL, lasted_ns=0)
    port.take()
    assert port.rest_ms == SHORTEST_MS


@pytest.mark.usefixtures("small_blocks")
def test_it_does_where_blocks_are_copied_too() -> None:
    ring = Ring(kept=0, blocks=40)
    port = made(ring)
    ring.fill(FULL // 2, lasted_ns=1_000_000)
    port.take()
    assert 19 <= port.rest_ms <= 21  # a quarter of the blocks, each filled in twice 1 ms
    ring.fill(2, lasted_ns=50_000_000)
    port.take()
    assert port.rest_ms == LONGEST_MS


def test_smaller_blocks_are_filled_sooner() -> None:
    ring = Ring(kept=0, blocks=1000)
    port = made(ring)
    ring.fill(2, lasted_ns=50_000_000)
    port.take()
    assert port.rest_ms == 250 * SWIFT_NS * SIZE // BLOCK // 1_000_000


def test_a_block_of_another_kind_ends_what_is_taken_at_once() -> None:
    ring = Ring()
    port = made(ring)
    ring.fill(FULL)
    ring.fill(FULL // 2 + 9)
    ring.fill(2)
    assert len(port.take()) == 2
    assert numbers(port.take()) == [ring.accepted - 1, ring.accepted]
    assert not port.ready


def test_what_is_still_to_come_is_not_older_than_the_block_being_filled_says() -> None:
    """Packets are stamped at 7 s and 9 ns."""
    ring, came = Ring(kept=0), 7 * SECOND + 9
    port, now = made(ring), 7 * SECOND + HORIZON_NS // 2
    assert port.floor(now) == now - MARGIN_NS  # there is none
    ring.filling(2)
    assert not port.ready
    assert port.floor(now) == came - MARGIN_NS
    assert port.floor(came - 5) == came - 5 - MARGIN_NS  # the clock was set back
    assert port.floor(came + SECOND) == came + SECOND - HORIZON_NS
    ring.fill(2)
    port.take()
    assert port.floor(now) == now - MARGIN_NS


def test_what_a_lap_before_left_in_a_block_is_older() -> None:
    ring = Ring(kept=0, blocks=2)
    port = made(ring)
    for _ in range(2):
        ring.fill(FULL)
        port.take()
    later = 9 * SECOND
    assert not port.ready
    assert port.floor(later) == later - HORIZON_NS


@pytest.mark.parametrize("first", [0, SIZE - LEAST, SIZE - 8, SIZE, 0xFFFFFFFF])
def test_a_block_that_contradicts_itself_says_nothing(first: int) -> None:
    ring = Ring(kept=0, blocks=2)
    ring.filling(1)
    struct.pack_into("=I", ring.memory, 16, first)
    now = 9 * SECOND
    assert now - HORIZON_NS <= made(ring).floor(now) <= now
