"""An interface that is listened to, by one port or by one for each worker. In all that is told it is one."""

from __future__ import annotations

from collections.abc import Sequence

from seqcheck.interfaces.af_packet import Port
from seqcheck.interfaces.sniffer import SniffedPort
from seqcheck.kernel.border import T_UNHANDLED
from seqcheck.linux.interface import Interface, losses, numbered

AnyPort = Port | SniffedPort


class Listened:
    """`name` is what was asked for, `ports` are where its frames come from. `interface` is None while it is not there
    (`awaited`: it was looked for), `last` the one that it was last."""

    def __init__(self, name: str, ports: Sequence[AnyPort]) -> None:
        self.name, self.ports = name, tuple(ports)
        self.interface: Interface | None = None
        self.last: Interface | None = None
        self.awaited = False
        self._before = losses(name)  # when listening to it began
        self._came_before = 0  # tagged frames that the host does not handle, by then
        self._missed = self._missed_before = 0
        self._settled = False

    def bind(self, interface: Interface) -> None:
        """Listen to it from now on. OSError if it has gone in the meantime."""
        for port in self.ports:
            port.bind(interface)
        self.interface = self.last = interface

    def rename(self, interface: Interface) -> None:
        """It is called otherwise by now; whoever listens to it is not concerned."""
        self.interface = self.last = interface

    def leave(self) -> None:
        """It is gone, or not what was asked for any more."""
        self.interface = None

    def ignore(self) -> None:
        """It is still there, but take in nothing of it until `bind`."""
        for port in self.ports:
            port.socket.shut()
        self.leave()

    @property
    def missed(self) -> int:
        """How many the interface or the host's queues lost before they could be taken, at least."""
        return self._missed if self._settled else self._missed_as(self.called)

    def settle(self) -> None:
        """What is missed from now on is nobody's loss: the ports are closed next."""
        if not self._settled:
            self._missed_as(self.called)
            self._settled = True

    def _missed_as(self, called: str) -> int:
        """The same, by the counters of that name.

        Tagged frames of a protocol that the host does not handle came, although they count as dropped. So may those
        that wait in the ring, which is looked at after the counters. What was certain once stays."""
        lost = losses(called).since(self._before)
        came = sum(port.waiting for port in self.ports) + self._came - self._came_before
        self._missed = max(self._missed, self._missed_before + max(0, lost.dropped - came) + lost.missed)
        return self._missed

    @property
    def _came(self) -> int:
        return sum(int(port.totals[T_UNHANDLED]) for port in self.ports)

    def count_from(self, now: Interface, last: Interface | None) -> None:
        """It comes after `last`, or again: what it lost when it was not listened to does not count."""
        before = numbered(last.index) if last is not None else None
        if before is not None:
            self._missed_as(before.name)
        self._missed_before, self._came_before, self._before = self._missed, self._came, losses(now.name)

    @property
    def called(self) -> str:
        """Its name as of now, or its last one."""
        return self.last.name if self.last else self.name

    @property
    def frames(self) -> int:
        """How many were taken."""
        return sum(port.frames for port in self.ports)

    @property
    def dropped(self) -> int:
        """How many the kernel had no room for."""
        return sum(port.socket.dropped for port in self.ports)

    @property
    def ring_bytes(self) -> int:
        """What the kernel gave for frames that wait; 0 if it does not say."""
        return sum(port.socket.ring_bytes for port in self.ports)
