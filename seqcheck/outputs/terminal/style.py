"""What the parts of the terminal report share: colours, characters, and how a list and a table look."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, Literal, TypeVar

from rich.cells import cell_len
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from seqcheck.dataclass import dataclass
from seqcheck.escape import visible
from seqcheck.model import Report
from seqcheck.outputs.wording import NOT_COMPARED, UNKNOWN

T = TypeVar("T")

ALWAYS = 9  # the worth of a column that never goes
LITTLE = 3
GUTTER = 2
WRAPPED = 24  # the least width of a column that wraps
INDENT = 2  # of what is under a title

HEADING = "bold cyan"
WARNING = "yellow"
DIM = "dim"
BAR = "cyan"
MARK = "bold magenta"
FINDING = "bold red"
CLEAN = "bold green"
UNSURE = "bold yellow"
_NO_CAUSE = ("clean", "unexplained", "no-counter", "not-judged")

Drawn = tuple[str, RenderableType]  # a section: its title, none for the first lines, and its body


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """The characters that plain ASCII lacks."""

    bullet: str
    bar: str
    sliver: str
    here: str
    dot: str
    to: str
    micro: str


UNICODE = Marks(bullet="•", bar="█", sliver="▏", here="◀", dot=" · ", to="–", micro="µ")
ASCII = Marks(bullet="*", bar="#", sliver="|", here="<", dot=", ", to="-", micro="u")


def marks_for(encoding: str) -> Marks:
    """UNICODE where the reader's encoding has it, else ASCII."""
    try:
        "•█▏◀·–µ".encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return ASCII
    return UNICODE


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What a section needs to draw itself."""

    report: Report
    width: int
    marks: Marks


def verdict_style(report: Report) -> str:
    """The colour of the first line: green where nothing was found, yellow where the cause is not sure, else red."""
    if report.exit_code == 0:
        return CLEAN
    return UNSURE if report.verdict.cause in _NO_CAUSE or report.verdict.strength in ("weak", "none") else FINDING


def listing(title: str, lines: Sequence[str], marks: Marks) -> Drawn | None:
    """A list of sentences; nothing if there are none."""
    if not lines:
        return None
    grid = Table.grid(padding=(0, 1, 0, 0))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for line in lines:
        grid.add_row(marks.bullet, Text(visible(line)))
    return title, grid


@dataclass(frozen=True, slots=True, kw_only=True)
class Column(Generic[T]):
    """A column of a table of T: `words` to the left, numbers to the right. Only one that `wraps` may be broken into
    lines. Where the page is too narrow, the columns of least `worth` go first."""

    title: str
    value: Callable[[T], str]
    worth: int = ALWAYS
    words: bool = False
    wraps: bool = False


def table(columns: Sequence[Column[T]], rows: Sequence[T], width: int) -> Table:
    """The columns that fit and say something; what is shown is shown whole."""
    cells = {column.title: [visible(column.value(row)) for row in rows] for column in columns}
    told = [
        column for column in columns if column.worth == ALWAYS or {*cells[column.title]} - {UNKNOWN, NOT_COMPARED, ""}
    ]
    shown = fitting(told, {title: max(map(cell_len, [title, *texts])) for title, texts in cells.items()}, width)
    drawn = Table(box=None, pad_edge=False, padding=(0, GUTTER, 0, 0), header_style=DIM)
    for column in shown:
        side: Literal["left", "right"] = "left" if column.words else "right"
        drawn.add_column(Text(column.title), justify=side, overflow="fold", no_wrap=not column.wraps)
    for index in range(len(rows)):
        drawn.add_row(*(Text(cells[column.title][index]) for column in shown))
    return drawn


def fitting(columns: Sequence[Column[T]], widths: dict[str, int], width: int) -> list[Column[T]]:
    """The columns without those of least worth, until the rest fits into `width`. Those that are worth little go before
    a text is broken into lines, the others after."""
    narrow = {column.title: min(widths[column.title], WRAPPED) for column in columns if column.wraps}
    shown = list(columns)
    for spare, need in ((LITTLE, widths), (ALWAYS - 1, widths | narrow)):
        while sum(need[column.title] + GUTTER for column in shown) - GUTTER > width:
            least = min(shown, key=lambda column: column.worth)
            if least.worth > spare:
                break
            shown.remove(least)
    return shown
