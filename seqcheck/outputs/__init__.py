"""The outputs: one per file, all made from the same Report. They arrange, they never compute.

A reporter is a module with `write(report, out, page)`, or, where its Format says that more is to be kept,
`write_all(results, out, page)`. Either writes bytes, text or not, to `out` and leaves it open; `page` is how the reader
sees it, for those that draw. FORMATS is all there is; a new one is a new file and a new row.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from io import BytesIO
from typing import TYPE_CHECKING, BinaryIO, Protocol, cast

from seqcheck.dataclass import dataclass
from seqcheck.errors import OutputError, UsageError
from seqcheck.model import Report
from seqcheck.model.results import Keep, Results

if TYPE_CHECKING:
    from seqcheck.demands import Demands


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """`width` in columns; `color` whether escape sequences may be written; `encoding` of text for people (machine
    formats have their own); `demands` what the reader demands of the report, for formats that say whether it passes."""

    width: int = 80
    color: bool = False
    encoding: str = "utf-8"
    demands: Demands | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """What `--report NAME` leads to: a module, and how much must be kept for it while reading. `binary` formats are
    not for a terminal; `package` is what has to be installed beside seqcheck, by the extra of the format's name."""

    module: str
    about: str
    keep: Keep = "report"
    binary: bool = False
    package: str = ""


FORMATS = {
    "terminal": Format(
        module="seqcheck.outputs.terminal.report", about="the verdict, the reasons and the findings, to read"
    ),
    "json": Format(module="seqcheck.outputs.json", about="everything, for programs; seqcheck.report/1, docs/json.md"),
    "html": Format(
        module="seqcheck.outputs.html.report", about="one page with charts and tables, for a browser; no network"
    ),
    "markdown": Format(module="seqcheck.outputs.markdown", about="for a pull request or $GITHUB_STEP_SUMMARY"),
    "junit": Format(module="seqcheck.outputs.junit", about="one test case for each stream and check, for CI"),
    "sarif": Format(module="seqcheck.outputs.sarif", about="what fails, for code scanning (SARIF 2.1.0)"),
    "codequality": Format(module="seqcheck.outputs.codequality", about="what fails, for GitLab's code quality"),
    "csv": Format(module="seqcheck.outputs.csv", about="every finding, one per line, without a cap", keep="findings"),
    "jsonl": Format(
        module="seqcheck.outputs.jsonl", about="the report, then every finding, one object per line", keep="findings"
    ),
    "parquet": Format(
        module="seqcheck.outputs.parquet", about="every finding as columns; pip install 'seqcheck[parquet]'",
        keep="findings", binary=True, package="pyarrow",
    ),
    "pcapng": Format(
        module="seqcheck.outputs.pcapng", about="the frames of the findings, with comments, for Wireshark",
        keep="frames", binary=True,
    ),
    "pcapng-all": Format(
        module="seqcheck.outputs.pcapng_all", about="all frames, with the same comments; captures must be files",
        keep="all-frames", binary=True,
    ),
}  # fmt: skip

_ORDER: tuple[Keep, ...] = ("report", "findings", "frames", "all-frames")


def needed(names: Iterable[str]) -> Keep:
    """How much must be kept for these formats."""
    return max((FORMATS[name].keep for name in names), key=_ORDER.index, default="report")


def check(names: Iterable[str]) -> None:
    """OutputError if a format needs a package that is not installed."""
    for name in names:
        package = FORMATS[name].package
        if package and not _installed(package):
            raise OutputError(
                f"the report {name} needs {package}, which is not installed", hint=f"pip install 'seqcheck[{name}]'"
            )


def _installed(package: str) -> bool:
    from importlib.util import find_spec

    return find_spec(package) is not None


class Reporter(Protocol):
    """What a module in FORMATS offers that needs the report alone."""

    def write(self, report: Report, out: BinaryIO, page: Page) -> None: ...


class FullReporter(Protocol):
    """What the others offer."""

    def write_all(self, results: Results, out: BinaryIO, page: Page) -> None: ...


def reporter(name: str) -> Reporter:
    """The reporter of that name; KeyError if there is none."""
    return cast(Reporter, import_module(FORMATS[name].module))


def alone(name: str, report: Report) -> bytes:
    """The report in that format, from a Report alone. UsageError if the format needs more, or does not exist."""
    if name not in FORMATS:
        raise UsageError(f"there is no report {name!r}", hint=f"There are: {', '.join(FORMATS)}.")
    if FORMATS[name].keep != "report":
        raise UsageError(
            f"the report {name} needs all findings or the frames themselves, which a Report does not hold",
            hint=f"seqcheck analyze --report {name}=FILE writes it; or see duplicates.to_pandas() and its like.",
        )
    out = BytesIO()
    reporter(name).write(report, out, Page())
    return out.getvalue()


def save(name: str, report: Report, path: str, *, force: bool) -> None:
    """The same in a file. OutputError if it cannot be written, or exists, unless `force`."""
    data = alone(name, report)
    try:
        with open(path, "wb" if force else "xb") as out:
            out.write(data)
    except FileExistsError as error:
        raise OutputError(f"{path} already exists", hint="pass force=True to replace it") from error
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path, or what no file name can be
        raise OutputError(f"cannot write {path}: {getattr(error, 'strerror', None) or error}") from error


def publish(name: str, results: Results, out: BinaryIO, page: Page) -> None:
    """Write the report of that name."""
    module = import_module(FORMATS[name].module)
    if FORMATS[name].keep == "report":
        cast(Reporter, module).write(results.report, out, page)
    else:
        cast(FullReporter, module).write_all(results, out, page)
