"""What comes before the network layer: as the decoders find it, in whole frames and in any beginning of one."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from packets import TAGS, cooked, cooked2, ethernet, ipv4, ipv6, udp

from seqcheck.kernel.border import A_ETH, A_UDP, RECORD
from seqcheck.kernel.portable.frame import locate
from seqcheck.wire import link

INNER = {0x0800: ipv4(udp(b"x" * 20)), 0x86DD: ipv6(udp(b"x" * 20))}


def tagged(inner: bytes, kind: int, tags: int) -> bytes:
    """An Ethernet frame with that many VLAN tags, of all kinds in turn."""
    for number in range(tags):
        inner, kind = bytes([0, number]) + kind.to_bytes(2, "big") + inner, TAGS[number % len(TAGS)]
    return ethernet(inner, kind=kind)


@pytest.mark.parametrize("tags", range(6))
@pytest.mark.parametrize("kind", INNER)
def test_behind_any_tags_is_where_the_decoder_finds_it(kind: int, tags: int) -> None:
    frame = tagged(INNER[kind], kind, tags)
    at = link.ip_offset(frame, link.ETHERNET)
    assert at is not None
    assert frame[at:] == INNER[kind]
    assert locate(frame, len(frame), link.ETHERNET, (A_ETH, -1, ())).start == at == link.ethertype_at(frame) + 2
    assert locate(frame, len(frame), link.ETHERNET, (A_UDP, -1, ())).status == RECORD


@pytest.mark.parametrize("tags", [0, 1, 3])
def test_a_frame_that_ends_early_is_never_read_beyond(tags: int) -> None:
    frame = tagged(INNER[0x0800], 0x0800, tags)
    for length in range(len(frame)):
        at = link.ip_offset(frame[:length], link.ETHERNET)
        assert at == (14 + 4 * tags if length >= 14 + 4 * tags else None)
        assert link.ethertype_at(frame[:length]) <= max(12, length + link.TAG)


@pytest.mark.parametrize("tags", range(4))
@pytest.mark.parametrize(("kind", "cook"), [(link.COOKED, cooked), (link.COOKED2, cooked2)])
def test_tags_behind_a_cooked_header(kind: int, cook: Callable[..., bytes], tags: int) -> None:
    inner, ethertype = INNER[0x0800], 0x0800
    for number in range(tags):
        inner, ethertype = bytes([0, number]) + ethertype.to_bytes(2, "big") + inner, TAGS[number % len(TAGS)]
    frame = cook(inner, kind=ethertype)
    at = link.ip_offset(frame, kind)
    assert at == link.payload_at(frame, kind) == locate(frame, len(frame), kind, (A_ETH, -1, ())).start
    assert frame[at:] == INNER[0x0800]


def test_other_link_layers() -> None:
    inner = INNER[0x0800]
    assert link.ip_offset(cooked(inner), link.COOKED) == len(cooked(inner)) - len(inner)
    assert [link.ip_offset(inner, kind) for kind in link.RAW_IP] == [0] * len(link.RAW_IP)
    assert [link.ip_offset(inner, kind) for kind in link.LOOPBACK] == [4, 4]
    assert link.ip_offset(cooked2(inner), link.COOKED2) == 20
    assert link.ip_offset(cooked2(inner, kind=0x88CC), link.COOKED2) is None
    assert link.ip_offset(inner, 105) is None  # IEEE 802.11
    assert link.ip_offset(ethernet(inner, kind=0x88CC), link.ETHERNET) is None
