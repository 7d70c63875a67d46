"""Columns to bytes: many frames of one template at a time, with NumPy, and back into the order of arrival."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
from numpy.typing import NDArray

from seqcheck.simulate.template import (
    V_HOPS,
    V_IDENT,
    V_NTP,
    V_SEQ,
    V_SERIAL,
    V_SLOT,
    V_SOURCE,
    V_STREAM,
    V_TIME,
    Fill,
    Sum,
    Template,
)  # fmt: skip
from seqcheck.simulate.traffic import Traffic

NTP_ERA = 2_208_988_800  # seconds from 1900 to 1970 (RFC 5905 section 6)
SECOND = 1_000_000_000
ROUTED = bytes.fromhex("0200000000e20200000000e1")  # the link-layer addresses behind a router
Shape = Callable[[int, int], Template]


def render(traffic: Traffic, rows: NDArray[np.void], shape: Shape) -> list[bytes]:
    """The bytes on the wire of these rows of SENT, in their order. `shape(kind, size)` gives the template."""
    out = _plain(traffic, rows, rows["content"], shape)
    for at in np.flatnonzero(rows["tail"] >= 0):
        cut = int(rows["cut"][at])
        tail = _plain(traffic, rows[at : at + 1], rows["tail"][at : at + 1], shape)[0]
        out[at] = out[at][:cut] + tail[cut:]
    for at in np.flatnonzero(rows["mac"]):
        out[at] = ROUTED + out[at][12:]
    for at in np.flatnonzero(rows["vlan"] >= 0):
        out[at] = out[at][:12] + b"\x81\x00" + int(rows["vlan"][at]).to_bytes(2, "big") + out[at][12:]
    sizes = np.fromiter(map(len, out), np.int64, len(out))
    for at in np.flatnonzero(sizes != rows["length"]):
        length = int(rows["length"][at])
        out[at] = out[at][:length].ljust(length, b"\0")
    return out


def _plain(traffic: Traffic, rows: NDArray[np.void], which: NDArray[np.int64], shape: Shape) -> list[bytes]:
    content = traffic.contents[which]
    key = content["kind"].astype(np.int64) << 32 | content["size"]
    kinds, group = np.unique(key, return_inverse=True)
    out = np.empty(len(rows), object)
    for number, packed in enumerate(kinds.tolist()):
        mine = np.flatnonzero(group == number) if len(kinds) > 1 else np.arange(len(rows))
        made = shape(packed >> 32, packed & 0xFFFFFFFF)
        grid = _grid(made, content[mine], which[mine], rows["hops"][mine])
        out[mine] = grid.view(f"V{grid.shape[1]}").ravel().tolist()
    pieces: list[bytes] = out.tolist()
    return pieces


def _grid(
    made: Template, content: NDArray[np.void], which: NDArray[np.int64], hops: NDArray[np.int16]
) -> NDArray[np.uint8]:
    """uint8[n, size]: the frames of one template."""
    grid = np.tile(made.raw, (len(content), 1))
    values: dict[int, Callable[[], NDArray[np.uint64]]] = {
        V_IDENT: lambda: content["ident"].astype(np.uint64),
        V_HOPS: lambda: (-hops.astype(np.int64)).astype(np.uint64),
        V_SOURCE: lambda: np.where(content["source"], content["source"] + 0x10, 1).astype(np.uint64),
        V_SERIAL: lambda: which.astype(np.uint64),
        V_SEQ: lambda: content["seq"],
        V_STREAM: lambda: content["stream"].astype(np.uint64),
        V_SLOT: lambda: content["slot"].astype(np.uint64),
        V_TIME: lambda: content["ns"].astype(np.uint64),
        V_NTP: lambda: _ntp(content["ns"]),
    }
    for fill in made.fills:
        _fill(grid, fill, values[fill.what]())
    for total in made.sums:
        _sum(grid, total, _varying(made))
    return grid


def _ntp(ns: NDArray[np.int64]) -> NDArray[np.uint64]:
    seconds, rest = ns // SECOND + NTP_ERA, ns % SECOND
    fraction = -(-(rest << 32) // SECOND)  # rounded up, so that a reader who rounds down gets the nanosecond back
    return seconds.astype(np.uint64) << np.uint64(32) | fraction.astype(np.uint64)


def _fill(grid: NDArray[np.uint8], fill: Fill, value: NDArray[np.uint64]) -> None:
    if fill.ahead:
        value = value + np.uint64(fill.ahead)
    if fill.step != 1 or fill.least:
        value = np.where(value < np.uint64(fill.least), value + np.uint64(fill.round), value * np.uint64(fill.step))
    if fill.wrap:
        value = value % np.uint64(fill.wrap)
    if fill.unit > 1:
        value = value // np.uint64(fill.unit)
    if fill.digits:
        grid[:, fill.at : fill.at + fill.width] = _written(value, fill)
        return
    value = (value + np.uint64(fill.plus)) << np.uint64(fill.shift)
    word = value.astype(">u8").view(np.uint8).reshape(-1, 8)[:, 8 - fill.width :]
    grid[:, fill.at : fill.at + fill.width] |= word if fill.big else word[:, ::-1]


def _written(value: NDArray[np.uint64], fill: Fill) -> NDArray[np.uint8]:
    """uint8[n, width]: the values in digits; a varint with as many bytes as it may have."""
    if fill.digits == "varint":
        shifts = np.arange(0, 7 * fill.width, 7).astype(np.uint64)
        bits: NDArray[np.uint8] = (value[:, None] >> shifts & np.uint64(0x7F)).astype(np.uint8)
        bits[:, :-1] |= 0x80
        return bits
    if fill.digits == "bcd":
        pairs = [int(f"{number:0{2 * fill.width}d}", 16).to_bytes(fill.width, "big") for number in value.tolist()]
    else:
        pairs = [f"{number:0{fill.width}{'x' if fill.digits == 'hex' else 'd'}}".encode() for number in value.tolist()]
    return np.frombuffer(b"".join(pairs), np.uint8).reshape(-1, fill.width)


def _varying(made: Template) -> NDArray[np.bool_]:
    """bool[size]: the bytes that differ from frame to frame."""
    out = np.zeros(len(made.raw), np.bool_)
    for fill in made.fills:
        out[fill.at : fill.at + fill.width] = True
    return out


def _sum(grid: NDArray[np.uint8], total: Sum, varying: NDArray[np.bool_]) -> None:
    """Sum what differs for each frame, and what does not only once, from the first."""
    constant, sums = total.plus, np.zeros(len(grid), np.uint64)
    for start, stop in total.spans:
        weight = np.where(np.arange(stop - start) % 2, 1, 256)
        vary = varying[start:stop]
        constant += int((grid[0, start:stop].astype(np.int64) * weight)[~vary].sum())
        columns = np.flatnonzero(vary)
        for column in columns:
            sums += grid[:, start + column] * np.uint64(weight[column])
    sums += np.uint64(constant)
    for _ in range(3):
        sums = (sums & np.uint64(0xFFFF)) + (sums >> np.uint64(16))
    result = ~sums.astype(np.uint16)
    if total.udp:
        result[result == 0] = 0xFFFF
    grid[:, total.at] = result >> 8
    grid[:, total.at + 1] = result & 0xFF


def shapes(make: Shape) -> Shape:
    """`make`, but each template only once."""
    return cache(make)
