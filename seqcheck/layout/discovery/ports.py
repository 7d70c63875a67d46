"""Which ports a layout reads: all that one sender uses, and none of those of other traffic from the same port.

together(found)                -> layouts that are the same except for the port, as one of all their ports
partners(subject, one, tried)  -> the layout by the flows' other port, where it counts in some of them only
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from seqcheck.dataclass import replace
from seqcheck.layout.discovery.make import Found
from seqcheck.layout.discovery.measure import NEAR
from seqcheck.layout.discovery.subject import Subject
from seqcheck.layout.discovery.trial import Trial, trial
from seqcheck.layout.model import MAX_PORTS, PORTED, Layout

MOST = 4  # other ports at which it counts
FEWEST, ENOUGH = 4, 8  # steps that show that it does not count there, and that it does
FEW, MOSTLY = 0.25, 0.8  # of them count


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


def partners(subject: Subject, one: Found, tried: Trial) -> Iterator[Found]:
    """What a magic leaves out may be the other traffic alone: then the port is the better reason."""
    layout = one.layout
    if layout.anchor not in PORTED or layout.selector is None or layout.name:
        return
    plain = replace(layout, matches=())
    tried = trial(subject, plain) if layout.matches else tried
    later = np.flatnonzero(tried.before >= 0)
    source, target = subject.ports[tried.row[later]].T
    other = np.where(target == layout.selector, source, target)
    if not ((source == layout.selector) | (target == layout.selector)).all():  # inside a tunnel
        return
    step = tried.seq[later] - tried.seq[tried.before[later]]
    ports, number, steps = np.unique(other, return_inverse=True, return_counts=True)
    share = np.bincount(number, weights=step <= NEAR, minlength=len(ports)) / steps
    counting = (steps >= ENOUGH) & (share >= MOSTLY)
    if not ((steps >= FEWEST) & (share <= FEW)).any() or not 1 <= np.count_nonzero(counting) <= MOST:
        return
    chosen = {int(port) for port in ports[counting]}
    for each in dict.fromkeys((plain, layout)):
        by_port = replace(each, selector=min(chosen)) if len(chosen) == 1 else _of_all(each, chosen)
        yield replace(one, layout=by_port)


def _of_all(layout: Layout, ports: set[int]) -> Layout:
    return replace(layout, selector=None, ports=tuple((port, port) for port in ports))
