"""What was set aside comes back, less what was taken back; against a plain reading of the same rows."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqcheck.engine import spool
from seqcheck.errors import OutputError
from seqcheck.kernel.border import DUPLICATE, EARLY, EVENT, GAP, LATE, RESTART, RETRACT, RETRACT_LATE
from seqcheck.model.results import CapturedFrame

KINDS = (DUPLICATE, LATE, GAP, RESTART, EARLY)


@st.composite
def stories(draw: st.DrawFn) -> list[dict[str, int]]:
    """Rows in order, with RETRACT rows of disjoint stretches for each stream, as the tracker gives them."""
    rows: list[dict[str, int]] = []
    record, floor = {0: 0, 1: 0}, {0: 0, 1: 0}
    for _ in range(draw(st.integers(0, 60))):
        stream = draw(st.integers(0, 1))
        if draw(st.integers(0, 5)) == 0 and record[stream] > floor[stream]:
            first = draw(st.integers(floor[stream], record[stream]))
            kind = draw(st.sampled_from((RETRACT, RETRACT_LATE)))
            rows.append({"kind": kind, "stream": stream, "a": first, "b": record[stream]})
            again = draw(st.integers(0, 2))  # the records are read again
            rows += [{"kind": DUPLICATE, "stream": stream, "record": record[stream]} for _ in range(again)]
            floor[stream] = record[stream] = record[stream] + 1
        else:
            record[stream] += draw(st.integers(0, 2))
            x = draw(st.integers(0, 1))
            rows.append({"kind": draw(st.sampled_from(KINDS)), "stream": stream, "record": record[stream], "x": x})
    return rows


def naive(rows: list[dict[str, int]]) -> list[int]:
    """Numbers of the rows that are left."""
    left: list[int] = []
    for at, row in enumerate(rows):
        if row["kind"] in (RETRACT, RETRACT_LATE):
            left = [one for one in left if not takes(row, rows[one])]
        elif row["kind"] != EARLY:
            left.append(at)
    return left


def takes(back: dict[str, int], row: dict[str, int]) -> bool:
    if row["stream"] != back["stream"] or not back["a"] <= row["record"] <= back["b"]:
        return False
    if back["kind"] == RETRACT:
        return row["kind"] in (DUPLICATE, LATE)
    return row["kind"] == LATE and row.get("x", 0) == 0


@given(stories(), st.integers(1, 20), st.integers(1, 20))
@settings(max_examples=150, deadline=None)
def test_rows_come_back_but_for_those_taken_back(rows: list[dict[str, int]], cut: int, chunk: int) -> None:
    events = np.zeros(len(rows), EVENT)
    for at, row in enumerate(rows):
        for name, value in row.items():
            events[at][name] = value
        events[at]["frame"] = at
    before, spool.CHUNK = spool.CHUNK, chunk
    kept = spool.Rows()
    try:
        for start in range(0, len(events), cut):
            kept.add(events[start : start + cut])
        found = sorted(int(frame) for part in kept.read() for frame in part["frame"])
        assert all(len(set(part["kind"].tolist())) == 1 for part in kept.read())
    finally:
        kept.close()
        spool.CHUNK = before
    assert found == naive(rows)


def frame(number: int) -> CapturedFrame:
    return CapturedFrame(number=number, ns=-number, link=1, wire=100 + number % 1000, data=bytes(number % 50))


def test_frames_come_back_in_order_and_once() -> None:
    kept = spool.Frames()
    try:
        for number in (7, 7, 3, 9, 3, 1 << 40):
            kept.add(frame(number))
        assert list(kept.read(np.array([1, 3, 7, 8, 1 << 40]))) == [frame(3), frame(7), frame(1 << 40)]
        assert list(kept.read(np.array([], np.int64))) == []
    finally:
        kept.close()


def test_a_full_disk_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    class Full:
        def write(self, data: bytes) -> int:
            raise OSError(28, "No space left on device")

    kept = spool.Rows()
    kept.close()
    monkeypatch.setattr(kept, "_file", Full())
    with pytest.raises(OutputError, match="No space left") as told:
        kept.add(np.zeros(1, EVENT))
    assert "TMPDIR" in told.value.hint
