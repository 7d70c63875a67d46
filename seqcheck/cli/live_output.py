"""Where a live capture's results go: opened before privileges are given up, named when they are complete.

A report has no name until all of it is written (`output.Output`). Outputs that grow, evidence and JSON lines, get their
name with the first thing worth keeping, and keep it however the run ends. So a run without results leaves no files, and
the old file stays until there is a new one. Files belong to the user that we become. Symbolic links are not followed,
because they could mislead root.
"""

from __future__ import annotations

import errno
import os
import select
import stat
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, BinaryIO

from seqcheck.cli.destinations import Draw
from seqcheck.cli.output import STDOUT, Output, failing
from seqcheck.cli.page import page_for
from seqcheck.dataclass import replace
from seqcheck.errors import OutputError, PrivilegeError
from seqcheck.model import Report
from seqcheck.outputs import Page, reporter

if TYPE_CHECKING:
    from seqcheck.cli.growing import Growing
    from seqcheck.demands import Demands
    from seqcheck.linux.privilege import User


def opened(path: str, *, force: bool, heir: User | None) -> Output:
    """The output for `path`, which will belong to `heir`."""
    with failing(path):
        if path != STDOUT and os.path.islink(path) and not _leads_to_device(path):
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
        output = Output(path, force=force)
        if heir is not None and output.regular:
            from seqcheck.linux.privilege import give

            try:
                give(output.stream.fileno(), heir)
            except PrivilegeError:
                output.forget()
                raise
    return output


def drawing(report: Report, demands: Demands | None, grown: Mapping[BinaryIO, Growing]) -> Draw:
    """What writes that report; of JSON lines the last ones, behind what has `grown` there."""

    def draw(name: str, out: BinaryIO, page: Page) -> None:
        if name == "jsonl":
            from seqcheck.cli.growing import SLOW
            from seqcheck.outputs.live_lines import closing

            lines = grown[out]
            if (why := lines.broken) is not None:
                raise why
            lines.write(closing(report), last=True)
            if lines.left_out:
                raise OutputError(f"{lines.left_out:,} of the JSON lines were left out: {SLOW}")
        else:
            reporter(name).write(report, out, replace(page, demands=demands))

    return draw


def _leads_to_device(path: str) -> bool:
    try:
        return not stat.S_ISREG(os.stat(path).st_mode)
    except FileNotFoundError:
        return False


def deserted(output: Output) -> bool:
    """Whether it is a pipe whose reader has gone."""
    with suppress(OSError, ValueError):
        poll = select.poll()
        poll.register(output.stream.fileno(), 0)
        return any(event & select.POLLERR for _, event in poll.poll(0))
    return False


def say_report(report: Report) -> None:
    """The report on stderr: who was to read it has gone, as `| tee` has after Ctrl-C."""
    with suppress(OSError, ValueError, AttributeError):
        out = sys.stderr.buffer
        reporter("terminal").write(report, out, page_for(out))
        out.flush()
