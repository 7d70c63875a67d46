"""`seqcheck layouts [LAYOUT]`: the headers that can be read, or the meaning of one, field by field.

LAYOUT is whatever --layout takes: a name, a TOML file, a spec. The explanation ends with the equivalent spec and TOML
file, to start from.
"""

from __future__ import annotations

import argparse
import sys
import textwrap
from collections.abc import Iterator
from io import BytesIO
from typing import TYPE_CHECKING, Any

from seqcheck.cli import privileges
from seqcheck.cli.page import page_for
from seqcheck.cli.stdio import put
from seqcheck.errors import UsageError
from seqcheck.escape import visible

if TYPE_CHECKING:
    from seqcheck.cli.privileges import Ready
    from seqcheck.layout import Layout, Match, Stamp, Word
    from seqcheck.layout.model import Digits, Move, Pieces

PLACES = {
    "frame": "the frame's first byte",
    "eth": "the Ethernet payload, after any VLAN tags",
    "ip": "the IP payload, after any options and extension headers",
    "udp": "the UDP payload",
    "tcp": "the TCP payload",
}
WRITTEN = {"text": "decimal text", "hex": "hexadecimal text", "bcd": "BCD, two digits a byte,"}
KEYS = {  # what tells streams apart, where it is not addresses and ports
    "hosts": "addresses tell streams apart, ports do not",
    "source": "the source address tells streams apart, target and ports do not",
    "none": "neither addresses nor ports tell streams apart",
}


def add(subparsers: Any) -> None:
    """The verb's options."""
    parser = subparsers.add_parser(
        "layouts",
        description="Lists the headers that seqcheck can read, or explains one of them field by field.",
        epilog='example:\n  seqcheck layouts "udp:5000 stream=u32be@4 seq=u64be@8"',
        allow_abbrev=False,
    )
    parser.add_argument(
        "layout", nargs="?", metavar="LAYOUT", help="a name, a TOML file or a spec; omit to list the names"
    )
    parser.add_argument(
        "--wireshark", action="store_true",
        help="print a Lua dissector for Wireshark and tshark instead: tshark -X lua_script:FILE.lua",
    )  # fmt: skip
    parser.add_argument(
        "--on", metavar="CAPTURE", dest="capture",
        help="show the first values that the layout reads from this capture, with their bytes",
    )  # fmt: skip
    privileges.add(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the list, the explanation, or what is read."""
    from seqcheck.layout import dissector, resolve

    if args.capture is not None:
        if args.layout is None or args.wireshark:
            raise UsageError("--on needs a layout, and no --wireshark", hint="seqcheck layouts SPEC --on CAPTURE")
        return show(args, resolve(args.layout))
    if args.wireshark:
        if args.layout is None:
            raise UsageError("--wireshark needs a layout", hint="seqcheck layouts seqcheck --wireshark > seqcheck.lua")
        put(dissector(resolve(args.layout)).rstrip())
        return 0
    lines = listing(columns()) if args.layout is None else explanation(resolve(args.layout), columns())
    put(*lines)
    return 0


def show(args: argparse.Namespace, layout: Layout) -> int:
    """What it reads from the capture."""
    from seqcheck.cli.values import values
    from seqcheck.layout import resolve

    def work(ready: Ready) -> int:
        put(*values(layout, args.capture, columns(), ready))
        return 0

    def rehearse() -> None:
        from seqcheck.cli.confined import prepare
        from seqcheck.cli.rehearsal import LAYOUT, small_capture

        prepare((), drawn=False)
        list(values(resolve(LAYOUT), BytesIO(small_capture()), columns(), lambda: None))

    return privileges.run(args, [], work, rehearse)


def columns() -> int:
    """The width of what stdout leads to."""
    return 80 if sys.stdout is None else page_for(sys.stdout.buffer).width


def listing(width: int) -> Iterator[str]:
    """Every built-in in a line or two; an asterisk marks those that are recognized by themselves."""
    from seqcheck.layout import builtins, candidates

    tried = {layout.name for layout in candidates()}
    longest = max(map(len, builtins()))
    for name, layout in builtins().items():
        mark = "*" if name in tried else " "
        yield from wrapped(f"{mark} {name:{longest}}  ", layout.description, width)
    yield ""
    yield from wrapped(
        "* ",
        "tried when no --layout is given: their magic makes a mistake next to impossible. The others need --layout.",
        width,
    )
    yield "`seqcheck layouts NAME` explains one; --layout also takes a TOML file or a spec (docs/layouts.md)."


def explanation(layout: Layout, width: int) -> Iterator[str]:
    """One layout, field by field."""
    from seqcheck.layout import candidates, dump, write

    spec = write(layout)
    yield visible(layout.name)
    if layout.description:
        yield from wrapped("  ", layout.description, width)
    yield ""
    if layout.content:
        yield from wrapped(
            "  ", "Every frame is compared with those before it, from its network header on, except for what the path "
            "changes. There are no numbers, so nothing is missing or late.", width
        )  # fmt: skip
        yield ""
        yield f"  --layout {spec}"
        return
    for name, text in fields(layout):
        yield from wrapped(f"  {name:<8}  ", text, width)
    if layout.source:
        yield from wrapped("  source    ", layout.source, width)
    tried = layout in candidates()
    yield from wrapped(
        "  tried     ", "yes, when no --layout is given" if tried else "no: give it with --layout", width
    )
    yield ""
    yield "As a spec:"
    yield f'  --layout "{spec}"'
    yield ""
    yield "As a file NAME.toml, for --layout NAME.toml:"
    for line in dump(layout).splitlines():
        yield f"  {visible(line)}"


def fields(layout: Layout) -> Iterator[tuple[str, str]]:
    """What each part of a layout asks or gives, in words."""
    from seqcheck.layout.model import Sets
    from seqcheck.layout.written import write_ports

    selector = "" if layout.selector is None else f", {selected(layout.anchor, layout.selector)}"
    if layout.ports:
        selector = f", a port of {write_ports(layout.ports)} at either end"
    inside = "" if layout.anchor == "frame" else "; if the outermost headers do not match, inside tunnels"
    yield "from", f"offsets count from {PLACES[layout.anchor]}{selector}; negative ones from its end{inside}"
    for match in layout.matches:
        yield "magic", condition(match)
    for move in layout.moves:
        yield "move", moved(move)
    for stream in layout.streams:
        yield "stream", f"{number(stream)}, part of the stream's key, with addresses and ports"
    if layout.key != "all":
        yield "key", KEYS[layout.key]
    yield "seq", f"{number(layout.seq)}, {counter(layout.modulus)}"
    if layout.step != 1:
        yield "step", f"it moves by {layout.step}; the numbers shown count the steps: {modular(layout.counted)}"
    if layout.least:
        last = layout.least + (layout.modulus or 1 << 64) - 1
        yield "from", f"it begins again at {layout.least} after {last}; other values are not numbers"
    if isinstance(layout.covers, Sets):
        number_is = "last" if layout.covers.last else "first"
        yield (
            "step",
            f"the data records in the IPFIX sets from byte {layout.covers.offset} on, by the templates that came before"
            f" it; the number is that of the {number_is} of them",
        )
    elif layout.covers:
        yield "step", f"{word(layout.covers)}, how many numbers the frame covers, starting with its own; 0 covers none"
    for number_of, part in enumerate(layout.each):
        first = "from the start of a record to that of the next in the same frame: "
        yield "each", (first if number_of == 0 else "and ") + amount(part)
    if layout.each:
        yield "each", f"{'that place' if layout.moves else 'what offsets count from'} is where a record begins"
    for stamp in layout.times:
        yield "time", f"{word(stamp.word)}, the sender's time in {stamp.unit}{guard(stamp)}"
    for role, stamp_or_none in (("slot", layout.slot), ("buf", layout.buf)):
        if stamp_or_none:
            yield (
                role,
                f"{word(stamp_or_none.word)}, stamped by the sender; equal values are proof{guard(stamp_or_none)}",
            )


def selected(anchor: str, selector: int) -> str:
    """What the anchor's selector asks for."""
    asked = {"eth": f"ethertype {selector:#06x}", "ip": f"protocol {selector}"}
    return asked.get(anchor, f"port {selector} at either end")


def word(word: Word) -> str:
    """u32be@8&0xff as words: bytes 8 to 11 (u32be) masked by 0xff."""
    from seqcheck.layout.words import HERE

    order = "" if word.bits == 8 else "be" if word.big else "le"
    mask = "" if word.mask == word.full else f" masked by {word.mask:#x}"
    first, behind = (word.offset - HERE, " of that place") if word.offset >= HERE else (word.offset, "")
    where = f"byte {first}{behind}" if word.width == 1 else f"bytes {first} to {first + word.width - 1}{behind}"
    return f"{where} (u{word.bits}{order}){mask}"


def number(seq: Word | Digits | Pieces) -> str:
    """The place of the number as words."""
    from seqcheck.layout.model import HERE, Digits, Pieces

    if isinstance(seq, Pieces):
        return f"{', then '.join(map(word, seq.words))}, together as one number, the highest bits first"
    if not isinstance(seq, Digits):
        return word(seq)
    if seq.kind == "ber":
        return f"the content of the first BER element {seq.tag:#x} there"
    here = seq.offset >= HERE
    first = f"byte {seq.offset - HERE} of that place" if here else f"byte {seq.offset}"
    where = f"after the first {seq.label!r}" if seq.label else f"from {first} on"
    if seq.kind == "varint":
        return f"a varint {where}, seven bits per byte, the lowest first"
    size = f"{seq.size} bytes" if seq.size else "as many digits as there are"
    return f"{size} of {WRITTEN[seq.kind]} {where}"


def moved(move: Move) -> str:
    """A step to another place as words."""
    if move.amount is None:
        return f"into the first BER element {move.into:#x}"
    until = f", until {word(move.until.word)} is {move.until.value:#x}" if move.until else ""
    return f"forward by {amount(move)}{until}"


def amount(move: Move) -> str:
    """So many bytes, as words."""
    assert move.amount is not None
    plus, read, times, whole = move.amount.plus, move.amount.word, move.amount.times, move.amount.whole
    parts = [f"{plus} bytes"] if plus else []
    if read:
        parts.append(f"{times} times " * (times != 1) + f"the value of {word(read)}")
    rounded = f", rounded up to a multiple of {whole}" if whole else ""
    when = f", if {word(move.when)} is not zero" if move.when else ""
    return f"{' plus '.join(parts)}{rounded}{when}"


def condition(match: Match) -> str:
    """A condition as words."""
    value = "the payload's length" if match.value is None else f"{match.value:#x}"
    return f"{word(match.word)} must {'be' if match.equal else 'not be'} {value}"


def counter(modulus: int) -> str:
    """How far the counter counts."""
    return f"the number, which wraps after {modular(modulus)} values"


def modular(modulus: int) -> str:
    """So many values, as a power of two where that is shorter."""
    values = modulus or 1 << 64
    power = values.bit_length() - 1
    return f"2**{power}" if values == 1 << power and power > 16 else str(values)


def guard(stamp: Stamp) -> str:
    """When a stamp counts."""
    return f", if {word(stamp.when)} is not zero" if stamp.when else ""


def wrapped(head: str, text: str, width: int) -> list[str]:
    """`text` behind `head`, its further lines below its first."""
    return textwrap.wrap(
        visible(text), width, initial_indent=head, subsequent_indent=" " * len(head), break_on_hyphens=False
    )
