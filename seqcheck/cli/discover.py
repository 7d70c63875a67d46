"""`seqcheck discover CAPTURE`: finds the counter from the bytes, and says which layout reads it, and why.

Looks at the first frames only. It exits with 0 if a candidate is likely, otherwise with 1.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from io import BytesIO
from typing import TYPE_CHECKING, Any

from seqcheck.cli import own_reports, privileges
from seqcheck.errors import InputError

if TYPE_CHECKING:
    from seqcheck.capture.bytestream import Input
    from seqcheck.cli.privileges import Ready
    from seqcheck.outputs.discovery import Discovery

DESCRIPTION = """\
Finds the sequence number in a capture from the bytes alone, and prints the layouts that
read it, with a score and the evidence. Looks at the first 20,000 frames."""

EPILOG = """\
examples:
  seqcheck discover run.pcap
  seqcheck discover --report json run.pcap

exit codes: 0 a likely candidate was found, 1 none was, 2 trouble"""

FORMATS = {"terminal": "seqcheck.outputs.discovery.terminal", "json": "seqcheck.outputs.discovery.json"}


def add(subparsers: Any) -> None:
    """The verb's options."""
    parser = subparsers.add_parser("discover", description=DESCRIPTION, epilog=EPILOG, allow_abbrev=False)
    parser.add_argument("captures", nargs="+", metavar="CAPTURE", help="a capture file, or - for standard input")
    own_reports.add(parser, FORMATS, "the candidates")
    privileges.add(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Look, rank, write."""
    from seqcheck.layout.discovery import LIKELY

    def code(told: Discovery) -> int:
        return 0 if told.candidates and told.candidates[0].score > LIKELY else 1

    work = own_reports.Work(make=lambda ready: look(args.captures, ready), code=code, sample=sample)
    return own_reports.run(args, FORMATS, args.captures, work)


def look(captures: Sequence[Input], ready: Ready) -> Discovery:
    """What the first frames tell."""
    from seqcheck import kernel
    from seqcheck.cli.first_frames import first_frames
    from seqcheck.layout.discovery import discover, survey
    from seqcheck.outputs.discovery import Discovery

    engine = kernel.load()
    names = tuple(str(each) for each in captures)
    frames = first_frames(captures, engine, ready)
    if not frames.count:
        raise InputError(f"{', '.join(names)}: the capture holds no frames")
    return Discovery(
        captures=names,
        frames=frames.count,
        candidates=tuple(discover(frames, engine)),
        there=tuple(survey(frames)),
    )


def sample() -> Discovery:
    """The same of frames of our own."""
    from seqcheck.cli.rehearsal import counting_capture

    return look([BytesIO(counting_capture())], lambda: None)
