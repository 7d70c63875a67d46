"""`seqcheck schema [json|jsonl|live|locate]`: the JSON Schema of what reports write."""

from __future__ import annotations

import argparse
import json
from typing import Any

from seqcheck.cli.stdio import put


def add(subparsers: Any) -> None:
    """The verb's options."""
    parser = subparsers.add_parser(
        "schema",
        description="Prints the JSON Schema (2020-12) of a report, to validate it or to generate code from.",
        epilog="example:\n  seqcheck schema > seqcheck.report.schema.json",
        allow_abbrev=False,
    )
    parser.add_argument(
        "report", nargs="?", choices=("json", "jsonl", "live", "locate"), default="json", metavar="REPORT",
        help="json (default), jsonl (the schema of each line), live (of each line of a live capture's jsonl) or locate",
    )  # fmt: skip
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print it."""
    from seqcheck.outputs.schema import SCHEMAS

    put(json.dumps(SCHEMAS[args.report](), indent=1))
    return 0
