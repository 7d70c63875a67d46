"""The truth against plain sets over what is in the frames' own bytes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqcheck.decode.decoder import Reader
from seqcheck.errors import UsageError
from seqcheck.simulate import Scenario, Simulated, simulate, truth
from seqcheck.simulate import path_faults as path
from seqcheck.simulate import ring_faults as ring
from seqcheck.simulate.run import frames
from seqcheck.simulate.scenario import Capture, Layout, Ring, Traffic
from seqcheck.simulate.truth_file import dump

ETHERNET = 1

RING_FAULTS = st.sampled_from([
    ring.StaleSlot(rate=0.3), ring.StaleSlot(count=5), ring.StaleOwn(count=3), ring.StaleLength(count=3),
    ring.StuckSlot(count=2), ring.RingReplay(count=1, run=6), ring.PoolReuse(count=3, buffers=20, blur=10),
    ring.TailRepeat(burst=10), ring.NicReset(count=1),
])  # fmt: skip
PATH_FAULTS = st.sampled_from([
    path.Loss(rate=0.05), path.Loss(rate=0.1, burst=7), path.Reorder(rate=0.1, distance=4),
    path.PathCopy(share=0.1), path.PathCopy(share=1.0, delay_ns=55_000, jitter_ns=20_000),
    path.Loop(share=0.02, times=3, period_ns=71_000), path.Scatter(count=5, within=100),
    path.Retransmission(rate=0.05, run=3, lost=0.5, timeout_ns=300_000), path.CaptureDrop(rate=0.05, burst=5),
    path.ReceiverRing(size=32, rate=0.01),
])  # fmt: skip


@st.composite
def scenarios(draw: st.DrawFn) -> Scenario:
    """Any faults stacked in any order."""
    size = draw(st.integers(8, 40))
    return Scenario(
        seed=draw(st.integers(0, 1 << 32)),
        ring=Ring(size=size, frames=draw(st.integers(10 * size, 20 * size)), slot_ns=(10_000, 3_000, 20_000)),
        traffic=Traffic(
            streams=draw(st.integers(1, 3)),
            host_share=draw(st.sampled_from([0.05, 0.3])),
            queue_share=draw(st.sampled_from([0.0, 0.1])),
            other_share=draw(st.sampled_from([0.0, 0.1])),
            repeat=draw(st.sampled_from([1, 1, 1, 3])),
        ),
        layout=Layout(start=draw(st.sampled_from([0, 1, 1000])), step=draw(st.sampled_from([1, 1, 1, 4]))),
        capture=Capture(foreign=draw(st.booleans())),
        faults=(*draw(st.lists(RING_FAULTS, max_size=2)), *draw(st.lists(PATH_FAULTS, max_size=3))),
    )


def seen(made: Simulated) -> list[tuple[int, str, int, int]]:
    """(frame, stream, number, ns) of each record, from the bytes."""
    reader, rows, frame = Reader(made.layout), [], 0
    for times, data, _ in frames(made):
        for when, raw in zip(times.tolist(), data, strict=True):
            frame += 1
            values = reader.read(raw, len(raw), ETHERNET)
            if values is not None:
                rows.append((frame, raw[48:52].hex(), values["seq"], when))
    return rows


@given(scenarios())
@settings(deadline=None, max_examples=150)
def test_counts_and_distances_are_those_of_sets_over_the_bytes(scenario: Scenario) -> None:
    try:
        made = simulate(scenario)
    except UsageError as error:  # a combination that a small ring has no place for
        if "slot advances can show it" not in str(error):
            raise
        return
    told, rows = truth(made), seen(made)
    sources = [raw[6:12] for _, data, _ in frames(made) for raw in data]
    senders = {sources[frame - 1] for frame, *_ in rows}
    assert told["frames"] == len(sources)
    assert told["records"] == len(rows)
    assert told["foreign"] == sum(source in senders for source in sources) - len(rows)
    duplicates = []
    for stream in told["streams"]:
        mine = [row for row in rows if row[1] == list(dict.fromkeys(row[1] for row in rows))[stream["id"]]]
        last: dict[int, int] = {}
        late = 0
        highest = -1
        for place, (frame, _, number, when) in enumerate(mine):
            if number in last:
                earlier = mine[last[number]]
                between = sources[earlier[0] - 1 : frame - 1].count(sources[frame - 1])
                duplicates.append(
                    (frame, earlier[0], place - last[number], between, highest + 1 - number, when - earlier[3])
                )
            elif number < highest:
                late += 1
            last[number] = place
            highest = max(highest, number)
        first = mine[0][2]
        assert stream["received"] == len(mine)
        assert stream["unique"] == len(last)
        assert stream["duplicates"] == len(mine) - len(last)
        assert stream["missing"] == len(set(range(first, highest + 1)) - set(last))
        assert stream["late"] == stream["reordered"] == late
        assert (stream["first_seq"], stream["last_seq"]) == (first, mine[-1][2])
        assert (stream["restarts"], stream["wraps"]) == (0, 0)
    keys = ("frame", "earlier_frame", "distance", "frame_distance", "lag", "time_lag_ns")
    listed = [tuple(row[key] for key in keys) for row in told["resends"] if row["duplicate"]]
    assert sorted(listed) == sorted(duplicates)
    assert told["duplicates"] == len(duplicates) == sum(told["by_cause"].values())


def test_a_lost_first_copy_makes_a_late_arrival_of_the_second() -> None:
    made = simulate(
        Scenario(ring=Ring(size=8, frames=400), faults=(path.Loss(rate=0.2), path.Retransmission(lost=1.0)))
    )
    told = truth(made)
    assert told["duplicates"] == 0
    assert told["late"] > 50
    assert told["lost"] > 50


def test_the_sixteen_faults_are_booked_under_their_cause() -> None:
    faults = (
        ring.StaleSlot(count=4), ring.RingReplay(count=1, run=5), ring.EarlyOverwrite(count=2),
        path.PathCopy(share=0.01), path.Loop(share=0.005, times=2), path.Retransmission(rate=0.01),
        path.Scatter(count=6),
    )  # fmt: skip
    told = truth(simulate(Scenario(ring=Ring(size=64, frames=6000), faults=faults)))
    assert set(told["by_cause"]) == {
        "stale-slot", "ring-replay", "early-overwrite", "path-copy", "loop", "retransmission", "unexplained",
    }  # fmt: skip
    assert told["by_fault"]["stale-slot"]["sent"] == 4
    assert told["by_fault"]["scatter"] == {"sent": 6, "captured": 6, "duplicates": 6}


@pytest.mark.parametrize(
    ("layout", "wraps"),
    [
        (Layout(name="udp seq=u8@0", start=250), 4),
        (Layout(name="rtp", start=65_000), 1),
        (Layout(name="pktgen", start=(1 << 32) - 10), 1),
        (Layout(name="seqcheck", start=(1 << 64) - 10), 1),
        (Layout(name="udp seq=u32be@0%300"), 3),
        (Layout(name="seqcheck", modulus=1 << 63, start=(1 << 63) - 1), 1),
    ],
)
def test_a_counter_that_rolls_over_makes_no_duplicate(layout: Layout, wraps: int) -> None:
    made = simulate(Scenario(ring=Ring(size=64, frames=1000), layout=layout, traffic=Traffic(sizes=(80,))))
    told = truth(made)
    assert (told["duplicates"], told["missing"], told["late"]) == (0, 0, 0)
    assert told["streams"][0]["wraps"] == wraps
    assert [number for _, _, number, _ in seen(made)] == [(layout.start + n) % made.modulus for n in range(1000)]


def test_a_restart_makes_no_duplicate() -> None:
    made = simulate(Scenario(ring=Ring(frames=1000), traffic=Traffic(restarts=((20, 0), (700, 10**9)), streams=2)))
    told = truth(made)
    assert (told["duplicates"], told["missing"]) == (0, 0)
    assert [row["restarts"] for row in told["streams"]] == [2, 2]
    assert int(made.ns[700] - made.ns[699]) == 10**9 + 10_000


def test_numbers_sent_several_times_and_counters_that_step() -> None:
    told = truth(simulate(Scenario(ring=Ring(frames=400), traffic=Traffic(repeat=4), layout=Layout(step=4))))
    assert told["by_cause"] == {"sender-repeat": 300}
    assert told["missing"] == 3 * 99
    assert told["streams"][0]["sent"] == 100


def test_what_the_capture_dropped_is_counted_apart_from_what_was_lost() -> None:
    made = simulate(
        Scenario(
            ring=Ring(frames=5000),
            traffic=Traffic(host_share=0.2),
            capture=Capture(foreign=False),
            faults=(path.Loss(rate=0.02), path.CaptureDrop(rate=0.02)),
        )
    )
    told = truth(made)
    assert told["dropped"] > 0
    assert told["lost"] > 0
    assert told["foreign"] == 0
    inner = told["missing"]
    given_out = told["streams"][0]["sent"]
    assert given_out - told["streams"][0]["unique"] >= inner


def test_the_file_says_the_same_as_the_tree() -> None:
    made = simulate(Scenario(ring=Ring(size=32, frames=500), faults=(ring.StaleSlot(count=5), path.Loss(rate=0.05))))
    tree: dict[str, Any] = json.loads("".join(dump(made)))
    assert tree == json.loads(json.dumps(truth(made)))
    assert tree["schema"] == "seqcheck.truth/1"


def test_a_capture_without_any_record_has_a_truth_too() -> None:
    made = simulate(Scenario(ring=Ring(frames=50), traffic=Traffic(host_share=1.0), capture=Capture(foreign=False)))
    told = json.loads("".join(dump(made)))
    assert (told["frames"], told["records"], told["streams"], told["resends"]) == (0, 0, [], [])
