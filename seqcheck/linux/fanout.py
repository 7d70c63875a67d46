"""Packet sockets that share what comes on an interface (PACKET_FANOUT): each frame goes to one of them.

Which one, a hash of the frame's addresses and ports says, so all frames of a flow go to the same one, in order. Several
processors that take in frames then seldom wait for one another, as they do for the lock of a single ring. Rollover,
which hands a full ring's frames to the next one, would break that order; it is not used.

The kernel lets a socket join a group only when it is bound, never binds it again, and never lets it leave. So where the
interface may come back under another number, the group listens to all interfaces, and a filter picks that one's frames;
joined once, before privileges are dropped, it can follow the interface wherever it goes. Where it cannot come back, the
group is bound to it, and other interfaces' frames cost nothing. Nothing is let through before all have joined: a
group that still grows would hand the frames of a flow to another member. Source: packet(7), net/packet/af_packet.c.
"""

from __future__ import annotations

import errno
import itertools
import os
from dataclasses import replace

from seqcheck.errors import InputError
from seqcheck.escape import visible
from seqcheck.linux import bpf
from seqcheck.linux.interface import ANY, Interface
from seqcheck.linux.packet_socket import BLOCK, SOL_PACKET, Listening, PacketSocket

FANOUT = 18
BY_HASH, UNIQUE = 0, 0x2000  # PACKET_FANOUT_HASH, PACKET_FANOUT_FLAG_UNIQUEID
NUMBERS = 1 << 16  # of groups
TRIES = 64
BLOCKS, LEAST_BLOCK = 32, 128 << 10  # of a ring, if they can be so many; bytes

_made = itertools.count()  # groups whose number we had to find ourselves


def opened(name: str, how: Listening) -> list[PacketSocket]:
    """`how.workers` sockets, which share `how.ring` bytes. They listen once one of them is bound to the interface.

    Blocks may be smaller than those of a socket alone: the kernel hands over one that is not full after RETIRE_MS, so
    how long slow traffic can wait depends on how many there are. A frame of 128 KiB or more, which only merging (GRO)
    makes, may be cut. Errors are those of PacketSocket."""
    group, share = Group(roams=how.returns or name == ANY), how.ring // how.workers
    block = min(max(1 << max(share // BLOCKS, 1).bit_length() - 1, LEAST_BLOCK), BLOCK)
    each = replace(how, ring=share, block=block, kept=0)
    try:
        for _ in range(how.workers):
            group.members.append(Member(name, each, group))
        if group.roams:
            group.join(ANY)
    except BaseException:
        for member in group.members:
            member.close()
        raise
    return list[PacketSocket](group.members)


class Member(PacketSocket):
    """A socket of a group."""

    def __init__(self, name: str, how: Listening, group: Group) -> None:
        super().__init__(name, how)
        self._group = group

    def bind(self, interface: Interface) -> None:
        """Listen on the interface, from now on. OSError if it has gone, or if the group cannot follow it."""
        group = self._group
        if group.bound != interface.index and not group.roams:
            if group.bound:
                raise OSError(errno.EINVAL, "a group cannot be bound again")
            group.join(interface.name)
            group.bound = interface.index
        self.admit(self.how.program(interface, only=group.roams and interface.name != ANY))
        if self is group.members[0]:
            self.ask_for_all(interface)


class Group:
    """`members` share what comes on one interface; `bound` is its number, 0 if there is none yet. If it `roams`, it
    listens to all interfaces."""

    def __init__(self, *, roams: bool) -> None:
        self.roams = roams
        self.bound = 0
        self.members: list[Member] = []

    def join(self, name: str) -> None:
        """Bind all of them, and put them together; nothing is let through yet. OSError if the interface has gone,
        InputError if the kernel cannot do it."""
        for member in self.members:
            member.admit(bpf.NOTHING)
            member.attach_to(name)
        try:
            number = begun(self.members[0])
            for member in self.members[1:]:
                member.socket.setsockopt(SOL_PACKET, FANOUT, BY_HASH << 16 | number)
        except OSError as error:
            raise InputError(
                f"the kernel cannot share {visible(name)} among {len(self.members)} sockets ({error.strerror})",
                hint="Leave --workers out.",
            ) from error


def begun(first: PacketSocket) -> int:
    """The number of a new group, with one member. OSError if there can be none.

    Kernels before 4.12 (2017) do not find a number that is not in use, so ours comes from the process's. One that is
    in use for another interface is refused, and the next one tried."""
    try:
        first.socket.setsockopt(SOL_PACKET, FANOUT, (BY_HASH | UNIQUE) << 16)
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
    else:
        return first.socket.getsockopt(SOL_PACKET, FANOUT) % NUMBERS
    for left in reversed(range(TRIES)):
        number = (os.getpid() + next(_made)) % NUMBERS
        try:
            first.socket.setsockopt(SOL_PACKET, FANOUT, BY_HASH << 16 | number)
            break
        except OSError as error:
            if not left or error.errno != errno.EINVAL:
                raise
    return number
