"""What is written is what the published schema says."""

import io
import json
import tomllib
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import specimens
from found import Found
from test_live_parts import NOW

from seqcheck.cli.main import main
from seqcheck.engine import session
from seqcheck.outputs import Page, live_lines, publish
from seqcheck.outputs.json import document
from seqcheck.outputs.schema import SCHEMAS

jsonschema = pytest.importorskip("jsonschema", reason="needs jsonschema")
SAMPLES = sorted((Path(__file__).parent.parent / "samples").glob("*.pcap*"))


def validator(name: str) -> Any:
    schema = SCHEMAS[name]()
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


@pytest.mark.parametrize("name", specimens.ALL)
def test_reports_made_by_hand_fit(name: str) -> None:
    validator("json").validate(document(specimens.ALL[name]))


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.name)
def test_reports_on_the_samples_fit(sample: Path) -> None:
    scenario = tomllib.loads(sample.with_suffix(".toml").read_text()) if sample.with_suffix(".toml").exists() else {}
    layout = scenario.get("layout", {}).get("name")
    with session.examine(sample, session.Query(layout=layout, keep="findings")) as results:
        validator("json").validate(document(results.report))
        out = io.BytesIO()
        publish("jsonl", results, out, Page())
    each = validator("jsonl")
    for line in out.getvalue().splitlines():
        each.validate(json.loads(line))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda report: report.pop("verdict"),
        lambda report: report["capture"].update(frames="7"),
        lambda report: report["verdict"].update(cause="aliens"),
        lambda report: report["verdict"].update(bracket=[1]),
        lambda report: report["duplicates"]["listed"][0].pop("lag"),
        lambda report: report.update(schema="seqcheck.report/2"),
    ],
)
def test_what_is_no_report_does_not_fit(spoil: Any) -> None:
    report = deepcopy(document(specimens.STALE))
    spoil(report)
    assert not validator("json").is_valid(report)


def test_more_keys_are_welcome() -> None:
    report = document(specimens.STALE)
    report["capture"]["new"] = 1
    assert validator("json").is_valid(report | {"new": {}})


def test_a_line_is_of_exactly_one_kind() -> None:
    out = io.BytesIO()
    publish("jsonl", Found(specimens.UNEXPLAINED), out, Page())
    lines = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [line["type"] for line in lines[:2]] == ["report", "duplicate"]
    assert not validator("jsonl").is_valid(lines[1] | {"type": "gap"})


@pytest.mark.parametrize("name", specimens.ALL)
@pytest.mark.parametrize("judged", [True, False])
def test_lines_of_a_live_capture_fit(name: str, judged: bool) -> None:
    each = validator("live")
    now = replace(NOW, report=specimens.ALL[name] if judged else None, ns=NOW.ns if judged else None)
    lines = [
        json.loads(line) for line in (live_lines.snapshot(now) + live_lines.closing(specimens.ALL[name])).splitlines()
    ]
    assert {line["type"] for line in lines[:2]} == {"snapshot", "report"}
    for line in lines:
        each.validate(line)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda line: line.pop("verdict"),
        lambda line: line["verdict"].update(cause="aliens"),
        lambda line: line.pop("behind"),
        lambda line: line.update(frames=None),
        lambda line: line.update(schema="seqcheck.live/2"),
        lambda line: line.update(type="report"),
    ],
)
def test_what_is_no_snapshot_does_not_fit(spoil: Any) -> None:
    line = json.loads(live_lines.snapshot(NOW))
    assert validator("live").is_valid(line)
    spoil(line)
    assert not validator("live").is_valid(line)


def test_lines_of_a_live_capture_say_only_what_the_schema_names() -> None:
    """More keys are welcome to the schema, so that one left out of it would not be noticed."""
    by_kind = {one["properties"]["type"]["const"]: set(one["properties"]) for one in SCHEMAS["live"]()["oneOf"]}
    for line in (live_lines.snapshot(NOW) + live_lines.closing(specimens.STALE)).splitlines():
        said = json.loads(line)
        assert set(said) == by_kind[said["type"]]


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_command_prints_it(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema", name]) == 0
    assert json.loads(capsys.readouterr().out) == SCHEMAS[name]()


def test_json_is_what_is_meant_without_a_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema"]) == 0
    assert json.loads(capsys.readouterr().out)["properties"]["schema"] == {"const": "seqcheck.report/1"}
    assert main(["schema", "xml"]) == 2
