"""`seqcheck redact IN OUT`: a capture that can be shared: numbers, distances and times unchanged, addresses and payload
replaced."""

from __future__ import annotations

import argparse
import os
from io import BytesIO
from typing import TYPE_CHECKING, Any

from seqcheck.cli import privileges
from seqcheck.cli.output import STDOUT, Output, failing, spare
from seqcheck.cli.stdio import say
from seqcheck.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from seqcheck.capture import CaptureReader
    from seqcheck.cli.privileges import Ready
    from seqcheck.layout import Layout

DESCRIPTION = """\
Writes a copy of a capture that can be shared. Times, lengths, ports and sequence numbers
stay; addresses are replaced one for one, and payload so that equal bytes stay equal. The
report on the copy has the same counts. Check the copy before you share it."""

EPILOG = """\
example:
  seqcheck redact run.pcap shown.pcapng

exit codes: 0 written, 2 trouble"""


def add(subparsers: Any) -> None:
    """The verb's options."""
    parser = subparsers.add_parser("redact", description=DESCRIPTION, epilog=EPILOG, allow_abbrev=False)
    parser.add_argument("capture", metavar="IN", help="the capture to read")
    parser.add_argument("output", metavar="OUT", help="the copy to write, pcapng, or - for standard output")
    parser.add_argument("--layout", metavar="LAYOUT", help="where the sequence number is, as for analyze")
    parser.add_argument("--force", action="store_true", help="replace OUT if it exists")
    privileges.add(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Find the layout, read again, write."""
    from seqcheck import kernel
    from seqcheck.capture import CaptureReader
    from seqcheck.capture.bytestream import open_file
    from seqcheck.engine import session
    from seqcheck.layout import resolve

    if args.capture == STDOUT:
        raise UsageError("redact reads a file, not standard input")
    spare([args.capture, args.layout], [args.output])
    layout = None if args.layout is None else resolve(args.layout)
    with Output(args.output, force=args.force) as output:

        def work(ready: Ready) -> int:
            with open_file(args.capture) as first, CaptureReader([args.capture], kernel=kernel.load()) as reader:
                ready()
                found = layout or resolve(session.analyze(first, also_content=False).layout.spec)
                with failing(output.name):
                    for piece in redacted(reader, found):
                        output.stream.write(piece)
            output.commit()
            if not args.quiet:
                say(f"seqcheck: wrote {args.output}, {reader.frames:,} frames; check it before you share it")
            return 0

        return privileges.run(args, [output], work, rehearse)


def rehearse() -> None:
    """Everything once, on frames of our own."""
    from seqcheck import kernel
    from seqcheck.capture import CaptureReader
    from seqcheck.cli.rehearsal import LAYOUT, rehearse_files, small_capture
    from seqcheck.layout import resolve

    rehearse_files((), drawn=False)
    with CaptureReader([BytesIO(small_capture())], kernel=kernel.load()) as reader:
        for _ in redacted(reader, resolve(LAYOUT)):
            pass


def redacted(reader: CaptureReader, layout: Layout) -> Iterator[bytes]:
    """The copy, as pcapng."""
    from seqcheck.capture.redaction import Redactor
    from seqcheck.wire import pcapng

    redactor, links = Redactor(layout, os.urandom(32)), dict[int, int]()
    yield pcapng.section_block(program="seqcheck redact")
    for frames, low, high in reader:
        for row in range(low, high):
            at, link, wire = int(frames.off[row]), int(frames.link[row]), int(frames.wire[row])
            if link not in links:
                links[link] = len(links)
                yield pcapng.interface_block(link=link)
            data = frames.buf[at : at + int(frames.cap[row])].tobytes()
            made = redactor.frame(data, wire, link)
            yield pcapng.packet_block(int(frames.ns[row]), made, wire=wire, interface=links[link])
    if reader.dropped is not None and links:
        received = reader.frames + reader.dropped
        yield pcapng.statistics_block(reader.last_ns or 0, received=received, dropped=reader.dropped)
