"""docs/simulate.md names every table, field, fault and key, and its example is played."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest

from seqcheck.simulate import Scenario, parse, simulate, truth
from seqcheck.simulate.foreign import FOREIGN
from seqcheck.simulate.scenario_file import KINDS, TABLES
from seqcheck.simulate.traffic import LABELS

TEXT = (Path(__file__).parent.parent / "docs" / "simulate.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    return re.split(r"\n#+ ", TEXT.split(f"# {title}\n", 1)[1])[0]


@pytest.mark.parametrize("table", list(TABLES))
def test_every_field_of_a_table_is_documented(table: str) -> None:
    rows = re.findall(r"^\| `(\w+)`", section(f"[{table}]"), re.MULTILINE)
    assert rows == [field.name for field in dataclasses.fields(TABLES[table])]


def test_the_defaults_are_those_that_are_documented() -> None:
    for table in TABLES:
        part = getattr(Scenario(), table)
        for name, default in re.findall(r"^\| `(\w+)` \| (\d+|true|false) \|", section(f"[{table}]"), re.MULTILINE):
            value = getattr(part, name)
            value = value[0] if isinstance(value, tuple) else value
            assert str(value if not isinstance(value, float) else int(value)).lower() == default, name


@pytest.mark.parametrize("kind", list(KINDS))
def test_every_fault_and_its_fields_are_documented(kind: str) -> None:
    (row,) = re.findall(rf"^\| `{kind}` \|.*$", TEXT, re.MULTILINE)
    common = section("[[fault]] in the ring").split("| `kind`")[0]
    for field in dataclasses.fields(KINDS[kind]):
        assert f"`{field.name}`" in row or f"`{field.name}`" in common, field.name


def test_every_kind_of_foreign_frame_is_documented() -> None:
    assert [name for name in FOREIGN if f"`{name}`" not in section("[traffic]")] == []


def test_every_key_of_the_truth_is_documented() -> None:
    scenario = parse(re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL)[0])
    told = truth(simulate(scenario))
    assert told["by_cause"]["stale-slot"] > 35
    text = section("The truth file")
    entries = (told, told["streams"][0], *told["resends"], *told["by_fault"].values())
    assert [key for entry in entries for key in entry if f"`{key}`" not in text] == []


def test_every_label_of_the_truth_is_a_documented_fault() -> None:
    assert [name for name, _ in LABELS[1:] if f"`{name}`" not in TEXT] == []
