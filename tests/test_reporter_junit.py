"""JUnit XML: what Jenkins' schema allows, unique names as GitLab needs them; what is demanded decides what fails."""

import io
import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import pytest
import specimens

from seqcheck.cli.main import main
from seqcheck.demands import Demands, Expectation, Limit, Suspect
from seqcheck.model import Damage, Report
from seqcheck.outputs import Page, junit

SAMPLES = Path(__file__).parent.parent / "samples"
# Of each element: attributes (True: required) and children. Source: the xunit plugin of Jenkins, junit-10.xsd, its
# strictest edition: https://github.com/jenkinsci/xunit-plugin/tree/master/src/main/resources
RESULT = {"type": False, "message": False}
SCHEMA: dict[str, tuple[dict[str, bool], set[str]]] = {
    "testsuites": (dict.fromkeys(("name", "time", "tests", "failures", "errors"), False), {"testsuite"}),
    "testsuite": (
        {
            **dict.fromkeys(("name", "tests", "failures", "errors"), True),
            **dict.fromkeys(("group", "time", "skipped", "timestamp", "hostname", "id", "package"), False),
        },
        {"testsuite", "properties", "testcase", "system-out", "system-err"},
    ),
    "properties": ({}, {"property"}),
    "property": ({"name": True, "value": True}, set()),
    "testcase": (
        {"name": True, "time": False, "classname": False, "group": False},
        {"skipped", "error", "failure", "system-out", "system-err"},
    ),
    "failure": (RESULT, set()),
    "error": (RESULT, set()),
    "system-out": ({}, set()),
}
TEXT = ("failure", "error", "system-out")
TIME = re.compile(r"(([0-9]{0,3},)*[0-9]{3}|[0-9]{0,3})*(\.[0-9]{0,3})?")


def faults(node: Element) -> list[str]:
    """What the schema does not allow of an element and those below it."""
    attributes, children = SCHEMA[node.tag]
    found = [f"{node.tag}: {name}" for name in node.keys() if name not in attributes]  # noqa: SIM118 - of the element
    found += [f"{node.tag} lacks {name}" for name, needed in attributes.items() if needed and name not in node.attrib]
    if "time" in node.attrib and not TIME.fullmatch(node.attrib["time"]):
        found.append(f"{node.tag}: time {node.attrib['time']}")
    if node.tag not in TEXT and (node.text or "").strip():
        found.append(f"{node.tag} holds text")
    for child in node:
        found += faults(child) if child.tag in children else [f"{node.tag} holds {child.tag}"]
    return found


def suite(report: Report, demands: Demands | None = None) -> Element:
    out = io.BytesIO()
    junit.write(report, out, Page(demands=demands))
    return ElementTree.fromstring(out.getvalue())


def outcomes(root: Element) -> dict[str, str]:
    """By class and name of each test case: failure, error, or nothing."""
    return {
        f"{case.get('classname')}/{case.get('name')}": next((x.tag for x in case if x.tag != "system-out"), "")
        for case in root.iter("testcase")
    }


def test_the_check_of_the_schema_finds_what_is_wrong() -> None:
    bad = '<testsuite name="a" tests="1" failures="0" time="1.23456"><x/></testsuite>'
    assert faults(ElementTree.fromstring(f'<testsuites skipped="0">{bad}</testsuites>')) == [
        "testsuites: skipped", "testsuite lacks errors", "testsuite: time 1.23456", "testsuite holds x",
    ]  # fmt: skip


DEMANDS = {
    "nothing": None,
    "limits": Demands(duplicates=Limit.parse("100%"), missing=Limit.parse("0"), late=Limit.parse("0")),
    "suspects": Demands(suspects=(Suspect.parse("stale-slot:weak"), Suspect.parse("loop"))),
    "expectation": Demands(expected=Expectation.of({
        "cause": "stale-slot", "strength": "weak", "ring_size": 4096, "duplicates": 12, "dropped": 0,
        "causes": {"stale-slot": 12}, "stream": [{"key": {"dport": 5001}, "missing": 0}]})),
}  # fmt: skip


@pytest.mark.parametrize("demands", DEMANDS.values(), ids=DEMANDS)
@pytest.mark.parametrize("name", specimens.ALL)
def test_it_is_valid_and_its_totals_and_names_are_right(name: str, demands: Demands | None) -> None:
    report = specimens.ALL[name]
    root = suite(report, demands)
    assert faults(root) == []
    (one,) = root
    cases = outcomes(root)
    assert len(cases) == len(list(root.iter("testcase")))  # GitLab drops all but the first of a name
    for each in (root, one):
        counts = [each.get("tests"), each.get("failures"), each.get("errors")]
        assert counts == [str(len(cases)), *(str([*cases.values()].count(x)) for x in ("failure", "error"))]
    failed = any(cases.values())
    damaged = bool(report.capture.damage)
    assert failed == (bool((demands or Demands()).exit_code(report)) or damaged)


def test_without_demands_each_stream_fails_by_what_was_found() -> None:
    cases = outcomes(suite(specimens.STALE))
    assert cases["seqcheck/verdict"] == "failure"
    assert [case.rpartition("/")[2] for case, how in cases.items() if how] == ["verdict", "duplicates"]


def test_what_is_demanded_decides_alone() -> None:
    allowed = outcomes(suite(specimens.STALE, Demands(duplicates=Limit.parse("12"))))
    assert set(allowed.values()) == {""}
    assert "seqcheck.demands/duplicates: at most 12" in allowed
    less = outcomes(suite(specimens.STALE, Demands(duplicates=Limit.parse("11"))))
    assert [name for name, how in less.items() if how] == ["seqcheck.demands/duplicates: at most 11"]
    suspected = outcomes(suite(specimens.STALE, DEMANDS["suspects"]))
    assert [name for name, how in suspected.items() if how == "failure"] == [
        "seqcheck.demands/cause stale-slot: none that is weak or more"
    ]
    assert suspected["seqcheck.demands/cause loop: none"] == ""


def test_a_field_that_does_not_count_is_an_error() -> None:
    report = replace(specimens.CLEAN, verdict=replace(specimens.CLEAN.verdict, cause="no-counter"))
    for demands in (None, DEMANDS["limits"]):
        found = outcomes(suite(report, demands))
        assert [how for how in found.values() if how] == ["error"]
        assert not any("stream" in name for name in found)


def test_damage_is_an_error_unless_allowed() -> None:
    damage = (Damage(input="a.pcap", offset=24, what="cut short"),)
    report = replace(specimens.CLEAN, capture=replace(specimens.CLEAN.capture, damage=damage))
    root = suite(report)
    assert outcomes(root)["seqcheck/capture"] == "error"
    (error,) = root.iter("error")
    assert error.text == "a.pcap, byte 24: cut short"
    assert set(outcomes(suite(report, Demands(damage=True))).values()) == {""}


@pytest.mark.parametrize(("options", "code", "failures"), [
    (["--max-duplicates", "100%"], 0, "0"),
    (["--max-duplicates", "0"], 1, "1"),
    (["--fail-on", "loop"], 0, "0"),
])  # fmt: skip
def test_on_the_command_line_too(tmp_path: Path, options: list[str], code: int, failures: str) -> None:
    out = tmp_path / "out.xml"
    assert main(["analyze", *options, "--report", f"junit={out}", str(SAMPLES / "thread-4096.pcap")]) == code
    root = ElementTree.parse(out).getroot()
    assert faults(root) == []
    assert root.get("failures") == failures
