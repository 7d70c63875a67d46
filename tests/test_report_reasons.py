"""No sentence says what cannot be: hypothesis builds accounts at random within their contracts."""

from __future__ import annotations

import re
from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqcheck.diagnose.doubts import MOST, held
from seqcheck.diagnose.explanations.labels import EARLY, LABELS
from seqcheck.diagnose.result import Account, Cluster, Doubt, Figures, Misfit, Ring, strength_of
from seqcheck.model import Redundancy
from seqcheck.report import reasons
from seqcheck.report.reasons.held import WORDS
from seqcheck.report.verdict import _misfit as misfit
from seqcheck.report.words import number

# What judging can make: (pattern, cause).
MADE = {
    *((shape, label.cause) for shape, label in (*LABELS, *EARLY) if shape != "lap"),
    ("lap", "stale-slot"), ("replay", "ring-replay"), ("early-lap", "early-overwrite"), ("count", "sender-repeat"),
    ("next-buffer", "early-overwrite"), ("early", "unexplained"), ("none", "unexplained"),
    ("new-packet", "sender-repeat"), ("new-packet", "retransmission"), ("other-way", "redundancy"),
    ("other-way", "loop"), ("other-way", "path-copy"), ("shared-number", "unexplained"),
    ("standing-counter", "unexplained"),
} - {("at-once", "early-overwrite")}  # that is "next-buffer"  # fmt: skip
ODD = re.compile(r"None|nan|inf\b|  |–[–-]|(?<! )--|(?<![\w`-])-\d|\(\)|, \.|\.\.|: \.|\bof 0 |[^.:?`]$|^\W|\{|\}")
FIELDS = ("ip.ttl", "ip.checksum", "eth.src", "ip.id", "time", "vlan")


@st.composite
def accounts(draw: st.DrawFn) -> tuple[Account, int]:
    """An account and how many duplicates there are in total."""
    pattern, cause = draw(st.sampled_from(sorted(MADE)))
    count = draw(st.integers(1, 40))
    numbers = draw(st.integers(1, count))
    size = draw(st.integers(2, 20_000))
    laps = draw(st.lists(st.integers(1, 3), min_size=count, max_size=count))
    low = draw(st.integers(1, 3 * size))
    distance = draw(st.none() | st.just((low, draw(st.integers(low, 3 * size + low)))))
    times = sorted(draw(st.tuples(*[st.integers(0, 10**12)] * 3)))
    compared = draw(st.integers(0, count))
    identical = draw(st.integers(0, compared))
    part = st.integers(0, count)
    figures = Figures(
        count=count,
        numbers=numbers,
        share=draw(st.floats(1e-9, 1.0)),
        distance=distance,
        places=draw(st.none() | st.just(distance)),
        delay_ns=(times[0], times[1], times[2]) if distance else None,
        episodes=draw(st.integers(1, count)),
        longest=draw(st.integers(1, count)),
        copies=draw(st.integers(2, 12)),
        compared=compared,
        identical=identical,
        other_length=draw(st.integers(0, compared - identical)),
        cut=draw(st.integers(0, compared)),
        differs=tuple(draw(st.lists(st.sampled_from(FIELDS), max_size=6, unique=True))) if compared > identical else (),
        stand_ins=draw(part),
        skipped=draw(part),
        own_slot=draw(st.integers(0, compared)),
        other_slot=0,
        new_would_show=draw(st.none() | st.booleans()),
    )
    ring = None
    if pattern in ("lap", "early-lap", "replay"):
        certainty = draw(st.floats(0.01, 1.0))
        cluster = draw(
            st.none()
            | st.builds(Cluster, often=st.just(numbers), of=st.just(count), period=st.sampled_from((0, 4, 8)),
                        slot=st.none() | st.just(size - 1), last=st.booleans())
        )  # fmt: skip
        ring = Ring(
            size=size if certainty >= 0.95 else None,
            best=size,
            certainty=certainty,
            low=draw(st.integers(1, size)),
            high=draw(st.integers(size, 2 * size)),
            given=draw(st.booleans()),
            laps=np.array([*laps, 0], np.int64),
            exact=draw(part),
            closed=draw(st.booleans()),
            rest=tuple(draw(st.lists(st.integers(2, 20_000), max_size=3))),
            cluster=cluster,
        )
    log_odds = draw(st.floats(-5, 100))
    doubts = [each for each in MOST if ring is not None or each not in ("wide", "small", "size", "one-place")]
    account = Account(
        cause=cause,
        pattern=pattern,
        rows=np.array([*[True] * count, False]),
        strength=strength_of(log_odds),
        log_odds=log_odds,
        rival="path-copy",
        figures=figures,
        ring=ring,
        doubts=tuple(draw(st.lists(st.sampled_from(doubts), max_size=3, unique=True))),
    )
    return account, count + draw(st.integers(0, 100_000))


def sentences(one: Account, of: int) -> list[str]:
    return [reasons.statement(one, of), *reasons.because(one, {"ARP": 3}), *reasons.limits(one)]


def integers(text: str) -> list[int]:
    return [int(found.replace(",", "")) for found in re.findall(r"(?<![\w.])\d[\d,]*(?![\w.%])", text)]


@settings(max_examples=150)
@given(accounts())
def test_no_sentence_says_what_cannot_be(made: tuple[Account, int]) -> None:
    one, of = made
    for sentence in sentences(one, of):
        assert not ODD.search(sentence), sentence
        assert len(sentence) < 400, sentence
        assert sentence[0].isupper() or sentence[0].isdigit(), sentence


@settings(max_examples=150)
@given(accounts())
def test_no_distance_lies_outside_of_what_was_seen(made: tuple[Account, int]) -> None:
    one, of = made
    told = " ".join(sentences(one, of))
    distance = one.figures.distance
    for low, high in re.findall(r"([\d,]+)(?:–([\d,]+))? records? (?:apart|after|later)", told):
        ends = [int(each.replace(",", "")) for each in (low, high) if each]
        assert distance is not None
        assert distance[0] <= min(ends) <= max(ends) <= distance[1], told


@settings(max_examples=150)
@given(accounts())
def test_no_more_laps_and_no_more_slots_than_there_are(made: tuple[Account, int]) -> None:
    one, of = made
    if one.ring is None:
        return
    told = " ".join(sentences(one, of))
    for low, high in re.findall(r"(\d+)(?:–(\d+))? laps of", told):
        assert {int(each) for each in (low, high) if each} <= set(one.ring.laps.tolist()), told
    for low, high in re.findall(r"minus ([\d,]+)(?:–([\d,]+))? used", told):
        ends = [int(each.replace(",", "")) for each in (low, high) if each]
        assert 0 <= min(ends) <= max(ends) < one.ring.best, told
    if one.ring.size is None:
        assert f"a ring of {number(one.ring.best)}:" not in told


@pytest.mark.parametrize(("pattern", "cause"), sorted(MADE))
def test_every_pattern_of_a_cause_has_words_of_its_own(pattern: str, cause: str) -> None:
    """A statement never accuses of another cause than the account's."""
    figures = Figures(
        count=3, numbers=3, share=0.01, distance=(60, 64), places=None, delay_ns=(900, 1000, 1100), episodes=3,
        longest=1, copies=2,
    )  # fmt: skip
    ring = Ring(
        size=64, best=64, certainty=1.0, low=64, high=64, given=False, laps=np.array([1, 1, 1]), exact=0, closed=False
    )
    one = Account(
        cause=cause, pattern=pattern, rows=np.ones(3, np.bool_), strength="strong", log_odds=9.0, rival=None,  # type: ignore[arg-type]
        figures=figures, ring=ring if pattern in ("lap", "early-lap", "replay") else None,
    )  # fmt: skip
    said = reasons.statement(one, 3)
    accused = {
        "ring": ("stale-slot", "ring-replay", "early-overwrite"), "buffers that": ("early-overwrite",),
        "on the path": ("path-copy",), "from a loop in the network": ("loop",),
        "the sender's own doing": ("sender-repeat",),
        "the sender repeats": ("sender-repeat",), "on purpose": ("redundancy", "retransmission"),
        "resends": ("retransmission",), "sent again on purpose": ("retransmission",),
        "no pattern": ("unexplained",), "nothing was resent": ("unexplained",),
    }  # fmt: skip
    for words, causes in accused.items():
        assert words not in said or cause in causes, said


@given(st.integers(0, 10**9), st.integers(0, 10**9), st.none() | st.integers(0, 10**10))
def test_what_two_ways_delivered_reads_well(one: int, both: int, skew: int | None) -> None:
    for known in (True, False):
        found = Redundancy(
            only_a=one if known else None, only_b=0 if known else None, only_one=one, both=both, neither=0,
            skew_ns=skew, skew_99_ns=skew, first="A" if known else None,
        )  # fmt: skip
        for sentence in reasons.ways(found):
            assert not ODD.search(sentence), sentence


def test_a_size_that_does_not_fit() -> None:
    assert misfit(Misfit(given=(512,), better=128)) == ("512, as given, does not fit; 128 would.",)
    assert misfit(Misfit(given=(512, 4096), better=None)) == (
        "A ring of 512 and 4096, as given, does not fit these distances.",
    )
    assert misfit(None) == ()


def test_every_doubt_has_a_limit_and_words() -> None:
    assert set(MOST) == set(get_args(Doubt)) == set(WORDS)


def test_doubts_that_cost_nothing_are_not_told() -> None:
    assert held("strong", ("size", "wide")) == ("weak", ("size", "wide"))
    assert held("weak", ("size", "wide")) == ("weak", ())
    assert held("strong", ()) == ("strong", ())


@pytest.mark.parametrize("cause", ["retransmission", "sender-repeat"])
@pytest.mark.parametrize("pattern", ["delay", "at-once", "spread", "block"])
def test_what_a_sender_does_is_looked_for_at_the_sender(cause: Any, pattern: Any) -> None:
    """However the copies show: a second port of the receiver has no part in it."""
    one = Account(
        cause=cause, pattern=pattern, rows=np.ones(3, np.bool_), strength="weak", log_odds=1.0, rival=None,
        figures=Figures(
            count=3, numbers=3, share=0.1, distance=(5, 9), places=None, delay_ns=(1, 2, 3), episodes=3, longest=1,
            copies=2,
        ),
    )  # fmt: skip
    (advice,) = reasons.limits(one)
    assert "sender" in advice
