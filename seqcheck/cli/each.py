"""`seqcheck analyze --each`: many captures, each on its own, on all processors of this machine.

One that cannot be read does not stop the others. A table of all is printed to stdout; reports go to files, one per
format and capture. The exit code is the worst.
"""

from __future__ import annotations

import argparse
import os
import re
import time
from collections.abc import Sequence
from contextlib import ExitStack, nullcontext
from dataclasses import asdict
from json import dumps, loads
from pathlib import Path
from typing import TYPE_CHECKING

from seqcheck.cli import analysis, limits
from seqcheck.cli.analysis import Options, confinement, drawing, query
from seqcheck.cli.annotations import annotate
from seqcheck.cli.destinations import TERMINAL, Destination, deliver_all
from seqcheck.cli.outcome import Found, Outcome, named, outcome_of
from seqcheck.cli.output import STDOUT, Ended, Output, heed, identity
from seqcheck.cli.progress import Meter, wanted
from seqcheck.cli.stdio import say
from seqcheck.cli.workers import News, Tell, carry_out
from seqcheck.dataclass import replace
from seqcheck.errors import TROUBLE, UsageError
from seqcheck.outputs import check

if TYPE_CHECKING:
    from seqcheck.cli.confined import Confined
    from seqcheck.engine.session import Progress

TELLING_S = 0.2
# What follows the dot if it is not the format's own name.
SUFFIXES = {
    "terminal": "txt",
    "markdown": "md",
    "junit": "xml",
    "pcapng-all": "all.pcapng",
    "codequality": "codequality.json",
}
_CAPTURE = re.compile(r"\.(pcap|pcapng|cap|ntar)?(\.?(gz|zst|xz|bz2|lz4))?$", re.IGNORECASE)


def run(args: argparse.Namespace) -> int:
    """Analyze each, write the reports and the table."""
    from seqcheck.cli.each_table import show
    from seqcheck.kernel import choice

    common = resolve(args)
    tasks = [replace(common, captures=(path,), reports=reports) for path, reports in places(common, args.expect)]
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # the workers share the processors
    if common.notes and (fallback := choice().fallback):
        say(f"seqcheck: note: {fallback}")
    heed()
    begin = time.monotonic()
    with Meter("") if wanted(args.quiet) else nullcontext() as meter:
        watch = Watch(common.captures, meter)
        for news in carry_out(tasks, one, min(args.jobs or processors(), len(tasks))):
            watch.take(news)
    outcomes = [watch.outcomes[at] for at in range(len(tasks))]
    show(common.captures, outcomes)
    for path, outcome in zip(common.captures, outcomes, strict=True):
        if outcome.found:
            limits.tell(outcome.unmet, outcome.found.verdict.statement, common.demands, path)
        if outcome.trouble and not annotate("error", f"seqcheck: {path}", "\n".join(outcome.trouble)):
            for line in outcome.trouble:
                say(line)
    if common.verbose:
        say(f"seqcheck: note: {len(tasks)} captures in {time.monotonic() - begin:.2f} s")
    return max(outcome.code for outcome in outcomes)


def one(options: Options, tell: Tell) -> Outcome:
    """Analyze one capture; in a process of its own."""
    inside: list[Confined] = []
    outcome = _one(options, tell, inside)
    if inside and inside[0].inside:
        inside[0].leave(dumps(asdict(outcome)).encode())
    return outcome


def _one(options: Options, tell: Tell, inside: list[Confined]) -> Outcome:
    from seqcheck.cli.main import explain
    from seqcheck.engine.session import examine

    due = 0.0

    def progress(far: Progress) -> None:
        nonlocal due
        if not inside and not far.again and time.monotonic() >= due:
            tell((far.bytes_done, far.bytes_total, far.frames))
            due = time.monotonic() + TELLING_S

    try:
        with ExitStack() as stack:
            for where in options.reports:
                Path(where.path).parent.mkdir(parents=True, exist_ok=True)
            outputs = [stack.enter_context(Output(where.path, force=options.force)) for where in options.reports]
            if confined := confinement(options, outputs, tell.descriptors):
                inside.append(confined)
            try:
                ready = confined.enter if confined else None
                results = stack.enter_context(examine(options.captures, query(options), progress, ready))
            except Ended as ended:
                return _heard(options.captures[0], ended, ended.settle(outputs))
            failed = deliver_all(drawing(results, options.demands), options.reports, outputs)
            report = results.report
    except Exception as error:  # noqa: BLE001 - as in main: one bad capture must not stop the others
        return Outcome(code=TROUBLE, trouble=named(options.captures[0], explain(error)))
    trouble = [line for error in failed for line in named(options.captures[0], explain(error))]
    unmet = tuple(limits.unmet(report, options.demands))
    found = Found(
        records=report.records.sequenced,
        duplicates=report.duplicates.total,
        missing=report.gaps.missing,
        late=sum(stream.late for stream in report.streams),
        damage=len(report.capture.damage),
        verdict=report.verdict,
    )
    if report.capture.unread:
        trouble.append(f"seqcheck: {options.captures[0]}: {report.capture.unread}")
    code = TROUBLE if trouble else limits.code(report, options.demands, bool(unmet))
    return Outcome(code=code, found=found, unmet=unmet, trouble=tuple(trouble))


def _heard(capture: str, ended: Ended, failed: Sequence[Exception]) -> Outcome:
    """What the process said that read it, and what became of the reports; it may say anything."""
    from seqcheck.cli.main import explain

    trouble = [line for error in failed for line in named(capture, explain(error))]
    try:
        told = outcome_of(loads(ended.answer))
    except (ValueError, KeyError, TypeError, RecursionError):
        trouble.append(f"seqcheck: {capture}: the process that read it gave no answer")
        return Outcome(code=TROUBLE, trouble=tuple(trouble))
    return replace(told, code=TROUBLE if failed else told.code, trouble=(*told.trouble, *trouble))


class Watch:
    """Collects what the workers say, and shows how far all are."""

    def __init__(self, captures: Sequence[str], meter: Meter | None) -> None:
        self.outcomes: dict[int, Outcome] = {}
        self._captures = captures
        self._meter = meter
        self._sizes = [size(path) for path in captures]
        self._far: dict[int, tuple[int, int]] = {}  # by task: bytes of the file, frames

    def take(self, news: News) -> None:
        """One piece of news."""
        at = news.task
        if news.answer is not None:
            self.outcomes[at] = news.answer
        elif news.exit_code is not None:
            how = f"signal {-news.exit_code}" if news.exit_code < 0 else f"code {news.exit_code}"
            lines = (f"seqcheck: its process ended early, by {how} (out of memory?)",)
            self.outcomes[at] = Outcome(code=TROUBLE, trouble=named(self._captures[at], lines))
        self._show(news)

    def _show(self, news: News) -> None:
        if self._meter is None:
            return
        from seqcheck.engine.session import Progress

        at = news.task
        if news.told:
            done, total, frames = news.told
            self._far[at] = (self._sizes[at] * done // total if total else 0, frames)
        elif news.last:
            self._far[at] = (self._sizes[at], self._far.get(at, (0, 0))[1])
        self._meter.label = f"{len(self.outcomes)} of {len(self._captures)} captures"
        done, frames = (sum(column) for column in zip(*self._far.values(), strict=True))
        self._meter(Progress(bytes_done=done, bytes_total=sum(self._sizes), frames=frames))


def resolve(args: argparse.Namespace) -> Options:
    """The options that all captures share. UsageError if they do not go with --each."""
    if STDOUT in args.captures:
        raise UsageError("--each takes files, not standard input")
    reports, args.reports = args.reports or [], [TERMINAL]
    for report in reports:
        if report.path == STDOUT:
            raise UsageError(
                f"with --each, the report {report.format} needs a path for each capture",
                hint=f"--report {report.format}=DIR/, or --report {report.format}=DIR/{{name}}.{suffix(report.format)}",
            )
    check(report.format for report in reports)
    return replace(analysis.resolve(args), reports=tuple(reports))


def places(options: Options, expected: str | None = None) -> list[tuple[str, tuple[Destination, ...]]]:
    """For each capture, where its reports go. UsageError if two would go to one place, or onto a file that is read;
    `expected` is that of --expect."""
    taken: dict[str, str] = {}
    read = [*options.captures, *options.layouts, expected]
    inputs = {file for path in read if path is not None and (file := identity(path))}
    found = []
    for number, path in enumerate(options.captures, 1):
        mine = []
        for report in options.reports:
            place = fill(report, path, f"{number:0{len(str(len(options.captures)))}}")
            key = os.path.abspath(place)
            if key in taken:
                raise UsageError(
                    f"the reports of {taken[key]} and {path} would both be written to {place}",
                    hint="{name} is the capture's name without its suffix, {n} its number",
                )
            if identity(place) in inputs:
                raise UsageError(f"{place} is one of the inputs; write to another file")
            taken[key] = path
            mine.append(replace(report, path=place))
        found.append((path, tuple(mine)))
    return found


def fill(report: Destination, capture: str, number: str) -> str:
    """The path of a report for one capture."""
    pattern = report.path
    if pattern.endswith(("/", os.sep)) or os.path.isdir(pattern):
        pattern = os.path.join(pattern, f"{{name}}.{suffix(report.format)}")
    if "{name}" not in pattern and "{n}" not in pattern:
        raise UsageError(
            f"with --each, the {report.format} reports of all captures would be written to {pattern}",
            hint="end it with / to name a folder, or put {name} or {n} into it",
        )
    name = _CAPTURE.sub("", os.path.basename(capture)) or os.path.basename(capture)
    return re.sub(r"\{(name|n)\}", lambda match: name if match[1] == "name" else number, pattern)


def suffix(form: str) -> str:
    """What the name of such a file ends with."""
    return SUFFIXES.get(form, form)


def size(path: str) -> int:
    """Bytes, 0 if that is not known."""
    try:
        return os.stat(path).st_size
    except (OSError, ValueError):
        return 0


def processors() -> int:
    """Those that we may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS
        return os.cpu_count() or 1
