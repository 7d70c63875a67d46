"""Whether the first candidate is right: it reads the counter, and the counts that it gives are the true ones."""

from __future__ import annotations

import io
import time
from dataclasses import dataclass

from benchmarks.discovery.senders import Case
from seqcheck import analyze, kernel
from seqcheck.capture import CaptureReader
from seqcheck.layout import write
from seqcheck.layout.discovery import Sample, discover
from seqcheck.wire import pcap


@dataclass(frozen=True, slots=True)
class Result:
    """`score` of the first candidate, 0 without one. `field`: it reads the counter. `counts`: duplicates and missing
    are the true ones, `found` those that it gives, `true` the others."""

    name: str
    seed: int
    spec: str
    score: float
    field: bool
    counts: bool
    seconds: float
    found: tuple[int, int] = (0, 0)
    true: tuple[int, int] = (0, 0)


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
    if right:
        report = analyze(io.BytesIO(data), layout=write(first.layout))
        got = (report.duplicates.total, report.gaps.missing)
    return Result(case.name, seed, write(first.layout), first.score, right, right and got == true, took, got, true)


def _reads(case: Case, layout: object) -> bool:
    """Whether the numbers that it reads are the true ones, in the bits that both have."""
    from seqcheck.decode.decoder import Reader

    reader = Reader(layout)  # type: ignore[arg-type]
    step = max(len(case.frames) // 200, 1)
    same = total = 0
    bits = min(layout.seq.top.bit_length(), 8)  # type: ignore[attr-defined]
    if case.modulus and case.modulus & (case.modulus - 1) == 0:
        bits = min(bits, case.modulus.bit_length() - 1)
    for frame, truth in list(zip(case.frames, case.truth, strict=True))[::step]:
        if truth is None:
            continue
        total += 1
        read = reader.read(frame, len(frame), 1)
        same += read is not None and (read["seq"] ^ truth[1]) & ((1 << bits) - 1) == 0
    return total > 0 and same >= 0.9 * total


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
