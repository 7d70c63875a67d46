"""One sender that uses several ports: layouts that are the same except for the port become one of all their ports."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from seqcheck.dataclass import replace
from seqcheck.layout.discovery.make import Found
from seqcheck.layout.model import MAX_PORTS, PORTED, Layout


def together(found: Iterable[Found]) -> Iterator[Found]:
    """A layout of all ports for each that was found, the best first, on more than one."""
    alike: dict[Layout, list[Found]] = {}
    for one in found:
        if one.layout.anchor in PORTED and one.layout.selector is not None:
            alike.setdefault(replace(one.layout, selector=None), []).append(one)
    for members in alike.values():
        ports = {one.layout.selector or 0 for one in members[:MAX_PORTS]}
        if len(ports) > 1:
            first = members[0]
            layout = replace(first.layout, selector=None, ports=tuple((port, port) for port in ports))
            yield replace(first, layout=layout)
