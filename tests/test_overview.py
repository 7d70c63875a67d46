"""The overview: what was put into the samples is where it should be."""

import json
from pathlib import Path

import pytest

from seqcheck.engine import session
from seqcheck.model import Overview, SlotMap
from seqcheck.report import timeline
from seqcheck.track import tracker as track

SAMPLES = Path(__file__).parent.parent / "samples"


def overview(name: str) -> Overview:
    found = session.analyze(SAMPLES / name).overview
    assert found is not None
    return found


def slots(name: str) -> SlotMap:
    found = overview(name).slots
    assert found is not None
    return found


def truth(name: str) -> dict[int, int]:
    """Frame -> slot of everything that a slot sent again."""
    told = json.loads((SAMPLES / name).with_suffix(".truth.json").read_text())
    return {each["frame"]: each["slot"] for each in told["resends"] if each.get("cause") == "stale-slot"}


def test_a_slot_that_fails_again_and_again_is_a_column() -> None:
    failing = set(truth("stuck-slot.pcap").values())
    found = slots("stuck-slot.pcap")
    assert len({cell.slot for cell in found.cells}) == len({slot // found.slots for slot in failing})
    assert len(found.cells) > len(failing)


@pytest.mark.parametrize(
    "name", ["stale-slot.pcap", "two-streams.pcap", "mixed.pcapng", "stuck-slot.pcap", "stale-own.pcap"]
)
def test_slots_are_those_of_the_sender(name: str) -> None:
    """The captures begin with slot 0, so the slots are the sender's own."""
    of_frame = truth(name)
    found = slots(name)
    assert found.of == len(of_frame)
    for cell in found.cells:
        assert cell.slot <= of_frame[cell.frame] < cell.slot + found.slots


def test_points_are_on_the_line_and_strays_below() -> None:
    found = overview("stale-slot.pcap")
    numbers = [point.seq for point in found.course]
    assert numbers == sorted(numbers)
    assert len(found.strays) == session.analyze(SAMPLES / "stale-slot.pcap").duplicates.total
    assert all(stray.lag > 0 for stray in found.strays)


def test_it_stays_small_where_not_all_rows_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = overview("path-copy.pcap")
    monkeypatch.setattr(track, "LIMIT", 3)
    few = overview("path-copy.pcap")
    assert [each.duplicates for each in few.timeline] == [each.duplicates for each in whole.timeline]
    assert {stray.frame for stray in few.strays} == {stray.frame for stray in whole.strays}


def test_a_clean_capture_has_a_line_and_nothing_else() -> None:
    found = overview("clean.pcap")
    assert found.strays == ()
    assert found.slots is None
    assert len(found.course) > 100
    assert sum(each.duplicates + each.missing + each.late + each.dropped for each in found.timeline) == 0


def test_drops_are_in_the_time_line() -> None:
    report = session.analyze(SAMPLES / "capture-drop.pcapng")
    assert report.capture.dropped
    assert report.overview is not None
    assert sum(each.dropped for each in report.overview.timeline) == report.capture.dropped


def test_bins_and_moments_are_bounded() -> None:
    assert timeline.BINS % 2 == 0
    assert len(overview("loss.pcap").timeline) <= 256
