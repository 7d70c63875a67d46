"""docs/verdict.md holds the texts of seqcheck/diagnose/causes, and no cause is without one.

SEQCHECK_GOLDEN=write writes the page's made parts anew.
"""

from __future__ import annotations

import ast
import os
import re
import shlex
from dataclasses import fields
from pathlib import Path

import pytest

from seqcheck import witness
from seqcheck.cli.main import parse
from seqcheck.diagnose import odds, ring, rules, sizes
from seqcheck.diagnose.causes import CAUSES, LOOKALIKES, Explanation, explanations
from seqcheck.diagnose.causes.markdown import markdown
from seqcheck.layout import resolve
from seqcheck.model import Cause, Stream
from seqcheck.simulate import load

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "verdict.md"
ALL = (*CAUSES, *LOOKALIKES)
NAMES = [one.name for one in ALL]


def sizes_table() -> str:
    return "\n".join(["| slots | |", "| --- | --- |", *(f"| {size} | {where} |" for size, where in sizes.KNOWN)])


@pytest.mark.parametrize(("marker", "made"), [("sizes", sizes_table()), ("causes", markdown(ALL, level=3).rstrip())])
def test_the_page_is_made_from_the_data(marker: str, made: str) -> None:
    text = PAGE.read_text(encoding="utf-8")
    head, found, rest = text.partition(f"<!-- {marker} -->\n")
    was, end, tail = rest.partition("<!-- end -->")
    assert found, f"the page has no <!-- {marker} -->"
    assert end, f"<!-- {marker} --> has no end"
    if os.environ.get("SEQCHECK_GOLDEN") == "write":
        PAGE.write_text(f"{head}{found}\n{made}\n\n{end}{tail}", encoding="utf-8")
        was = f"\n{made}\n\n"
    assert was.strip() == made.strip()


def test_every_cause_of_the_report_has_its_text() -> None:
    assert [one.name for one in CAUSES] == list(Cause.__args__)


def test_every_rule_claims_causes_that_have_a_text() -> None:
    claimed = set()
    for path in Path(rules.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.keyword) and node.arg == "cause":
                assert isinstance(node.value, ast.Constant)
                claimed.add(node.value.value)
    assert claimed == {one.name for one in CAUSES} - {"clean", "not-judged"}


def test_names_and_aliases_are_different() -> None:
    names = [name for one in ALL for name in (one.name, *one.aliases)]
    assert len(set(names)) == len(names) == len(explanations())


@pytest.mark.parametrize("one", ALL, ids=NAMES)
def test_a_text_is_whole(one: Explanation) -> None:
    for field in fields(one):
        if field.name != "aliases":
            assert getattr(one, field.name), field.name
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", one.name)
    assert len(one.brief) <= 80
    assert not one.brief.endswith(".")
    for sentence in (one.what, *one.seen, *(rival.apart for rival in one.apart), *(step.do for step in one.steps)):
        assert sentence[-1] in ".?:", sentence
        assert "|" not in sentence  # a cell of a table
    for source in one.sources:
        assert re.fullmatch(r"https://[^\s()]+", source.link)


@pytest.mark.parametrize(
    "command", sorted({step.command for one in ALL for step in one.steps if "seqcheck" in step.command})
)
def test_our_own_commands_can_be_typed(command: str) -> None:
    words = shlex.split(command.removeprefix("sudo ").partition(" | ")[0])
    assert words.pop(0) == "seqcheck"
    args = parse(words)
    if getattr(args, "layout", None) not in (None, "NAME"):
        assert resolve(args.layout).seq
    if words[0] == "explain":
        assert args.cause in explanations()


@pytest.mark.parametrize("one", ALL, ids=NAMES)
def test_rivals_are_explained_too(one: Explanation) -> None:
    rivals = [rival.name for rival in one.apart]
    assert len(set(rivals)) == len(rivals)
    assert set(rivals) <= set(NAMES) - {one.name}


def test_every_cause_that_a_scenario_expects_has_a_text() -> None:
    paths = sorted((ROOT / "tests" / "scenarios").glob("*.toml"))
    assert paths
    expected = {load(path).expect.get("cause", "clean") for path in paths}
    assert expected <= {one.name for one in CAUSES}


def test_lookalikes_are_what_a_stream_counts() -> None:
    counted = {field.name.removesuffix("s") for field in fields(Stream)}
    assert {"restart", "wrap", "late", "missing"} <= counted & set(NAMES)


def test_the_figures_in_the_prose_are_those_of_the_code() -> None:
    text = " ".join(PAGE.read_text(encoding="utf-8").split())
    assert (odds.STRONG, odds.MODERATE, odds.FEWEST) == (-6.0, -3.0, 3)
    assert "below one in a million, at least 3 duplicates" in text
    assert "below one in a thousand" in text
    assert f"more than {ring.LAPS} are not believed" in text
    assert rules.lap.TOO_MANY == 0.3
    assert "More than 3 in 10 numbers resent" in text
    assert f"Up to {witness.COMPARED} of each order" in text


def test_the_order_in_the_prose_is_that_of_the_rules() -> None:
    text = PAGE.read_text(encoding="utf-8").split("4. **Rules.**")[1].split("5. **Verdict.**")[0]
    named = re.findall(r"\]\(#([a-z-]+)\)", text)
    order = [rule.__module__.rpartition(".")[2].replace("_", "-") for rule in rules.RULES]
    assert named == [name for name in order if name != "standing-counter"]
