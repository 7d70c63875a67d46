"""Trackers and decoders as values: both kernels save the same ones, continue from them, and refuse all others."""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from columns import columns, drain, end
from fed import MODULI, SHAPES, TIGHT, Fed, agree, walks
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from twins import KERNELS, plain

from seqcheck import layout
from seqcheck.dataclass import replace
from seqcheck.kernel import border

REFERENCE, NATIVE = KERNELS
CHAIN = [*range(3_000), *range(10, 800)]  # a restart that is not told yet: its records wait to be read again,
LONG = [*range(9_000), *range(4_000, 6_500)]  # are followed both ways,
DEEP = [*range(9_000), *range(4_000, 6_500), *range(4_100, 5_300), *range(4_050, 5_400)]  # and step back again
EARLY = [*range(100), 500, 101, 300, 102, 103, 250, 104, 90_000, 105]
ANY = (0, 1, -1, 2, 4, 5, 16, 64, 4096, 2**31, 2**32, 2**47, 2**60, -(2**60), 2**63 - 1, -(2**63))


def carry(
    seqs: Sequence[int], modulus: int, cuts: Sequence[int], room: border.Room = border.ROOM, **rest: Any
) -> list[Fed]:
    """Two trackers that are saved at each cut and loaded into the other kernel, and one that is left alone; all say
    the same in the end."""
    edges = [0, *sorted({cut for cut in cuts if 0 < cut < len(seqs)}), len(seqs)]
    kernels = [REFERENCE, NATIVE]
    carried, whole = [Fed(kernel, modulus, room) for kernel in kernels], Fed(NATIVE, modulus, room)
    for low, high in pairwise(edges):
        part = columns(seqs[low:high], first=low + 1, **{name: value[low:high] for name, value in rest.items()})
        for fed in (*carried, whole):
            fed.feed(*part)
        words = [fed.tracker.save() for fed in carried]
        assert np.array_equal(*words)
        kernels.reverse()
        for fed, kernel in zip(carried, kernels, strict=True):
            fed.tracker = kernel.Tracker(modulus, room, words[0])
            assert np.array_equal(fed.tracker.save(), words[0])
    for fed in (*carried, whole):
        fed.finish()
    for fed in carried:
        agree(([], *fed.result()[1:]), ([], *whole.result()[1:]))
        for one, other in zip(fed.tracker.missing(), whole.tracker.missing(), strict=True):
            assert one.tobytes() == other.tobytes()
        assert np.array_equal(fed.tracker.distances(), whole.tracker.distances())
    return [*carried, whole]


@settings(max_examples=40, deadline=None)
@given(
    walks(), MODULI, st.lists(st.integers(1, 200), max_size=5), st.sampled_from([border.ROOM, TIGHT]),
    st.integers(1, 3), st.lists(st.sampled_from([1000, 2_000_000, 10**10]), min_size=1, max_size=9),
)  # fmt: skip
def test_walks(
    seqs: list[int], modulus: int, cuts: list[int], room: border.Room, streams: int, pauses: list[int]
) -> None:
    count = len(seqs)
    carry(
        [n % (modulus or 1 << 64) for n in seqs], modulus, cuts, room,
        streams=[n * 7 % streams for n in range(count)], times=np.cumsum((pauses * count)[:count]).tolist(),
    )  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
def test_shapes(shape: str) -> None:
    seqs = SHAPES[shape][:6_000]
    carry(seqs, 0, [len(seqs) // 3, len(seqs) // 2])


@pytest.mark.parametrize(
    ("seqs", "cuts"),
    [
        (CHAIN, [3_000, 3_001, 3_009, 3_700]),
        (LONG, [9_001, 9_500, 10_100, 11_400]),
        (DEEP, [10_000, 11_600, 12_000, 12_800, 13_500]),
        (EARLY, range(98, len(EARLY))),
    ],
    ids=["chain", "long chain", "chains in chains", "early numbers"],
)
def test_what_is_not_decided_yet(seqs: list[int], cuts: Sequence[int]) -> None:
    """Cut where it is open what a chain is, and where early numbers belong."""
    carry(seqs, 2**32, cuts)


@pytest.mark.parametrize("cut", [10_001, 10_020, 10_031, 10_032, 10_040])
def test_a_restart_across_the_cut(cut: int) -> None:
    for fed in carry([*range(10_000), *range(2_000)], 2**32, [cut]):
        assert fed.tracker.streams()["restarts"].tolist() == [1]
        assert fed.tracker.streams()["duplicates"].tolist() == [0]


def test_many_streams_and_pages() -> None:
    """Each of 400 loses some, gets one of them late and another twice, and starts over."""
    count = 400
    laps = [0, 5, 6, 7, 3, 6, 2_000, 2_001, 1_990, *range(40)]
    carry(
        [lap for lap in laps for _ in range(count)], 2**32, [count * 5 + 17, count * 30],
        border.Room(pages=64, holes=64), streams=list(range(count)) * len(laps),
    )  # fmt: skip


def test_streams_that_count_by_moduli_of_their_own() -> None:
    moduli, count = [16, 0, 1000], 900
    seqs = [(n // 3 + 5 * (n % 50 == 0)) % (moduli[n % 3] or 1 << 64) for n in range(count)]
    carried = [kernel.Tracker(16) for kernel in KERNELS]
    whole = NATIVE.Tracker(16)
    for tracker in (*carried, whole):
        tracker.count_by(np.array(moduli, np.uint64))
    for low, high in pairwise([0, 301, 555, count]):
        part = columns(seqs[low:high], first=low + 1, streams=[n % 3 for n in range(low, high)])
        events = [drain(tracker, *part).tolist() for tracker in (*carried, whole)]
        assert events[0] == events[1] == events[2]
        words = [tracker.save() for tracker in carried]
        assert np.array_equal(*words)
        carried = [kernel.Tracker(16, border.ROOM, words[0]) for kernel in KERNELS]
    words = words[0]
    for at, word in ((0, 2), (1, 1), (3, 1)):
        changed = words.copy()
        changed[at] = word
        assert [load(kernel, changed) for kernel in KERNELS] == [None, None]
    assert end(carried[0]).tolist() == end(whole).tolist()


def saved(seqs: Sequence[int], room: border.Room) -> NDArray[np.int64]:
    fed = Fed(NATIVE, 0, room)
    fed.feed(*columns(seqs))
    words: NDArray[np.int64] = fed.tracker.save()
    return words


def load(kernel: Any, words: NDArray[np.int64], room: border.Room = border.ROOM) -> Any:
    """A tracker, or None if it refuses."""
    try:
        return kernel.Tracker(0, room, words)
    except ValueError:
        return None


def test_words_that_nobody_saved() -> None:
    """Words changed at random: both kernels refuse the same ones, and with the others go on to the same end."""
    draw = random.Random(20)
    shapes = [CHAIN, LONG[:10_500], DEEP[:12_000], EARLY, *(each[:300] for each in SHAPES.values())]
    states = [(seqs, room, saved(seqs, room)) for seqs in shapes for room in (border.ROOM, TIGHT)]
    refused = taken = 0
    for _ in range(160):
        seqs, room, before = draw.choice(states)
        words = before.copy()
        for _ in range(draw.choice([1, 1, 1, 3])):
            at = draw.randrange(draw.choice([len(words), min(len(words), 200)])) - draw.choice([0, 200])
            words[at % len(words)] = draw.choice(ANY)
        both = [load(kernel, words, room) for kernel in KERNELS]
        assert (both[0] is None) == (both[1] is None), np.flatnonzero(words != before)
        refused += both[0] is None
        if both[0] is None:
            continue
        taken += 1
        last = seqs[-1]
        more = [last + step for step in (1, 2, -3, 40, 3, 4, -500, -499, 70_000, 5, 6, 7)] + list(range(5, 120))
        results = []
        for tracker in both:
            fed = Fed(REFERENCE, 0)
            fed.tracker = tracker
            fed.feed(*columns([n % 2**64 for n in more], first=len(seqs) + 1))
            fed.finish()
            results.append(fed.result())
        agree(*results)
    assert min(refused, taken) > 30


@pytest.mark.parametrize("kernel", KERNELS, ids=["reference", "native"])
def test_what_is_no_state_is_refused(kernel: Any) -> None:
    words = saved(EARLY, border.ROOM)
    assert load(kernel, words) is not None
    for cut in [*range(0, len(words), max(1, len(words) // 50)), len(words) - 1]:
        assert load(kernel, words[:cut].copy()) is None
    assert load(kernel, np.append(words, 0)) is None
    assert load(kernel, words, border.Room(pages=24)) is None
    with pytest.raises(ValueError, match="this modulus"):
        kernel.Tracker(2**32, border.ROOM, words)


@pytest.mark.parametrize("kernel", KERNELS, ids=["reference", "native"])
def test_what_a_chain_keeps_came_once_each(kernel: Any) -> None:
    """It is read again as it came."""
    words = saved([*range(200), *range(100, 120)], border.ROOM)
    (copies,) = [
        at + 5 for at in range(len(words) - 7) if words[at] == 219 and words[at + 1] == 119 and words[at + 5] == 1
    ]
    words[copies] = 63
    assert load(kernel, words) is None


@pytest.mark.parametrize("kernel", KERNELS, ids=["reference", "native"])
def test_a_tracker_that_begins(kernel: Any) -> None:
    words = kernel.Tracker(256).save()
    assert kernel.Tracker(256, border.ROOM, words).streams().tolist() == []


# ---- decoders --------------------------------------------------------------------------------------------------------

PROGRAM = layout.compile(layout.parse("eth:0x0800 stream=u8@0 seq=u8@1 magic=u8@2!=9"))


def traffic(count: int) -> border.Frames:
    """Frames of some sources and streams; some are too short, some of another kind, some without an address."""
    draw = random.Random(4)
    made, raw = border.Frames(count), np.zeros((count, 20), np.uint8)
    made.buf, made.count = raw.reshape(-1), count
    made.off[:], made.link[:] = np.arange(count) * 20, [draw.choice([1, 1, 1, 101]) for _ in range(count)]
    made.cap[:] = made.wire[:] = [draw.choice([20, 20, 20, 15]) for _ in range(count)]
    raw[:, 11] = [draw.randrange(6) for _ in range(count)]
    raw[:, 12] = [draw.choice([8, 8, 8, 7]) for _ in range(count)]
    raw[:, 14] = [draw.randrange(40) for _ in range(count)]
    raw[:, 16] = [draw.choice([1, 2, 9]) for _ in range(count)]
    return made


def decoded(decoder: Any, frames: border.Frames, low: int, high: int) -> list[list[int]]:
    records = border.RecordColumns(frames.capacity)
    decoder.decode(frames, low, high, records)
    names = ("row", "stream", "seq", "source", "ordinal")
    rows = [getattr(records, name)[: records.count].tolist() for name in names]
    return [*rows, records.status[low:high].tolist()]


def test_decoders_go_on_in_the_other_kernel() -> None:
    frames = traffic(600)
    admissions = (border.ANY_STREAM, border.SECOND_RECORD, border.SECOND_RECORD, border.ANY_STREAM, border.NO_STREAM)
    carried: list[Any] = [kernel.Decoder(PROGRAM) for kernel in KERNELS]
    whole = NATIVE.Decoder(PROGRAM)
    kernels = [REFERENCE, NATIVE]
    for (low, high), which in zip(pairwise([0, 17, 40, 60, 200, 600]), admissions, strict=True):
        for decoder in (*carried, whole):
            decoder.admit(which)
        rows = [decoded(decoder, frames, low, high) for decoder in (*carried, whole)]
        assert rows[0] == rows[1] == rows[2]
        states = [decoder.save() for decoder in carried]
        kernels.reverse()
        carried = [kernel.Decoder(PROGRAM, state) for kernel, state in zip(kernels, states, strict=True)]
        for decoder in carried:
            assert plain(decoder.keys()) == plain(whole.keys())
            assert plain(decoder.sources()) == plain(whole.sources())
            assert decoder.save().admission == which
    assert len(whole.keys()) > 20


def test_keys_have_no_holes() -> None:
    """They are compared byte by byte, and a copy leaves what lies in a hole as it was."""
    assert sum(border.STREAM_KEY[name].itemsize for name in border.STREAM_KEY.names or ()) == border.STREAM_KEY.itemsize


@pytest.mark.parametrize("kernel", KERNELS, ids=["reference", "native"])
def test_what_no_decoder_saved_is_refused(kernel: Any) -> None:
    decoder = NATIVE.Decoder(PROGRAM)
    decoded(decoder, traffic(100), 0, 100)
    good = decoder.save()
    twice, addressed, negative, nameless = (good.sources.copy() for _ in range(4))
    twice[2] = twice[1]
    addressed["address"][0] = 1
    negative["counts"][1, 2] = -1
    nameless["length"][1] = 0
    keys = good.streams
    for change in (
        {"streams": np.concatenate([keys, keys[:1]])}, {"sources": twice}, {"sources": addressed},
        {"sources": negative}, {"sources": nameless}, {"sources": good.sources[:0]}, {"admission": 3},
        {"admission": -1}, {"waiting": np.concatenate([keys[:1], keys[:1]])},
        {"waiting": np.zeros(border.WAITING, border.STREAM_KEY)},
    ):  # fmt: skip
        with pytest.raises(ValueError, match="decoder"):
            kernel.Decoder(PROGRAM, replace(good, **change))
    assert plain(kernel.Decoder(PROGRAM, good).keys()) == plain(keys)
