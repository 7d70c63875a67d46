"""Several TX rings on one interface, as an adapter with several queues has them: each with streams of its own.

The rings take turns, a batch each. What one ring sends is what Outgoing says; the truth of all is the sum, with each
ring's own beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from seqcheck.simulate.outgoing import SCHEMA, Orders, Outgoing

NAMES = ("sent", "records", "other", "stale", "duplicates", "queries")  # counts, of which the sum is that of all


def dealt(orders: Orders, rings: int) -> list[Orders]:
    """What each of the rings sends of these orders."""
    return [
        replace(
            orders,
            frames=(orders.frames + rings - 1 - place) // rings,
            stream=orders.stream + place * orders.streams,
            seed=orders.seed + place,
        )
        for place in range(rings)
    ]


def document(sent: Sequence[Outgoing]) -> dict[str, Any]:
    """The truth of all of them as JSON (docs/live.md)."""
    parts = [each.truth.document(each.orders) for each in sent]
    if len(parts) == 1:
        return parts[0]
    slots: dict[int, int] = {}
    for each in sent:
        for slot, count in each.truth.by_slot.items():
            slots[slot] = slots.get(slot, 0) + count
    return {
        "schema": SCHEMA,
        "ring_size": parts[0]["ring_size"],
        **{name: sum(part[name] for part in parts) for name in NAMES},
        "streams": [stream for part in parts for stream in part["streams"]],
        "by_slot": {str(slot): count for slot, count in sorted(slots.items())},
        "rings": [{name: value for name, value in part.items() if name != "schema"} for part in parts],
    }
