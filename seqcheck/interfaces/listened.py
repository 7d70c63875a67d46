"""An interface that is listened to, by one port or by one for each worker. In all that is told it is one."""

from __future__ import annotations

from collections.abc import Sequence

from seqcheck.interfaces.af_packet import Port
from seqcheck.interfaces.sniffer import SniffedPort
from seqcheck.linux.interface import Interface

AnyPort = Port | SniffedPort


class Listened:
    """`ports` are where its frames come from. `interface` is None while it is not there (`awaited`: it was looked
    for)."""

    def __init__(self, name: str, ports: Sequence[AnyPort]) -> None:
        self.name, self.ports = name, tuple(ports)
        self.interface: Interface | None = None
        self.awaited = False

    def bind(self, interface: Interface) -> None:
        """Listen to it from now on. OSError if it has gone in the meantime."""
        for port in self.ports:
            port.bind(interface)
        self.interface = interface

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
