"""Interfaces: whether they exist and are up, their addresses and link types, what they lost, and notice of changes.

Reads ioctls, /sys and a netlink socket; changes nothing. Needs no privilege.
"""

from __future__ import annotations

import errno
import fcntl
import os
import socket
import struct
import sys
import time
from dataclasses import dataclass
from typing import NamedTuple

from seqcheck.errors import InputError, UsageError
from seqcheck.escape import visible

IFNAMSIZ = 16
SIOCGIFFLAGS, SIOCGIFHWADDR = 0x8913, 0x8927
IFF_UP, IFF_LOOPBACK = 0x1, 0x8
RTMGRP_LINK = 1
ETHERNET, RAW, COOKED2 = 1, 101, 276  # LINKTYPE
ANY = "any"  # all interfaces at once
# ARPHRD_* (linux/if_arp.h) -> LINKTYPE of what a raw packet socket gives
LINK_TYPES = {1: ETHERNET, 772: ETHERNET, 65534: RAW, 512: RAW, 768: RAW, 769: RAW, 778: RAW}
RENAMED, RENAMING_S = 100, 0.002  # looks and the time between them: while it gets a name, it is found by none

_REQUEST = struct.Struct(f"{IFNAMSIZ}s24s")


@dataclass(frozen=True, slots=True, kw_only=True)
class Interface:
    """An interface that is there. `link` is its LINKTYPE, `address` its hardware address (empty: it has none)."""

    name: str
    index: int
    up: bool
    loopback: bool
    link: int
    address: bytes


def find(name: str) -> Interface | None:
    """The interface of that name, None if there is none (now). InputError if its link layer is not one that can
    be read, UsageError for what can be no interface's name."""
    raw = os.fsencode(name)
    if not 0 < len(raw) < IFNAMSIZ or b"/" in raw or b"\0" in raw:
        raise UsageError(f"{name!r} cannot be the name of an interface")
    if name == ANY and sys.platform == "linux":
        return Interface(name=name, index=0, up=True, loopback=False, link=COOKED2, address=b"")
    if sys.platform != "linux":  # elsewhere scapy finds out the rest
        return _named(name)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
        try:
            index = socket.if_nametoindex(name)
            flags: int = struct.unpack_from("H", _ask(asker, SIOCGIFFLAGS, raw))[0]
            kind, address = struct.unpack_from("H6s", _ask(asker, SIOCGIFHWADDR, raw))
        except OSError:
            return None
    if kind not in LINK_TYPES:
        raise InputError(f"{visible(name)} has a link layer that seqcheck cannot read (ARPHRD {kind})")
    link = LINK_TYPES[kind]
    return Interface(
        name=name,
        index=index,
        up=bool(flags & IFF_UP),
        loopback=bool(flags & IFF_LOOPBACK),
        link=link,
        address=address if link == ETHERNET else b"",
    )


def numbered(index: int) -> Interface | None:
    """The interface with that number, which it keeps when it is renamed. None if there is none (now), or it cannot be
    read. Where it gets another name just now, that is waited for."""
    for _ in range(RENAMED):
        try:
            found = find(socket.if_indextoname(index))
        except (OSError, InputError):
            return None
        if found is not None and found.index == index:
            return found
        time.sleep(RENAMING_S)
    return None


def _named(name: str) -> Interface | None:
    try:
        index = socket.if_nametoindex(name)
    except OSError:
        return None
    return Interface(name=name, index=index, up=True, loopback=name.startswith("lo"), link=ETHERNET, address=b"")


def known() -> list[str]:
    """The names of the interfaces that there are."""
    return [name for _, name in socket.if_nameindex()]


def stacked() -> list[tuple[str, list[str]]]:
    """Interfaces on top of others (bridges, bonds, VLANs), each with these: a frame goes through both."""
    found = []
    for name in known():
        try:
            there = sorted(os.listdir(f"/sys/class/net/{name}"))
        except OSError:
            continue
        if lower := [each.removeprefix("lower_") for each in there if each.startswith("lower_")]:
            found.append((name, lower))
    return found


class Lost(NamedTuple):
    """Frames that came and that the host did not take in. `dropped` also counts frames that came as far as packet
    sockets or, if there is no such socket, would have: those whose protocol nobody takes."""

    dropped: int = 0
    missed: int = 0

    def since(self, before: Lost) -> Lost:
        """What was added; nothing where the counters began anew."""
        return Lost(max(0, self.dropped - before.dropped), max(0, self.missed - before.missed))


def losses(name: str) -> Lost:
    """What the interface itself says it lost on receiving, since it came up; 0 if it does not say."""
    if name == ANY:
        return Lost(*map(sum, zip(*(losses(each) for each in known()), strict=True)))
    missed = _counter(f"{name}/statistics/rx_missed_errors") + _counter(f"{name}/statistics/rx_fifo_errors")
    return Lost(_counter(f"{name}/statistics/rx_dropped"), missed)


def link_losses(name: str) -> int:
    """How often the interface lost its link, since it was made; 0 if it does not say."""
    if name == ANY:
        return sum(link_losses(each) for each in known())
    return _counter(f"{name}/carrier_down_count")


def mtu(name: str) -> int:
    """Bytes behind the link-layer header that a frame may have; 0 if that is not known."""
    return _counter(f"{name}/mtu")


def _counter(path: str) -> int:
    """What a file below /sys/class/net says; 0 if it says nothing."""
    try:
        number = os.open(f"/sys/class/net/{path}", os.O_RDONLY | os.O_CLOEXEC)
        try:
            return int(os.read(number, 64))
        finally:
            os.close(number)
    except (OSError, ValueError):
        return 0


class Watch:
    """Wakes the thread that polls `fileno()` when any interface comes, goes, or changes."""

    def __init__(self) -> None:
        if sys.platform != "linux":  # nobody tells: what goes is noticed by its silence
            self._socket, self._other = socket.socketpair()
            return
        self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_NONBLOCK, socket.NETLINK_ROUTE)
        self._socket.bind((0, RTMGRP_LINK))

    def fileno(self) -> int:
        return self._socket.fileno()

    def clear(self) -> None:
        """Forget what was told: it is looked up afterwards anyway."""
        while True:
            try:
                self._socket.recv(1 << 16)
            except BlockingIOError:
                return
            except OSError as error:  # so much was told that some got lost: as good as told
                if error.errno != errno.ENOBUFS:
                    raise

    def close(self) -> None:
        self._socket.close()


def _ask(asker: socket.socket, request: int, name: bytes) -> bytes:
    """The union of struct ifreq."""
    answer: bytes = fcntl.ioctl(asker, request, _REQUEST.pack(name, b""))
    return answer[IFNAMSIZ:]
