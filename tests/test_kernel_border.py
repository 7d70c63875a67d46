"""The border: the native kernel was compiled with the constants and rows of border.py, and offers what it asks for."""

from __future__ import annotations

import copy
import inspect

import c_header
import numpy as np
import pytest
from packets import Frame, block, ethernet, ipv4, udp
from twins import native

from seqcheck.kernel import border, protocols
from seqcheck.layout import compile, parse

HEADER = c_header.text("border.h")
CONSTANTS, STRUCTS = c_header.constants(HEADER), c_header.structs(HEADER)
NUMBERS = {name: value for name, value in vars(border).items() if name.isupper() and isinstance(value, int)}
ROWS = {name: value for name, value in vars(border).items() if isinstance(value, np.dtype)}
COUNTS = {"TOTALS": len(border.new_totals()), "REASONS": len(border.REASONS)}  # in C a constant, here a length
LAYOUT = parse("udp:5000 seq=u32be@0")


def whole(seq: int) -> Frame:
    data = ethernet(ipv4(udp(seq.to_bytes(4, "big"))))
    return Frame(data, len(data), 1)


def test_every_constant_is_the_same() -> None:
    assert {name: {**NUMBERS, **COUNTS}.get(name) for name in CONSTANTS} == CONSTANTS


def test_no_constant_is_forgotten() -> None:
    """Those that only Python needs: roles that decode does not read, and sizes of what the caller brings."""
    assert set(NUMBERS) - set(CONSTANTS) == {"SLOT", "TIME", "BUF", "EVENTS"}


@pytest.mark.parametrize("name", sorted(ROWS))
def test_rows_have_the_same_fields_in_the_same_places(name: str) -> None:
    assert c_header.placed(ROWS[name]) == STRUCTS[name.lower()]


def test_no_row_is_forgotten() -> None:
    assert {name.lower() for name in ROWS} == set(STRUCTS)


def test_what_is_loaded_was_built_from_it() -> None:
    assert native.row_bytes() == {name: dtype.itemsize for name, dtype in ROWS.items()}


def test_a_header_that_differs_is_noticed() -> None:
    """That the reading of headers does not overlook what it is there for."""
    other = HEADER.replace("uint16_t kind;", "uint32_t kind;").replace("MAX_WIRE = 0x7FFFFFFF", "MAX_WIRE = 0x7FFFFFFE")
    swapped = HEADER.replace("int64_t e_ns;\n    int64_t e_ordinal;", "int64_t e_ordinal;\n    int64_t e_ns;")
    assert c_header.structs(other)["interface"] != STRUCTS["interface"]
    assert c_header.constants(other)["MAX_WIRE"] != border.MAX_WIRE
    assert c_header.structs(swapped)["event"] != STRUCTS["event"]


def test_both_offer_all_of_it(kernel: object) -> None:
    functions = {name for name, _ in inspect.getmembers(protocols.Kernel, inspect.isfunction) if name[0] != "_"}
    assert {"index_pcap", "renumber"} <= functions
    for name in functions:
        assert callable(getattr(kernel, name))
    for kind, protocol in (("Decoder", protocols.DecoderLike), ("Tracker", protocols.TrackerLike)):
        methods = {name for name, _ in inspect.getmembers(protocol, inspect.isfunction) if not name.startswith("_")}
        assert methods <= set(dir(getattr(kernel, kind)))


def test_columns_may_be_replaced(kernel: protocols.Kernel) -> None:
    """What a kernel knows of the arrays holds for these arrays only."""
    frames, records = block([whole(seq) for seq in range(5)]), border.RecordColumns(8)
    decoder, tracker = kernel.Decoder(compile(LAYOUT)), kernel.Tracker(0)
    events = np.zeros(border.EVENTS, border.EVENT)
    decoder.decode(frames, 0, 5, records)
    tracker.feed(frames, records, 0, events)
    before = records.seq
    records.seq = np.zeros(8, np.uint64)
    frames.ns = frames.ns + 1_000
    decoder.decode(frames, 0, 5, records)
    assert records.seq[:5].tolist() == before[:5].tolist() == [0, 1, 2, 3, 4]
    events = np.zeros(border.EVENTS, border.EVENT)
    _, count = tracker.feed(frames, records, 0, events)
    rows = events[:count]
    assert rows["seq"][rows["kind"] == border.DUPLICATE].tolist() == [0, 1, 2, 3, 4]
    assert (rows["ns"] == rows["e_ns"] + 1_000).all()


@pytest.mark.parametrize(
    "name", ["off", "ns", "cap", "wire", "link", "totals", "row", "stream", "seq", "source", "ordinal", "status"]
)
def test_columns_that_do_not_fit_are_refused(name: str) -> None:
    """Also where the ones before them did."""
    frames, records = block([whole(1), whole(2)]), border.RecordColumns(8)
    decoder, owner = native.Decoder(compile(LAYOUT)), frames if hasattr(frames, name) else records
    decoder.decode(frames, 0, 2, records)
    good = getattr(owner, name)
    for bad in (good[:0], good.astype(np.float64), np.zeros(2 * len(good), good.dtype)[::2]):
        setattr(owner, name, bad)
        with pytest.raises(ValueError, match=r"length|fit|outside|mismatch|contiguous"):
            decoder.decode(frames, 0, 2, records)
    setattr(owner, name, good)
    decoder.decode(frames, 0, 2, records)
    assert records.count == 2


def test_events_that_are_refused_change_nothing() -> None:
    frames, records = block([whole(1), whole(1)]), border.RecordColumns(8)
    decoder, tracker = native.Decoder(compile(LAYOUT)), native.Tracker(0)
    decoder.decode(frames, 0, 2, records)
    events, others = np.zeros(border.EVENTS, border.EVENT), np.zeros(border.EVENTS, np.dtype("V64"))
    records.count = 1
    tracker.feed(frames, records, 0, events)
    with pytest.raises(ValueError, match="no EVENT rows"):
        tracker.feed(frames, records, 0, others)
    records.count = 2
    assert tracker.feed(frames, records, 1, events) == (2, 1)
    assert events["kind"][0] == border.DUPLICATE
    assert events["seq"][0] == 1
    assert not others.tobytes().strip(b"\0")


def test_a_copy_of_frames_finds_out_anew() -> None:
    frames, records = block([whole(1), whole(2)]), border.RecordColumns(8)
    decoder = native.Decoder(compile(LAYOUT))
    decoder.decode(frames, 0, 2, records)
    again, others = copy.deepcopy(frames), copy.deepcopy(records)
    again.buf[:] = 0
    decoder.decode(frames, 0, 2, others)
    assert others.seq[:2].tolist() == [1, 2]
    decoder.decode(again, 0, 2, others)
    assert (others.count, records.seq[:2].tolist()) == (0, [1, 2])
