"""Both kernels against the oracle: several streams at once, each with restarts, replays, wraps, lone numbers, losses,
copies and late numbers, from several sources, in any chunks."""

from __future__ import annotations

from itertools import combinations, pairwise
from typing import Any, NamedTuple

import numpy as np
from columns import columns
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from oracle import Epoch, epoch, stretches
from twins import KERNELS

from seqcheck.kernel import border
from seqcheck.track.tracker import Findings, Track

CLEAN = 40  # records with which an epoch begins, so that it is known for what it is; in them the counter wraps
FAR = 70_000  # farther ahead than any early number


class Stream(NamedTuple):
    """Epochs as positions, and the number that each of them begins with."""

    epochs: list[list[int]]
    base: int


@st.composite
def epochs(draw: st.DrawFn) -> list[int]:
    """A count in which things go wrong, one after another."""
    count = draw(st.integers(CLEAN + 2, 400))
    at = list(range(count))
    for _ in range(draw(st.integers(0, 6))):
        if len(at) < CLEAN + 30:
            break
        place = draw(st.integers(CLEAN + 1, len(at) - 2))
        if max(at[place - 1 : place + 1]) >= FAR:  # an outlier that came twice would be a jump
            continue
        match draw(st.sampled_from(["lose", "copy", "late", "replay", "twice", "early", "outlier"])):
            case "lose":
                del at[place : place + draw(st.integers(1, 9))]
            case "copy":  # at any distance
                at.insert(place, draw(st.sampled_from([x for x in at[CLEAN:place] if x < FAR])))
            case "late":
                at.insert(min(len(at), place + draw(st.integers(1, 15))), at.pop(place))
            case "replay":  # of old numbers in a row, after which the count goes on where it stood
                length = draw(st.integers(1, place - CLEAN))
                at[place:place] = [x for x in at[place - length : place] if x < FAR]
            case "twice":
                at.insert(place, at[place])
            case "early":  # and again in its place
                ahead = draw(st.integers(3, 12))
                if place + ahead < len(at) and at[place - 1 : place + ahead] == list(
                    range(at[place - 1], at[place - 1] + ahead + 1)
                ):
                    at.insert(place, at[place + ahead - 1])
            case "outlier":
                at.insert(place, max(at) + draw(st.integers(FAR, 10**6)))
    return at


@st.composite
def traffic(draw: st.DrawFn) -> tuple[list[Stream], list[int], int]:
    """Streams, the order in which their records come, and the modulus."""
    modulus = draw(st.sampled_from([0, 1 << 32, 10**7 + 19]))
    whole = modulus or 1 << 64
    streams = [
        Stream(draw(st.lists(epochs(), min_size=1, max_size=3)), draw(st.sampled_from([0, 5, whole - 20, whole // 2])))
        for _ in range(draw(st.integers(1, 3)))
    ]
    left = [stream for stream, each in enumerate(streams) for part in each.epochs for _ in part]
    order = np.random.default_rng(draw(st.integers(0, 1000))).permutation(left).tolist()
    return streams, order, modulus


@st.composite
def short_counts(draw: st.DrawFn) -> list[list[int]]:
    """Epochs of a few hundred numbers at most, in which old numbers from near the first one come again in a row. What
    follows tells: after a replay the count goes on where it stood, after a restart from those numbers."""
    told = [[*range(draw(st.integers(33, 250)))]]
    for _ in range(draw(st.integers(1, 5))):
        epoch = told[-1]
        expected = max(epoch) + 1
        if draw(st.booleans()):
            told.append([*range(draw(st.integers(33, 400)))])
        elif 40 < expected < border.SHORT_COUNT - 150:
            start = draw(st.integers(0, border.NEAR_BASE - 1))
            end = draw(st.integers(start + 1, expected - border.CHAIN_LOST))
            lost = draw(st.sampled_from([0, 0, 1, 20])) if expected - end > border.CHAIN_SKIP else 0
            epoch += [*range(start, end), *range(expected + lost, expected + lost + draw(st.integers(2, 100)))]
    return told


def known_anew(before: list[int], after: list[int]) -> bool:
    """Whether the records tell that the count began anew. Where they skip numbers and go on just where an earlier epoch
    stood, a replay gives the same ones; and where old numbers came last, or a jump behind them, more may follow."""
    stood = epoch(before).settled
    at = next((at for at, x in enumerate(after) if x >= stood), 0)
    over = before[-1] == max(before[:-1]) + 1 or sorted(before) == before
    return over and (not at or after[at - 1] == stood - 1)


def fed(kernel: Any, drawn: tuple[list[Stream], list[int], int], cuts: list[int]) -> Findings:
    streams, order, modulus = drawn
    numbers = [
        iter([(stream.base + x) % (modulus or 1 << 64) for part in stream.epochs for x in part]) for stream in streams
    ]
    ids = {stream: number for number, stream in enumerate(dict.fromkeys(order))}
    seqs, which = [next(numbers[stream]) for stream in order], [ids[stream] for stream in order]
    track = Track(kernel.Tracker(modulus), modulus)
    for low, high in pairwise([0, *sorted({cut for cut in cuts if 0 < cut < len(seqs)}), len(seqs)]):
        frames, records = columns(seqs[low:high], streams=which[low:high], first=low + 1)
        records.source[: high - low] = np.arange(low, high) % 3 + 1
        track.feed(frames, records)
    track.finish()
    return track.findings()


@settings(max_examples=200, deadline=None)
@given(traffic(), st.lists(st.integers(1, 1500), max_size=6), st.sampled_from(KERNELS))
def test_equals_the_oracle(drawn: tuple[list[Stream], list[int], int], cuts: list[int], kernel: Any) -> None:
    streams, order, _ = drawn
    assume(all(known_anew(*pair) for stream in streams for pair in combinations(stream.epochs, 2)))
    found = fed(kernel, drawn, cuts)
    for number, stream in enumerate(dict.fromkeys(order)):
        compare(found, number, [epoch(part) for part in streams[stream].epochs])
    assert int(found.distances.sum()) == int(found.streams["duplicates"].sum())
    known = found.streams["next"].max() < FAR  # two outliers that follow one another are a jump, over more than is kept
    assert not known or not found.limits


@settings(max_examples=150, deadline=None)
@given(short_counts(), st.sampled_from([0, 7, 1 << 40]), st.sampled_from(KERNELS))
def test_what_follows_old_numbers_near_the_first_one_decides(parts: list[list[int]], base: int, kernel: Any) -> None:
    assume(all(known_anew(*pair) for pair in combinations(parts, 2)))
    drawn = ([Stream(parts, base)], [0] * sum(map(len, parts)), 0)
    compare(fed(kernel, drawn, []), 0, [epoch(part) for part in parts])


def compare(found: Findings, number: int, parts: list[Epoch]) -> None:
    """All that is told of a stream, and what is true of its epochs."""
    s = found.streams[number]
    told = {name: int(s[name]) for name in ("received", "restarts", "duplicates", "replicated", "outliers", "missing")}
    assert told == {
        "received": sum(part.received for part in parts),
        "restarts": len(parts) - 1,
        "duplicates": sum(part.duplicates for part in parts),
        "replicated": sum(part.replicated for part in parts),
        "outliers": sum(part.outliers for part in parts),
        "missing": sum(len(part.missing) for part in parts),
    }
    assert s["gaps"] == sum(stretches(part.missing) for part in parts)
    assert s["reordered"] == sum(part.reordered for part in parts)
    if not any(part.early for part in parts):
        assert s["late"] == s["reordered"]
    assert s["next"] == parts[-1].settled
    rows = found.duplicates[found.duplicates["stream"] == number]
    rows = rows[np.argsort(rows["record"], kind="stable")]
    if all(part.settled < FAR for part in parts):
        assert (rows["record"] - rows["e_record"]).tolist() == [one for part in parts for one in part.distances]
    for at, part in enumerate(parts):
        left = found.missing(number, at, -10, part.settled + 10)
        assert {x for low, count in left for x in range(low, low + count)} == part.missing
    gaps = found.gaps[found.gaps["stream"] == number]
    assert int(found.missing.left(gaps).sum()) == told["missing"]
    assert border.OUTLIER not in set(found.duplicates["kind"].tolist())
