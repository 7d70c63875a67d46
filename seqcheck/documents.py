"""TOML and JSON from untrusted sources: bounded in size, depth, digits and memory before and during parsing.

The parsers of the standard library build whatever they are given, however deep, and keys of many parts take quadratic
time; so excessive input is refused, with a message, before it gets there. Assumes nothing about the bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO, NoReturn

DEEPEST = 32  # tables or lists within one another
LARGEST_INTEGER = 1 << 64
PARTS = 64  # of a key: a.b.c has three
VALUES = 8_000_000  # of a JSON document; each takes 30 to 240 bytes
WIDE = 1 << 24  # bytes of JSON that need not be ASCII: one character more makes all of them four times as wide
# Looking for a long key takes time in proportion to the text: a word is tried from its first letter only, and nothing
# that matched is given back.
_PART = r"""(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')"""
_LONG_KEY = re.compile(rf"(?<![\w-]){_PART}(?:[ \t]*+\.[ \t]*+{_PART}){{{PARTS}}}")


class DocumentError(Exception):
    """What is wrong, in words; the caller says of what."""


DIGITS = "for integer string conversion"  # what Python says of an integer of more than sys.get_int_max_str_digits()


def read(stream: BinaryIO, most: int) -> bytes:
    """All of it. DocumentError if that is more than `most` bytes."""
    data = stream.read(most + 1)
    if len(data) > most:
        raise DocumentError(f"more than {most} bytes")
    return data


def toml(data: bytes | str) -> dict[str, Any]:
    """The table. DocumentError if it is not one, or is larger than anybody would write."""
    import tomllib  # here, since few runs need it

    with _parsing("TOML"):
        text = data if isinstance(data, str) else data.decode("utf-8")
        if long := _LONG_KEY.search(text):
            line = text.count("\n", 0, long.start()) + 1
            raise DocumentError(f"a key of more than {PARTS} parts in line {line}")
        table = tomllib.loads(text)
    check(table)
    return table


def json(data: bytes) -> Any:
    """The value. DocumentError if it is not JSON, or larger than anybody would write."""
    from json import loads

    values = data.count(b",") + data.count(b"[") + data.count(b"{")
    if values > VALUES:
        raise DocumentError(f"more than {VALUES} values")
    if len(data) > WIDE and not data.isascii():
        raise DocumentError(f"more than {WIDE} bytes that are not all ASCII")
    with _parsing("JSON"):
        document = loads(data.decode("utf-8-sig"), parse_constant=_no_number, parse_int=_integer)
    check(document)
    return document


@contextmanager
def _parsing(language: str) -> Iterator[None]:
    """What a parser may raise, as a DocumentError."""
    try:
        yield
    except UnicodeDecodeError as error:
        raise DocumentError(f"not UTF-8 text, at byte {error.start}") from None
    except RecursionError:
        raise DocumentError(f"nested deeper than {DEEPEST}") from None
    except ValueError as error:
        said = _first_line(error)
        raise DocumentError(
            "an integer of thousands of digits" if DIGITS in said else f"not {language}: {said}"
        ) from None


def check(document: Any) -> None:
    """DocumentError if it is nested too deep, or holds an integer that is no count of anything."""
    level = [document]
    for _ in range(DEEPEST):
        inner: list[Any] = []
        for value in level:
            for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
                if isinstance(each, dict | list):
                    inner.append(each)
                elif isinstance(each, int) and abs(each) > LARGEST_INTEGER:
                    raise DocumentError("an integer of more than 64 bits")
        if not inner:
            return
        level = inner
    raise DocumentError(f"nested deeper than {DEEPEST}")


def _integer(text: str) -> int:
    if len(text) > 40:
        raise ValueError(f"an integer of {len(text)} digits")
    return int(text)


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is not a number")


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [""])[0][:200]
