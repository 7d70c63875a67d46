"""One case: `make(kind, seed)` draws its parameters, plays it, and writes the capture. -> (path, truth)

The seeds for working and those of the final table come from other random streams: no final case is ever a working one.
"""

from __future__ import annotations

import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.accuracy import capture, header, truth
from benchmarks.accuracy.case import Kind, Making
from benchmarks.accuracy.kinds import KINDS as ALL
from benchmarks.accuracy.render import as_read, pcap
from benchmarks.accuracy.scene import KNOWN_RINGS, SCENE
from benchmarks.accuracy.spaces import Params, Pick, Space, Spaces, draw
from benchmarks.accuracy.truth import Truth
from benchmarks.accuracy.wire import RECORD, Wire

KINDS = tuple(ALL)
SCRATCH = Path("/dev/shm") if Path("/dev/shm").is_dir() else Path("/tmp")


def spaces_of(kind: Kind) -> Spaces:
    """All that is drawn for a case of this kind. A fixed value is a space of one."""
    fixed: dict[str, Space] = {
        name: value if hasattr(value, "draw") else Pick(value) for name, value in kind.scene.items()
    }
    short: dict[str, Space] = {"laps": Pick(0.0)} if kind.innocent else {}  # a ring at rest needs no laps
    return {**SCENE, **short, **kind.spaces, **fixed}


def stream(kind: str, seed: int, *, final: bool = False) -> np.random.Generator:
    """Random numbers of this case alone."""
    return np.random.default_rng([zlib.crc32(kind.encode()), 20_261_128 if final else 7, seed])


def parameters(kind: str, seed: int, *, final: bool = False) -> Params:
    return draw(spaces_of(ALL[kind]), stream(kind, seed, final=final))


def tails(wire: Wire) -> list[np.ndarray]:
    """For each stream the rows behind its highest number: old numbers alone, which are as good as a new start."""
    records = wire.records()
    found = []
    for stream in np.unique(wire.stream[records]):
        own = records[wire.stream[records] == stream]
        found.append(own[wire.seq[own].argmax() + 1 :])
    return found


def without_tails(wire: Wire) -> Wire:
    stay = np.ones(len(wire), np.bool_)
    stay[np.concatenate(tails(wire))] = False
    return wire.rows(np.flatnonzero(stay))


def reach_of(wire: Wire) -> int:
    """How far a stream's numbers step back or ahead at most."""
    most = 1
    records = wire.rows(wire.records())
    for one in np.unique(records.stream):
        numbers = records.seq[records.stream == one]
        highest = np.maximum.accumulate(numbers)
        most = max(most, int((highest - numbers).max()), int(np.abs(np.diff(numbers)).max(initial=1)))
    return most


def right_causes(making: Making, drawn: header.Header, held: Wire, duplicates: int) -> tuple[str, ...]:
    if making.counted and not duplicates:
        return ("clean",)
    if making.right_if_new and drawn.tells():
        return making.right_if_new
    if making.right == ("stale-slot",) and truth.in_runs(held):
        return ("stale-slot", "ring-replay")
    return making.right


def given(params: Params, making: Making) -> int | None:
    """The ring's size as the user says it: the true one, or another."""
    if not params["given"]:
        return None
    return int(params["ring"] if params["given"] == "ring" else making.rng.choice(KNOWN_RINGS))


def build(kind: str, params: Params, *, seed: int = 0) -> tuple[bytes, Truth]:
    """The capture of these parameters, and its truth."""
    making = Making(params=dict(params), rng=np.random.default_rng([params["noise"], 3]))
    wire = ALL[kind].build(making)
    if making.counted and making.ring_fault:  # each frame that the ring sent counts for the distances
        making.counted = max(map(len, tails(wire))) <= 1
    elif making.counted:
        wire = without_tails(wire)
    params = making.params
    wire = capture.seen_from(params, wire)
    wire = capture.overtaken(params, capture.strangers(params, wire, making.rng), making.rng)
    gone = capture.lost(params, wire, making.rng)
    away = (wire.what != RECORD) & params["filter"]
    held = wire.rows(np.flatnonzero(~gone & ~away))
    streams = int(held.stream[held.records()].max(initial=0)) + 1
    making.force["stamped"] = making.stamped()
    if params["link"] == "cooked" and not wire.tags.any() and not wire.lan.any():
        making.force["cooked"] = True
    drawn = header.draw(
        params["header"], streams=streams, reach=reach_of(held), last=int(held.seq.max()), force=making.force
    )
    read = as_read(held, drawn)
    duplicates, missing = truth.counts(read)
    seen = truth.visible(read)
    counted = making.counted and not truth.from_before(read) and not truth.arguable(read, drawn.start, drawn.modulus)
    right = right_causes(making, drawn, held, duplicates)
    made = Truth(
        kind=kind,
        seed=seed,
        layout=drawn.spec(),
        right=(*right, "clean", "unexplained") if making.counted and not counted else right,
        ring=params["ring"] if making.ring_fault and not making.any_size else None,
        ring_fault=making.ring_fault,
        duplicates=0 if making.no_duplicates else duplicates if counted else None,
        missing=missing if counted else None,
        visible=seen,
        whole=not params["filter"],
        size_known=making.ring_fault and truth.size_is_known(params, wire, gone),
        loss=float(gone.mean()),
        frames=len(held),
        given=given(params, making),
        others=truth.others(held),
        mixture=tuple(making.parts),
        params=params,
    )
    if making.ring_fault or not truth.keeps_count(held):
        held = capture.stamped(params, held, making.rng)
    else:
        drawn = replace(drawn, micro=False)
    return pcap(held, drawn), replace(made, timed=making.ring_fault and truth.keeps_time(held))


def make(kind: str, seed: int, *, final: bool = False, path: Path | None = None) -> tuple[Path, Truth]:
    """Write the case's capture to `path`, by default to a file in memory that the caller removes."""
    data, made = build(kind, parameters(kind, seed, final=final), seed=seed)
    path = path or SCRATCH / f"accuracy-{zlib.crc32(f'{kind} {seed} {final}'.encode()):08x}.pcap"
    path.write_bytes(data)
    return path, made
