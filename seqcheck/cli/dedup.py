"""`seqcheck dedup IN OUT`: a capture without its copies: the first frame with each number stays, later ones go."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from seqcheck.cli import privileges
from seqcheck.cli.nearest import did_you_mean
from seqcheck.cli.output import STDOUT, Output, failing, spare
from seqcheck.cli.quantity import ring_size
from seqcheck.cli.stdio import say
from seqcheck.errors import InputError, UsageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from seqcheck.cli.privileges import Ready
    from seqcheck.engine.examined import Examined
    from seqcheck.model import Report

DESCRIPTION = """\
Writes a copy of a capture in which every number comes once: the first frame with a number
is kept, and its copies are removed; with --cause, only the copies with that cause.
A frame that holds several numbers is removed if all of them came before. All other frames
are kept unchanged."""

EPILOG = """\
examples:
  seqcheck dedup run.pcap once.pcapng
  seqcheck dedup --cause path-copy run.pcap without-mirror.pcapng

exit codes: 0 written, 2 trouble"""


def add(subparsers: Any) -> None:
    """The verb's options."""
    parser = subparsers.add_parser("dedup", description=DESCRIPTION, epilog=EPILOG, allow_abbrev=False)
    parser.add_argument("capture", metavar="IN", help="the capture to read, a file")
    parser.add_argument("output", metavar="OUT", help="the copy to write, pcapng, or - for standard output")
    parser.add_argument("--layout", metavar="LAYOUT", help="where the sequence number is, as for analyze")
    parser.add_argument(
        "--ring-size", metavar="N", type=ring_size, action="append", default=[], dest="ring_sizes",
        help="slots of the sender's TX ring, as for analyze; may be repeated",
    )  # fmt: skip
    parser.add_argument(
        "--cause", metavar="CAUSE", type=cause, action="append", dest="causes",
        help="remove only the copies with this cause; may be repeated (default: all copies)",
    )  # fmt: skip
    parser.add_argument("--force", action="store_true", help="replace OUT if it exists")
    privileges.add(parser)
    parser.set_defaults(run=run)


def cause(text: str) -> str:
    """The name of a cause that copies have, for argparse."""
    from seqcheck.demands.suspects import CAUSES

    if text not in CAUSES:
        near = did_you_mean(text, CAUSES) or f"; there are: {', '.join(CAUSES)}"
        raise argparse.ArgumentTypeError(f"there is no cause {text!r}{near}")
    return text


def run(args: argparse.Namespace) -> int:
    """Analyze, read again, write."""
    import numpy as np

    from seqcheck.cli.dedup_several import layout_of_several, whole
    from seqcheck.engine.session import Query, examine

    if args.capture == STDOUT:
        raise UsageError("dedup reads a file, not standard input", hint="Save the capture to a file first.")
    spare([args.capture, args.layout], [args.output])
    query = Query(layout=args.layout, ring_sizes=tuple(args.ring_sizes), listed=0, keep="all-frames")
    with Output(args.output, force=args.force) as output:

        def work(ready: Ready) -> int:
            with examine(args.capture, query, ready=ready) as results:
                layout = layout_of_several(results.report)
                found, counts = copies(results, args.causes)
                several = layout is not None
                removed, numbers = whole(results, layout, found) if layout else (np.unique(found), len(found))
                with failing(output.name):
                    for piece in without(results, removed):
                        output.stream.write(piece)
            output.commit()
            if not args.quiet:
                tell(results.report, output.name, removed=len(removed), numbers=numbers, counts=counts, several=several)
            return 0

        return privileges.run(args, [output], work, rehearse)


def tell(report: Report, name: str, *, removed: int, numbers: int, counts: Counter[str], several: bool) -> None:
    """Say what was written, and what of it may still be copies: of the `numbers` in the frames that were removed, and
    of those that came twice and stay."""
    kinds = ", ".join(f"{cause} {count:,}" for cause, count in sorted(counts.items()))
    if several:
        kinds = f"{numbers:,} numbers" if removed else ""
    frames, left = report.capture.frames, report.duplicates.total - numbers
    said = f"seqcheck: wrote {name}, {frames - removed:,} of {frames:,} frames; removed {removed:,}"
    said += f" ({kinds})" if kinds else ""
    why = "in frames that also hold new numbers were kept" if several else "with other causes were kept"
    say(said + (f"; {left:,} copies {why}" if left else ""))
    if restarts := sum(stream.restarts for stream in report.streams):
        times = "once" if restarts == 1 else f"{restarts:,} times"
        say(f"seqcheck: note: the count started over {times}; numbers from before that are not copies, and are kept")
    for each in report.limits:
        if each.name == "missing":
            say(f"seqcheck: note: {each.count:,} records were too old to be judged, and are kept")


def rehearse() -> None:
    """Everything once, on frames of our own."""
    from seqcheck.cli.rehearsal import rehearse_files

    rehearse_files(["csv", "pcapng-all"], drawn=False)


def copies(results: Examined, causes: Iterable[str] | None) -> tuple[NDArray[np.int64], Counter[str]]:
    """The frame of each copy, and how many there are by cause. InputError if there is nothing to go by."""
    import numpy as np

    from seqcheck.kernel.border import DUPLICATE

    report = results.report
    if report.verdict.cause == "no-counter":
        raise InputError("the layout reads no counter, so copies cannot be recognized", hint=report.verdict.statement)
    if causes is not None and report.verdict.cause == "not-judged":
        raise InputError(
            "the duplicates were not judged, so --cause cannot choose among them", hint=report.verdict.statement
        )
    chosen = {*report.duplicates.by_cause} if causes is None else {*causes} & {*report.duplicates.by_cause}
    numbers, counts = [np.zeros(0, np.int64)], Counter[str]()
    if chosen == {*report.duplicates.by_cause}:  # then nobody has to ask for the cause of each
        numbers += [rows["frame"].copy() for rows in results.rows() if rows["kind"][0] == DUPLICATE]
        counts = Counter(report.duplicates.by_cause)
    elif chosen:
        for batch in results.findings():
            if batch.kind == "duplicate":
                mine = np.array([each in chosen for each in batch.columns["cause"]], np.bool_)
                numbers.append(np.array(batch.columns["frame"], np.int64)[mine])
                counts.update(each for each in batch.columns["cause"] if each in chosen)
    return np.concatenate(numbers), counts


def without(results: Examined, removed: NDArray[np.int64]) -> Iterator[bytes]:
    """The capture without these frames (ascending), as pcapng."""
    import numpy as np

    from seqcheck.wire import pcapng

    capture, links = results.report.capture, np.full(1 << 16, -1, np.int64)  # interface of each LINKTYPE
    known = written = 0
    yield pcapng.section_block(program="seqcheck dedup")
    for block, low, high in results.blocks():
        rows = low + np.flatnonzero(~_among(removed, block.first + low, high - low))
        link = block.link[rows]
        for new in dict.fromkeys(link[links[link] < 0].tolist()):
            links[new], known = known, known + 1
            yield pcapng.interface_block(link=new)
        cap, wire = block.cap[rows].astype(np.int64), block.wire[rows].astype(np.int64)
        yield pcapng.packet_blocks(block.buf, block.off[rows], cap, wire, block.ns[rows], links[link])
        written += len(rows)
    if capture.dropped is not None and known:
        received = written + capture.dropped
        yield pcapng.statistics_block(capture.last_ns or 0, received=received, dropped=capture.dropped)


def _among(removed: NDArray[np.int64], first: int, count: int) -> NDArray[np.bool_]:
    """Which of `count` frames from number `first` on are removed."""
    import numpy as np

    result = np.zeros(count, np.bool_)
    result[removed[slice(*np.searchsorted(removed, (first, first + count)))] - first] = True
    return result
