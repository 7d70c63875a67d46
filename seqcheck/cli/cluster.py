"""--cluster: the captures are read by the workers of a Dask cluster."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING

from seqcheck.cli import privileges
from seqcheck.cli.destinations import Destination
from seqcheck.cli.stdio import say
from seqcheck.dataclass import replace
from seqcheck.errors import UsageError
from seqcheck.outputs import needed

if TYPE_CHECKING:
    from seqcheck.cli.analysis import Options

EXCLUDED = ("each", "jobs", "state", "also_content", "where", "start", "end", "frames")
_FLAGS = {"start": "--from", "end": "--to", "also_content": "--also-content"}


def check(args: argparse.Namespace, reports: Sequence[Destination]) -> None:
    """UsageError if what else was asked for cannot be had with a cluster."""
    if args.cluster is None:
        return
    for name in EXCLUDED:
        if getattr(args, name):
            raise UsageError(f"--cluster and {_FLAGS.get(name, f'--{name}')} exclude each other")
    if "-" in args.captures:
        raise UsageError("workers cannot read standard input", hint="Name paths or URLs that all workers see.")
    for report in reports:
        if needed([report.format]) != "report":
            raise UsageError(
                f"the report {report.format} has every finding, and workers do not keep them all",
                hint="With --cluster, ask for terminal, json, html, markdown or junit.",
            )
    if privileges.given_up(args):
        raise UsageError(
            "root cannot be given up with --cluster: connections are made while captures are read",
            hint="Run it as another user, or with --keep-privileges.",
        )


def begin(options: Options, stack: ExitStack) -> Options:
    """With the cluster's workers, if one was asked for."""
    if options.cluster is None:
        return options
    from seqcheck.engine.cluster import connected  # here, since few runs need it

    cluster = stack.enter_context(connected(options.cluster))
    if cluster.link and options.notes:
        say(f"seqcheck: note: the scheduler's dashboard: {cluster.link}")
    return replace(options, executor=cluster.executor)
