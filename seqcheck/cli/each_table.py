"""The table of many captures: one line for each, and how many of which kind."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Sequence

from rich.console import Console
from rich.text import Text

from seqcheck.cli.outcome import Found, Outcome
from seqcheck.cli.page import page_for
from seqcheck.cli.stdio import abandon_stdout, put
from seqcheck.escape import visible
from seqcheck.outputs.terminal.style import CLEAN, DIM, FINDING, UNSURE, Column, table
from seqcheck.outputs.wording import count, counted, headed

Row = tuple[str, Outcome]
RESULTS = ("clean", "findings", "trouble")  # by exit code
STYLES = (CLEAN, FINDING, UNSURE)


def show(captures: Sequence[str], outcomes: Sequence[Outcome]) -> None:
    """Print it to stdout."""
    if sys.stdout is None:
        return
    page = page_for(sys.stdout.buffer)
    paper = io.StringIO()
    console = Console(
        file=paper, width=page.width, force_terminal=page.color, no_color=not page.color,
        color_system="auto" if page.color else None, legacy_windows=False, highlight=False, markup=False, emoji=False,
    )  # fmt: skip
    folder, names = short(captures)
    if folder:
        console.print(Text(f"in {visible(folder)}", style=DIM), soft_wrap=True)
    console.print(table(COLUMNS, list(zip(names, outcomes, strict=True)), page.width))
    console.print()
    console.print(Text(totals(outcomes), style=STYLES[max(outcome.code for outcome in outcomes)]))
    try:
        put(*(line.rstrip() for line in paper.getvalue().splitlines()))
    except BrokenPipeError:  # the reader has seen enough; that changes nothing in what was found
        abandon_stdout()


def totals(outcomes: Sequence[Outcome]) -> str:
    """All in a line."""
    kinds = [sum(outcome.code == code for outcome in outcomes) for code in range(len(RESULTS))]
    words = [f"{count(kinds[0])} clean", f"{count(kinds[1])} with findings", f"{count(kinds[2])} trouble"]
    return f"{counted(len(outcomes), 'capture')}: {', '.join(words)}"


def of_found(say: Callable[[Found], str]) -> Callable[[Row], str]:
    """What `say` says of what was found, nothing if nothing could be read."""
    return lambda row: "" if row[1].found is None else say(row[1].found)


def strength(found: Found) -> str:
    """Of the evidence, where there is any to speak of."""
    return "" if found.verdict.strength == "none" else found.verdict.strength


def short(captures: Sequence[str]) -> tuple[str, list[str]]:
    """The folder that all lie in, and their names there; none and the paths where they lie in several."""
    folders = {os.path.dirname(path) for path in captures}
    if len(folders) > 1:
        return "", list(captures)
    return folders.pop(), [os.path.basename(path) for path in captures]


COLUMNS: list[Column[Row]] = [
    Column(title="capture", value=lambda row: row[0], words=True, wraps=True),
    Column(title="result", value=lambda row: RESULTS[row[1].code], words=True),
    Column(title="records", value=of_found(lambda found: count(found.records)), worth=4),
    Column(title="duplicates", value=of_found(lambda found: count(found.duplicates))),
    Column(title="missing", value=of_found(lambda found: count(found.missing))),
    Column(title="late", value=of_found(lambda found: count(found.late)), worth=5),
    Column(title="damage", value=of_found(lambda found: count(found.damage) if found.damage else ""), worth=8),
    Column(title="cause", value=of_found(lambda found: headed(found.verdict.cause, found.missing)), words=True),
    Column(title="evidence", value=of_found(strength), worth=6, words=True),
    Column(title="ring", value=of_found(lambda found: str(found.verdict.ring_size or "")), worth=7),
]
