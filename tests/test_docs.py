"""What can be seen from outside is documented: verbs, options, reports, layouts, keys, variables; and links lead
somewhere."""

import argparse
import importlib.util
import re
import tomllib
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
import specimens

from seqcheck import model
from seqcheck.cli.main import VERBS, build
from seqcheck.demands.expected import COUNTS, STREAM_COUNTS, Expectation
from seqcheck.kernel.border import REASONS, STREAM_STATE
from seqcheck.layout import builtins
from seqcheck.outputs import FORMATS
from seqcheck.track.metrics import metrics

ROOT = Path(__file__).parent.parent
DOCS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def section(name: str, title: str) -> str:
    """The part of a document below a heading, up to the next one of its rank."""
    found = re.search(rf"^(#+) {re.escape(title)}$(.*?)(?=^\1 |\Z)", text(name), re.MULTILINE | re.DOTALL)
    assert found, f"{name} has no section {title!r}"
    return found[2]


def options() -> Iterator[tuple[str, str]]:
    """(verb, option) for every option of every verb."""
    parser = build()
    verbs = next(action for action in parser._actions if isinstance(action, argparse._SubParsersAction))
    for verb, sub in verbs.choices.items():
        for action in sub._actions:
            yield from ((verb, option) for option in action.option_strings if option not in ("-h", "--help"))


COMMON = ("-q", "--quiet", "-v", "--verbose")


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_a_section_and_a_line(verb: str) -> None:
    assert section("docs/cli.md", f"seqcheck {verb}").strip()
    assert f"`{verb}`" in section("docs/cli.md", "The command line")


@pytest.mark.parametrize(("verb", "option"), list(options()))
def test_every_option_is_documented(verb: str, option: str) -> None:
    where = text("docs/cli.md") if option in COMMON else section("docs/cli.md", f"seqcheck {verb}")
    assert re.search(rf"`{re.escape(option)}[ `]", where)


@pytest.mark.parametrize("verb", VERBS)
def test_no_option_is_documented_that_is_not_there(verb: str) -> None:
    there = {option for name, option in options() if name == verb}
    rows = re.findall(r"^\| `(--[a-z-]+)", section("docs/cli.md", f"seqcheck {verb}"), re.MULTILINE)
    assert set(rows) <= there


@pytest.mark.parametrize("name", FORMATS)
def test_every_report_is_documented(name: str) -> None:
    assert f"| `{name}` |" in section("docs/cli.md", "Reports")


@pytest.mark.parametrize("name", builtins())
def test_every_layout_is_documented(name: str) -> None:
    assert f"`{name}`" in text("docs/layouts.md")


@pytest.mark.parametrize("name", sorted(specimens.reachable("Report", set())))
def test_every_key_of_the_json_report_is_documented(name: str) -> None:
    for field in fields(getattr(model, name)):
        assert f"`{field.name}`" in text("docs/json.md"), f"{name}.{field.name}"


@pytest.mark.parametrize("reason", REASONS[1:])
def test_every_reason_to_skip_a_frame_is_documented(reason: str) -> None:
    assert f"| `{reason}` |" in section("docs/json.md", "records")


@pytest.mark.parametrize("kind", ["Cause", "Strength", "Place"])
def test_every_word_of_the_report_is_documented(kind: str) -> None:
    for word in getattr(model, kind).__args__:
        assert f"`{word}`" in text("docs/json.md") or f'`"{word}"`' in text("docs/json.md"), word


def test_every_metric_is_documented() -> None:
    keys = metrics(np.zeros(1, STREAM_STATE))
    known = re.sub(
        r"`reordered_1` ... `reordered_8`", " ".join(f"`reordered_{n}`" for n in range(1, 9)), text("docs/metrics.md")
    )
    assert [key for key in keys if f"`{key}`" not in known] == []


def test_the_example_of_an_expectation_can_be_read_and_every_count_is_named() -> None:
    told = section("docs/cli.md", "Expectations")
    (example,) = re.findall(r"```toml\n(.*?)```", told, re.DOTALL)
    expectation = Expectation.of(tomllib.loads(example))
    assert (expectation.causes, expectation.ring_size) == (("stale-slot",), 4096)
    assert [name for name in (*COUNTS, *STREAM_COUNTS) if f"`{name}`" not in told] == []


def test_every_variable_is_documented() -> None:
    sources = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "seqcheck").rglob("*.py"))
    used = set(re.findall(r"SEQCHECK_[A-Z]+|NO_COLOR|FORCE_COLOR|COLUMNS(?=\")", sources))
    table = section("docs/cli.md", "Environment")
    assert {"SEQCHECK_KERNEL", "NO_COLOR"} <= used
    assert [name for name in sorted(used) if f"| `{name}` |" not in table] == []


def test_the_readme_has_two_commands_for_a_fresh_machine() -> None:
    lines = [line.strip() for line in text("README.md").splitlines() if line.startswith("    python3 -m venv")]
    sample, tests = lines
    assert sample.endswith((".pcap", ".pcapng"))
    assert (ROOT / sample.split()[-1]).is_file()
    assert tests.endswith(".venv/bin/pytest")


def test_every_cause_of_the_glossary_is_one() -> None:
    named = re.findall(r"^\| `([a-z-]+)` \|", section("README.md", "Glossary"), re.MULTILINE)
    assert named
    assert set(named) <= set(model.Cause.__args__)


@pytest.mark.parametrize("document", DOCS, ids=lambda path: path.name)
def test_links_lead_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\((?!https?://)([^)\s]+)\)", document.read_text(encoding="utf-8")):
        path, _, anchor = target.partition("#")
        there = (document.parent / path) if path else document
        assert there.exists(), target
        if anchor:
            titles = re.findall(r"^#+ (.*)$", there.read_text(encoding="utf-8"), re.MULTILINE)
            slugs = {re.sub(r"[^\w\- ]", "", title).strip().lower().replace(" ", "-") for title in titles}
            assert anchor in slugs, target


def test_sources_refer_to_documents_that_are_here() -> None:
    """A design that only its authors have explains nothing to a reader."""
    named = {
        f"{path.relative_to(ROOT)}: {name}"
        for path in [*ROOT.glob("seqcheck/**/*.py"), *ROOT.glob("seqcheck/**/*.[ch]"), *ROOT.glob("tests/*.py")]
        for name in re.findall(r"\b(docs/[a-z-]+\.md|[A-Z]{5,}\.md|DESIGN)\b(?! =)", path.read_text(encoding="utf-8"))
        if path != Path(__file__) and not (ROOT / name).exists()
    }
    assert not named


def test_every_page_is_on_the_site() -> None:
    spec = importlib.util.spec_from_file_location("pages", ROOT / "docs" / "pages.py")
    assert spec is not None
    assert spec.loader is not None
    pages = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(pages)
    nav = set(re.findall(r"^ +- ([\w/-]+\.md)$", text("mkdocs.yml"), re.MULTILINE)) | {"index.md"}
    there = {path.name for path in (ROOT / "docs").glob("*.md")}
    assert nav == there | {place for place in pages.PAGES.values() if place.endswith(".md")}
    assert [origin for origin in pages.PAGES if not (ROOT / origin).is_file()] == []
    for document in DOCS:
        origin = document.relative_to(ROOT).as_posix()
        for _, target in pages.LINK.findall(document.read_text(encoding="utf-8")):
            name = pages.resolved(target, origin)
            assert name.startswith("docs/") or name in pages.PAGES or name in pages.linked(), (origin, target)
    assert pages.led("../README.md", "docs/json.md", "json.md") == "index.md"
    assert pages.led("docs/api.md", "README.md", "index.md") == "api.md"
    assert pages.led("../../docs/live.md", "benchmarks/results/live.md", "results/live.md") == "../live.md"
