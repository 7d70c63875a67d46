"""Interfaces from Python, on a veth pair between namespaces that the test makes; and arguments that cannot be."""

import json
import sys
from collections import deque
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import netns
import numpy as np
import pytest
import specimens

import seqcheck
from seqcheck.cli.showing import JsonLines
from seqcheck.engine.following import _Finder
from seqcheck.kernel.border import DUPLICATE, EVENT
from seqcheck.outputs.live_lines import FIGURES

EXAMPLE = Path(__file__).parent.parent / "docs" / "examples" / "live.py"
on_interfaces = netns.needed()
SEVERAL = """
import json, sys
import seqcheck

with seqcheck.live([sys.argv[1]], frames=int(sys.argv[2]), interval=0.01, where="udp") as capture:
    print("listening", flush=True)
    found, frames = [], 0
    for news in capture:
        if isinstance(news, seqcheck.Found):
            found.append([news.seq, news.frame, news.earlier_frame, news.distance, news.lag, news.time_lag_ns])
        else:
            assert frames <= news.frames
            frames = news.frames
    try:
        iter(capture)
    except seqcheck.UsageError:
        print("once")
report = capture.report()
listed = [[d.seq, d.frame, d.earlier_frame, d.distance, d.lag, d.time_lag_ns] for d in report.duplicates.listed]
print(json.dumps([found, listed, report.capture.frames, report is capture.report()]))
"""
LEFT = """
import sys
import seqcheck

with seqcheck.live(sys.argv[1], layout="seqcheck", interval=0.01) as capture:
    print("listening", flush=True)
    for news in capture:
        if isinstance(news, seqcheck.Snapshot) and news.frames:
            break
print(capture.report().records.sequenced > 0)
capture.close()
"""
STOPPED = """
import sys
import seqcheck

capture = seqcheck.live(sys.argv[1])
print("listening", flush=True)
for news in capture:
    if isinstance(news, seqcheck.Snapshot) and news.sequenced == 500:
        capture.stop()
print(capture.report().records.sequenced > 0, capture.report().capture.unread)
capture.close()
"""


def listening(pair: netns.Pair, *argv: str) -> Any:
    """A program that says when it listens."""
    return netns.program(pair.rx, sys.executable, *argv)


def test_the_first_duplicate_is_not_called_clean() -> None:
    """A verdict from before there were duplicates is none on them."""
    rows = np.zeros(1, EVENT)
    rows["kind"] = DUPLICATE
    for report, cause in ((None, None), (specimens.CLEAN, None), (specimens.STALE, "stale-slot")):
        news: deque[Any] = deque()
        finder = _Finder(news)
        finder.report = report
        finder.found(rows, None)  # type: ignore[arg-type]
        assert news.pop().cause == cause
        told: list[tuple[bytes, int]] = []
        growing = SimpleNamespace(broken=None, output=SimpleNamespace(appear=lambda: None))
        growing.offer = lambda line, count=1, told=told: told.append((line, count))
        lines = JsonLines(growing)  # type: ignore[arg-type]
        lines(SimpleNamespace(**{**dict.fromkeys(FIGURES, 0), "sequenced": 1}, report=report))  # type: ignore[arg-type]
        lines.found(rows, None)  # type: ignore[arg-type]
        assert json.loads(told[-1][0])["cause"] == cause


@on_interfaces
def test_what_is_found_is_what_the_report_lists(pair: netns.Pair) -> None:
    with listening(pair, "-c", SEVERAL, pair.into, "5000") as program:
        program.wait_for(lambda: "listening" in program.out)
        truth = pair.send("--count", "5000", "--ring-size", "64", "--inject", "stale=0.2%")
        assert program.end() == 0, program.err
    assert "once" in program.out
    found, listed, frames, same = json.loads(program.out[-1])
    assert found == listed
    assert len(found) == truth["duplicates"] > 0
    assert (frames, same) == (5000, True)


@on_interfaces
@pytest.mark.parametrize("text", [LEFT, STOPPED], ids=["report-after-close", "told-to-end"])
def test_it_ends_and_still_reports(pair: netns.Pair, text: str) -> None:
    with listening(pair, "-c", text, pair.into) as program:
        program.wait_for(lambda: "listening" in program.out)
        pair.send("--count", "500")
        assert program.end() == 0, program.err
    assert program.out[-1].split() == ["True"]


@on_interfaces
def test_the_example_says_what_it_finds(pair: netns.Pair) -> None:
    with listening(pair, str(EXAMPLE), "600", pair.into) as program:
        program.wait_for(lambda: "listening" in program.out)
        truth = pair.send("--count", "5000", "--ring-size", "64", "--inject", "stale=0.2%")
        assert truth["duplicates"] > 0
        program.wait_for(lambda: sum("again" in line for line in program.out) == truth["duplicates"])


@pytest.mark.parametrize(("interfaces", "options", "what"), [
    ([], {}, "no interface"), ("nowhere0", {}, "no interface"), ("lo", {"duration": 0}, "duration: 0"),
    ("lo", {"duration": "soon"}, "seconds"), ("lo", {"interval": float("nan")}, "interval"),
    ("lo", {"frames": 0}, "frames"), ("lo", {"ring": 5}, "ring"), ("lo", {"ring_sizes": [-1]}, "ring_sizes"),
    ("lo", {"listed": "x"}, "listed"),
])  # fmt: skip
def test_what_cannot_be(interfaces: Any, options: dict[str, Any], what: str) -> None:
    with pytest.raises(seqcheck.SeqcheckError, match=what):
        seqcheck.live(interfaces, **options)
