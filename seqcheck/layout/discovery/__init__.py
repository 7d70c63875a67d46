"""Finds the counter from the bytes: frames in, ranked layouts out. Pure; docs/discover.md tells how it works.

discover(frames, kernel)    -> Candidates, best first
check(frames, layout, …)    -> what is wrong with a layout that was given, and what would count
preview(frames, layout, …)  -> what a layout reads, with the bytes
survey(frames)              -> what is there at all, in words
Sample                      the first frames of a capture, copied
"""

from __future__ import annotations

from seqcheck.layout.discovery.candidate import DOUBTLESS, LIKELY, Candidate
from seqcheck.layout.discovery.check import check
from seqcheck.layout.discovery.preview import preview
from seqcheck.layout.discovery.ranking import discover
from seqcheck.layout.discovery.sample import Sample
from seqcheck.layout.discovery.survey import survey

__all__ = ["DOUBTLESS", "LIKELY", "Candidate", "Sample", "check", "discover", "preview", "survey"]
