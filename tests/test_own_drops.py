"""Gaps of our own making are distinguished from the sender's, wherever frames were dropped."""

from itertools import accumulate
from random import Random

import numpy as np
import pytest
from packets import Frame, block, ethernet, ipv4, udp

from seqcheck import kernel
from seqcheck.dataclass import replace
from seqcheck.engine.observation import Observation, Question
from seqcheck.engine.own_drops import OwnDrops
from seqcheck.layout import resolve
from seqcheck.model import Capture, Report

LAYOUT = "udp:5000 stream=u16be@0 seq=u32be@2"
RING = 64


def sent(random: Random, *, streams: int, stale: float, count: int) -> list[tuple[int, int]]:
    """(stream, number) of each frame that a sender's ring sends, some slots stale."""
    slots: list[tuple[int, int] | None] = [None] * RING
    due = [0] * streams
    out = []
    for at in range(count):
        slot = at % RING
        if not (slots[slot] and random.random() < stale):
            stream = random.randrange(streams)
            slots[slot] = stream, due[stream]
            due[stream] += 1
        out.append(slots[slot] or (0, 0))
    return out


class Nothing:
    """Keeps no frame."""

    def get(self, number: int) -> None:
        return None


def observed(parts: list[tuple[int, list[tuple[int, int]]]], *, ahead: int = 0) -> Report:
    """What is reported of blocks, each with the number of frames that we lost before it, which is told `ahead`
    blocks before."""
    own = OwnDrops()
    seen = Observation(kernel.load(), [resolve(LAYOUT)], [own])
    firsts = [1, *(1 + total for total in accumulate(len(frames) for _, frames in parts))]
    told = 0
    for place, (_, frames) in enumerate(parts):
        number = firsts[place]
        for lost, first in zip(
            (lost for lost, _ in parts[told : place + ahead + 1]), firsts[told : place + ahead + 1], strict=False
        ):
            if lost:
                own.lost(first, lost)
        told = place + ahead + 1
        datas = [ethernet(ipv4(udp(s.to_bytes(2, "big") + n.to_bytes(4, "big") + bytes(20)))) for s, n in frames]
        whole = block([Frame(data, len(data), 1) for data in datas])
        whole.first = number
        whole.ns[: len(frames)] = np.arange(number, number + len(frames)) * 1000
        seen.pipeline.take(whole, 0, len(frames), Nothing())
    seen.pipeline.finish(Nothing())
    capture = Capture(
        inputs=("x",), frames=firsts[-1] - 1, bytes=0, first_ns=0, last_ns=0, dropped=1, cut_frames=0, damage=()
    )
    made = seen.conclude(capture, Question(listed=10_000))
    return replace(made.report, gaps=own.marked(made.report.gaps, made.findings))


@pytest.mark.parametrize(("streams", "stale"), [(1, 0.0), (1, 0.05), (1, 0.1), (5, 0.0), (5, 0.02)])
def test_all_that_we_dropped_is_ours(streams: int, stale: float) -> None:
    for seed in range(5):
        random = Random(seed)
        frames = sent(random, streams=streams, stale=stale, count=20_000)
        gaps = observed(cut(random, frames, (20, 50, 700), (0, 0, 0, 1, 3, 200))).gaps
        assert gaps.missing > 0
        if streams > 1 and stale:  # an old number may stand just where another was lost
            assert 0.99 * gaps.missing <= gaps.ours <= gaps.missing
        else:
            assert gaps.ours == gaps.missing, seed
            assert all(gap.ours for gap in gaps.listed)


def test_also_where_blocks_waited_until_their_layout_was_known() -> None:
    random = Random(1)
    parts = cut(random, sent(random, streams=3, stale=0.01, count=20_000), (50, 700), (0, 1, 3, 20))
    gaps = observed(parts, ahead=20).gaps
    assert gaps.ours == gaps.missing > 0


def cut(
    random: Random, frames: list[tuple[int, int]], sizes: tuple[int, ...], losses: tuple[int, ...]
) -> list[tuple[int, list[tuple[int, int]]]]:
    """Blocks of them, with losses in between."""
    parts, at, lost = [], 0, 0
    while at < len(frames):
        size = random.choice(sizes)
        parts.append((lost, frames[at : at + size]))
        at += size
        lost = random.choice(losses)
        at += lost
    return parts


@pytest.mark.parametrize("streams", [1, 5])
def test_what_the_sender_lost_is_not(streams: int) -> None:
    for seed in range(5):
        random = Random(seed)
        frames = sent(random, streams=streams, stale=0.02, count=20_000)
        parts, at = [], 0
        while at < len(frames):
            part = frames[at : at + 700]
            gone = random.randrange(300, 500)
            parts.append((0, [*part[:gone], *part[gone + 20 :]]))
            at += 700
        assert observed(parts).gaps.ours == 0
        parts = [(7 if number % 2 else 0, part) for number, (_, part) in enumerate(parts)]
        assert observed(parts).gaps.ours == 0, "nothing of these streams was dropped there"
