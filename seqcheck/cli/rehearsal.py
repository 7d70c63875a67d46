"""Everything once, on frames of our own: so that all modules are loaded while they still can be read.

Python loads modules when they are first needed, dpkt for the first duplicate, rich's parts for the first table; after
root was given up their files may be out of reach. No byte of traffic is involved.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from importlib import import_module

from seqcheck.cli.analyze import Destination
from seqcheck.model import Report
from seqcheck.reporters import FORMATS, Page, reporter

LAYOUT = "frame seq=u32be@46"
# What is loaded where it is needed, and not needed by the capture below: a layout's name that is none or a file's, IPv6
# addresses, what may be demanded, and what NumPy puts off.
LATER = (
    "difflib", "ipaddress", "pathlib", "seqcheck.layout.files", "seqcheck.layout.discovery", "seqcheck.layout.meant",
    "seqcheck.demands",
    "dataclasses", "numpy.ma",
)  # fmt: skip


def rehearse(reports: Iterable[Destination], *, drawn: bool) -> None:
    """Analyse a capture with a duplicate whose copies differ, and write the reports (and, if it is going to be `drawn`,
    the dashboard) to nowhere."""
    from seqcheck import session
    from seqcheck.layout import candidates
    from seqcheck.reporters import live_lines
    from seqcheck.wire import pcap

    for name in LATER:
        import_module(name)
    head = bytes.fromhex("0200000000020200000000010800450000320000000040110000c0000201c63364021388138800220000")
    numbers = (1, 2, 3, 1, 5, 6)
    frames = [head + bytes(4) + n.to_bytes(4, "big") + bytes([place]) * 10 for place, n in enumerate(numbers)]
    capture = pcap.file_header(link=1) + b"".join(pcap.record(n * 1000, frame) for n, frame in enumerate(frames, 1))
    candidates()
    report = session.analyze(io.BytesIO(capture), layout=LAYOUT)
    live_lines.closing(report)
    if drawn:
        rehearse_dashboard(report)
    for name in {each.format for each in reports}:
        if getattr(FORMATS[name], "keep", "report") == "report":
            for color in (False, True):
                reporter(name).write(report, io.BytesIO(), Page(color=color))


def rehearse_dashboard(report: Report) -> None:
    """Draw it once, in colour."""
    from rich.console import Console

    from seqcheck.reporters.dashboard import Dashboard
    from seqcheck.snapshot import Latest, Snapshot

    figures = dict.fromkeys(
        ("elapsed_ns", "frames", "bytes", "sequenced", "foreign", "streams", "duplicates", "missing", "late", "dropped",
         "missed"), 1,
    )  # fmt: skip
    latest = (Latest(kind="gap", stream=0, seq=1, frame=1, ns=1),)
    console = Console(file=io.StringIO(), force_terminal=True, width=80, height=24)
    with Dashboard("rehearsal", console) as dashboard:
        dashboard(Snapshot(ns=1, behind=0.0, latest=latest, report=report, **figures))
