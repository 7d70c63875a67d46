"""The samples: made again byte for byte, small, and the three published cases exactly as they were told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from seqcheck.simulate import load, simulate
from seqcheck.simulate.samples import make, sample

FOLDER = Path(__file__).parent.parent / "samples"
SCENARIOS = sorted(FOLDER.glob("*.toml"))
ALLOWED, ALLOWED_4096, ALLOWED_TOGETHER = 200_000, 330_000, 3_000_000  # bytes


def told(name: str) -> dict[str, Any]:
    tree: dict[str, Any] = json.loads((FOLDER / f"{name}.truth.json").read_text())
    return tree


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda path: path.stem)
def test_samples_are_made_again_byte_for_byte(scenario: Path) -> None:
    for name, data in sample(scenario).items():
        assert (FOLDER / name).read_bytes() == data


def test_there_is_a_sample_for_each_scenario_and_nothing_else() -> None:
    expected = {"README.md"}
    for scenario in SCENARIOS:
        form = load(scenario).capture.format
        expected |= {scenario.name, f"{scenario.stem}.{form}", f"{scenario.stem}.truth.json"}
    assert {path.name for path in FOLDER.iterdir()} == expected


def test_samples_are_small() -> None:
    sizes = {path.name: path.stat().st_size for path in FOLDER.iterdir()}
    assert sizes.pop("thread-4096.pcap") <= ALLOWED_4096
    assert max(sizes.values()) <= ALLOWED
    assert sum(sizes.values()) + ALLOWED_4096 <= ALLOWED_TOGETHER


def test_each_sample_is_explained() -> None:
    text = (FOLDER / "README.md").read_text()
    assert [path.stem for path in SCENARIOS if f"`{path.stem}`" not in text] == []


def test_the_command_writes_them_all(tmp_path: Path) -> None:
    (tmp_path / "thread-32.toml").write_bytes((FOLDER / "thread-32.toml").read_bytes())
    assert [path.name for path in make(tmp_path)] == ["thread-32.pcap", "thread-32.truth.json"]
    for path in make(tmp_path):
        assert path.read_bytes() == (FOLDER / path.name).read_bytes()


@pytest.mark.parametrize(
    ("name", "numbers", "slot", "distance", "frame_distance", "lag"),
    [
        ("thread-32", [*range(1, 101), 70, 101, 102, 103], 5, 31, 32, 31),
        ("thread-4096", [*range(1, 4112), 16, *range(4112, 4120)], 2057, 4096, 4096, 4096),
        ("netmap-400", [*range(1, 524), 12, *range(524, 540)], 101, 512, 512, 512),
    ],
)  # fmt: skip
def test_the_published_cases(
    name: str, numbers: list[int], slot: int, distance: int, frame_distance: int, lag: int
) -> None:
    made = simulate(load(FOLDER / f"{name}.toml"))
    content = made.traffic.contents[made.traffic.sent["content"][made.kept]]
    assert content["seq"][content["kind"] == 0].tolist() == numbers
    (dup,) = told(name)["resends"]
    assert (dup["slot"], dup["laps"]) == (slot, 1)
    assert (dup["distance"], dup["frame_distance"], dup["lag"]) == (distance, frame_distance, lag)


def test_the_slots_are_those_that_were_told() -> None:
    """freebsd-net: 16 in slot 2057, 4111 in 2056, 4112 in 2058. Issue 400: 10 to 13 in 99 to 102, 524 in 102."""
    for name, places in (
        ("thread-4096", {16: 2057, 4111: 2056, 4112: 2058}),
        ("netmap-400", {10: 99, 11: 100, 12: 101, 13: 102, 522: 99, 523: 100, 524: 102}),
    ):
        content = simulate(load(FOLDER / f"{name}.toml")).traffic.contents
        for number, slot in places.items():
            assert content["slot"][content["seq"] == number].tolist()[0] == slot
