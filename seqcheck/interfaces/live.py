"""A capture in progress: one or several interfaces, in blocks of frames.

    with LiveReader(["eth0"], Listening(), opener=by_ring) as reader:
        for frames, low, high in reader:
            reader.lost            # how many frames we lost just before row `low`
            reader.store.get(17)   # as in `reader.CaptureReader`

Iterates until `stop()`; then takes in what the kernel already holds, and ends. Yields no rows (low == high) about every
LEISURE_MS, so that the caller can look at the clock. Several interfaces are merged by time into one capture: a frame
waits until no older one can come from another interface (interleave.py), or until half the window waits. So is what
several workers take in on one interface (linux/fanout.py); whatever is told, is told of the interface.

What happens to the interfaces is reported in words by `note`, and kept in `remarks`.
"""

from __future__ import annotations

import select
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from seqcheck.errors import SeqcheckError, UsageError
from seqcheck.escape import visible
from seqcheck.interfaces.af_packet import Piece
from seqcheck.interfaces.interleave import Interleave
from seqcheck.interfaces.listened import AnyPort, Listened
from seqcheck.interfaces.live_window import SLOT, LiveStore, pool
from seqcheck.interfaces.opening import Opener, absent, by_ring, by_scapy
from seqcheck.interfaces.remarks import Remarks
from seqcheck.interfaces.stopping import Stopping
from seqcheck.interfaces.summed import Summed
from seqcheck.kernel.border import Frames
from seqcheck.linux import adapter, interface
from seqcheck.linux.packet_socket import BLOCK, RETIRE_MS, Listening
from seqcheck.model import Damage

__all__ = ["LiveReader", "by_ring", "by_scapy"]

WINDOW = 32 << 20  # bytes of frames to look back at
AT_ONCE = 4 << 20  # bytes of blocks that are put in order at once, about: the more, the less each costs
POLL_MS = 50
LEISURE_MS, WORTH_WHILE = 80, 1 / 8  # frames may wait so long, or until that share of the ring is filled
PATIENCE_S = 2.0  # for the kernel to hand over what it has, at the end


class LiveReader(Summed, Stopping):
    """Iterate once. `names` are the interfaces, `opener` is by_ring or by_scapy; `wait` for those that are not there or
    down, instead of ending."""

    def __init__(
        self, names: Sequence[str], how: Listening, *, opener: Opener, wait: bool = False,
        note: Callable[[str], None] = lambda text: None,
    ) -> None:  # fmt: skip
        self.inputs = tuple(dict.fromkeys(names))
        self._remarks = Remarks(note)
        self.store = LiveStore()
        self.frames = self.lost = 0
        self.failure = ""  # what went wrong with listening itself
        self.tells_drops = True
        self.hurried = False  # whether even what the kernel still holds is not waited for
        self._wait = wait
        self._listened: list[Listened] = []
        self._ports: list[AnyPort] = []  # of all of them
        if how.clock != "host" and len(self.inputs) > 1:
            raise UsageError(
                "with --clock adapter, frames of several interfaces cannot be put in order", hint="name one interface"
            )
        if how.clock != "host" and how.workers > 1:
            raise UsageError(
                "with --clock adapter, frames of several workers cannot be put in order",
                hint="Leave --workers out, or let the host set the time stamps.",
            )
        if interface.ANY in self.inputs and len(self.inputs) > 1:
            raise UsageError("`any` means all interfaces: name it alone")
        found = {name: interface.find(name) for name in self.inputs}
        for name, one in found.items():
            if not wait and (one is None or not one.up):
                raise absent(name, one)
        self.adapters = tuple(adapter.look(name) for name in self.inputs)
        self._links = {name: interface.link_losses(name) for name in self.inputs}
        self._watch = interface.Watch()
        several = len(self.inputs) * how.workers
        if several == 1:  # those of several are put in order in one arena, into which all is copied
            how = replace(how, kept=min(WINDOW, how.ring) // BLOCK)
        how = replace(how, returns=wait or len(self.inputs) > 1)
        slots = pool(WINDOW + several * SLOT)
        self._interleave = Interleave(WINDOW // 2) if several > 1 else None
        try:
            for name, one in found.items():
                self._listened.append(opener(name, how, one, slots))
                self._ports += self._listened[-1].ports
            self._attend_to_all()
            for each in self._listened:
                if each.awaited:
                    self._remarks.note(f"waiting for {visible(each.name)}")
        except BaseException:
            self.close()
            raise
        if interface.ANY in found:
            for upper, lower in interface.stacked():
                names = ", ".join(map(visible, lower))
                self._remark(
                    f"{visible(upper)} is on top of {names}: `any` shows its frames at both, so more than once; name"
                    " the interfaces to capture on"
                )

    def __iter__(self) -> Iterator[tuple[Frames, int, int]]:
        try:
            yield from self._blocks()
        except (SeqcheckError, OSError) as error:  # what came before is worth a report
            self.failure = self.ended = str(error)
            self._stopping = True
        finally:  # also where nobody wants the rest
            self._look_at_links()

    def _blocks(self) -> Iterator[tuple[Frames, int, int]]:
        idle = Frames(0)
        poll = select.poll()
        poll.register(self._watch, select.POLLIN)
        for port in self._ports:
            poll.register(port.socket, select.POLLIN)
        while not self._stopping:
            room = AT_ONCE if self._interleave else 0
            while True:
                for port in (ready := [port for port in self._ports if port.ready]):
                    yield from self._given(port.take(), port)
                room -= sum(port.block_size for port in ready)
                if not ready or room <= 0:
                    break
            if self._interleave:
                yield from self._merged()
            self.lost = 0
            yield idle, 0, 0
            if not any(port.ready for port in self._ports):
                self._heed(self._pause(poll, POLL_MS))
        yield from self._rest(poll)

    @property
    def remarks(self) -> list[str]:
        """What happened to the interfaces, each with its place: the number of the last frame that came before."""
        return self._remarks.texts

    @property
    def behind(self) -> float:
        """The share of the ring that waits for us, the fullest one's."""
        return max(port.behind for port in self._ports)

    @property
    def ring_bytes(self) -> int:
        """What the kernel gave each interface for frames that wait; 0 if it does not say."""
        return max(each.ring_bytes for each in self._listened)

    @property
    def taken(self) -> list[tuple[str, int, int]]:
        """Of each interface: its name, frames, and how many were dropped."""
        return [(each.name, each.frames, each.dropped) for each in self._listened]

    @property
    def _totals(self) -> list[NDArray[np.int64]]:
        return [port.totals for port in self._ports]

    @property
    def dropped(self) -> int:
        """Frames that the kernel had no room for, since we were too slow."""
        return sum(each.dropped for each in self._listened)

    @property
    def missed(self) -> int:
        """Frames that the interfaces or the host's queues lost before us, as far as they say."""
        return sum(each.missed for each in self._listened)

    @property
    def places(self) -> bool:
        """Whether it is known where frames were dropped (`lost`)."""
        return all(port.places for port in self._ports)

    @property
    def damage(self) -> tuple[Damage, ...]:
        """None: an interface has no bytes of its own that could be damaged."""
        return ()

    def close(self) -> None:
        for each in self._listened:
            each.settle()
        for port in self._ports:
            port.close()
        self._watch.close()

    def _given(self, pieces: Sequence[Piece], port: AnyPort) -> Iterator[tuple[Frames, int, int]]:
        if self._interleave:
            self._interleave.add(port, pieces)
            return
        for run in _runs(pieces):
            frames, low, high = run[0].frames, run[0].low, run[-1].high
            frames.first = self.frames + 1 - low
            for piece in run:
                self.store.note(frames.first + piece.low, frames, (piece.low, piece.high), (piece.block,))
            if self._remarks:
                self._remarks.place(frames, low, high, self.frames)
            self.frames += high - low
            self.lost = run[0].dropped
            yield frames, low, high

    def _merged(self, *, last: bool = False) -> Iterator[tuple[Frames, int, int]]:
        assert self._interleave is not None
        now = time.time_ns()
        floors: dict[object, int] = {port: 0 if port.ready else port.floor(now) for port in self._ports}
        for frames, blocks, lost in self._interleave.due(None if last else floors):
            frames.first = self.frames + 1
            self.store.note(self.frames + 1, frames, (0, frames.count), blocks)
            if self._remarks:
                self._remarks.place(frames, 0, frames.count, self.frames)
            self.frames += frames.count
            self.lost = lost
            yield frames, 0, frames.count

    def _rest(self, poll: select.poll) -> Iterator[tuple[Frames, int, int]]:
        """What the kernel holds. It keeps a block that is not full for RETIRE_MS, longer where the host is busy."""
        for port in self._ports:
            port.socket.shut()
        deadline = time.monotonic() + PATIENCE_S
        while True:
            taken = False
            for port in self._ports:
                while port.ready:
                    taken = True
                    yield from self._given(port.take(), port)
            if taken:
                deadline = time.monotonic() + PATIENCE_S
            if all(port.all_taken for port in self._ports) or self.hurried or time.monotonic() > deadline:
                break
            self._heed(self._pause(poll, RETIRE_MS))
        if self._interleave:
            yield from self._merged(last=True)

    def _pause(self, poll: select.poll, most_ms: int) -> list[tuple[int, int]]:
        """Until something comes, or so long. Where frames that come would not tell, or would tell all too often, a
        socket at a time: until so much has come that it is worth while, looked for now and then, or LEISURE_MS."""
        asleep = [port for port in self._ports if port.rest_ms and (self._interleave or not port.wakes)]
        if not asleep:
            return poll.poll(most_ms)
        for port in asleep:
            poll.modify(port.socket, 0)  # errors are told all the same
        rest = min(port.rest_ms for port in asleep)
        for _ in range(0, LEISURE_MS, rest):
            events = poll.poll(rest)
            if events or self._stopping or self.behind >= WORTH_WHILE:
                break
        for port in asleep:
            poll.modify(port.socket, select.POLLIN)
        return events

    def _heed(self, events: list[tuple[int, int]]) -> None:
        """Something happened beside frames: an interface changed."""
        changed = False
        for number, event in events:
            if number == self._watch.fileno():
                self._watch.clear()
                changed = True
            elif event & (select.POLLERR | select.POLLHUP | select.POLLNVAL):
                changed = True
        if changed:
            for port in self._ports:
                port.socket.fault()
            self._attend_to_all()
            self._look_at_links()

    def _look_at_links(self) -> None:
        """Note each interface that lost its link and is still there, as when the other end went down."""
        for each in self._listened:
            name, before = each.called, self._links[each.name]
            now = interface.link_losses(name)
            if name != interface.ANY:  # a count that fell was of a name that it does not have any more
                now = max(now, before)
            self._links[each.name] = now
            if each.interface is not None and now > before:
                times = "" if now == before + 1 else f" {now - before} times"
                self._remark(f"the link of {visible(name)} went down{times}; what was sent meanwhile is lost")

    def _attend_to_all(self) -> None:
        """Look at each interface. If none is left, and none is waited for, that is the end."""
        before = [each for each in self._listened if each.interface]
        for each in self._listened:
            self._rename(each)
        for each in self._listened:
            self._attend(each)
        if not self._wait and not any(each.interface for each in self._listened):
            self.stop(f"{visible((before or self._listened)[-1].called)} went down")

    def _rename(self, each: Listened) -> None:
        """Note that an interface got another name. If that one was asked for, too, take in nothing more of it before it
        is listened to as that one: else its frames would come twice."""
        before = each.interface
        now = interface.numbered(before.index) if before is not None else None
        if before is None or now is None or now.name == before.name:
            return
        renamed = f"{visible(before.name)} was renamed to {visible(now.name)}"
        if now.name != each.name and now.name in self.inputs:
            self._remark(f"{renamed}; what came until it was listened to as that one is lost")
            each.ignore()
        else:
            self._remark(renamed)
            each.rename(now)

    def _attend(self, each: Listened) -> None:
        """Begin to listen to an interface that has come, note one that has gone."""
        name, before = each.name, each.interface
        now = self._sought(each)
        here = now is not None and now.up
        if before is not None and not (here and now and now.index == before.index):
            each.leave()
            what = "is gone" if now is None else "went down" if not here else "was replaced"
            self._remark(f"{visible(before.name)} {what}")
        if each.interface is None and here and now and (now.name == name or now.name not in self.inputs):
            self._begin(each, now)
        each.awaited = each.interface is None

    def _sought(self, each: Listened) -> interface.Interface | None:
        """What has the name now; if nothing has it (or nothing that is up), what had it last, whatever it is called."""
        named = interface.find(each.name)
        if each.last is None or (named is not None and named.up):
            return named
        last = interface.numbered(each.last.index)
        return last if last is not None and (named is None or last.up) else named

    def _begin(self, each: Listened, now: interface.Interface) -> None:
        """Listen to it, which is there."""
        last = each.last
        with suppress(OSError):  # gone again
            each.bind(now)
            self._links[each.name] = interface.link_losses(now.name)
            if each.awaited or (last is not None and last.index != now.index):  # what another one lost does not count
                each.count_from(now, last)
            if each.awaited:
                called = f", as {visible(now.name)}" if now.name != each.name else ""
                self._remark(f"{visible(each.name)} is there{called}")

    def _remark(self, text: str) -> None:
        self._remarks.add(text, after=self.frames)


def _runs(pieces: Sequence[Piece]) -> Iterator[list[Piece]]:
    """Those whose rows follow one another in the same Frames, with nothing dropped between them."""
    run: list[Piece] = []
    for piece in pieces:
        if run and (piece.dropped or piece.frames is not run[-1].frames or piece.low != run[-1].high):
            yield run
            run = []
        run.append(piece)
    if run:
        yield run
