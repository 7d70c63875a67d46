"""Requirements for a report: limits, causes, expectations; every unmet one is reported."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import specimens
from hypothesis import given
from hypothesis import strategies as st

from seqcheck.demands import Demands, Expectation, Limit, Suspect
from seqcheck.demands.expected import COUNTS, STREAM_COUNTS
from seqcheck.errors import UsageError
from seqcheck.model import Also, Cause, Damage, Report


def limits(duplicates: str = "", missing: str = "", late: str = "") -> Demands:
    parsed = {"duplicates": duplicates, "missing": missing, "late": late}
    return Demands(**{name: Limit.parse(text) for name, text in parsed.items() if text})


def whats(demands: Demands, report: Report) -> list[str]:
    return [each.what for each in demands.unmet(report)]


@pytest.mark.parametrize(("text", "count", "of", "over"), [
    ("0", 0, 10, False), ("0", 1, 10, True), ("12", 12, 1, False), ("12", 13, 10**9, True),
    ("0.1%", 1, 1000, False), ("0.1%", 1, 999, True), ("0.3%", 3, 1000, False), ("100%", 5, 5, False),
    ("0%", 0, 0, False), ("50%", 1, 0, True),
])  # fmt: skip
def test_a_limit_is_exact(text: str, count: int, of: int, over: bool) -> None:
    assert Limit.parse(text).exceeded(count, of) is over
    assert str(Limit.parse(text)) == text


@pytest.mark.parametrize("text", ["", "-1", "1.5", "1e3", "101%", "x", "1 %", "%", "٣", "9" * 20, "+1", "1_000"])
def test_what_is_no_limit(text: str) -> None:
    with pytest.raises(ValueError, match=r"neither|more than all"):
        Limit.parse(text)


@given(st.integers(0, 10**9), st.integers(0, 10**9), st.integers(0, 100_000))
def test_a_share_never_rounds(count: int, of: int, thousandths: int) -> None:
    limit = Limit.parse(f"{thousandths // 1000}.{thousandths % 1000:03}%")
    assert limit.exceeded(count, of) == (count * 100_000 > thousandths * of)


def test_without_demands_duplicates_and_missing_numbers_are_findings_and_late_ones_are_not() -> None:
    assert whats(Demands(), specimens.CLEAN) == []
    assert whats(Demands(), specimens.STALE) == ["duplicates"]
    lossy = replace(specimens.CLEAN, gaps=replace(specimens.CLEAN.gaps, total=1, missing=3))
    assert whats(Demands(), lossy) == ["missing"]
    late = replace(specimens.CLEAN, streams=(specimens.stream(late=5),))
    assert whats(Demands(), late) == []


@pytest.mark.parametrize("name", specimens.ALL)
def test_without_demands_the_exit_code_is_the_reports(name: str) -> None:
    assert Demands().exit_code(specimens.ALL[name]) == specimens.ALL[name].exit_code


def test_a_limit_on_one_leaves_the_others_as_they_are() -> None:
    late = replace(specimens.STALE, streams=(specimens.stream(duplicates=12, late=5),))
    assert whats(limits(duplicates="12"), late) == []
    assert whats(limits(late="5"), late) == ["duplicates"]
    assert whats(limits(duplicates="12", late="4"), late) == ["late"]
    assert whats(limits(duplicates="11", late="0.004%"), late) == ["duplicates", "late"]


def test_a_share_of_missing_numbers_is_one_of_those_that_should_have_come() -> None:
    half = replace(
        specimens.CLEAN,
        streams=(specimens.stream(received=100, missing=100),),
        gaps=replace(specimens.CLEAN.gaps, total=1, missing=100),
    )
    assert whats(limits(missing="50%"), half) == []
    assert whats(limits(missing="49.9%"), half) == ["missing"]


def judged(cause: Cause, strength: Any, *also: Also) -> Report:
    return replace(specimens.STALE, verdict=replace(specimens.STALE.verdict, cause=cause, strength=strength), also=also)


@pytest.mark.parametrize(("text", "fails"), [
    ("stale-slot", True), ("stale-slot:moderate", True), ("stale-slot:strong", False), ("any", True),
    ("path-copy", False), ("any:strong", False), ("any:none", True),
])  # fmt: skip
def test_a_cause_fails_from_its_strength_on(text: str, fails: bool) -> None:
    demands = Demands(suspects=(Suspect.parse(text),))
    assert bool(demands.unmet(judged("stale-slot", "moderate"))) is fails


def test_a_cause_that_was_also_found_fails_by_its_own_strength() -> None:
    report = judged("path-copy", "strong", Also(cause="loop", explained=3, statement="", strength="weak"))
    assert whats(Demands(suspects=(Suspect.parse("loop"),)), report) == ["cause loop"]
    assert whats(Demands(suspects=(Suspect.parse("loop:moderate"),)), report) == []
    assert whats(Demands(suspects=(Suspect.parse("any"),)), report) == ["cause path-copy", "cause loop"]


def test_with_a_cause_to_fail_on_other_findings_need_a_limit_of_their_own() -> None:
    report = replace(judged("path-copy", "strong"), gaps=replace(specimens.CLEAN.gaps, total=1, missing=3))
    named = Demands(suspects=(Suspect.parse("stale-slot"),))
    assert whats(named, report) == []
    assert whats(replace(named, missing=Limit.parse("2")), report) == ["missing"]


def test_a_clean_capture_has_no_cause_to_fail_on() -> None:
    assert whats(Demands(suspects=(Suspect.parse("any"),)), specimens.CLEAN) == []


@pytest.mark.parametrize("text", ["", "clean", "stale", "stale-slot:", "stale-slot:sure", ":weak", "any:any", "x:y:z"])
def test_what_is_no_cause_to_fail_on(text: str) -> None:
    with pytest.raises(ValueError, match="there is no"):
        Suspect.parse(text)


def held(report: Report, **table: Any) -> list[str]:
    return [str(each) for each in Expectation.of(table).unmet(report)]


def test_an_expectation_that_holds() -> None:
    table = {
        "cause": ["stale-slot", "ring-replay"], "strength": "moderate", "ring_size": 4096, "duplicates": 12,
        "missing": {"max": 0}, "records": {"min": 1000}, "late": {"min": 0, "max": 3}, "streams": 1,
        "causes": {"stale-slot": 12, "loop": 0},
        "stream": [{"key": {"dport": 5001}, "received": 100_000, "duplicates": {"min": 1}}],
    }  # fmt: skip
    assert held(specimens.STALE, **table) == []


def test_every_mismatch_is_told() -> None:
    table = {
        "cause": "clean", "strength": "strong", "ring_size": False, "duplicates": 0, "missing": {"min": 1},
        "causes": {"stale-slot": {"max": 3}},
        "stream": [{"key": {"dport": 5001}, "duplicates": 0}, {"key": {"dport": 9}}],
    }  # fmt: skip
    assert held(judged("stale-slot", "weak"), **table) == [
        "cause: expected clean, found stale-slot",
        "strength: expected strong or more, found weak",
        "ring size: expected none, found 4096",
        "duplicates: expected 0, found 12",
        "missing: expected 1 or more, found 0",
        "duplicates by stale-slot: expected 0 to 3, found 12",
        "stream dport 5001 (id 0): duplicates: expected 0, found 12",
        "stream dport 9: expected one, found none",
    ]


def test_a_ring_that_was_expected_and_not_found() -> None:
    assert held(specimens.CLEAN, ring_size=512) == ["ring size: expected 512, found none"]


def test_with_an_expectation_alone_duplicates_are_no_findings() -> None:
    demands = Demands(expected=Expectation.of({"cause": "stale-slot"}))
    assert demands.exit_code(specimens.STALE) == 0
    assert whats(replace(demands, duplicates=Limit.parse("1")), specimens.STALE) == ["duplicates"]


@pytest.mark.parametrize("name", COUNTS)
def test_every_count_can_be_expected(name: str) -> None:
    value = COUNTS[name](specimens.STALE)
    assert value is not None
    assert held(specimens.STALE, **{name: value}) == []
    assert held(specimens.STALE, **{name: value + 1}) == [f"{name}: expected {value + 1}, found {value}"]


@pytest.mark.parametrize("name", STREAM_COUNTS)
def test_every_count_of_a_stream_can_be_expected(name: str) -> None:
    value = getattr(specimens.STALE.streams[0], name)
    assert held(specimens.STALE, stream=[{name: value}]) == []
    assert len(held(specimens.STALE, stream=[{name: value + 1}])) == 1


def test_what_is_not_known_is_within_no_range() -> None:
    unknown = replace(specimens.CLEAN, capture=replace(specimens.CLEAN.capture, dropped=None))
    assert held(unknown, dropped=0) == ["dropped: expected 0, found none"]


@pytest.mark.parametrize("text", [
    "cause = 'stale'", "cause = 3", "cause = [['stale-slot']]", "strength = 'sure'", "ring_size = true",
    "ring_size = 0", "ring_size = -4", "ring_size = '512'", "duplicates = -1", "duplicates = true",
    "duplicates = 1.0", "duplicates = { least = 1 }", "duplicates = { min = 3, max = 2 }", "duplicates = {}",
    "duplikates = 1", "causes = 3", "[causes]\nstale = 1", "stream = 1", "stream = [1]", "[stream]\nmissing = 0",
    "[[stream]]\nseq = 1", "[[stream]]\nkey = 1", "[[stream]]\nkey = { dport = 1.5 }", "= 1", "\udc80", "[" * 5000,
    "duplicates = 99999999999999999999",
])  # fmt: skip
def test_what_is_no_expectation_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "expect.toml"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(UsageError, match=r"expect\.toml: "):
        Expectation.load(path)


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No such file"):
        Expectation.load(tmp_path / "none.toml")
    (tmp_path / "huge.toml").write_bytes(b"#" * ((1 << 20) + 1))
    with pytest.raises(UsageError, match="more than"):
        Expectation.load(tmp_path / "huge.toml")


def damaged(report: Report) -> Report:
    capture = replace(report.capture, damage=(Damage(input="a.pcap", offset=99, what="cut short"),) * 2)
    return replace(report, capture=capture)


@pytest.mark.parametrize("demands", [
    limits(duplicates="1"), Demands(suspects=(Suspect.parse("loop"),)), Demands(expected=Expectation.of({})),
])  # fmt: skip
def test_damage_is_not_as_demanded_unless_it_is_allowed(demands: Demands) -> None:
    assert whats(demands, specimens.CLEAN) == []
    (unmet,) = demands.unmet(damaged(specimens.CLEAN))
    assert str(unmet) == "damage: expected none, found cut short (and 1 more)"
    assert whats(replace(demands, damage=True), damaged(specimens.CLEAN)) == []


def test_an_expectation_of_damage_decides_about_it() -> None:
    for count, found in ((2, []), (1, ["damage"])):
        assert whats(Demands(expected=Expectation.of({"damage": count})), damaged(specimens.CLEAN)) == found


def test_where_nothing_is_demanded_damage_is_no_finding() -> None:
    assert Demands().exit_code(damaged(specimens.CLEAN)) == damaged(specimens.CLEAN).exit_code == 0


@pytest.mark.parametrize("name", specimens.ALL)
def test_every_demand_is_a_check_and_the_unmet_ones_are_told(name: str) -> None:
    demands = Demands(late=Limit.parse("0"), suspects=(Suspect.parse("any"),), expected=Expectation.of({
        "cause": "clean", "strength": "weak", "ring_size": False, "missing": 0, "causes": {"loop": 0},
        "stream": [{"missing": 0, "late": 0}]}))  # fmt: skip
    checks = demands.checks(specimens.ALL[name])
    assert [check.unmet for check in checks if not check.met] == demands.unmet(specimens.ALL[name])
    assert {check.what for check in checks} >= {"late", "strength", "ring size", "missing", "duplicates by loop"}
