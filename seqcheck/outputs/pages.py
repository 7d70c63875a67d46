"""What the dashboard shows on request instead of its picture: the report, streams, findings, help. Lines of text."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from io import BytesIO

from seqcheck.escape import visible
from seqcheck.model.snapshot import Latest, Snapshot
from seqcheck.outputs import Page, reporter
from seqcheck.outputs.foremost import foremost
from seqcheck.outputs.wording import count, key

STREAMS = 1000  # that are listed
HELP = """\
q        end the capture, with the report
p        pause the picture, and go on; the capture goes on all the while
r        the report as things stand (as SIGUSR1 does)
s        streams, those with most findings first
e        the last findings
arrows   scroll (also j and k; Page Up, Page Down, Home, End)
Escape   back to the picture; so does the same key again
Ctrl-C   as q
Ctrl-Z   to the shell; fg comes back

frames       taken up to now, and how fast they come
records      frames that carry the sequence header; foreign: of the same senders, without it
found        numbers that came twice, that are missing, that came late
our losses   frames that this host dropped, or that its interface lost; how full the kernel's ring is
over time    the whole run in columns of equal length"""


def report(now: Snapshot, width: int) -> Iterator[str]:
    """As at the end of a capture."""
    if now.report is None:
        yield "no frame with a header yet"
        return
    paper = BytesIO()
    reporter("terminal").write(now.report, paper, Page(width=max(width, 40)))
    yield from paper.getvalue().decode("utf-8").splitlines()


def streams(now: Snapshot, width: int) -> Iterator[str]:
    """A line for each."""
    if now.report is None or not now.report.streams:
        yield "no stream yet"
        return
    yield f"{'received':>14} {'twice':>10} {'missing':>10} {'late':>10}  stream"
    for stream in foremost(now, STREAMS):
        figures = (stream.duplicates, stream.missing, stream.late)
        yield f"{count(stream.received):>14} {' '.join(f'{count(each):>10}' for each in figures)}  {key(stream)}"
    if now.streams > STREAMS:
        yield f"and {count(now.streams - STREAMS)} more"


def help_(now: Snapshot, width: int) -> Iterator[str]:
    """What the keys do, and the words."""
    yield from HELP.splitlines()


def findings(described: Callable[[Latest, int | None], str]) -> Callable[[Snapshot, int], Iterator[str]]:
    """The last ones, the newest first, each as `described`."""

    def lines(now: Snapshot, width: int) -> Iterator[str]:
        if not now.latest:
            yield "nothing was found yet"
        for each in reversed(now.latest):
            yield described(each, now.ns)

    return lines


def shown(lines: Iterator[str], room: int, offset: int) -> tuple[list[str], int]:
    """`room` of them from `offset` on, as far as there are; and the offset that this came to."""
    whole = [visible(line) for line in lines]
    offset = max(min(offset, len(whole) - room), 0)
    return whole[offset : offset + room], offset
