"""--keep-privileges, for every verb that reads traffic or sends it: without it, root is given up first.

privileges.add(parser)
with Output(args.output) as output:
    return privileges.run(args, [output], work, rehearse)  # captures are read in a child (confined.py)

heir = privileges.heir(args)  # interfaces: the process itself changes, once they are open
privileges.drop(args, heir)
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from seqcheck.cli.destinations import tell_all
from seqcheck.cli.output import Ended, Output
from seqcheck.errors import TROUBLE

if TYPE_CHECKING:
    from seqcheck.linux.privilege import User

Ready = Callable[[], None]  # to be called when all inputs are open, and before anything of them is looked at


def add(parser: argparse.ArgumentParser, work: str = "captures are read") -> None:
    """The option; `work` is what is done without root."""
    parser.add_argument(
        "--keep-privileges", action="store_true",
        help=f"stay root if started as root (default: {work} as the user who ran sudo, or as nobody)",
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


def heir(args: argparse.Namespace) -> User | None:
    """Whom root becomes; None if this is not root, or stays root."""
    from seqcheck.linux import privilege

    return None if args.keep_privileges else privilege.heir()


def drop(args: argparse.Namespace, heir: User | None) -> None:
    """Become `heir`, if any, and give up every capability, unless root stays."""
    from seqcheck.linux import privilege

    if not args.keep_privileges or os.geteuid():
        privilege.drop(heir)


def settle(ended: Ended, outputs: Sequence[Output], *, verbose: bool) -> int:
    """Name what is whole, and the exit code."""
    failed = ended.settle(outputs)
    tell_all(failed, verbose=verbose)
    return TROUBLE if failed else ended.code
