"""Annotations for GitHub Actions: `::error title=...::message`, on stderr, which the runner reads like stdout, so a
report on stdout stays intact.

https://docs.github.com/actions/reference/workflow-commands-for-github-actions; escapes as in actions/toolkit's
packages/core/src/command.ts.
"""

from __future__ import annotations

import os

from seqcheck.cli.stdio import say

_MESSAGE = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_PROPERTY = {**_MESSAGE, ":": "%3A", ",": "%2C"}


def wanted() -> bool:
    """Whether there is a runner that reads annotations."""
    return os.environ.get("GITHUB_ACTIONS") == "true"


def annotate(level: str, title: str, message: str) -> bool:
    """Whether there is a runner that reads annotations; if so, it gets this one."""
    if not wanted():
        return False
    say(f"::{level} title={escaped(title, _PROPERTY)}::{escaped(message, _MESSAGE)}")
    return True


def escaped(text: str, table: dict[str, str]) -> str:
    """`text` so that nothing in it ends the command, or begins another."""
    return "".join(table.get(character, character) for character in text)
