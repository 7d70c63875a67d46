"""The JSON report is the model, key for key."""

import io
import json
import math
import re
from dataclasses import fields, is_dataclass, replace
from typing import Any

import pytest
import specimens

from seqcheck import model
from seqcheck.model import Report
from seqcheck.outputs import Page
from seqcheck.outputs.json import UNTOLD, document, write

# docs/json.md: keys that scripts may rely on. More may be added, none renamed or removed.
PROMISED = {
    "": "schema seqcheck capture layout records streams duplicates gaps verdict also",
    "seqcheck": "version kernel",
    "capture": "inputs frames bytes first_ns last_ns dropped cut_frames damage",
    "layout": "name spec",
    "records": "sequenced foreign skipped",
    "streams": "id key received unique duplicates missing late restarts wraps first_seq last_seq metrics",
    "duplicates": "total by_cause listed complete",
    "duplicates.listed": "stream seq frame earlier_frame distance frame_distance lag time_lag_ns identical same_length"
    " place cause laps shortfall",
    "gaps": "total missing listed complete",
    "gaps.listed": "stream first_seq count frame ns",
    "verdict": "cause strength ring_size ring_given explained of bracket statement because rivals caveats",
    "verdict.rivals": "cause why_not",
    "also": "cause explained statement",
}


def written(report: Report) -> str:
    out = io.BytesIO()
    write(report, out, Page())
    return out.getvalue().decode("ascii")


@pytest.mark.parametrize("name", specimens.ALL)
def test_says_what_the_report_says(name: str) -> None:
    report = specimens.ALL[name]
    assert same(json.loads(written(report)) | {"schema": None}, report, {"schema": None})


def same(found: Any, value: Any, more: dict[str, Any]) -> bool:
    """Whether JSON `found` says `value`, in the same order, and `more`; written again here, from the other side."""
    if is_dataclass(value):
        told = [field.name for field in fields(value) if field.name not in UNTOLD]
        return list(found) == [*more, *told] and all(same(found[name], getattr(value, name), {}) for name in told)
    if isinstance(value, tuple):
        return len(found) == len(value) and all(same(one, other, {}) for one, other in zip(found, value, strict=True))
    return type(found) is type(value) and bool(found == value)


@pytest.mark.parametrize("where", PROMISED)
def test_the_promised_keys_are_there(where: str) -> None:
    report = replace(specimens.UNEXPLAINED)
    found: Any = json.loads(written(report))
    for key in where.split(".") if where else []:
        found = found[key]
    found = found[0] if isinstance(found, list) else found
    assert set(PROMISED[where].split()) <= set(found)


def test_the_schema_comes_first_and_names_the_version() -> None:
    assert next(iter(json.loads(written(specimens.CLEAN)).items())) == ("schema", "seqcheck.report/1")


def test_big_numbers_stay_whole() -> None:
    stream = replace(specimens.stream(), first_seq=2**64 - 1, last_seq=2**53 + 1)
    found = json.loads(written(replace(specimens.CLEAN, streams=(stream,))))
    assert (found["streams"][0]["first_seq"], found["streams"][0]["last_seq"]) == (2**64 - 1, 2**53 + 1)


@pytest.mark.parametrize("odd", [math.nan, math.inf, -math.inf])
def test_a_float_that_json_cannot_say_is_null(odd: float) -> None:
    stream = replace(specimens.stream(), metrics={"ratio": odd})
    assert document(replace(specimens.CLEAN, streams=(stream,)))["streams"][0]["metrics"] == {"ratio": None}
    assert "NaN" not in written(replace(specimens.CLEAN, streams=(stream,)))


def test_nothing_in_it_steers_a_terminal() -> None:
    text = written(specimens.HOSTILE)
    assert not [character for character in text if ord(character) < 32 and character != "\n"]
    assert json.loads(text)["capture"]["inputs"] == list(specimens.HOSTILE.capture.inputs)


def test_every_listed_finding_has_a_line_of_its_own() -> None:
    lines = [line for line in written(specimens.STALE).splitlines() if '"earlier_frame"' in line]
    assert len(lines) == len(specimens.STALE.duplicates.listed)


def test_a_report_holds_no_type_that_json_lacks() -> None:
    plain = {
        "int",
        "str",
        "float",
        "bool",
        "None",
        "tuple",
        "dict",
        "Mapping",
        "Sequence",
        "Cause",
        "Strength",
        "Place",
    }
    classes = specimens.reachable("Report", set())
    for name in classes - {"Pair"}:  # which is in no JSON
        for field in fields(getattr(model, name)):
            words = set(re.findall(r"[A-Za-z]+", str(field.type)))
            assert words <= plain | classes, f"{name}.{field.name}"
