"""What all explanations know of a capture as a whole."""

from __future__ import annotations

from ...dataclass import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """unique      different numbers received
    missing     numbers that never came
    loss        share of the numbers that never came; `gone` that of those in whose place no old one went out
    jumps       share of the numbers received before which others are missing
    beside      share of the places where no copy stands, of which the number never came; `jumps_beside` likewise: share
                of the numbers, no early one being just before, before which others are missing
    redundant   the layout is sent over two ways on purpose
    foreign     share of the sources' frames that carry no number
    times       how often each number came, on average
    late        share of the numbers that were overtaken
    untouched   share of the records that are of streams without a duplicate where others have many: they may leave by
                another queue
    """

    unique: int
    missing: int
    loss: float
    jumps: float
    gone: float = 0.0
    beside: float = 0.0
    jumps_beside: float = 0.0
    redundant: bool = False
    foreign: float = 0.0
    times: float = 1.0
    late: float = 0.0
    untouched: float = 0.0
