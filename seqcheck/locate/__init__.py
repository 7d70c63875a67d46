"""Captures of the same traffic at several points of its path -> where each copy, each loss and each late number arose.

Theory of operation
    Each point is analyzed by itself, as usual (points.py); what is kept of it follows the anomalies: rows of duplicates
    and late numbers, the sets of missing numbers, and a sample of records. The sample is consistent (sample.py): a hash
    of the number decides, so that all points keep the same ones. By it streams with other addresses find each other
    (matching.py), and clocks are compared (clocks.py). A counter of few values is the exception: all its records are
    kept, with hashes of their contents (contents.py), which tell its rounds apart (rounds.py). Epochs of a stream are
    laid over one another, so that a number has one position at all points (aligned.py). Then it is set arithmetic:
    stretches of numbers with who saw them (presence.py), and numbers with how often each point saw them (copies.py).

Invariants
    Counts are exact, not sampled: for two neighbouring points and a stream, frames out = frames in - lost - lost copies
    + doubled + what the first point missed, less what is not judged. A number is only lost after a point that saw it,
    and before one that would have seen it. Nothing but records of a counter of few values is one row per frame.
"""

from __future__ import annotations

from .run import Asked, locate

__all__ = ["Asked", "locate"]
