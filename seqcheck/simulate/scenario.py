"""What to simulate: the tables of a scenario file, with their meanings, defaults and limits.

Shares and rates are probabilities from 0 to 1, times are integer nanoseconds, `at` lists count slot advances from 0.
Reading the TOML is `scenario_file.py`; the faults and their fields are in `ring_faults.py` and `path_faults.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

MAX_FRAMES = 20_000_000  # all columns are held in memory, about 200 bytes a frame
MAX_RING = 1 << 16
MAX_STREAMS = 1 << 16
MAX_SIZE = 16_000  # bytes of a frame
MAX_RECORDS = 1024  # in a frame
MAX_SIZES = 1024  # different ones: each needs a template
MAX_TAGS = 16
MAX_WORK = 200_000_000  # frames times faults
END_NS = (1 << 32) * 1_000_000_000  # times in pcap have 32 bits of seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Ring:
    """The sender's TX ring. `frames` counts slot advances: what the ring sends, host frames included; the first uses
    `first_slot`. `slot_ns` is the time a slot takes; several take turns, each for `hold` advances (0: evenly over the
    capture). `jitter` spreads each slot's time evenly by that share to both sides. `pauses` are [advance, ns] pairs:
    there nothing is sent for so long."""

    size: int = 512
    first_slot: int = 0
    frames: int = 100_000
    slot_ns: tuple[int, ...] = (10_000,)
    hold: int = 0
    jitter: float = 0.0
    pauses: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """Who sends what. `host_share` of the slots carry frames of the host's own stack (`host_at` names some exactly),
    `queue_share` more of them leave by other queues, from the same address but past this ring, and `other_share` come
    from other hosts. `shares` divides the slots among the streams (evenly where empty, in turns where `turns`).
    `multi_share` of the stream's frames take `multi_slots` slots each. `sizes` are bytes without FCS, one is drawn for
    each frame. `restarts` are [advance, pause ns]: there every counter starts over and the ring is empty."""

    streams: int = 1
    shares: tuple[float, ...] = ()
    turns: bool = False
    host_share: float = 0.0
    host_at: tuple[int, ...] = ()
    queue_share: float = 0.0
    other_share: float = 0.0
    multi_share: float = 0.0
    multi_slots: int = 2
    sizes: tuple[int, ...] = (60,)
    foreign: tuple[str, ...] = ("tcp", "ack", "arp", "dns", "icmp", "nd")
    repeat: int = 1
    restarts: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The header. `name` is a built-in or a spec. `records` are in each frame, all of one stream. `start` is the first
    number, `step` from each to the next (0: the counter stands still), `modulus` overrides the layout's. `slot_stamp`
    writes the slot into layouts that have a place for it, `ident` false leaves the IP identification 0, `ip` is 4 or 6,
    `vlan` the tags."""

    name: str = "seqcheck"
    records: int = 1
    start: int = 0
    step: int = 1
    modulus: int | None = None
    slot_stamp: bool = False
    ident: bool = True
    ip: int = 4
    vlan: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """How the receiver wrote it down. `snap` cuts frames (0: whole), `foreign` false is a filter that keeps only
    records. `begin_ns` is the time of the first slot, since 1970. `resolution` is "us" or "ns"."""

    format: str = "pcap"
    resolution: str = "ns"
    snap: int = 0
    foreign: bool = True
    begin_ns: int = 1_511_558_000_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """All of it. `faults` are applied in their order, those of the ring first. `expect` is for the tests."""

    title: str = ""
    seed: int = 1
    ring: Ring = field(default_factory=Ring)
    traffic: Traffic = field(default_factory=Traffic)
    layout: Layout = field(default_factory=Layout)
    capture: Capture = field(default_factory=Capture)
    faults: tuple[Any, ...] = ()
    expect: dict[str, Any] = field(default_factory=dict)
