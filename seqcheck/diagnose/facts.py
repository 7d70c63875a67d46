"""What is known beside the tracker's findings: pairs of copies that were compared, and the capture's own figures. Pure
data."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..dataclass import dataclass, field

COURSE = np.dtype([("source", "<i4"), ("ordinal", "<i8"), ("ns", "<i8")])


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Two copies of a number, compared byte for byte over what was captured of both.

    differs   the fields that do ("ip.ttl", "eth.src", "time", "payload", ...): `time` is a stamp that the sender writes
              anew into each frame, `prp.lan` and `hsr.path` name one of two redundant ways
    resized   by this many bytes the later copy's frame is longer than the earlier one, which was as long as its IP
              header says; 0 if padding, a check sequence or a tag accounts for that, or there is no such header
    length    of the later copy's frame in bytes, where it is resized; else 0
    cut       there was more on the wire than in the capture
    fresh_id  the IP identification differs between neighbouring records, so that a new packet would show; None if
              that is not known (no IPv4, or no neighbour at hand)
    around    ns from the source's frame before the later copy to the one after it; None if not known
    single, double   the median time nearby from a frame of the source to the next one, and to the next but one
    way       by which the later copy came, "A" or "B"; None if the frames do not say
    slot, due the slot that the copy's own stamp names, and the one that was due there, going by the stamp of the record
              before; it may lie past the ring's end
    """

    identical: bool
    same_length: bool
    differs: tuple[str, ...] = ()
    resized: int = 0
    length: int = 0
    cut: bool = False
    fresh_id: bool | None = None
    around: int | None = None
    single: float | None = None
    double: float | None = None
    slot: int | None = None
    due: int | None = None
    way: str | None = None


_MAYBE = type(None)
_KINDS: dict[str, tuple[type, ...]] = {
    "identical": (bool,), "same_length": (bool,), "differs": (list,), "resized": (int,), "length": (int,),
    "cut": (bool,), "fresh_id": (bool, _MAYBE), "around": (int, _MAYBE), "single": (int, float, _MAYBE),
    "double": (int, float, _MAYBE), "slot": (int, _MAYBE), "due": (int, _MAYBE), "way": (str, _MAYBE),
}  # fmt: skip


def evidence_of(values: dict[str, Any]) -> Evidence:
    """Out of its fields by name, as JSON has them. ValueError if they are not."""
    if values.keys() != _KINDS.keys() or not all(type(values[name]) in kinds for name, kinds in _KINDS.items()):
        raise ValueError("evidence of another kind")
    differs = tuple(values["differs"])
    if not all(type(each) is str for each in differs):
        raise ValueError("fields of another kind")
    return Evidence(**{**values, "differs": differs})


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known beside the findings.

    ring_sizes  as given by the user
    evidence    by the later copy's frame number
    foreign     frames of the senders without the header; `kinds` counts what those between copies are, of a sample
    skipped     frames of other reasons that are no record, by reason
    dropped     what the capturing side says it lost, None if it says nothing
    ways        records that came by way A and by way B, None if the frames name none (ways.py)
    redundant   the layout is sent over two ways on purpose (PRP, HSR, ST 2022-7, A/B feeds)
    behind      a point before saw none of these copies: the sender did not repeat itself
    numbered    the frames carry numbers; else they are told apart by their bytes, and no field has to count
    course      source, ordinal and ns of records that are evenly spread over the capture; bounded
    """

    ring_sizes: tuple[int, ...] = ()
    evidence: dict[int, Evidence] = field(default_factory=dict)
    foreign: int = 0
    kinds: dict[str, int] = field(default_factory=dict)
    skipped: dict[str, int] = field(default_factory=dict)
    dropped: int | None = None
    redundant: bool = False
    behind: bool = False
    numbered: bool = True
    ways: tuple[int, int] | None = None
    course: NDArray[Any] = field(default_factory=lambda: np.zeros(0, COURSE))
