"""layout.header: our own header, byte for byte, and read back by the built-in."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from packets import ethernet, ipv4, udp

from seqcheck.decode.decoder import Reader
from seqcheck.layout import builtins, header, parse

U32, U64 = st.integers(0, 2**32 - 1), st.integers(0, 2**64 - 1)


def test_byte_for_byte() -> None:
    assert header.pack(0x0102030405060708, stream=0x0A0B0C0D) == bytes.fromhex(
        "53455143 01 00 0a0b0c0d 0102030405060708"
    )
    assert header.pack(1, stream=2, time_ns=3, slot=4, buf=5) == bytes.fromhex(
        "53455143 01 07 00000002 0000000000000001 0000000000000003 00000004 00000005"
    )
    assert header.pack(1, slot=0)[4:6] == b"\1\2"
    assert len(header.pack(1)) == header.SHORT
    assert len(header.pack(1, buf=0)) == header.FULL


def test_the_short_header_fits_the_smallest_frame() -> None:
    assert len(ethernet(ipv4(udp(header.pack(1))))) == 60


@given(U64, U32, st.none() | U64, st.none() | U32, st.none() | U32)
def test_the_built_in_reads_it(seq: int, stream: int, time_ns: int | None, slot: int | None, buf: int | None) -> None:
    payload = header.pack(seq, stream=stream, time_ns=time_ns, slot=slot, buf=buf) + b"\xff" * 30  # no stamps there
    frame = ethernet(ipv4(udp(payload)))
    wanted = {"seq": seq, "slot": slot, "buf": buf, "time_ns": time_ns}
    read = Reader(builtins()["seqcheck"]).read(frame, len(frame), 1)
    assert read == {name: value for name, value in wanted.items() if value is not None}
    bare = ethernet(payload, kind=header.ETHERTYPE)
    assert Reader(builtins()["seqcheck-eth"]).read(bare, len(bare), 1) == read


def test_columns_are_the_same_bytes() -> None:
    full = np.frombuffer(header.pack(1, stream=2, time_ns=3, slot=4, buf=5), np.dtype(header.COLUMNS))
    assert full[0].tolist() == (header.MAGIC, header.VERSION, 7, 2, 1, 3, 4, 5)
    assert np.dtype(header.COLUMNS).itemsize == header.FULL
    assert np.dtype(header.COLUMNS[:5]).itemsize == header.SHORT


def test_numbers_that_do_not_fit() -> None:
    with pytest.raises(struct.error):
        header.pack(2**64)
    with pytest.raises(struct.error):
        header.pack(1, slot=-1)


def test_another_version_is_no_record() -> None:
    frame = bytearray(ethernet(ipv4(udp(header.pack(1)))))
    frame[42 + 4] = 2
    assert Reader(builtins()["seqcheck"]).read(bytes(frame), len(frame), 1) is None
    assert Reader(parse("udp seq=u64be@10")).read(bytes(frame), len(frame), 1) == {"seq": 1}
