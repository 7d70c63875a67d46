"""docs/verdict.md holds the texts of seqcheck/diagnose/causes, and no cause is without one.

SEQCHECK_GOLDEN=write writes the page's made parts anew.
"""

from __future__ import annotations

import os
import re
import shlex
from dataclasses import fields
from pathlib import Path

import pytest

from seqcheck.cli.main import parse
from seqcheck.diagnose import account, counter, priors, result
from seqcheck.diagnose.causes import CAUSES, LOOKALIKES, Explanation, explanations
from seqcheck.diagnose.causes.markdown import markdown
from seqcheck.diagnose.explanations.labels import EARLY, LABELS
from seqcheck.engine import evidence
from seqcheck.layout import resolve
from seqcheck.model import Cause, Stream
from seqcheck.simulate import load

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "verdict.md"
ALL = (*CAUSES, *LOOKALIKES)
NAMES = [one.name for one in ALL]


def sizes_table() -> str:
    shares = (
        (priors.FROM_KNOWN, "known from drivers and reports"), (priors.FROM_32, "multiples of 32"),
        (priors.FROM_8, "multiples of 8"), (priors.FROM_ANY, f"any from {priors.HARDLY} on"),
    )  # fmt: skip
    head = ["| sizes | share |", "| --- | --- |", *(f"| {what} | {share:.0%} |" for share, what in shares)]
    known = ["| slots | |", "| --- | --- |", *(f"| {size} | {where} |" for size, _, where in priors.KNOWN)]
    return "\n".join([*head, f"| given by `--ring-size` | {priors.GIVEN:.0%} of all |", "", *known])


def priors_table() -> str:
    rows = sorted(priors.BASE.items(), key=lambda item: -item[1])
    return "\n".join(["| cause | base rate |", "| --- | --- |", *(f"| `{name}` | {rate:.0%} |" for name, rate in rows)])


@pytest.mark.parametrize(("marker", "made"), [
    ("priors", priors_table()), ("sizes", sizes_table()), ("causes", markdown(ALL, level=3).rstrip()),
])  # fmt: skip
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


def test_every_explanation_is_of_a_cause_that_has_a_text_and_a_base_rate() -> None:
    competing = {label.cause for _, label in (*LABELS, *EARLY)}
    assert competing <= set(priors.BASE) <= {one.name for one in CAUSES}
    assert set(priors.BASE) == {one.name for one in CAUSES} - {"clean", "no-counter", "not-judged"}
    assert sum(priors.BASE.values()) == pytest.approx(1)


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
    for each in [*getattr(args, "layouts", []), getattr(args, "layout", None)]:
        assert each in (None, "NAME") or resolve(each).seq
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
    assert (result.STRONG, result.MODERATE, result.WEAK) == (0.999, 0.95, 0.5)
    assert "posterior 0.999 or more" in text
    assert "posterior 0.95 or more" in text
    assert "posterior 0.5 or more: worth a look" in text
    assert f"at least {result.AGREE} duplicates agree" in text
    assert f"up to {evidence.COMPARED} duplicates per order" in text
    assert pytest.approx(0.999) == 1 - 2 * account.TAIL
    assert counter.FEWEST == 2


def test_the_explanations_in_the_prose_are_those_that_compete() -> None:
    text = PAGE.read_text(encoding="utf-8").split("### Explanations")[1].split("### Priors")[0]
    told = {}
    for name, causes in re.findall(r"^\| \*\*([a-z ]+)\*\* \|[^|]*\|(.*)\|$", text, re.MULTILINE):
        told[name.replace(" ", "-")] = set(re.findall(r"\(#([a-z-]+)\)", causes))
    competing: dict[str, set[str]] = {}
    for shape, label in (*LABELS, *EARLY):
        competing.setdefault(shape, set()).add(label.cause)
    competing["lap"].add("ring-replay")  # a lap of long episodes
    assert told == competing
