"""What is better, what is worse, and that an untrusted report can do no harm."""

import io
import json
from dataclasses import replace
from typing import Any

import pytest
import specimens
from hypothesis import given
from hypothesis import strategies as st

from seqcheck.comparison import Comparison, Count, Summary, compare, load, summary
from seqcheck.comparison.difference import trend
from seqcheck.errors import InputError
from seqcheck.model import Report
from seqcheck.outputs.json import document


def read(report: Report | Any, name: str = "r.json") -> Summary:
    data = report if isinstance(report, bytes) else json.dumps(document(report)).encode()
    return load(io.BytesIO(data), name)


def compared(before: Report, after: Report) -> Comparison:
    return compare(read(before, "before.json"), read(after, "after.json"))


def trends(comparison: Comparison) -> dict[str, str]:
    return {each.name: each.trend for each in (*comparison.figures, *comparison.causes)}


@pytest.mark.parametrize("name", specimens.ALL)
def test_a_report_is_no_worse_than_itself(name: str) -> None:
    found = compared(specimens.ALL[name], specimens.ALL[name])
    assert found.trend == "same"
    assert found.facts == ()
    assert found.streams == ()
    assert set(trends(found).values()) == {"same"}


def test_from_clean_to_stale_is_worse_and_back_is_better() -> None:
    worse = compared(specimens.CLEAN, specimens.STALE)
    assert worse.trend == "worse"
    assert trends(worse) == {"duplicates": "worse", "missing": "same", "late": "same", "stale-slot": "worse"}
    assert {(each.name, each.before, each.after) for each in worse.facts} == {
        ("cause", "clean", "stale-slot"), ("strength", "none", "strong"), ("ring", "none", "4096, as given"),
    }  # fmt: skip
    (stream,) = worse.streams
    assert (stream.presence, stream.figures[0].trend) == ("both", "worse")
    assert compared(specimens.STALE, specimens.CLEAN).trend == "better"


def test_another_cause_is_worse_though_the_total_is_less() -> None:
    found = specimens.STALE.duplicates
    other = replace(specimens.STALE, duplicates=replace(found, total=3, by_cause={"loop": 3}))
    now = compared(specimens.STALE, other)
    assert trends(now)["duplicates"] == trends(now)["stale-slot"] == "better"
    assert trends(now)["loop"] == now.trend == "worse"


def test_late_records_alone_are_worse() -> None:
    late = replace(specimens.CLEAN, streams=(specimens.stream(late=1),))
    assert compared(specimens.CLEAN, late).trend == "worse"


def test_streams_are_matched_by_key_and_those_of_one_report_do_not_decide() -> None:
    one, two, three = (specimens.stream(number, missing=number) for number in (0, 1, 2))
    gaps = replace(specimens.CLEAN.gaps, total=1, missing=1)
    before = replace(specimens.CLEAN, streams=(one, two), gaps=gaps)
    after = replace(specimens.CLEAN, streams=(replace(one, id=5), replace(three, missing=1)), gaps=gaps)
    found = compared(before, after)
    assert [(each.presence, each.key["dport"]) for each in found.streams] == [("gone", 5002), ("new", 5003)]
    assert found.trend == "same"


@pytest.mark.parametrize(("before", "after", "expected"), [
    ((12, 100_000), (13, 100_000), "worse"), ((12, 100_000), (12, 99_999), "same"),
    ((12, 100_000), (12, 100_001), "same"),
    ((12, 100_000), (13, 200_000), "better"), ((100, 1000), (50, 100), "worse"), ((1, 1000), (0, 10), "same"),
    ((0, 10), (1, 10**9), "worse"), ((0, 0), (1, 10), "worse"), ((3, 10), (0, 0), "better"), ((0, 0), (0, 0), "same"),
])  # fmt: skip
def test_a_share_decides(before: tuple[int, int], after: tuple[int, int], expected: str) -> None:
    assert trend(*(Count(count=count, of=of) for count, of in (before, after))) == expected


@given(*[st.integers(0, 10**6)] * 2, *[st.integers(1, 10**6)] * 2)
def test_worse_means_a_greater_share_and_better_a_smaller_one(b: int, a: int, bo: int, ao: int) -> None:
    found = trend(Count(count=b, of=bo), Count(count=a, of=ao))
    if found != "same":
        assert (a * bo > b * ao) is (found == "worse")
    else:
        assert abs(a * bo - b * ao) < bo  # less than one finding apart


@given(st.integers(0, 100), st.integers(0, 100), st.integers(1, 10**6))
def test_captures_of_one_length_are_compared_by_count(before: int, after: int, of: int) -> None:
    found = trend(Count(count=before, of=of), Count(count=after, of=of))
    assert found == ("worse" if after > before else "better" if after < before else "same")


def changed(path: str, value: Any) -> bytes:
    found: Any = document(specimens.STALE)
    *names, last = path.split(".")
    place = found
    for name in names:
        place = place[int(name) if name.isdigit() else name]
    end: Any = int(last) if last.isdigit() else last
    if value is ...:
        del place[end]
    else:
        place[end] = value
    return json.dumps(found).encode()


HOSTILE = [
    ("schema", ...), ("schema", "seqcheck.report/2"), ("schema", 1), ("schema", "x" * 10_000), ("streams", ...),
    ("streams", {}), ("streams", [1]), ("streams.0.key", []), ("streams.0.key.source", 1.5),
    ("streams.0.key.source", "x" * 201), ("streams.0.key.source", None), ("streams.0.received", -1),
    ("streams.0.received", True), ("streams.0.received", 1 << 64), ("streams.0.late", "0"), ("streams.0.missing", ...),
    ("duplicates", None), ("duplicates.total", 1.0), ("duplicates.by_cause", [1]),
    ("duplicates.by_cause", {"x" * 201: 1}), ("duplicates.by_cause.loop", None), ("gaps.missing", {}),
    ("verdict.cause", 3), ("verdict.cause", "x" * 201), ("verdict.strength", None), ("verdict.ring_size", "4096"),
    ("verdict.ring_given", 1), ("layout.spec", []), ("layout", ...),
]  # fmt: skip


@pytest.mark.parametrize(("path", "value"), HOSTILE, ids=[f"{path}-{value!r:.20}" for path, value in HOSTILE])
def test_what_does_not_fit_is_refused_and_named(path: str, value: Any) -> None:
    with pytest.raises(InputError, match=r"^r\.json( is not a report)?: ") as error:
        read(changed(path, value))
    assert len(str(error.value)) < 700


@pytest.mark.parametrize("data", [
    b"", b"x", b"[]", b"null", b"{}", b'{"schema": NaN}', b"[" * 100_000, b'{"a":' * 50_000, b"\xff\xfe{", b"\x80",
    b'{"schema": "seqcheck.report/1", "streams": [' + b"9" * 5000 + b"]}", b'"' + b"x" * 1000,
    b'{"schema": "seqcheck.report/1"} x',
])  # fmt: skip
def test_what_is_no_report_is_refused(data: bytes) -> None:
    with pytest.raises(InputError, match=r"^r\.json( is not a (JSON )?report)?: ") as error:
        read(data)
    assert len(str(error.value)) < 700


@pytest.mark.parametrize("data", [b"\xd4\xc3\xb2\xa1", b"{}", b"not JSON"])
def test_a_capture_given_for_a_report_gets_the_command_that_makes_one(data: bytes) -> None:
    with pytest.raises(InputError, match=r"^r\.json is not a ") as error:
        read(data)
    assert "seqcheck analyze --report json=FILE CAPTURE" in error.value.hint


def test_what_is_too_large_is_not_read_to_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(summary, "LARGEST", 1000)
    stream = io.BytesIO(b" " * 10_000)
    with pytest.raises(InputError, match="more than 1000 bytes"):
        load(stream, "r.json")
    assert stream.tell() <= 1001


def test_two_streams_with_one_key_are_refused() -> None:
    with pytest.raises(InputError, match="same key"):
        read(replace(specimens.CLEAN, streams=(specimens.stream(), specimens.stream())))


def test_keys_of_a_later_version_do_not_matter() -> None:
    assert read(changed("later", {"x": [1.5, None]})) == read(specimens.STALE)


@given(st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3), max_leaves=8,
), st.sampled_from(["streams", "duplicates", "gaps", "verdict", "layout", "streams.0", "streams.0.key"]))  # fmt: skip
def test_anything_else_is_refused_or_read(value: Any, path: str) -> None:
    try:
        said = str(read(changed(path, value)).name)
    except InputError as error:
        said = error.message
    assert said.startswith("r.json")
