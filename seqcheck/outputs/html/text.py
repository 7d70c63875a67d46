"""Untrusted text as text in HTML."""

from __future__ import annotations

import html
import re

from seqcheck.escape import visible

_CODE = re.compile(r"`([^`]+)`|(?<![\w-])(--[a-z][a-z-]*)")
SHORT = 24  # characters of code that stay in one line: browsers break at hyphens


def text(value: str) -> str:
    """Within an element or a quoted attribute."""
    return html.escape(visible(value), quote=True)


def worded(value: str) -> str:
    """The same, with what is in backticks, and options, as code."""
    return _CODE.sub(lambda match: _code(match[1] or match[2]), text(value))


def _code(escaped: str) -> str:
    return f'<code class="whole">{escaped}</code>' if len(escaped) <= SHORT else f"<code>{escaped}</code>"
