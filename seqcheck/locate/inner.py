"""What of a stream's key no path changes: not the addresses, nor the tunnel."""

from __future__ import annotations

from collections.abc import Mapping

ENDS = ("source", "target", "sport", "dport", "tunnel")  # what a way may change of a key


def inner(key: Mapping[str, str | int]) -> dict[str, str | int]:
    """The rest of it."""
    return {name: value for name, value in key.items() if name not in ENDS}
