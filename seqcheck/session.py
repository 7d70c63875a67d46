"""The one loop: source -> Frames -> Records -> Findings -> Report, for files and pipes.

Holds what a run needs beside the tracker: the decoder (or, where no layout was given, one for each that can be
recognised, until one finds a record), and the comparison of the first duplicates' bytes while both copies are at hand.
Nothing here grows with the capture.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, cast

from . import assemble, kernel
from .decode import key_text, tally
from .diagnose import Evidence, Facts, diagnose
from .diagnose.evidence import compare
from .errors import InputError
from .kernel.border import REASONS, DecoderLike, Frames, Kernel, RecordColumns
from .layout import Layout, candidates, resolve
from .layout import compile as compile_layout
from .layout import write as spec_of
from .model import Capture, LayoutInfo, Records, Report, Tool
from .sources import CaptureReader
from .track import Track
from .version import VERSION

Source = str | os.PathLike[str] | BinaryIO
COMPARED = 1000  # duplicates whose bytes are compared
INTERVAL_S = 0.1  # between calls of `progress`


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far it is. `bytes_total` is None where it cannot be known (a pipe)."""

    bytes_done: int
    bytes_total: int | None
    frames: int


def analyze(
    captures: Source | Iterable[Source],
    layout: str | None = None,
    ring_sizes: Sequence[int] = (),
    *,
    listed: int = 1000,
    progress: Callable[[Progress], None] | None = None,
) -> Report:
    """Read captures and say what their duplicates point at.

    captures    a path, an open binary stream, or several: several are one capture in order of time
    layout      a built-in's name, a TOML file or a spec; None tries the built-ins that can be recognised
    ring_sizes  the sender's TX ring, if known
    listed      how many duplicates and gaps the report lists one by one
    progress    called about ten times a second

    Raises UsageError (layout), InputError (nothing could be read, or no frame carries the header).
    """
    sources = _several(captures)
    engine = kernel.load()
    session = Session(engine, layout)
    with CaptureReader(sources, kernel=engine) as reader:
        due = time.monotonic() + INTERVAL_S
        for frames, low, high in reader:
            session.take(frames, low, high, reader.store)
            if progress is not None and time.monotonic() >= due:
                progress(Progress(bytes_done=reader.bytes_done, bytes_total=reader.bytes_total, frames=reader.frames))
                due = time.monotonic() + INTERVAL_S
        capture = Capture(
            inputs=reader.inputs,
            frames=reader.frames,
            bytes=reader.wire_bytes,
            first_ns=reader.first_ns,
            last_ns=reader.last_ns,
            dropped=reader.dropped,
            cut_frames=reader.cut_frames,
            damage=reader.damage,
        )
        session.finish(reader.store)
        return session.report(capture, ring_sizes, listed)


def _several(captures: Source | Iterable[Source]) -> list[Source]:
    """A path and a stream can both be iterated over, but stand for themselves."""
    if isinstance(captures, (str, os.PathLike)) or hasattr(captures, "read"):
        return [cast("Source", captures)]
    return list(captures)


class Session:
    """One run over one capture."""

    def __init__(self, engine: Kernel, layout_text: str | None) -> None:
        self._engine = engine
        self._records = RecordColumns(0)
        layouts = [resolve(layout_text)] if layout_text is not None else list(candidates())
        self._trials: list[tuple[Layout, DecoderLike]] = [(one, engine.Decoder(compile_layout(one))) for one in layouts]
        self._chosen: tuple[Layout, DecoderLike, Track] | None = None
        if layout_text is not None:
            self._choose(*self._trials[0])
        self._evidence: dict[int, Evidence] = {}

    def take(self, frames: Frames, low: int, high: int, store: Any) -> None:
        """Rows low..high-1 of `frames`; `store` gives single frames again."""
        if len(self._records.row) < frames.capacity:
            self._records = RecordColumns(frames.capacity)
        if self._chosen is None:
            self._try(frames, low, high)
            if self._chosen is None:
                return
        else:
            self._chosen[1].decode(frames, low, high, self._records)
        track = self._chosen[2]
        if self._records.count:
            new = track.feed(frames, self._records)
            if len(new):
                self._compare(new, store)

    def finish(self, store: Any) -> None:
        """The input has ended."""
        if self._chosen is not None:
            self._compare(self._chosen[2].finish(), store)

    def report(self, capture: Capture, ring_sizes: Sequence[int], listed: int) -> Report:
        """As things stand."""
        if self._chosen is None:
            raise _unknown_layout(self._trials, capture)
        chosen, decoder, track = self._chosen
        foreign, skipped = tally(decoder.sources())
        findings = track.findings()
        if not len(findings.streams):
            raise _no_record(chosen, skipped, capture)
        facts = Facts(
            ring_sizes=tuple(ring_sizes),
            evidence=self._evidence,
            foreign=foreign,
            dropped=capture.dropped,
            cut_frames=capture.cut_frames,
            frames=capture.frames,
        )
        diagnosis = diagnose(findings, facts)
        found = assemble.duplicates(findings, diagnosis, facts, listed)
        return Report(
            seqcheck=Tool(version=VERSION, kernel=self._engine.NAME),
            capture=capture,
            layout=LayoutInfo(name=chosen.name, spec=spec_of(chosen)),
            records=Records(sequenced=int(findings.streams["received"].sum()), foreign=foreign, skipped=skipped),
            streams=assemble.streams(findings, (key_text(row, chosen) for row in decoder.keys())),
            duplicates=found,
            gaps=assemble.gaps(findings, listed),
            verdict=assemble.verdict(diagnosis, found.by_cause),
            also=diagnosis.judgement.also,
        )

    def _choose(self, one: Layout, decoder: DecoderLike) -> None:
        modulus = one.modulus
        self._chosen = (one, decoder, Track(self._engine.Tracker(modulus), modulus))

    def _try(self, frames: Frames, low: int, high: int) -> None:
        """Decode by every layout that can be recognised; the first to find records wins, the most where several do."""
        best = None
        most = 0
        for one, decoder in self._trials:
            records = RecordColumns(frames.capacity)
            decoder.decode(frames, low, high, records)
            if records.count > most:
                best, most, self._records = (one, decoder), records.count, records
        if best is not None:
            self._choose(*best)

    def _compare(self, rows: Any, store: Any) -> None:
        for row in rows[: max(0, COMPARED - len(self._evidence))]:
            if row["e_record"] < 0:
                continue
            earlier, later = store.get(int(row["e_frame"])), store.get(int(row["frame"]))
            if earlier is not None and later is not None:
                self._evidence[int(row["frame"])] = compare(
                    earlier.data, later.data, wire=(earlier.wire, later.wire), link=later.link
                )


def _unknown_layout(trials: Sequence[tuple[Layout, DecoderLike]], capture: Capture) -> InputError:
    if not capture.frames:
        return InputError(f"{', '.join(capture.inputs)}: no frame in it", hint=_damage(capture))
    names = ", ".join(one.name for one, _ in trials)
    return InputError(
        f"none of the {capture.frames:,} frames carries a header that can be recognised (tried: {names})",
        hint="Say where the sequence number is: --layout NAME (see `seqcheck layouts`), or a spec such as\n"
        '--layout "udp:5000 seq=u32be@0": UDP port 5000, 32 bits, big endian, at byte 0 of the payload.',
    )


def _no_record(chosen: Layout, skipped: dict[str, int], capture: Capture) -> InputError:
    if not capture.frames:
        return InputError(f"{', '.join(capture.inputs)}: no frame in it", hint=_damage(capture))
    order = [reason for reason in REASONS if reason in skipped]
    why = ", ".join(f"{reason} {skipped[reason]:,}" for reason in order)
    return InputError(
        f"none of the {capture.frames:,} frames fits the layout {chosen.name} (skipped: {why})",
        hint=f"It reads: {spec_of(chosen)}",
    )


def _damage(capture: Capture) -> str:
    return "; ".join(f"at byte {damage.offset:,}: {damage.what}" for damage in capture.damage)
