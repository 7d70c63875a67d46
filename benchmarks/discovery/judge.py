"""Whether the first candidate is right: it reads the counter, and the counts that it gives are the true ones."""

from __future__ import annotations

import io
import random
import time
from dataclasses import dataclass

from benchmarks.discovery.senders import Case
from seqcheck import analyze, kernel
from seqcheck.capture import CaptureReader
from seqcheck.decode.decoder import Reader
from seqcheck.layout import Layout, write
from seqcheck.layout.discovery import Sample, discover
from seqcheck.wire import pcap

LOOK = 200  # frames that are compared
FULL = 1 << 64


@dataclass(frozen=True, slots=True)
class Result:
    """`score` of the first candidate, 0 without one. `field`: it reads the counter. `counts`: duplicates and missing
    are the true ones, `found` those that it gives, `true` the others. `copies`: they are on a copy of the capture with
    frames dropped and repeated, too."""

    name: str
    seed: int
    spec: str
    score: float
    field: bool
    counts: bool
    seconds: float
    found: tuple[int, int] = (0, 0)
    true: tuple[int, int] = (0, 0)
    copies: bool = False


def captured(case: Case) -> bytes:
    return pcap.file_header(link=1) + b"".join(
        pcap.record(ns, frame) for ns, frame in zip(case.ns, case.frames, strict=True)
    )


def judged(case: Case, seed: int) -> Result:
    """Discover, and compare."""
    data = captured(case)
    engine = kernel.load()
    sample = Sample()
    with CaptureReader([io.BytesIO(data)], kernel=engine) as reader:
        for frames, low, high in reader:
            sample.take(frames, low, high)
    begin = time.perf_counter()
    found = discover(sample.frames(), engine)
    took = time.perf_counter() - begin
    if not found:
        return Result(case.name, seed, "", 0.0, False, False, took)
    first = found[0]
    right = _reads(case, first.layout)
    true = true_counts(case)
    got = (-1, -1)
    copies = False
    if right:
        got = _counted(data, first.layout)
        copy = altered(case)
        copies = _counted(captured(copy), first.layout) == true_counts(copy)
    return Result(
        case.name, seed, write(first.layout), first.score, right, right and got == true, took, got, true, copies
    )


def _counted(data: bytes, layout: Layout) -> tuple[int, int]:
    """Duplicates and missing by the found layout."""
    report = analyze(io.BytesIO(data), layout=write(layout))
    return report.duplicates.total, report.gaps.missing


def _reads(case: Case, layout: Layout) -> bool:
    """Whether the numbers that it reads go up as the true ones do, in the bits that both have."""
    reader = Reader(layout)
    bits = min(layout.seq.top.bit_length(), 8)
    if case.modulus and case.modulus & (case.modulus - 1) == 0:
        bits = min(bits, case.modulus.bit_length() - 1)
    last: dict[int, tuple[int, int]] = {}
    same = total = 0
    step = max(len(case.frames) // LOOK, 1)
    for frame, truth in list(zip(case.frames, case.truth, strict=True))[::step]:
        if truth is None:
            continue
        stream, number = truth[0], truth[1] % (case.modulus or FULL)
        total += 1
        read = reader.read(frame, len(frame), 1)
        if read is None:
            continue
        ahead, true = (read["seq"] - last.get(stream, (0, 0))[0], number - last.get(stream, (0, 0))[1])
        same += stream not in last or (ahead ^ true) & ((1 << bits) - 1) == 0
        last[stream] = read["seq"], number
    return total > 0 and same >= 0.9 * total


def altered(case: Case) -> Case:
    """The same capture with 2 of its records left out and 2 others again, some records later."""
    rows = [at for at, truth in enumerate(case.truth) if truth is not None]
    rng = random.Random(len(rows))
    few = sorted(rng.sample(range(len(rows) // 8, max(7 * len(rows) // 8, len(rows) // 8 + 4)), 4))
    apart = min(32, len(rows) // 10, max(case.modulus // 8, 1) if case.modulus else 32)
    dropped = {rows[few[0]], rows[few[2]]}
    again = {rows[at + apart]: rows[at] for at in (few[1], few[3])}
    made = Case(name=case.name, modulus=case.modulus)
    for at, (ns, frame, truth) in enumerate(zip(case.ns, case.frames, case.truth, strict=True)):
        taken = ([] if at in dropped else [(ns, frame, truth)]) + (
            [(ns + 1, case.frames[again[at]], case.truth[again[at]])] if at in again else []
        )
        for when, data, what in taken:
            made.ns.append(when)
            made.frames.append(data)
            made.truth.append(what)
    return made


def true_counts(case: Case) -> tuple[int, int]:
    """Duplicates and missing of all streams, by sets."""
    streams: dict[int, list[int]] = {}
    for truth in case.truth:
        if truth is not None:
            streams.setdefault(truth[0], []).append(truth[1])
    duplicates = missing = 0
    for numbers in streams.values():
        unwrapped, highest = set(), numbers[0]
        for number in numbers:
            ahead = (number - highest) % case.modulus
            at = highest + (ahead if ahead < case.modulus // 2 else ahead - case.modulus)
            duplicates += at in unwrapped
            unwrapped.add(at)
            highest = max(highest, at)
        missing += highest - min(unwrapped) + 1 - len(unwrapped)
    return duplicates, missing
