"""docs/cli.md says what --help says."""

import subprocess
import sys
from pathlib import Path

import pytest

from seqcheck.cli.main import VERBS
from seqcheck.cli.reference import plain, renewed

PAGE = Path(__file__).parent.parent / "docs" / "cli.md"


def test_the_page_is_as_it_would_be_made_now() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert renewed(page) == page, "python -m seqcheck.cli.reference docs/cli.md makes it anew"


@pytest.mark.parametrize("verb", [name for name in VERBS if name != "man"])
def test_every_verb_has_its_table(verb: str) -> None:
    assert f"<!-- options: {verb} -->\n\n| option | |\n" in PAGE.read_text(encoding="utf-8")


def test_only_tables_are_written_anew() -> None:
    page = "a\n<!-- verbs -->\nold\n<!-- end -->\nb | c\n<!-- options: man -->\n<!-- end -->\n"
    made = renewed(page)
    assert made.startswith("a\n<!-- verbs -->\n\n| verb | |\n")
    assert "old" not in made
    assert "<!-- end -->\nb | c\n<!-- options: man -->" in made
    assert renewed(made) == made
    with pytest.raises(KeyError):
        renewed("<!-- options: nothing -->\n<!-- end -->")


def test_one_command_makes_it(tmp_path: Path) -> None:
    path = tmp_path / "x.md"
    path.write_text("<!-- options: schema -->\n<!-- end -->\n")
    subprocess.run([sys.executable, "-m", "seqcheck.cli.reference", str(path)], check=True, timeout=60)
    assert "| `[REPORT]` | json (default)" in path.read_text()


def test_help_is_no_markup() -> None:
    assert plain("N|RATE <x> *_") == "N\\|RATE \\<x> \\*\\_"
