"""The bytes of one duplicate and of the copy before it, side by side, with marks where they differ."""

from __future__ import annotations

from collections.abc import Iterator

from seqcheck.model import Pair
from seqcheck.outputs.html.text import text
from seqcheck.outputs.wording import counted

ROW = 8  # bytes
MOST_NAMED = 6  # stretches that differ
PRINTABLE = range(0x20, 0x7F)


def figure(pair: Pair | None) -> str:
    """The whole figure; nothing if there is no pair."""
    if pair is None:
        return ""
    length = max(len(pair.data), len(pair.earlier_data))
    rows = "".join(_row(pair, at) for at in range(0, length, ROW))
    heads = "".join(
        f'<th scope="col">{name}</th>'
        for name in ("offset", f"frame {pair.earlier_frame}, the earlier copy", f"frame {pair.frame}, the duplicate")
    )
    return (
        '<figure id="figure-pair"><figcaption><h2>Two copies, byte by byte</h2>'
        f"<p>{text(' '.join(_said(pair, length)))}</p></figcaption>"
        '<div class="scroll" role="region" aria-label="Bytes of the two copies" tabindex="0"><table class="bytes">'
        f"<caption>As captured, from the link layer on</caption><thead><tr>{heads}</tr></thead>"
        f"<tbody>\n{rows}</tbody></table></div></figure>"
    )


def differing(pair: Pair) -> list[tuple[int, int]]:
    """Stretches first..last of offsets at which the bytes differ, or only one copy has any."""
    found: list[tuple[int, int]] = []
    for at in range(max(len(pair.data), len(pair.earlier_data))):
        if pair.data[at : at + 1] != pair.earlier_data[at : at + 1]:
            if found and found[-1][1] == at - 1:
                found[-1] = (found[-1][0], at)
            else:
                found.append((at, at))
    return found


def _said(pair: Pair, length: int) -> Iterator[str]:
    stretches = differing(pair)
    if pair.wire == pair.earlier_wire:
        yield f"Both are {counted(pair.wire, 'byte')} long."
    else:
        yield f"The earlier one is {counted(pair.earlier_wire, 'byte')} long, the duplicate {pair.wire}."
    if length < max(pair.wire, pair.earlier_wire):
        yield f"Here are the first {length}."
    if not stretches:
        yield "They are identical."
        return
    named = ", ".join(
        f"{low:#06x}" if low == high else f"{low:#06x} to {high:#06x}" for low, high in stretches[:MOST_NAMED]
    )
    more = f" and {counted(len(stretches) - MOST_NAMED, 'further place')}" if len(stretches) > MOST_NAMED else ""
    yield f"They differ at offset {named}{more}, as marked."


def _row(pair: Pair, at: int) -> str:
    here = pair.earlier_data[at : at + ROW], pair.data[at : at + ROW]
    cells = "".join(f"<td>{_bytes(mine, other)}</td>" for mine, other in (here, here[::-1]))
    return f'<tr><th scope="row">{at:04x}</th>{cells}</tr>\n'


def _bytes(mine: bytes, other: bytes) -> str:
    """In hexadecimal and as text; a stretch that differs from the other copy's is one mark."""
    hexadecimal, plain = [], []
    for at in range(ROW):
        byte = mine[at : at + 1]
        marks = ("<mark>", "</mark>") if byte and byte != other[at : at + 1] else ("", "")
        shown = chr(byte[0]) if byte and byte[0] in PRINTABLE else "." if byte else " "
        hexadecimal.append(f"{marks[0]}{byte.hex() or '  '}{marks[1]}")
        plain.append(f"{marks[0]}{text(shown)}{marks[1]}")
    return f"{' '.join(hexadecimal)}  {''.join(plain)}"
