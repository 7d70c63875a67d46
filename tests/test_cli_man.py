"""The manual page: made from the parsers, complete, and without complaints from man page checkers."""

import re
import shutil
import subprocess

import pytest

from seqcheck.cli.main import VERBS, main
from seqcheck.cli.man import epilog, page, text, value
from seqcheck.cli.shape import program


@pytest.fixture(scope="module")
def roff() -> str:
    return "\n".join(page(*program())) + "\n"


def read(*command: str, page: str) -> str:
    if shutil.which(command[0]) is None:
        pytest.skip(f"no {command[0]} here")
    done = subprocess.run(command, input=page, capture_output=True, text=True, check=False, timeout=60)
    complaints = [line for line in (done.stdout + done.stderr).splitlines() if "WARNING" in line or "ERROR" in line]
    assert [line for line in complaints if "missing date" not in line] == []  # it has a version instead
    return done.stdout


def test_the_verb_prints_it(roff: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["man"]) == 0
    assert capsys.readouterr().out == roff


def test_mandoc_has_nothing_against_it(roff: str) -> None:
    read("mandoc", "-T", "lint", "-W", "warning", page=roff)


def test_groff_has_nothing_against_it(roff: str) -> None:
    if shutil.which("groff") is None:
        pytest.skip("no groff here")
    done = subprocess.run(
        ["groff", "-man", "-ww", "-Tutf8", "-z"], input=roff, capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_every_verb_and_option_is_on_it(roff: str) -> None:
    shown = re.sub(r".\x08", "", read("mandoc", "-T", "ascii", page=roff))
    _, verbs = program()
    assert [verb.name for verb in verbs] == [*VERBS]
    for verb in verbs:
        assert f"SEQCHECK {verb.name.upper()}\n" in shown
        for option in verb.flagged:
            assert option.flags[-1] in shown
    for example in ("tcpdump -i eth0 -w - udp | seqcheck analyze -", '--layout "udp:5000 seq=u32be@0"'):
        assert example in shown


@pytest.mark.parametrize(("words", "expected"), [
    (".SH x", "\\&.SH x"), ("'x", "\\&'x"), ("a-b", "a\\-b"), ("a\\b", "a\\eb"), ('"x"', "\\(dqx\\(dq"), ("x.y", "x.y"),
])  # fmt: skip
def test_words_are_words(words: str, expected: str) -> None:
    assert text(words) == expected


def test_metavariables_are_set_apart_from_marks() -> None:
    assert value("FORMAT[=PATH]") == "\\fIFORMAT\\fR[=\\fIPATH\\fR]"
    assert value("host|af_packet") == "\\fIhost\\fR|\\fIaf_packet\\fR"


def test_examples_stay_as_they_are() -> None:
    assert list(epilog("examples:\n  a  b\n  c\n\nMore.\nexit codes: 0")) == [
        ".PP", "examples:", ".PP", ".nf", ".RS", "a  b", "c", ".RE", ".fi", ".PP", "More.",
    ]  # fmt: skip
