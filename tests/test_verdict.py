"""The verdict on every scenario and every sample, compared with the truth of the model that made it."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest

import seqcheck
from seqcheck.model import Report
from seqcheck.simulate import load, simulate, truth
from seqcheck.simulate.run import Simulated, write

ROOT = Path(__file__).parent
PATHS = sorted((ROOT / "scenarios").glob("*.toml")) + sorted((ROOT.parent / "samples").glob("*.toml"))
RING_CAUSES = {"stale-slot", "ring-replay", "early-overwrite"}


def analysed(made: Simulated, given: list[int]) -> Report:
    stream = io.BytesIO()
    write(made, stream)
    stream.seek(0)
    layout = made.scenario.layout
    name = layout.name if layout.modulus is None else f"{layout.name}%{layout.modulus}"
    return seqcheck.analyze(stream, layout=name, ring_sizes=given)


def counted(expect: dict[str, Any], told: dict[str, Any], key: str, found: int) -> None:
    wanted = expect.get(key, told[key])
    assert wanted == "any" or found == wanted, f"{key}: {found}, not {wanted}"


@pytest.mark.parametrize("path", PATHS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_verdict(path: Path) -> None:
    made = simulate(load(path))
    told, expect = truth(made), made.scenario.expect
    report = analysed(made, expect.get("given", []))
    verdict = report.verdict
    said = f"{verdict.cause} {verdict.strength} {verdict.ring_size}: {verdict.statement}"

    counted(expect, told, "duplicates", report.duplicates.total)
    counted(expect, told, "missing", report.missing)
    counted(expect, told, "late", sum(stream.late for stream in report.streams))

    right = {expect["cause"], *expect.get("accept", [])}
    if expect.get("either"):
        right |= set(expect.get("also", []))
    assert verdict.cause in right, said
    assert verdict.strength in expect.get("strength", ("strong", "moderate", "weak", "none")), said
    if verdict.cause in RING_CAUSES and not RING_CAUSES & set(told["by_cause"]):
        assert verdict.strength == "weak", f"false accusation: {said}"
    if "ring_size" in expect and verdict.cause in RING_CAUSES:
        sizes = {expect["ring_size"], None} if expect.get("ring_optional") else {expect["ring_size"]}
        assert verdict.ring_size in sizes, said
    assert set(expect.get("also", [])) <= {verdict.cause, *(also.cause for also in report.also)}, said
    assert bool(report.capture.dropped) == expect.get("dropped", False)
    assert sum(report.duplicates.by_cause.values()) == report.duplicates.total

    listed = report.duplicates.listed
    for key, of in (("distances", "distance"), ("frame_distances", "frame_distance"), ("lags", "lag")):
        if key in expect:
            assert [getattr(one, of) for one in listed] == expect[key]
