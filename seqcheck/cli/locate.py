"""`seqcheck locate POINT=CAPTURE...`: captures of the same traffic at several points of its path, and where each copy,
each loss and each late number arose."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from io import BytesIO
from typing import TYPE_CHECKING, Any

from seqcheck.cli import own_reports, privileges
from seqcheck.cli.limits import allow
from seqcheck.cli.many_files import allow_files
from seqcheck.cli.output import STDOUT
from seqcheck.cli.quantity import listed
from seqcheck.cli.stdio import say
from seqcheck.errors import TROUBLE, UsageError

if TYPE_CHECKING:
    from seqcheck.cli.privileges import Ready
    from seqcheck.model.located import Segment, Way

MOST, LONGEST = 16, 64  # points; characters of a name
LISTED = 1000
LIMITS = (  # the option, what it allows, and what is allowed without it
    ("lost", "lost numbers", "0"),
    ("doubled", "copies that appear here first", "0"),
    ("late", "late numbers", "any"),
)

DESCRIPTION = """\
Reads captures of the same traffic from several points of its path, and says at which point
each copy first appears, and between which points numbers were lost or reordered. If two
captures are of the two paths of a redundant network (PRP, HSR, ST 2022-7), it says what came
on one path only, on both, and on neither."""

EPILOG = """\
examples:
  seqcheck locate sender=a.pcap switch=b.pcapng receiver=c.pcap.zst
  seqcheck locate --layout "udp:5000 seq=u32be@0" a=a.pcap b=b.pcap --report html=path.html
  seqcheck locate --max-lost 0.1% a=a.pcap b=b.pcap
  seqcheck locate --layout prp one=lan-a.pcap two=lan-b.pcap

exit codes: 0 nothing was lost or doubled (or within the limits), 1 findings, 2 trouble"""

FORMATS = {
    "terminal": "seqcheck.outputs.locate.terminal",
    "json": "seqcheck.outputs.locate.json",
    "markdown": "seqcheck.outputs.locate.markdown",
    "html": "seqcheck.outputs.locate.html",
}


def add(subparsers: Any) -> None:
    """The verb's options."""
    parser = subparsers.add_parser("locate", description=DESCRIPTION, epilog=EPILOG, allow_abbrev=False)
    parser.add_argument(
        "points", nargs="+", metavar="POINT=CAPTURE",
        help=(
            "a point's name and a capture taken there, in the order of the path; captures of the same point are merged"
        ),
    )  # fmt: skip
    parser.add_argument(
        "--layout", metavar="LAYOUT",
        help="where the sequence number is, as for analyze (default: what is recognized at the first point)",
    )  # fmt: skip
    own_reports.add(parser, FORMATS, "the report")
    parser.add_argument(
        "--one-clock", action="store_true",
        help="all time stamps come from one clock: print absolute delays, not delays relative to the fastest frame",
    )  # fmt: skip
    parser.add_argument(
        "--listed", metavar="N", type=listed, default=LISTED,
        help=f"list at most N findings of each kind; all are counted (default: {LISTED})",
    )  # fmt: skip
    privileges.add(parser)
    group = parser.add_argument_group("what still counts as clean, for each segment")
    for name, what, least in LIMITS:
        allow(group, name, what, of="the records that came in", least=least)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Read, compare, write, and say whether anything was lost or doubled."""
    points = named(args.points)
    captures = [path for paths in points.values() for path in paths]

    def make(ready: Ready) -> Way:
        from seqcheck.locate import Asked, locate  # here, since it loads NumPy

        return locate(points, Asked(layout=args.layout, listed=args.listed, one_clock=args.one_clock), ready)

    def code(way: Way) -> int:
        within = settle(way, args)
        return TROUBLE if any(point.capture.unread for point in way.points) else within

    allow_files(len(captures))
    return own_reports.run(
        args, FORMATS, [*captures, args.layout], own_reports.Work(make=make, code=code, sample=sample)
    )


def sample() -> Way:
    """A way of frames of our own, with a copy and a loss."""
    from seqcheck.cli.rehearsal import LAYOUT, small_capture
    from seqcheck.locate import Asked, locate

    points = {"a": [BytesIO(small_capture(range(9)))], "b": [BytesIO(small_capture((0, 1, 2, 3, 1, 5, 6, 7, 8)))]}
    return locate(points, Asked(layout=LAYOUT))


def named(given: Sequence[str]) -> dict[str, list[str]]:
    """The captures of each point, in order. UsageError if that is not what was given."""
    points: dict[str, list[str]] = {}
    for each in given:
        name, mark, path = each.partition("=")
        if not mark or not name or not path:
            raise UsageError(
                f"{each!r} is not POINT=CAPTURE", hint="try: seqcheck locate sender=a.pcap receiver=b.pcap"
            )
        if path == STDOUT:
            raise UsageError("a point is a file, not a pipe", hint="Save it to a file first.")
        if len(name) > LONGEST or not name.isprintable():
            raise UsageError(
                f"{name[:LONGEST]!r} cannot be the name of a point", hint=f"up to {LONGEST} printable characters"
            )
        points.setdefault(name, []).append(path)
    if len(points) < 2:
        raise UsageError("locate needs at least two points", hint="seqcheck analyze is for one capture")
    if len(points) > MOST:
        raise UsageError(f"more than {MOST} points")
    return points


def settle(way: Way, args: argparse.Namespace) -> int:
    """The exit code, having said which limit was not kept, and where."""
    demanded = (args.max_lost, args.max_doubled, args.max_late)
    if all(each is None for each in demanded):
        return way.exit_code
    broken = [line for each in way.segments for line in unmet(each, args)]
    broken += _unmet_on_paths(way, args)
    for line in broken:
        say(f"seqcheck: {line}")
    return 1 if broken else 2 if way.hidden else 0


def unmet(each: Segment, args: argparse.Namespace) -> Iterator[str]:
    """What of a segment is beyond the limits."""
    where = f"at {each.at}" if each.after is None else f"{each.after} to {each.at}"
    doubled = each.doubled - each.by_cause.get("redundancy", 0)
    yield from _beyond(where, each.frames_in, {"lost": each.lost, "doubled": doubled, "late": each.late}, args)


def _unmet_on_paths(way: Way, args: argparse.Namespace) -> Iterator[str]:
    """The same of two redundant paths: what came on neither is lost, and what came twice on one is doubled."""
    if way.redundancy is not None:
        came = way.redundancy.both + way.redundancy.only_one
        yield from _beyond("on both paths", came, {"lost": way.redundancy.neither}, args)
        for point in way.points:
            found = {"doubled": point.duplicates, "late": point.late}
            yield from _beyond(f"at {point.name}", point.received, found, args)


def _beyond(where: str, of: int, found: Mapping[str, int], args: argparse.Namespace) -> Iterator[str]:
    """Which of these is more than allowed: without a limit, nothing may be lost or doubled."""
    from seqcheck.demands.limits import NONE

    limits = {"lost": args.max_lost or NONE, "doubled": args.max_doubled or NONE, "late": args.max_late}
    for what, count in found.items():
        allowed = limits[what]
        if allowed is not None and allowed.exceeded(count, max(of, 1)):
            yield f"{where}: {count:,} {what}, --max-{what} allows {allowed}"
