"""Packed blocks: both kernels write the same bytes and unpack them; bytes that nobody packed are refused."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from twins import KERNELS, native

from seqcheck.kernel import border
from seqcheck.kernel.border import Expected, Frames, RecordColumns

COLUMNS = ("row", "stream", "seq", "source", "ordinal")
PACES = {  # steps between times, in ns
    "even": lambda draw: 672,
    "jitter": lambda draw: draw.randrange(60, 200),
    "pauses": lambda draw: draw.choice([100, 10**9]),
    "microseconds": lambda draw: draw.randrange(50) * 1000,
    "backwards": lambda draw: draw.randrange(-5000, 5000),
    "slow": lambda draw: draw.randrange(10**7),
    "wild": lambda draw: draw.randrange(-(2**63), 2**63),
}


def block(draw: random.Random, count: int, pace: str, streams: int, wrong: float) -> tuple[Frames, RecordColumns]:
    """Rows, of which some are records, of streams in turn except for a share that is not as expected."""
    frames, records = Frames(max(count, 1)), RecordColumns(max(count, 1))
    frames.buf = np.zeros(1, np.uint8)
    frames.count, now = count, draw.randrange(-(2**63), 2**63)
    seqs, ordinals = [draw.randrange(2**64) for _ in range(streams)], [0, 0, 0]
    others = draw.choice([0, 0, 0.2])
    for row in range(count):
        now = (now + PACES[pace](draw) + 2**63) % 2**64 - 2**63
        frames.ns[row] = now
        if draw.random() < others:
            records.status[row] = draw.randrange(1, len(border.REASONS))
            continue
        n = records.count
        stream = draw.randrange(streams) if draw.random() < wrong else n % streams
        source = draw.randrange(3) if draw.random() < wrong else stream % 3
        if draw.random() < wrong:
            seqs[stream] = draw.randrange(2**64)
        records.row[n], records.stream[n], records.source[n] = row, stream, source
        records.seq[n], records.ordinal[n] = seqs[stream], ordinals[source]
        seqs[stream], ordinals[source] = (seqs[stream] + 1) % 2**64, ordinals[source] + 1
        records.count += 1
    return frames, records


def expected(streams: int) -> Expected:
    made = Expected()
    made.make_room(streams, 3)
    return made


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from(sorted(PACES)))
def test_what_was_packed_is_unpacked(seed: int, pace: str) -> None:
    draw = random.Random(seed)
    streams, wrong = draw.choice([1, 2, 50]), draw.choice([0, 0.01, 0.5])
    packers, unpackers = ([expected(streams) for _ in KERNELS] for _ in range(2))
    for _ in range(draw.randint(1, 3)):
        frames, records = block(draw, draw.choice([0, 1, 2, 300]), pace, streams, wrong)
        packed = [engine.pack(frames, records, each) for engine, each in zip(KERNELS, packers, strict=True)]
        assert packed[0] == packed[1]
        for engine, each in zip(KERNELS, unpackers, strict=True):
            again, found = Frames(max(frames.count, 1)), RecordColumns(max(frames.count, 1))
            again.buf = frames.buf
            at = engine.unpack_times(packed[0], again)
            engine.unpack(packed[0], at, again.count, found, each)
            assert (again.count, found.count) == (frames.count, records.count)
            assert (again.ns[: again.count] == frames.ns[: again.count]).all()
            assert (found.status[: again.count] == records.status[: again.count]).all()
            for name in COLUMNS:
                assert (getattr(found, name)[: found.count] == getattr(records, name)[: found.count]).all(), name
    for name in Expected.__slots__:
        assert len({getattr(each, name).tobytes() for each in [*packers, *unpackers]}) == 1, name


@pytest.mark.parametrize("engine", KERNELS)
def test_healthy_traffic_takes_little(engine: Any) -> None:
    """A byte a record where times are steady enough, two where they are not; streams in turn take no more."""
    draw = random.Random(1)
    for pace, most in (("even", 0.1), ("jitter", 1.1), ("microseconds", 1.1)):
        for streams in (1, 40):
            frames, records = block(draw, 3000, pace, streams, 0)
            records.status[: frames.count] = border.RECORD
            size = len(engine.pack(frames, records, expected(streams))) if records.count == frames.count else 0
            assert size <= most * frames.count + 20 * streams


@pytest.mark.parametrize("engine", KERNELS)
def test_a_record_that_shares_its_frame_is_not_packed(engine: Any) -> None:
    frames, records = block(random.Random(4), 10, "even", 1, 0)
    records.row[records.count - 1] = records.row[records.count - 2]
    with pytest.raises(ValueError, match="row of its own"):
        engine.pack(frames, records, expected(1))


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 2**32))
def test_what_nobody_packed_is_refused_alike(seed: int) -> None:
    """Bytes that were changed or cut: both kernels refuse them, or read the same."""
    draw = random.Random(seed)
    frames, records = block(draw, draw.choice([1, 60]), draw.choice(sorted(PACES)), 3, draw.choice([0, 0.3]))
    data = bytearray(native.pack(frames, records, expected(3)))
    for _ in range(draw.randint(1, 3)):
        data[draw.randrange(len(data))] = draw.randrange(256)
    if draw.random() < 0.3:
        del data[draw.randrange(len(data)) :]
    outcomes: list[Any] = []
    for engine in KERNELS:
        again, found, state = Frames(64), RecordColumns(64), expected(3)
        again.buf = frames.buf
        try:
            at = engine.unpack_times(bytes(data), again)
            engine.unpack(bytes(data), at, again.count, found, state)
        except ValueError:
            outcomes.append("refused")
            continue
        columns = [getattr(found, name)[: found.count].tolist() for name in COLUMNS]
        outcomes.append((again.ns[: again.count].tolist(), found.status[: again.count].tolist(), columns))
    assert outcomes[0] == outcomes[1]
