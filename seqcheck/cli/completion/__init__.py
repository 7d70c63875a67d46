"""`seqcheck completion SHELL`: a script that teaches a shell our verbs, options and their values.

Each is made from the parsers, so it knows what this version knows.
"""

from __future__ import annotations

import argparse
from importlib import import_module
from typing import Any

from seqcheck.cli.stdio import put

SHELLS = {
    "bash": "seqcheck.cli.completion.bash",
    "zsh": "seqcheck.cli.completion.zsh",
    "fish": "seqcheck.cli.completion.fish",
}

EPILOG = """\
to try it:
  source <(seqcheck completion bash)
  source <(seqcheck completion zsh)
  seqcheck completion fish | source

to keep it:
  seqcheck completion bash > ~/.local/share/bash-completion/completions/seqcheck
  seqcheck completion zsh > _seqcheck    (in a folder of $fpath)
  seqcheck completion fish > ~/.config/fish/completions/seqcheck.fish"""


def add(subparsers: Any) -> None:
    """The verb's options."""
    parser = subparsers.add_parser(
        "completion",
        description="Prints a script that completes verbs, options, reports, layouts and causes.",
        epilog=EPILOG,
        allow_abbrev=False,
    )
    parser.add_argument("shell", choices=tuple(SHELLS), metavar="SHELL", help=f"the shell: {', '.join(SHELLS)}")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the script."""
    from seqcheck.cli.shape import program

    put(*import_module(SHELLS[args.shell]).lines(*program()))
    return 0
