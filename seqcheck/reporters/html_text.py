"""Text as text in HTML, whoever wrote it."""

from __future__ import annotations

import html
import re

from seqcheck.escape import visible

_CODE = re.compile(r"`([^`]+)`")


def text(value: str) -> str:
    """Within an element or a quoted attribute."""
    return html.escape(visible(value), quote=True)


def worded(value: str) -> str:
    """The same, with what stands in backticks as code."""
    return _CODE.sub(lambda match: f"<code>{match[1]}</code>", text(value))
