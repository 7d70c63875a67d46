"""Rates and streams beside the counts of a snapshot: as old as they are, and no older."""

import io
from dataclasses import replace

import numpy as np
import specimens
from rich.console import Console
from test_live_parts import NOW

from seqcheck.kernel.border import STREAM_STATE
from seqcheck.model.snapshot import Snapshot
from seqcheck.outputs.dashboard import Dashboard
from seqcheck.outputs.foremost import foremost
from seqcheck.outputs.pages import streams
from seqcheck.outputs.past import Past

SECOND = 1_000_000_000


def at(ms: int, frames: int) -> Snapshot:
    return replace(NOW, elapsed_ns=ms * SECOND // 1000, frames=frames, bytes=100 * frames)


def test_a_rate_is_that_of_the_last_second_however_frames_come() -> None:
    """Blocks of 500 frames every 250 ms, and looks at any time between."""
    past, rates = Past(["frames"]), []
    for ms in range(10, 4000, 10):
        now = at(ms, ms // 250 * 500)
        past.note(now)
        rates.append(past.rates(now))
    assert {frames for frames, _ in rates[150:]} <= set(range(1450, 2550))
    assert all(bits == 800 * frames or abs(bits - 800 * frames) < 800 for frames, bits in rates)


def test_with_few_looks_it_is_that_since_the_last_one() -> None:
    past = Past(["frames"])
    for ms, frames in ((10_000, 0), (20_000, 50_000), (30_000, 60_000)):
        past.note(at(ms, frames))
    assert past.rates(at(30_000, 60_000)) == (1000, 800_000)


def test_a_paused_picture_stays_as_it_was() -> None:
    console = Console(file=io.StringIO(), force_terminal=True, width=100, height=30)
    dashboard = Dashboard("eth0", console)

    def pressed(key: bytes) -> None:
        dashboard._screen.typed = lambda: key  # type: ignore[method-assign]
        dashboard.heed(lambda: None)
        dashboard._screen.typed = lambda: b""  # type: ignore[method-assign]

    def picture() -> list[str]:
        assert dashboard._frozen is not None
        return ["".join(text for text, _ in line) for line in dashboard.draw(dashboard._frozen, (100, 30))]

    for ms in range(250, 3250, 250):
        dashboard(at(ms, ms * 5))
    pressed(b"p")
    held = picture()
    assert any("15,000 · 5,000/s · 4 Mbit/s" in line for line in held)
    for ms in range(3250, 9000, 250):
        dashboard(at(ms, ms * 50))
        assert picture() == held
    pressed(b"p")
    dashboard(at(9000, 450_000))
    assert any("450,000 · 50,000/s" in line for line in picture())


def table(*rows: tuple[int, int, int, int]) -> np.ndarray:
    made = np.zeros(len(rows), STREAM_STATE)
    for name, values in zip(("received", "duplicates", "missing", "late"), zip(*rows, strict=True), strict=True):
        made[name] = values
    return made


def test_streams_are_told_with_the_figures_of_now_and_in_their_order() -> None:
    known = specimens.STALE.streams[0]
    report = replace(specimens.STALE, streams=(known, replace(known, id=1), replace(known, id=2)))
    rows = table((100, 1, 0, 0), (200, 5, 2, 3), (300, 0, 4, 0), (400, 99, 0, 0))  # the last one is not known yet
    now = replace(NOW, report=report, figures=rows, streams=4)
    told = [(each.id, each.received, each.duplicates, each.missing, each.late) for each in foremost(now, 2)]
    assert told == [(1, 200, 5, 2, 3), (2, 300, 0, 4, 0)]
    lines = list(streams(now, 80))
    assert [line.split()[:4] for line in lines[1:]] == [
        ["200", "5", "2", "3"],
        ["300", "0", "4", "0"],
        ["100", "1", "0", "0"],
    ]
