"""The ring model against a ring written out by hand, and against the arithmetic of the distances.

The formulas are those of docs/verdict.md, The distances: D = kN - h - f - z, Da = kN - f - lost, lag = kN - h - f - r.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqcheck.simulate import Scenario, Simulated, simulate, truth
from seqcheck.simulate import ring_faults as faults
from seqcheck.simulate.draw import Draw
from seqcheck.simulate.path_faults import Loss
from seqcheck.simulate.ring import NOWHERE, contents_of
from seqcheck.simulate.ring_faults import (
    EarlyOverwrite,
    RingReplay,
    StaleOwn,
    StaleSlot,
    StuckSlot,
)
from seqcheck.simulate.scenario import Ring, Traffic
from seqcheck.simulate.sender import EXTRA, plan
from seqcheck.simulate.traffic import FRESH, RECORD, THERE


@st.composite
def senders(draw: st.DrawFn, *, loss: bool = True, own: bool = False) -> Scenario:
    """Small rings with everything that enters the formulas."""
    size = draw(st.integers(4, 40))
    share = st.sampled_from([0.0, 0.05, 0.3])
    stale = (StaleOwn(rate=0.02),) if own else ()
    lost = (Loss(rate=draw(st.sampled_from([0.0, 0.01, 0.1])), burst=draw(st.integers(1, 4))),) if loss else ()
    return Scenario(
        seed=draw(st.integers(0, 1 << 32)),
        ring=Ring(size=size, frames=draw(st.integers(size, size * 12))),
        traffic=Traffic(
            streams=draw(st.integers(1, 3)),
            host_share=draw(st.sampled_from([0.02, 0.1, 0.4])),
            multi_share=draw(share),
            multi_slots=draw(st.integers(2, 4)),
            restarts=draw(st.sampled_from([(), ((size // 2, 1000),)])),
        ),
        faults=(StaleSlot(rate=draw(st.sampled_from([0.1, 0.5, 1.0]))), *stale, *lost),
    )


def stale(made: Simulated) -> list[dict[str, int]]:
    return [row for row in truth(made)["resends"] if row["duplicate"] and row["laps"] > 0]


@given(senders())
@settings(deadline=None, max_examples=120)
def test_distances_follow_the_formulas(scenario: Scenario) -> None:
    made = simulate(scenario)
    sent, contents, size = made.traffic.sent, made.traffic.contents, scenario.ring.size
    by_advance = {int(row["advance"]): row for row in sent}
    number = {int(row): place for place, row in enumerate(made.kept.tolist(), 1)}
    row_of = {frame: row for row, frame in number.items()}
    for dup in stale(made):
        late, soon = sent[row_of[dup["frame"]]], sent[row_of[dup["earlier_frame"]]]
        stream, end = int(contents["stream"][late["content"]]), int(late["advance"])
        assert int(late["slot"]) == int(soon["slot"]) == dup["slot"]
        laps, rest = divmod(end - int(soon["advance"]), size)
        assert rest == 0
        between = slots_between(made, by_advance, int(soon["advance"]), end, stream)
        assert dup["distance"] == laps * size - between["h"] - between["f"] - between["z"]
        assert dup["frame_distance"] == laps * size - between["f"] - between["silent"] - between["lost"]
        # The lag counts from where the number was first sent, which may be laps before the copy before.
        between = slots_between(made, by_advance, end - dup["laps"] * size, end, stream)
        lag = dup["laps"] * size - between["h"] - between["f"] - between["r"]
        assert dup["lag"] == lag - between["lost at the end"]


def slots_between(made: Simulated, by_advance: dict[int, np.void], start: int, end: int, stream: int) -> dict[str, int]:
    """The slots strictly between two advances, by what they were used for."""
    names = ("h", "f", "z", "r", "lost", "silent", "lost at the end")
    count = dict.fromkeys(names, 0)
    for advance in range(start + 1, end):
        if made.traffic.ring_kind[advance] == EXTRA:
            count["f"] += 1
            continue
        row = by_advance.get(advance)
        if row is None:  # a slot that went out empty
            count["h"] += 1
            count["silent"] += 1
            continue
        content = made.traffic.contents[row["content"]]
        mine = int(content["kind"]) == RECORD and int(content["stream"]) == stream
        gone, fresh = int(row["fate"]) != THERE, int(row["label"]) == FRESH
        count["lost"] += gone
        count["h"] += not mine
        count["z"] += mine and gone
        count["r"] += mine and not fresh
        if mine and fresh:
            count["lost at the end"] = count["lost at the end"] + 1 if gone else 0
    return count


@given(senders(own=True))
@settings(deadline=None, max_examples=60)
def test_what_goes_out_is_what_a_ring_written_out_by_hand_holds(scenario: Scenario) -> None:
    made = plan(scenario)
    from seqcheck.simulate.run import RING

    for place, fault in enumerate(scenario.faults):
        if type(fault) in RING:
            RING[type(fault)](made, fault, Draw(scenario.seed, f"fault {place}"))
    slots = [NOWHERE] * scenario.ring.size
    expected = []
    for advance in range(len(made.kind)):
        if advance and made.epoch[advance] != made.epoch[advance - 1]:
            slots = [NOWHERE] * scenario.ring.size
        if made.written[advance]:
            slots[advance % scenario.ring.size] = advance
        expected.append(slots[advance % scenario.ring.size])
    assert contents_of(made).tolist() == expected


def test_a_stale_slot_of_the_streams_own_leaves_its_number_missing() -> None:
    made = simulate(Scenario(ring=Ring(size=8, frames=40), faults=(StaleOwn(at=(20,)),)))
    found = truth(made)
    assert (found["duplicates"], found["missing"]) == (1, 1)
    (dup,) = found["resends"]
    assert (dup["seq"], dup["distance"], dup["lag"], dup["laps"]) == (12, 8, 8, 1)


def test_a_stuck_slot_sends_one_number_lap_after_lap() -> None:
    made = simulate(Scenario(ring=Ring(size=8, frames=80), faults=(StuckSlot(at=(20,), laps=3),)))
    rows = truth(made)["resends"]
    assert [(row["seq"], row["laps"], row["frame"]) for row in rows] == [(12, 1, 21), (12, 2, 29), (12, 3, 37)]
    assert {row["distance"] for row in rows} == {8}  # to the copy before, that is one lap each


def test_a_replayed_ring_keeps_its_distance_while_the_lag_falls() -> None:
    made = simulate(Scenario(ring=Ring(size=8, frames=64), faults=(RingReplay(at=(24,)),)))
    rows = truth(made)["resends"]
    assert [row["seq"] for row in rows] == list(range(16, 23))
    assert {row["distance"] for row in rows} == {8}
    assert [row["lag"] for row in rows] == list(range(8, 1, -1))
    assert truth(made)["missing"] == 0


def test_an_early_overwrite_is_a_forward_spike() -> None:
    made = simulate(Scenario(ring=Ring(size=8, frames=64), faults=(EarlyOverwrite(at=(20,)),)))
    numbers = made.traffic.contents["x"][made.traffic.sent["content"][made.kept]].tolist()
    assert numbers[18:31] == [18, 19, 28, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30]
    found = truth(made)
    assert (found["duplicates"], found["missing"], found["late"]) == (1, 1, 0)
    assert found["streams"][0]["reordered"] == 7
    dup = next(row for row in found["resends"] if row["duplicate"])
    assert (dup["cause"], dup["distance"], dup["lag"]) == ("early-overwrite", 8, 1)


def test_nothing_old_goes_out_in_the_first_lap_or_across_a_restart() -> None:
    scenario = Scenario(
        ring=Ring(size=16, frames=200),
        traffic=Traffic(host_share=0.5, restarts=((100, 0),)),
        faults=(StaleSlot(rate=1.0),),
    )
    made = simulate(scenario)
    rows = made.traffic.sent[made.traffic.sent["label"] != FRESH]
    assert rows["advance"].min() >= 16
    assert not ((rows["advance"] >= 100) & (rows["advance"] < 116)).any()
    content = made.traffic.contents[made.traffic.sent["content"]]
    assert (content["epoch"] == (made.traffic.sent["advance"] >= 100)).all()


def test_a_rate_strikes_that_share_of_the_swaps() -> None:
    made = simulate(
        Scenario(ring=Ring(size=64, frames=50_000), traffic=Traffic(host_share=0.2), faults=(StaleSlot(rate=0.25),))
    )
    struck = int((made.traffic.sent["label"] != FRESH).sum())
    assert abs(struck / 10_000 - 0.25) < 0.02
    assert 0 < truth(made)["duplicates"] < struck  # slots that held a host frame show no number


def test_draws_are_even_and_the_same_everywhere() -> None:
    draw = Draw(7, "a purpose")
    assert draw.integers(0, 1000, 5).tolist() == [815, 412, 457, 742, 210]
    values = Draw(7, "another").uniform(100_000)
    assert 0.49 < values.mean() < 0.51
    assert values.min() >= 0
    assert values.max() < 1
    assert np.unique(Draw(3, "p").pick(np.arange(50), 20)).size == 20
    assert Draw(3, "p").pick(np.arange(5), 9).tolist() == [0, 1, 2, 3, 4]
    assert len(Draw(3, "p").pick(np.arange(10_000), 7)) == 7


@pytest.mark.parametrize(
    ("fault", "sent"),
    [
        (faults.StaleSlot(count=12), 12),
        (faults.StaleOwn(count=12), 12),
        (faults.StaleLength(count=12), 12),
        (faults.StuckSlot(count=4, laps=3), 12),
        (faults.RingReplay(count=2), 2 * 47),
        (faults.RingReplay(count=3, run=10), 30),
        (faults.EarlyOverwrite(count=12), 12),
        (faults.EarlyOverwrite(count=4, run=3), 12),
        (faults.EarlyBuffer(count=12, flight=20), 12),
        (faults.PartialStale(count=12, head=64), 12),
        (faults.PoolReuse(count=12, buffers=100, blur=30), 12),
    ],
)
def test_a_count_is_kept_and_every_one_shows(fault: faults.Where, sent: int) -> None:
    replay = isinstance(fault, faults.RingReplay)  # it would replay the slots that frames of several share, too
    traffic = Traffic(host_share=0.1, multi_share=0 if replay else 0.05, sizes=(90,), restarts=((1500, 0),))
    told = truth(simulate(Scenario(seed=3, ring=Ring(size=48, frames=3000), traffic=traffic, faults=(fault,))))
    (counts,) = told["by_fault"].values()
    assert counts["sent"] == counts["captured"] == sent
    if not replay:  # which also shows host frames
        assert counts["duplicates"] == sent
    assert told["late"] == 0
