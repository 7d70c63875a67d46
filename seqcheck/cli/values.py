"""What a layout reads in a capture, for `seqcheck layouts SPEC --on CAPTURE`: values and the bytes they come from."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING

from seqcheck.errors import InputError
from seqcheck.escape import visible

if TYPE_CHECKING:
    from seqcheck.capture.bytestream import Input
    from seqcheck.cli.privileges import Ready
    from seqcheck.layout import Layout
    from seqcheck.layout.discovery.preview import Value

STREAMS, VALUES = 4, 6
MARKS = {"seq": "[]", "stream": "{}", "magic": "()"}


def values(layout: Layout, capture: Input, width: int, ready: Ready) -> Iterator[str]:
    """Lines: the streams with their first records, and what is wrong with the layout, if anything; `ready` is called
    when the capture is open. InputError if no frame is a record."""
    from seqcheck import kernel
    from seqcheck.cli.first_frames import first_frames
    from seqcheck.decode.decoder import key_texts
    from seqcheck.layout import write
    from seqcheck.layout.discovery import check, preview, survey
    from seqcheck.outputs.wording import counted, key_text

    engine = kernel.load()
    name = str(capture)
    frames = first_frames([capture], engine, ready)
    found = preview(frames, layout, engine, streams=STREAMS, values=VALUES)
    advice = () if layout.content else check(frames, layout, engine)
    if not found:
        there = "; ".join(survey(frames)) or "nothing that a layout could name"
        raise InputError(f"{name}: no frame fits {write(layout)}", hint="\n".join(advice) or f"There is: {there}")
    yield f"{visible(name)}: {counted(frames.count, 'frame')} examined"
    yield "bytes of [the number]" + (" {a stream field}" if layout.streams else "") + (
        " (a magic)" if layout.matches else ""
    )  # fmt: skip
    for stream in found:
        (key,) = key_texts(stream.key, layout)
        yield ""
        yield f"{key_text(key) or 'one stream'}: {counted(stream.records, 'record')}"
        numbers = [str(value.seq) for value in stream.first]
        for value, number in zip(stream.first, numbers, strict=True):
            head = f"  frame {value.frame:<6} {number:>{max(map(len, numbers))}}  "
            yield (head + _bytes(value)).rstrip()[: max(width, len(head) + 24)]
    if len(found) == STREAMS:
        yield ""
        yield "Other streams are not shown."
    for text in advice:
        yield ""
        yield visible(text)


def _bytes(value: Value) -> str:
    """Pieces of the payload in hexadecimal, each with its offset; what a field reads is marked."""
    said = []
    for offset, piece in value.pieces:
        words = []
        for kind, group in groupby(piece, key=lambda byte: byte[1]):
            text = " ".join(f"{byte:02x}" for byte, _ in group)
            marks = MARKS.get(kind, "")
            words.append(f"{marks[0]}{text}{marks[1]}" if marks else text)
        said.append(f"{offset}: {' '.join(words)}")
    return "  ".join(said)
