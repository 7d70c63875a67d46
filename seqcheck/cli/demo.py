"""`seqcheck demo [FOLDER]`: a capture with a stale ring, its analysis and the page about it, to show what seqcheck
does.

It runs commands that the reader could type, and prints them.
"""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from typing import Any

from seqcheck.cli.stdio import put, say
from seqcheck.errors import TROUBLE, OutputError

DESCRIPTION = """\
Simulates a sender whose TX ring of 512 slots fails now and then, analyzes the capture, and
opens the report in a browser. The commands it runs are printed, to try with your own files."""

SIMULATE = (
    "--ring-size", "512", "--frames", "20000", "--host-share", "2%", "--stale", "12", "--loss", "0.01%", "--seed", "7",
)  # fmt: skip
CAPTURE, PAGE = "demo.pcap", "demo.html"


def add(subparsers: Any) -> None:
    """The verb's options."""
    parser = subparsers.add_parser(
        "demo", description=DESCRIPTION, epilog="example:\n  seqcheck demo", allow_abbrev=False
    )
    parser.add_argument(
        "folder", nargs="?", metavar="FOLDER", help="where demo.pcap and demo.html go (default: a new temporary folder)"
    )
    parser.add_argument("--force", action="store_true", help="replace files that exist")
    parser.add_argument("--no-open", action="store_true", help="do not open the page in a browser")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Simulate, analyze, open."""
    folder = place(args.folder)
    capture, page = (os.path.normpath(os.path.join(folder, name)) for name in (CAPTURE, PAGE))
    force = ["--force"] if args.force else []
    for words in (
        ["simulate", capture, *SIMULATE, *force],
        ["analyze", capture, "--report", "terminal", "--report", f"html={page}", *force],
    ):
        if (code := show(words)) == TROUBLE:
            return code
    if not args.no_open and sys.stdout is not None and sys.stdout.isatty():
        import webbrowser
        from pathlib import Path

        if not webbrowser.open(Path(page).resolve().as_uri()):
            say(f"seqcheck: no browser was found; open {page} in one")
    return 0


def place(folder: str | None) -> str:
    """The folder, made if it does not exist."""
    if folder is None:
        import tempfile

        return tempfile.mkdtemp(prefix="seqcheck-demo-")
    try:
        os.makedirs(folder, exist_ok=True)
    except FileExistsError:
        raise OutputError(
            f"{folder} is a file, not a folder", hint="seqcheck demo takes the folder for its files."
        ) from None
    except OSError as error:
        raise OutputError(f"cannot make the folder {folder}: {error.strerror or error}") from error
    return folder


def show(words: list[str]) -> int:
    """Print a command and run it."""
    from seqcheck.cli.main import parse
    from seqcheck.cli.settings import load

    if words[0] == "analyze" and load().files:
        words = [*words, "--no-config"]  # what holds for the reader's captures does not for this one
    put(f"$ {shlex.join(['seqcheck', *words])}")
    args = parse(words)
    args.ours = False
    code: int = args.run(args)
    put("")
    return code
