"""Foreign frames, tracked by their bytes in addition to the records: which of them came before. In the same pass
(`--also-content`) or a second one (second_look.py).

    others = OtherTraffic(kernel)
    pipeline = Pipeline(kernel, layouts, (others,))
    others.others(pipeline.chosen.decoder.sources())     # at any time

It has its own decoder (foreign.py), tracker and evidence, so nothing here changes what is found among the records. It
follows the foreign frames of all sources; whose they are is decided when the result is asked for, because a source may
send its first record late. kernel/portable/content.py defines a copy; but what comes again after COMES_ROUND frames or
more does not count, because IP identifications and many counters have 16 bits, and no ring is that large.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..dataclass import dataclass, replace
from ..decode.foreign import Foreign
from ..diagnose import Evidence
from ..diagnose.natural import natural
from ..kernel.border import RECORD
from ..kernel.protocols import Kernel
from ..layout import Layout
from ..layout.content import CONTENT
from ..sink import Block, Sink
from ..track.tracker import Findings
from .evidence import EvidenceSink
from .pipeline import Pipeline

COMES_ROUND = 1 << 15  # frames of the source: half of what 16 bits count
_COUNTS = ("received", "duplicates", "replicated", "beyond")  # columns of STREAM_STATE


@dataclass(frozen=True, slots=True, kw_only=True)
class Others:
    """What was found among the foreign frames of the sources that sent records. `findings` are as of the layout
    content, their streams with the ids of `keys` (STREAM_KEY[streams]); `evidence` by the later copy's frame number."""

    findings: Findings
    keys: NDArray[Any]
    evidence: dict[int, Evidence]

    @property
    def told_apart(self) -> int:
        """Frames that something tells apart from others."""
        return int(self.findings.streams["received"].sum())

    @property
    def copies(self) -> int:
        """Frames that came before."""
        return int(self.findings.streams["duplicates"].sum())


class OtherTraffic(Sink):
    """Hand it to a pipeline whose layouts have numbers; of frames that came before a layout was known it knows
    nothing."""

    def __init__(self, engine: Kernel) -> None:
        self._foreign, self._evidence = Foreign(engine), EvidenceSink()
        self._inner = Pipeline(engine, (CONTENT,), (self._evidence,), content=self._foreign)
        self._follows = False
        self._settled: Block | None = None

    def begin(self, layouts: Sequence[Layout]) -> None:
        """From now on."""
        self._follows = not any(layout.content for layout in layouts)

    def take(self, block: Block) -> None:
        """Follow what is no record of the block."""
        if self._follows:
            self._foreign.go_by(block.records.status)
            self._inner.take(block.frames, block.low, block.high, block.store)

    def settle(self, block: Block) -> None:
        """Once more at the end of the input: what was left open is decided."""
        if self._follows and (block is self._settled or block.low == block.high):
            self._inner.finish(block.store)
        self._settled = block

    def others(self, sources: NDArray[Any], *, last: bool = False) -> Others:
        """As of now; `sources` is SOURCE[n] of the decoder that read the records. After the `last` question
        nothing is asked."""
        chosen = self._inner.chosen
        assert chosen is not None
        assert chosen.content is not None
        findings = chosen.track.end() if last else chosen.track.findings()
        findings, _ = natural(chosen.content).without(findings)
        senders = sources["counts"][:, RECORD] > 0
        return Others(
            findings=_of(findings, senders), keys=chosen.decoder.keys(), evidence=dict(self._evidence.evidence)
        )


def _of(findings: Findings, senders: NDArray[np.bool_]) -> Findings:
    """What there is of the streams of these sources, by id; the others keep their ids, and nothing else."""
    streams = findings.streams.copy()
    source = streams["source"]
    mine = (source >= 0) & (source < len(senders)) & senders[np.clip(source, 0, len(senders) - 1)]
    for name in _COUNTS:
        streams[name][~mine] = 0
    rows = findings.duplicates[mine[findings.duplicates["stream"]]]
    near = (rows["e_ordinal"] < 0) | (rows["ordinal"] - rows["e_ordinal"] < COMES_ROUND)
    kept, left = (np.bincount(rows["stream"][which], minlength=len(streams)) for which in (near, ~near))
    far = streams["duplicates"] * left // np.maximum(kept + left, 1)  # of those without a row, as many
    for name in ("received", "duplicates"):
        streams[name] -= far
    return replace(findings, streams=streams, duplicates=rows[near])
