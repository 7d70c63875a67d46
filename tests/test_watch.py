"""What a live capture's end means."""

from types import SimpleNamespace
from typing import Any

import pytest

from seqcheck.engine.watch import Stops, cut_short

WENT = "sq0 went down"


@pytest.mark.parametrize(("stops", "frames", "told"), [
    (Stops(), 100, ""),
    (Stops(frames=500), 499, f"{WENT} after 499 of 500 frames"),
    (Stops(frames=500), 500, ""),  # they were there, and taken, when it went
    (Stops(duration_s=10), 100, f"{WENT} after 3.0 of 10 s"),
])  # fmt: skip
def test_less_came_than_was_asked_for_only_where_less_came(stops: Stops, frames: int, told: str) -> None:
    reader: Any = SimpleNamespace(failure="", ended=WENT)
    said = cut_short(reader, stops, frames, 3.0)
    assert said.endswith(told)
    assert bool(said) == bool(told)
