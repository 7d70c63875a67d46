"""Kinds for what is asked of captures beside a report: a part of one, several points of a path, and copies of a capture
without duplicates or addresses."""

from __future__ import annotations

import argparse
import io
import struct
from collections.abc import Callable
from functools import partial
from importlib import import_module
from random import Random
from typing import Any, TypeVar

import misbehaving  # of the tests

from benchmarks.fuzz import draws
from seqcheck import kernel
from seqcheck.capture import CaptureReader
from seqcheck.capture.selection import Selection
from seqcheck.cli import dedup, redact
from seqcheck.cli.locate import FORMATS
from seqcheck.cli.quantity import frames, moment
from seqcheck.demands.suspects import CAUSES
from seqcheck.engine.session import Query, examine
from seqcheck.errors import SeqcheckError
from seqcheck.layout import resolve
from seqcheck.locate import Asked, locate
from seqcheck.outputs import Page

T = TypeVar("T")
Check = Callable[[Any], list[str]]  # what is wrong with the results of a capture
HEAD = 24  # bytes of a pcap file
EXPRESSIONS = (
    "udp", "not udp", "udp port 5000", "ip and udp[8:4] > 1000", "len > 100", "vlan", "ip6 or arp", "ether[6] & 1 = 0",
    "udp[8] * 2 + 1 > ip[0] / 3 - 2", "ether proto 0x88b5", "ip[2:2] % 3 = 1 or udp[0:2] >> 3 = 7", "",
)  # fmt: skip
TIMES = ("+0.5s", "+1ms", "+90s", "2026-11-28T10:00:00Z", "2023-11-14", "1700000000.5", "+0.000001s")
RANGES = ("1-10", "5-", "7", "2-900", "100-99999999", "999999999999-")
SIGNED = (*misbehaving.SIGNED, "least_ns", "median_ns", "p99_ns", "offset_ns", "drift_ppm", "delay_ns")


def part(seed: int, path: str, check: Check) -> list[str]:
    """A part of a capture, by an expression, times and numbers, each mangled now and then."""
    random = Random(seed)
    layout, data = misbehaving.draw(seed, most=100)
    if random.random() < 0.3:
        data = draws.packed(random, draws.mutate(random, draws.container(random)))
        layout = draws.layout(random) or "seqcheck"
    try:
        times = [_read(moment, _text(random, TIMES)) if random.random() < 0.3 else None for _ in range(2)]
        numbers = _read(frames, _text(random, RANGES)) if random.random() < 0.5 else None
        where = _text(random, EXPRESSIONS) if random.random() < 0.5 else ""
        asked = Selection(where=where, start=times[0], end=times[1], frames=numbers)
        with open(path, "wb") as file:
            file.write(data)
        with examine([path], Query(layout=layout, keep="all-frames", listed=9, selection=asked)) as results:
            first, last = numbers or (1, None)
            count = results.report.capture.frames
            wrong = ["more frames than were asked for"] if last is not None and count > last - first + 1 else []
            return wrong + check(results)
    except SeqcheckError:
        return []


def points(seed: int) -> list[str]:
    """One capture of a stream that misbehaves at several points: frames lost, doubled and delayed between them."""
    random = Random(seed)
    layout, data = misbehaving.draw(seed, most=40)
    head, records = data[:HEAD], _records(data)
    captures = {}
    for name in "abcd"[: random.randint(2, 4)]:
        records = _passed(random, records)
        made = head + b"".join(records)
        captures[name] = [io.BytesIO(draws.mutate(random, made) if random.random() < 0.1 else made)]
    asked = Asked(layout=layout, listed=random.choice((0, 3, 1000)), one_clock=random.random() < 0.5)
    try:
        way = locate(captures, asked)
    except SeqcheckError:
        return []
    for module in FORMATS.values():
        import_module(module).write(way, io.BytesIO(), Page())
    wrong = [f"{each.at}: causes do not add up" for each in way.segments if _uneven(each)]
    plain = import_module("seqcheck.outputs.json").plain(way)
    return wrong + [f"negative: {where} {value}" for where, value in misbehaving.negative(plain, "", SIGNED)]


def copies(seed: int, path: str, check: Check) -> list[str]:
    """A capture without its copies, or without its addresses: what comes of it is a capture with the frames that are to
    be in it."""
    random = Random(seed)
    layout, data = misbehaving.draw(seed, most=100)
    if random.random() < 0.3:
        data, layout = draws.packed(random, draws.mutate(random, draws.container(random))), "seqcheck"
    with open(path, "wb") as file:
        file.write(data)
    write = random.choice((partial(_without, random), _redacted))
    try:
        count, made = write(path, layout)
    except SeqcheckError:
        return []
    try:
        with examine([io.BytesIO(made)], Query(layout=layout)) as results:
            found = results.report.capture.frames
            return ([] if found == count else ["frames that were written and frames that are there differ"]) + check(
                results
            )
    except SeqcheckError as error:
        if "no frame" in str(error) or "fits the layout" in str(error):  # as it was before
            return []
        return [f"what was written is refused: {error}"]


def _without(random: Random, path: str, layout: str) -> tuple[int, bytes]:
    causes = random.choice((None, random.sample(CAUSES, 2)))
    with examine([path], Query(layout=layout, listed=0, keep="all-frames")) as results:
        removed, _ = dedup.copies(results, causes)
        made = b"".join(dedup.without(results, removed))
        return results.report.capture.frames - len(removed), made


def _redacted(path: str, layout: str) -> tuple[int, bytes]:
    with CaptureReader([path], kernel=kernel.load()) as reader:
        made = b"".join(redact.redacted(reader, resolve(layout)))
        return reader.frames, made


def _uneven(segment: Any) -> bool:
    return sum(segment.by_cause.values()) != segment.doubled


def _text(random: Random, texts: tuple[str, ...]) -> str:
    text = random.choice(texts)
    return text if random.random() < 0.8 else draws.mutate(random, text.encode()).decode("utf-8", "replace")


def _read(parse: Callable[[str], T], text: str) -> T | None:
    try:
        return parse(text)
    except argparse.ArgumentTypeError:
        return None


def _records(data: bytes) -> list[bytes]:
    """Those of a pcap file as `misbehaving` writes it."""
    found, at = [], HEAD
    while at < len(data):
        (size,) = struct.unpack_from("<I", data, at + 8)
        found.append(data[at : at + 16 + size])
        at += 16 + size
    return found


def _passed(random: Random, records: list[bytes]) -> list[bytes]:
    """What is left of frames on the way to the next point."""
    made = list(records)
    for _ in range(random.choice((0, 1, 3, 10))):
        at, some = random.randint(0, len(made)), random.choice((1, 1, 5, 50))
        match random.choice(("lose", "double", "late")):
            case "lose":
                del made[at : at + some]
            case "double":
                made[at:at] = made[max(0, at - some) : at]
            case "late" if at < len(made):
                made.insert(min(len(made), at + some), made.pop(at))
    return made
