"""SARIF and GitLab's code quality: what is demanded decides what is an issue; and what the two formats require."""

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import specimens

from seqcheck.cli.main import main
from seqcheck.demands import Demands, Expectation, Limit, Suspect
from seqcheck.model import Damage, Report
from seqcheck.outputs import Page, codequality, sarif
from seqcheck.outputs.issues import issues, uri

SAMPLES = Path(__file__).parent.parent / "samples"
LOSSY = replace(specimens.CLEAN, gaps=replace(specimens.CLEAN.gaps, total=1, missing=3))
DAMAGED = replace(
    specimens.CLEAN,
    capture=replace(specimens.CLEAN.capture, damage=(Damage(input="a.pcap", offset=9, what="cut short"),)),
)
EXPECTED = Demands(expected=Expectation.of({"cause": "loop", "stream": [{"missing": 1}, {"key": {"dport": 9}}]}))


def written(module: Any, report: Report, demands: Demands | None = None) -> Any:
    out = io.BytesIO()
    module.write(report, out, Page(demands=demands))
    return json.loads(out.getvalue())


@pytest.mark.parametrize(("report", "demands", "found"), [
    (specimens.CLEAN, None, []),
    (specimens.STALE, None, [("duplicates", "error")]),
    (LOSSY, None, [("missing", "error")]),
    (LOSSY, Demands(missing=Limit.parse("3")), [("loss", "note")]),
    (DAMAGED, None, [("damage", "warning")]),
    (DAMAGED, Demands(missing=Limit.parse("3")), [("damage", "error")]),
    (DAMAGED, Demands(damage=True), []),
    (specimens.STALE, Demands(suspects=(Suspect.parse("any"),)), [("stale-slot", "error")]),
    (specimens.STALE, Demands(suspects=(Suspect.parse("loop"),)), [("stale-slot", "note")]),
    (specimens.STALE, EXPECTED, [("cause", "error"), ("stream-missing", "error"), ("stream", "error")]),
])  # fmt: skip
def test_what_is_demanded_decides(report: Report, demands: Demands | None, found: list[tuple[str, str]]) -> None:
    assert [(each.rule, each.level) for each in issues(report, demands)] == found


SARIF = json.loads((Path(__file__).parent / "schemas" / "sarif-2.1.0.json").read_text(encoding="utf-8"))
VALID = jsonschema.Draft7Validator(SARIF, format_checker=jsonschema.Draft7Validator.FORMAT_CHECKER)


@pytest.mark.parametrize("demands", [None, EXPECTED, Demands(missing=Limit.parse("3"))], ids=["none", "all", "one"])
@pytest.mark.parametrize("name", [*specimens.ALL, "lossy", "damaged"])
def test_sarif_fits_the_published_schema(name: str, demands: Demands | None) -> None:
    report = {**specimens.ALL, "lossy": LOSSY, "damaged": DAMAGED}[name]
    log = written(sarif, report, demands)
    assert [error.message for error in VALID.iter_errors(log)] == []
    log["runs"][0]["tool"]["driver"]["unknown"] = "x"
    assert not VALID.is_valid(log)


@pytest.mark.parametrize("name", specimens.ALL)
def test_sarif_has_what_the_standard_requires(name: str) -> None:
    log = written(sarif, specimens.ALL[name])
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    driver = run["tool"]["driver"]
    assert driver["name"] == "seqcheck"
    rules = [rule["id"] for rule in driver["rules"]]
    assert len(set(rules)) == len(rules)
    for each in run["results"]:
        assert rules[each["ruleIndex"]] == each["ruleId"]
        assert each["level"] in ("none", "note", "warning", "error")
        assert each["message"]["text"]
        (location,) = each["locations"]
        assert location["physicalLocation"]["region"]["startLine"] == 1
        assert location["physicalLocation"]["artifactLocation"]["uri"].isascii()
    assert len({json.dumps(each["partialFingerprints"]) for each in run["results"]}) == len(run["results"])


@pytest.mark.parametrize("name", specimens.ALL)
def test_code_quality_has_what_gitlab_requires(name: str) -> None:
    found = written(codequality, specimens.ALL[name])
    assert isinstance(found, list)
    for each in found:
        assert set(each) == {"description", "check_name", "fingerprint", "severity", "location"}
        assert each["severity"] in ("info", "minor", "major", "critical", "blocker")
        assert each["location"]["lines"] == {"begin": 1}
        assert not each["location"]["path"].startswith("./")
    assert len({each["fingerprint"] for each in found}) == len(found)


@pytest.mark.parametrize(("path", "found"), [
    ("a.pcap", "a.pcap"), ("./a b.pcap", "a%20b.pcap"), ("/x/a#1.pcap", "file:///x/a%231.pcap"),
    ("-", "standard-input"), ("é\udcff.pcap", "%C3%A9%FF.pcap"),
])  # fmt: skip
def test_a_path_is_a_uri(path: str, found: str) -> None:
    assert uri(path) == found


def test_on_the_command_line(tmp_path: Path) -> None:
    out, sample = tmp_path / "out.sarif", str(SAMPLES / "thread-4096.pcap")
    reports = ["--report", f"sarif={out}", "--report", f"codequality={tmp_path / 'cq.json'}"]
    assert main(["analyze", "--fail-on", "stale-slot", *reports, sample]) == 1
    (result,) = json.loads(out.read_text())["runs"][0]["results"]
    (entry,) = json.loads((tmp_path / "cq.json").read_text())
    assert (result["ruleId"], entry["check_name"]) == ("stale-slot", "seqcheck/stale-slot")
    assert result["message"]["text"] == entry["description"]
