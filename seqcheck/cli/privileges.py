"""--keep-privileges, for every verb that reads captures: without it, root is given up first (confined.py).

privileges.add(parser)
with Output(args.output) as output:
    return privileges.run(args, [output], work, rehearse)
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Sequence

from seqcheck.cli.destinations import tell_all
from seqcheck.cli.output import Ended, Output
from seqcheck.errors import TROUBLE

Ready = Callable[[], None]  # to be called when all inputs are open, and before anything of them is looked at


def add(parser: argparse.ArgumentParser) -> None:
    """The option."""
    parser.add_argument(
        "--keep-privileges", action="store_true",
        help="stay root if started as root (default: captures are read as the user who ran sudo, or as nobody)",
    )  # fmt: skip


def given_up(args: argparse.Namespace) -> bool:
    """Whether there is root to give up. A program that calls `main` keeps what it has."""
    return args.ours and not args.keep_privileges and hasattr(os, "geteuid") and not os.geteuid()


def run(
    args: argparse.Namespace, outputs: Sequence[Output], work: Callable[[Ready], int], rehearse: Callable[[], None]
) -> int:
    """What `work` returns, or the exit code of the process in which it went on without root. `rehearse` loads
    everything that the work may need when files are out of reach."""
    if not given_up(args):
        return work(lambda: None)
    from seqcheck.cli.confined import Confined

    rehearse()
    try:
        return work(Confined(outputs).enter)
    except Ended as ended:
        return settle(ended, outputs, verbose=args.verbose)


def settle(ended: Ended, outputs: Sequence[Output], *, verbose: bool) -> int:
    """Name what is whole, and the exit code."""
    failed = ended.settle(outputs)
    tell_all(failed, verbose=verbose)
    return TROUBLE if failed else ended.code
