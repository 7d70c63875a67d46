"""`seqcheck config`: the settings in effect in this folder, and the file that each comes from."""

from __future__ import annotations

import argparse
from typing import Any

from seqcheck.cli.stdio import put
from seqcheck.escape import visible

DESCRIPTION = """\
Shows the settings that analyze and live use in this folder, and the file that each comes
from: seqcheck.toml or pyproject.toml ([tool.seqcheck]) in the current folder, or
~/.config/seqcheck/config.toml."""


def add(subparsers: Any) -> None:
    """The verb's options."""
    parser = subparsers.add_parser(
        "config", description=DESCRIPTION, epilog="example:\n  seqcheck config --profile lab", allow_abbrev=False
    )
    parser.add_argument("--profile", metavar="NAME", help="show the settings with this profile")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print them."""
    from seqcheck.cli.settings import load

    settings = load(args.profile)
    if not settings.files:
        put("No settings: there is no seqcheck.toml, no [tool.seqcheck] in pyproject.toml, no user configuration.")
        return 0
    for each in settings.by_name.values():
        put(visible(f"{' '.join(each.words) or f'no --{each.name}'}  ({each.origin})"))
    for name, (spec, origin) in settings.layouts.items():
        put(visible(f"layout {name}: {spec}  ({origin})"))
    if settings.profiles:
        put(visible(f"profiles: {', '.join(settings.profiles)}"))
    return 0
