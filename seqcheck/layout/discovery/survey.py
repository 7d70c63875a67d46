"""What is in a capture at all, for somebody whose layout fits nothing: ports, protocols and ethertypes, with frames."""

from __future__ import annotations

import numpy as np

from seqcheck.kernel.border import Frames
from seqcheck.layout.discovery.because import selected
from seqcheck.layout.discovery.places import Place, places

MOST = 8


def survey(frames: Frames) -> list[str]:
    """Each place in a few words, the largest first: "UDP port 5001: 219 frames, 2 flows"."""
    return [_said(place) for place in places(frames)[:MOST]]


def _said(place: Place) -> str:
    kept = [place.key[name].reshape(len(place), -1) for name in ("sport", "dport", "source", "target")]
    flows = len(np.unique(np.concatenate(kept, axis=1, dtype=np.uint16), axis=0))
    frames = "1 frame" if len(place) == 1 else f"{len(place):,} frames"
    return f"{_where(place)}: {frames}, {'1 flow' if flows == 1 else f'{flows:,} flows'}"


def _where(place: Place) -> str:
    if place.selector is None:
        return "other frames" if place.anchor in ("frame", "eth") else f"other {place.anchor.upper()} ports"
    return selected(place.anchor, place.selector)
