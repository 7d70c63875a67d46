"""`seqcheck explain`: the list, the texts, and unknown names."""

import io
import re

import pytest
import specimens

from seqcheck.cli.explain import explanation, listing, named
from seqcheck.cli.main import main
from seqcheck.diagnose.causes import CAUSES, LOOKALIKES, Explanation
from seqcheck.errors import UsageError
from seqcheck.outputs import Page
from seqcheck.outputs.terminal.report import write

ALL = (*CAUSES, *LOOKALIKES)
NAMES = [one.name for one in ALL]


def test_lists_every_name_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain"]) == 0
    assert re.findall(r"^  ([a-z-]+)  ", capsys.readouterr().out, re.MULTILINE) == NAMES


@pytest.mark.parametrize("one", ALL, ids=NAMES)
def test_explains_each_with_all_its_parts(one: Explanation, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", one.name]) == 0
    lines = capsys.readouterr().out.splitlines()
    words = " ".join(" ".join(lines).split())
    assert words.startswith(f"{one.name}: {one.brief} {one.what} ")
    for part in (*one.seen, *(rival.apart for rival in one.apart), *(step.do for step in one.steps)):
        assert part in words
    for whole in (*(step.command for step in one.steps), *(source.link for source in one.sources)):
        assert not whole or whole in {line.strip() for line in lines}, "a command or a link is never broken"


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ("gap", "missing"),
        ("reordering", "late"),
        ("drops", "capture-drops"),
        ("Stale_Slot", "stale-slot"),
        ("sender repeat", "sender-repeat"),
    ],
)
def test_other_names_and_spellings(asked: str, name: str) -> None:
    assert named(asked).name == name


@pytest.mark.parametrize(
    ("asked", "near"), [("stale", "stale-slot"), ("retransmit", "retransmission"), ("pathcopy", "path-copy")]
)
def test_an_unknown_name_is_an_error_with_near_ones(asked: str, near: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", asked]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert "did you mean" in told.err
    assert near in told.err


def test_a_name_like_none_gets_no_guess() -> None:
    with pytest.raises(UsageError, match=r"no cause named '0123456789'\n"):
        named("0123456789")


def test_as_markdown(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "--markdown"]) == 0
    assert re.findall(r"^## (.*)$", capsys.readouterr().out, re.MULTILINE) == NAMES
    assert main(["explain", "loop", "--markdown"]) == 0
    out = capsys.readouterr().out
    assert re.findall(r"^## (.*)$", out, re.MULTILINE) == ["loop"]
    assert all(step.do in out and step.command in out for step in named("loop").steps)


@pytest.mark.parametrize("width", [40, 80, 140])
def test_keeps_to_the_page_but_for_commands_and_links(width: int) -> None:
    for one in ALL:
        whole = {step.command for step in one.steps} | {source.link for source in one.sources}
        lines = [*listing(width), *(line for line in explanation(one, width) if line.strip() not in whole)]
        assert max(map(len, lines)) <= width


@pytest.mark.parametrize("name", specimens.ALL)
def test_the_terminal_report_points_to_what_it_found(name: str) -> None:
    report = specimens.ALL[name]
    out = io.BytesIO()
    write(report, out, Page())
    topics = re.findall(r"seqcheck explain (.*)$", out.getvalue().decode(), re.MULTILINE)
    assert ("missing" in topics) == (report.missing > 0)
    if name != "hostile":
        found = {report.verdict.cause, *(also.cause for also in report.also)} - {"clean"}
        assert found <= set(topics) <= set(NAMES)
