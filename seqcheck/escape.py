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


# What our sentences and tables use beyond ASCII. Most take one column either way.
_SIGNS = {
    "–": "-", "→": ">", "µ": "u", "±": "+-", "×": "x", "−": "-", "≤": "<=", "≥": ">=", "…": "...", "•": "*", "·": ",",
}  # fmt: skip


def plain(text: str, encoding: str) -> str:
    """`text` with those of our signs that the encoding lacks written in ASCII."""
    if text.isascii() or _has(encoding, text):
        return text
    for sign, instead in _SIGNS.items():
        if sign in text and not _has(encoding, sign):
            text = text.replace(sign, instead)
    return text


def _has(encoding: str, text: str) -> bool:
    try:
        text.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def _name(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
