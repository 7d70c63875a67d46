"""A complete run on frames of our own, so that all modules are loaded while they can still be read.

Python loads modules when they are first needed, dpkt for the first duplicate, rich's parts for the first table; once
root is given up, their files may be out of reach. No byte of traffic is involved.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from importlib import import_module
from typing import Any

from seqcheck.cli.destinations import Destination
from seqcheck.model import Report
from seqcheck.outputs import FORMATS, Page, reporter

LAYOUT = "frame seq=u32be@46"
# What is loaded where it is needed, and not needed by the capture below: a layout's name that is none or a file's, IPv6
# addresses, what may be demanded, and what NumPy puts off.
LATER = (
    "difflib", "ipaddress", "pathlib", "seqcheck.layout.files", "seqcheck.layout.discovery", "seqcheck.layout.meant",
    "seqcheck.spelling", "seqcheck.demands", "seqcheck.decode.several", "seqcheck.engine.same_ring",
    "dataclasses", "numpy.ma", "traceback", "seqcheck.engine.watch", "seqcheck.engine.guard",
    "seqcheck.report.unjudged", "seqcheck.diagnose.redundancy", "seqcheck.interfaces.recorder",
    "seqcheck.interfaces.recording", "seqcheck.cli.saver", "seqcheck.cli.showing", "seqcheck.cli.annotations",
)  # fmt: skip
LATER_OF_FILES = (
    "queue", "threading", "tempfile", "shutil", "random", "traceback", "linecache", "ctypes",
    "seqcheck.capture.ahead", "seqcheck.capture.merge", "seqcheck.capture.parted", "seqcheck.report.unjudged",
    "seqcheck.engine.second_look", "seqcheck.cli.limits", "seqcheck.cli.annotations", "encodings.ascii",
    "encodings.utf_8_sig",
)  # fmt: skip


def rehearse(reports: Iterable[Destination], *, drawn: bool) -> None:
    """Analyze a capture with a duplicate whose copies differ, and write the reports (and, if it is going to be `drawn`,
    the dashboard) to nowhere."""
    from seqcheck.engine import session
    from seqcheck.layout import candidates
    from seqcheck.outputs import live_lines

    for name in LATER:
        import_module(name)
    candidates()
    report = session.analyze(io.BytesIO(small_capture()), layout=LAYOUT)
    live_lines.closing(report)
    if drawn:
        rehearse_dashboard(report)
    for name in {each.format for each in reports} | {"terminal"}:  # which a signal or a key may ask for
        if getattr(FORMATS[name], "keep", "report") == "report":
            for color in (False, True):
                reporter(name).write(report, io.BytesIO(), Page(color=color))


def rehearse_files(formats: Iterable[str], *, drawn: bool) -> None:
    """The same for captures that are files: every report in `formats`, and the bar where progress is `drawn`."""
    from seqcheck.cli.progress import bar
    from seqcheck.engine import session
    from seqcheck.outputs import needed, publish

    for name in (*LATER, *LATER_OF_FILES):
        import_module(name)
    names = tuple(formats)
    keep = needed(names)
    query = session.Query(layout=LAYOUT, keep="frames" if keep == "all-frames" else keep)
    with session.examine([io.BytesIO(small_capture())], query) as results:
        for name in names:
            for color in (False, True) if FORMATS[name].keep == "report" else (False,):
                if FORMATS[name].keep == "all-frames":
                    import_module(FORMATS[name].module)
                    name = "pcapng"
                publish(name, results, io.BytesIO(), Page(color=color))
    if drawn:
        bar("rehearsal")


def counting_capture() -> bytes:
    """A counter that discovery finds beyond doubt."""
    return small_capture(range(1, 200))


def small_capture(numbers: Sequence[int] = (1, 2, 3, 1, 5, 6)) -> bytes:
    """Records with these numbers, each with another payload: as they are, a duplicate whose copies differ, and a
    gap."""
    from seqcheck.wire import pcap

    head = bytes.fromhex("0200000000020200000000010800450000320000000040110000c0000201c63364021388138800220000")
    frames = [head + bytes(4) + n.to_bytes(4, "big") + bytes([place % 256]) * 10 for place, n in enumerate(numbers)]
    return pcap.file_header(link=1) + b"".join(pcap.record(n * 1000, frame) for n, frame in enumerate(frames, 1))


def rehearse_dashboard(report: Report) -> None:
    """Draw it once, in colour."""
    from rich.console import Console

    from seqcheck.model.snapshot import Latest, Snapshot
    from seqcheck.outputs.dashboard import PAGES, Dashboard

    figures: dict[str, Any] = dict.fromkeys(
        ("elapsed_ns", "frames", "bytes", "sequenced", "foreign", "streams", "duplicates", "missing", "late", "dropped",
         "missed"), 1,
    )  # fmt: skip
    latest = (Latest(kind="gap", stream=0, seq=1, frame=1, ns=1),)
    console = Console(file=io.StringIO(), force_terminal=True, width=80, height=24)
    with Dashboard("rehearsal", console) as dashboard:
        for page in ("", *PAGES):
            dashboard.turn_to(page)
            dashboard(Snapshot(ns=1, behind=0.0, latest=latest, report=report, **figures))
