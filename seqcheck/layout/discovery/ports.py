"""One sender that uses several ports: layouts that are the same except for the port become one of all their ports."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from seqcheck.dataclass import replace
from seqcheck.layout.discovery.make import Found
from seqcheck.layout.model import MAX_PORTS, PORTED, Layout


def together(found: Iterable[Found]) -> Iterator[Found]:
    """Layouts of all ports for what was found, the best first, on more than one. A number that ends in the same byte
    may look narrower on some of them, or turned round, if it did not carry there: each way to read it is tried on all
    of them."""
    alike: dict[object, list[Found]] = {}
    for one in found:
        layout = one.layout
        if layout.anchor in PORTED and layout.selector is not None:
            number = one.column if one.column >= 0 else layout.seq
            same = (layout.anchor, layout.key, layout.streams, layout.matches, layout.step, layout.name, number)
            alike.setdefault(same, []).append(one)
    for members in alike.values():
        ports = {one.layout.selector or 0 for one in members[:MAX_PORTS]}
        if len(ports) < 2:
            continue
        for whole in {replace(one.layout, selector=None): one for one in reversed(members)}.values():
            yield replace(whole, layout=_of_all(whole.layout, ports))


def _of_all(layout: Layout, ports: set[int]) -> Layout:
    return replace(layout, selector=None, ports=tuple((port, port) for port in ports))
