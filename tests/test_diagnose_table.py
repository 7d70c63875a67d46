"""Episodes: duplicates directly after one another are one, however frames overtook one another."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from seqcheck.diagnose.table import Table, table
from seqcheck.kernel import load
from seqcheck.track.tracker import Track

from columns import columns  # isort: skip


def tabled(seqs: list[int]) -> Table:
    frames, records = columns(seqs)
    track = Track(load().Tracker(0), 0)
    track.feed(frames, records)
    track.finish()
    return table(track.findings())


def overtaking(seqs: list[int], places: list[int], by: int) -> list[int]:
    """The record at each of these places falls back by so many."""
    seqs = list(seqs)
    for place in sorted(places, reverse=True):
        if place + by < len(seqs):
            seqs.insert(place + by, seqs.pop(place))
    return seqs


@settings(max_examples=30)
@given(st.sets(st.sampled_from(range(20, 980, 40)), min_size=1), st.integers(1, 9))
def test_reordering_takes_no_replay_apart(places: set[int], by: int) -> None:
    """300 numbers again, 500 behind: one episode at that distance, if any fresh record was late, too."""
    straight = [*range(600), *range(100, 400), *range(600, 700)]
    calm = sorted(place for place in places if all(abs(place - edge) >= 20 for edge in (600, 900)))
    found = tabled(overtaking(straight, [40, *(place for place in calm if place != 40)], by))
    assert len(found) == 300
    assert len(set(found.run.tolist())) == 1
    assert found.distance[found.leads].tolist() == [500]


def test_the_leader_is_at_the_distance_that_most_of_the_episode_has() -> None:
    straight = [*range(600), *range(100, 400), *range(600, 700)]
    found = tabled(overtaking(straight, [100, 50, 601], 5))  # the number 100 again, five places late
    assert len(set(found.run.tolist())) == 1
    assert found.distance[found.leads].tolist() == [500]


def test_singles_stay_singles_beside_reordering() -> None:
    """Every packet twice, a few later: fresh ones lie between, so nothing is an episode."""
    seqs: list[int] = []
    for number in range(400):
        seqs.append(number)
        if number >= 7:
            seqs.append(number - 7)
    found = tabled(overtaking(seqs, [40, 120, 222], 6))
    assert int(found.run_length.max()) <= 2
