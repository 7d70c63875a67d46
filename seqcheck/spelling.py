"""Known words that are like one that nobody knows."""

from __future__ import annotations

from collections.abc import Iterable

LONGEST = 64  # characters; comparing takes time in proportion to the square of the length


def alike(word: str, known: Iterable[str], *, most: int = 1, cutoff: float = 0.6) -> list[str]:
    """At most `most` of the known words, the most similar first. A word longer than any of ours is like none."""
    if len(word) > LONGEST:
        return []
    import difflib  # here, since hardly any run needs it

    return difflib.get_close_matches(word, list(known), n=most, cutoff=cutoff)
