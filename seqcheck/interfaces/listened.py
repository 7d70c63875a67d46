"""An interface that is listened to, by one port or by one for each worker. In all that is told it is one."""

from __future__ import annotations

from collections.abc import Sequence

from seqcheck.interfaces.af_packet import Port
from seqcheck.interfaces.sniffer import SniffedPort
from seqcheck.linux.interface import Interface

AnyPort = Port | SniffedPort


class Listened:
    """`name` is what was asked for, `ports` are where its frames come from. `interface` is None while it is not there
    (`awaited`: it was looked for), `last` the one that it was last."""

    def __init__(self, name: str, ports: Sequence[AnyPort]) -> None:
        self.name, self.ports = name, tuple(ports)
        self.interface: Interface | None = None
        self.last: Interface | None = None
        self.awaited = False

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
