"""From what a user wrote to a layout: a built-in's name, a TOML file, or a spec.

A built-in's name may carry another selector and a modulus: `iperf3:15201`, `iperf3:5201-5210`, `republic%1500`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache

from seqcheck.dataclass import replace
from seqcheck.errors import UsageError
from seqcheck.layout import spec, written
from seqcheck.layout.builtins import BUILTINS, REDUNDANT, TRIED
from seqcheck.layout.content import CONTENT
from seqcheck.layout.model import ANCHORS, Layout

_NAMED = rf"(?P<name>[a-z0-9-]+)(?::(?P<selector>{spec.NUMBER}|[0-9,-]+))?(?:%(?P<modulus>{spec.NUMBER}))?"
MAX_LAYOUTS = 16  # at once
Layouts = str | Layout | Sequence[str | Layout] | None  # as they are asked for
_BY_NAME = {b.name: b for b in BUILTINS}


@cache
def builtin(name: str) -> Layout:
    """The built-in of that name."""
    b = _BY_NAME[name]
    layout = spec.parse(b.spec, name=b.name, description=b.description, source=b.source)
    return replace(layout, redundant=True) if name in REDUNDANT else layout


def builtins() -> dict[str, Layout]:
    """All built-ins by name, in the order of the listing."""
    return {name: builtin(name) for name in _BY_NAME}


def candidates() -> tuple[Layout, ...]:
    """The built-ins to try when no layout is given, in this order: `builtins.TRIED`."""
    return tuple(builtin(name) for name in TRIED)


def resolve(text: str) -> Layout:
    """The layout that `text` means. UsageError if it means none, InputError if its file cannot be read."""
    text = text.strip()
    if text == CONTENT.name:
        return CONTENT
    if text in _BY_NAME:
        return builtin(text)
    named = re.fullmatch(_NAMED, text, re.ASCII)
    if named and named["name"] in _BY_NAME:
        return _varied(builtin(named["name"]), named["selector"], named["modulus"])
    first = text.partition(":")[0].split(maxsplit=1)[:1]
    if first and first[0].lower() in ANCHORS:
        return _parsed(text)
    if re.match(rf"(?:{'|'.join(ANCHORS)})(?![a-z0-9:])", text, re.ASCII | re.IGNORECASE) and not text.endswith(
        ".toml"
    ):
        return _parsed(text)
    if text.endswith(".toml") or "/" in text:
        from pathlib import Path

        from seqcheck.layout import files

        return files.load(Path(text))
    if described := re.match(r"(struct|scapy)[:=](\S*)", text, re.ASCII):
        raise _described(described[1], described[2])
    if text and len(text.split()) == 1 and "=" not in text:
        from seqcheck.spelling import alike

        near = alike(re.split("[:%]", text)[0], _BY_NAME)
        raise UsageError(
            f"no layout named {text!r}" + (f"; did you mean {near[0]}?" if near else ""),
            hint=f"Built-ins: {', '.join(_BY_NAME)}. Or a file NAME.toml, or a spec, as in: {spec.EXAMPLE}",
        )
    return _parsed(text)


def resolve_all(given: Layouts) -> tuple[Layout, ...]:
    """All layouts that were asked for, in their order; none where that is None. UsageError if one is there twice, or
    there are too many."""
    if given is None:
        return ()
    several = list(given) if isinstance(given, Iterable) and not isinstance(given, str) else [given]
    for each in several:
        if not isinstance(each, str | Layout):
            raise UsageError(f"layout: {each!r} is no layout", hint="A name, a TOML file, a spec, or a Layout.")
    found = tuple(resolve(each) if isinstance(each, str) else each for each in several)
    if len(found) > MAX_LAYOUTS:
        raise UsageError(f"{len(found)} layouts", hint=f"There may be {MAX_LAYOUTS} at once.")
    if len(found) > 1 and any(layout.content for layout in found):
        raise UsageError(
            "content takes every frame, so it cannot be combined with other layouts", hint="Give it alone."
        )
    for number, layout in enumerate(found):
        if layout in found[:number]:
            raise UsageError(
                f"the layout {written.write(layout)} is given twice",
                hint="A frame goes to the first layout that it fits.",
            )
    return found


def _described(what: str, value: str) -> UsageError:
    """For a standalone description of a header: it says neither where the header is nor what its fields are for."""
    named = value if ":" in value else f"{value or '<IHQ'}:NAME,NAME,…" if what == "struct" else "MODULE:CLASS"
    return UsageError(
        f"layout: {what} alone does not say where the header is or which field is the number",
        hint=f"As in: 'udp:5000 {what}={named} seq=NAME'; stream=NAME, magic=NAME==7 and the others as well.",
    )


def _parsed(text: str) -> Layout:
    """The layout of a spec; if it is not one, but nearly, the error suggests what was meant."""
    try:
        return spec.parse(text, name="custom")
    except UsageError as error:
        from seqcheck.layout.meant import meant

        if near := meant(text, spec.parse):
            raise UsageError(error.message, hint=f"Did you mean '{near}'?\n{error.hint}".rstrip()) from None
        raise


def _varied(layout: Layout, selector: str | None, modulus: str | None) -> Layout:
    ranged = bool(re.search("[,-]", selector or ""))
    try:
        return replace(
            layout,
            selector=layout.selector if selector is None else None if ranged else spec.read_number(selector),
            ports=spec.read_ports(selector or "") if ranged else layout.ports if selector is None else (),
            modulus=layout.modulus if modulus is None else spec.read_number(modulus) or 1,
        )
    except UsageError as error:
        raise UsageError(f"layout {layout.name}: {error.message}", hint=error.hint) from None
