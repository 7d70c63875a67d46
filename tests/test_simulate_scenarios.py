"""The scenarios: each is what it says, whatever an analysis makes of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from seqcheck.model import Cause
from seqcheck.simulate import load, simulate, truth
from seqcheck.simulate.path_faults import PATH_FAULTS
from seqcheck.simulate.ring_faults import RING_FAULTS
from seqcheck.simulate.scenario_file import KINDS

ROOT = Path(__file__).parent
SCENARIOS = sorted((ROOT / "scenarios").glob("*.toml"))
SAMPLES = sorted((ROOT.parent / "samples").glob("*.toml"))
CAUSES = Cause.__args__  # type: ignore[attr-defined]
STRENGTHS = ("strong", "moderate", "weak", "none")
MOST_FRAMES = 80_000
# What an [expect] may say; docs/simulate.md explains them.
KEYS = {
    "cause", "accept", "strength", "ring_size", "ring_optional", "given", "also", "either", "dropped",
    "duplicates", "missing", "late", "distances", "frame_distances", "lags",
}  # fmt: skip


@pytest.mark.parametrize("path", SCENARIOS + SAMPLES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_the_truth_has_what_is_expected_of_a_verdict(path: Path) -> None:
    scenario = load(path)
    expect = scenario.expect
    assert scenario.title
    assert set(expect) <= KEYS
    assert {expect["cause"], *expect.get("accept", []), *expect.get("also", [])} <= set(CAUSES)
    assert set(expect.get("strength", [])) <= set(STRENGTHS)
    told = truth(simulate(scenario))
    assert 0 < told["frames"] <= MOST_FRAMES
    by_cause = told["by_cause"]
    if "duplicates" in expect:  # the counter hides them, or is none
        assert expect["cause"] in ("clean", "no-counter")
    elif expect["cause"] == "no-counter":
        assert scenario.layout.step > 1
    elif expect["cause"] == "clean":
        assert by_cause == {}
    else:
        assert by_cause[expect["cause"]] > 0
        assert set(by_cause) == {expect["cause"], *expect.get("also", [])}
    if "ring_size" in expect:
        assert expect["ring_size"] in (scenario.ring.size, *(getattr(f, "size", 0) for f in scenario.faults))
    assert bool(told["dropped"]) == expect.get("dropped", False)


def test_every_fault_has_a_scenario() -> None:
    played = {type(fault) for path in SCENARIOS for fault in load(path).faults}
    assert [name for name, made in KINDS.items() if made not in played] == []
    assert set(KINDS) == set(RING_FAULTS) | set(PATH_FAULTS)


def test_every_cause_has_a_scenario() -> None:
    assert {load(path).expect["cause"] for path in SCENARIOS} == set(CAUSES) - {
        "not-judged",  # see test_judging
        "redundancy",  # two ways are no ring's, so the simulator knows none: see test_redundancy
    }
