"""`seqcheck discover CAPTURE`: finds the counter from the bytes, and says which layout reads it, and why.

Looks at the first frames only. It exits with 0 where a candidate is likely, with 1 where none is.
"""

from __future__ import annotations

import argparse
from contextlib import ExitStack
from importlib import import_module
from typing import Any

from seqcheck.cli.destinations import TERMINAL, among, deliver_all, tell_all
from seqcheck.cli.output import Output, apart, spare
from seqcheck.errors import TROUBLE, InputError

DESCRIPTION = """\
Finds the sequence number in a capture from the bytes alone, and prints the layouts that
read it, with a score and the evidence. Looks at the first 20,000 frames."""

EPILOG = """\
examples:
  seqcheck discover run.pcap
  seqcheck discover --report json run.pcap

exit codes: 0 a likely candidate was found, 1 none was, 2 trouble"""

FORMATS = {"terminal": "seqcheck.reporters.discovery_terminal", "json": "seqcheck.reporters.discovery_json"}


def add(subparsers: Any) -> None:
    """The verb's options."""
    parser = subparsers.add_parser("discover", description=DESCRIPTION, epilog=EPILOG, allow_abbrev=False)
    parser.add_argument("captures", nargs="+", metavar="CAPTURE", help="a capture file, or - for standard input")
    parser.add_argument(
        "--report", metavar="FORMAT[=PATH]", type=among(FORMATS), action="append", dest="reports",
        help=f"write the candidates as {' or '.join(FORMATS)}, to stdout or to PATH; may be given again"
        " (default: terminal)",
    )  # fmt: skip
    parser.add_argument("--force", action="store_true", help="replace files that exist")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Look, rank, write."""
    from seqcheck import kernel
    from seqcheck.cli.first_frames import first_frames
    from seqcheck.layout.discovery import LIKELY, discover, survey
    from seqcheck.reporters.discovery import Discovery

    reports = args.reports or [TERMINAL]
    apart([each.path for each in reports])
    spare(args.captures, [each.path for each in reports])
    engine = kernel.load()
    with ExitStack() as stack:
        outputs = [stack.enter_context(Output(each.path, force=args.force)) for each in reports]
        frames = first_frames(args.captures, engine)
        if not frames.count:
            raise InputError(f"{', '.join(args.captures)}: no frame in it")
        found = discover(frames, engine)
        told = Discovery(
            captures=tuple(args.captures), frames=frames.count, candidates=tuple(found), there=tuple(survey(frames))
        )
        failed = deliver_all(
            lambda name, out, page: import_module(FORMATS[name]).write(told, out, page), reports, outputs
        )
    tell_all(failed, verbose=args.verbose)
    if failed:
        return TROUBLE
    return 0 if found and found[0].score > LIKELY else 1
