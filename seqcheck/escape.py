"""Text from captures, file names and arguments, made safe to show: no control sequence reaches a terminal.

Control characters (C0, DEL, C1), line and paragraph separators, characters that change the direction of writing or
cannot be seen, and bytes that were no text (surrogates) come out as \\x1b, \\u202e, ... . Knows nothing of rich.
"""

from __future__ import annotations

import re
from functools import cache

_UNSAFE = (
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)


@cache
def _unsafe() -> re.Pattern[str]:
    """Compiled when there is something to show: a run that writes to a file has nothing."""
    return re.compile(_UNSAFE)


def visible(text: str) -> str:
    """`text` in one line, with whatever could deceive or steer a terminal written out."""
    return _unsafe().sub(_name, text)


def _name(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
