"""How sockets are put into a group. The test plays the kernel's part."""

import errno
import os
from typing import Any, cast

import pytest

from seqcheck.errors import InputError
from seqcheck.linux import bpf
from seqcheck.linux.fanout import BY_HASH, FANOUT, NUMBERS, TRIES, UNIQUE, Group, Member, begun, opened
from seqcheck.linux.interface import Interface
from seqcheck.linux.packet_socket import FEWEST, Listening, PacketSocket


class Kernel:
    """Of one version or another: `refuses` the requests for which it is true; `asked` are those that came."""

    def __init__(self, refuses: Any = lambda value: False, error: int = errno.EINVAL) -> None:
        self.refuses, self.error = refuses, error
        self.asked: list[int] = []

    def setsockopt(self, level: int, name: int, value: int) -> None:
        assert (level, name) == (263, FANOUT)
        self.asked.append(value)
        if self.refuses(value):
            raise OSError(self.error, os.strerror(self.error))

    def getsockopt(self, level: int, name: int) -> int:
        return UNIQUE << 16 | 0x1234


class Socket:
    """As PacketSocket and Member; `told` is what was done with it, in order."""

    def __init__(self, kernel: Kernel) -> None:
        self.socket, self.told = kernel, list[Any]()
        self.how = Listening()

    def admit(self, program: Any) -> None:
        self.told.append("nothing" if program is bpf.NOTHING else "all")

    def attach_to(self, name: str) -> None:
        self.told.append(name)

    def ask_for_all(self, interface: Interface) -> None:
        self.told.append("promiscuous")


def begin(kernel: Kernel) -> int:
    return begun(cast("PacketSocket", Socket(kernel)))


def test_the_kernel_finds_a_number() -> None:
    kernel = Kernel()
    assert begin(kernel) == 0x1234
    assert kernel.asked == [(BY_HASH | UNIQUE) << 16]


def test_an_old_kernel_is_given_numbers_until_one_is_free() -> None:
    kernel = Kernel(lambda value: value >> 16 or len(kernel.asked) < 4)
    number = begin(kernel)
    assert kernel.asked[1:] == [(number - 2) % NUMBERS, (number - 1) % NUMBERS, number]
    assert begin(Kernel(lambda value: value >> 16)) == (number + 1) % NUMBERS  # our own groups have different ones


def test_there_is_an_end_to_trying() -> None:
    kernel = Kernel(lambda value: True)
    with pytest.raises(OSError, match="Invalid argument"):
        begin(kernel)
    assert len(kernel.asked) == 1 + TRIES
    with pytest.raises(OSError, match="not permitted"):
        begin(kernel := Kernel(lambda value: True, errno.EPERM))
    assert len(kernel.asked) == 1


INTERFACE = Interface(name="eth0", index=7, up=True, loopback=False, link=1, address=b"")


def group(count: int, *, roams: bool, kernel: Kernel | None = None) -> tuple[Group, list[Any]]:
    made = Group(roams=roams)
    members: list[Any] = [Socket(kernel or Kernel()) for _ in range(count)]
    made.members += members
    for each in members:
        each._group = made
    return made, members


def test_nothing_is_let_through_before_all_have_joined() -> None:
    _, members = group(3, roams=False)
    for each in members:
        Member.bind(each, INTERFACE)
    assert [each.told for each in members] == [
        ["nothing", "eth0", "all", "promiscuous"], ["nothing", "eth0", "all"], ["nothing", "eth0", "all"],
    ]  # fmt: skip
    assert members[1].socket.asked == members[2].socket.asked == [0x1234]


def test_a_group_follows_its_interface_only_if_it_roams() -> None:
    again = Interface(name="eth0", index=9, up=True, loopback=False, link=1, address=b"")
    made, members = group(2, roams=True)
    made.join("any")
    for where in (INTERFACE, again):
        for each in members:
            Member.bind(each, where)
    assert members[1].told == ["nothing", "any", "all", "all"]
    _, members = group(2, roams=False)
    Member.bind(members[0], INTERFACE)
    Member.bind(members[0], INTERFACE)  # it was down for a while
    with pytest.raises(OSError, match="again"):
        Member.bind(members[0], again)


def test_a_kernel_that_cannot_is_told_of() -> None:
    made, _ = group(2, roams=False, kernel=Kernel(lambda value: True, errno.ENOPROTOOPT))
    with pytest.raises(InputError, match="cannot share eth0 among 2 sockets"):
        made.join("eth0")


def test_frames_of_one_interface_only() -> None:
    assert bpf.only(7, bpf.program([], 96)) == [
        (0x20, 0, 0, 0xFFFFF008),
        (0x15, 1, 0, 7),
        (6, 0, 0, 0),
        (6, 0, 0, 96),
    ]
    how = Listening(snap=96)
    assert how.program(INTERFACE, only=True) == bpf.only(7, how.program(INTERFACE))


@pytest.mark.parametrize(("ring", "workers", "blocks"), [
    (64 << 20, 2, (32, 1 << 20)), (64 << 20, 3, (42, 512 << 10)), (64 << 20, 16, (32, 128 << 10)),
    (1 << 30, 4, (128, 2 << 20)), (4 << 20, 16, (2, 128 << 10)), (100, 2, (2, 128 << 10)),
])  # fmt: skip
def test_the_ring_is_shared(ring: int, workers: int, blocks: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Into as many blocks as a socket alone has, as far as they can be so small."""
    made = []

    class Opened:
        def __init__(self, name: str, how: Listening, group: Group) -> None:
            made.append((max(how.ring // how.block, FEWEST), how.block))

    monkeypatch.setattr("seqcheck.linux.fanout.Member", Opened)
    opened("eth0", Listening(ring=ring, workers=workers))
    assert made == [blocks] * workers
