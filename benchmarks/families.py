"""The cases that the verdict is measured on: one function a family, each drawing a scenario from a seeded generator.

A family says which verdicts are right. Where two causes cannot be told apart in principle, the weaker statement is
among them, and docs/accuracy.md says why.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

Tree = dict[str, Any]
RINGS = (32, 48, 64, 96, 128, 256, 512, 1000, 1024, 1600, 2048, 3072, 4088, 4096, 5000, 8160)
FRAMES = 60_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """`right` are the verdicts that count as right; `ring` whether the size is to be found exactly."""

    make: Callable[[Random], Tree]
    right: tuple[str, ...]
    ring: bool = False


def _ring(rng: Random) -> int:
    return rng.choice(RINGS) if rng.random() < 0.7 else 8 * rng.randint(4, 1020)


def _base(rng: Random, *, size: int | None = None, host: bool = True) -> Tree:
    """A healthy sender: any ring, host share, rate and loss."""
    size = size or _ring(rng)
    tree: Tree = {
        "seed": rng.randrange(1 << 30),
        "ring": {"size": size, "frames": max(FRAMES, 14 * size), "jitter": rng.choice([0.0, 0.05, 0.3])},
        "traffic": {"host_share": rng.choice([0.002, 0.01, 0.05, 0.1, 0.2]) if host else 0.0},
        "layout": {"name": rng.choice(["seqcheck", "seqcheck", "pktgen", "txseq"])},
        "capture": {"format": rng.choice(["pcap", "pcapng"])},
        "fault": [],
    }
    if rng.random() < 0.6:
        slow = rng.choice([2, 3, 5])
        tree["ring"] |= {"slot_ns": [10_000, 10_000 * slow], "hold": rng.choice([500, 3000, 10_000])}
    loss = rng.choice([0.0, 0.0, 0.0005, 0.003, 0.01])
    if loss:
        tree["fault"].append({"kind": "loss", "rate": loss})
    return tree


def _with(rng: Random, fault: Tree, **base: Any) -> Tree:
    tree = _base(rng, **base)
    tree["fault"].insert(0, fault)
    return tree


def _varying(tree: Tree) -> Tree:
    tree["ring"] |= {"slot_ns": [8_000, 24_000], "hold": 2000}
    return tree


def _steady(tree: Tree) -> Tree:
    tree["ring"] |= {"slot_ns": [10_000], "hold": 0, "jitter": 0.0}
    return tree


def _filtered(tree: Tree) -> Tree:
    tree["capture"]["foreign"] = False
    return tree


def _traffic(tree: Tree, **more: Any) -> Tree:
    tree["traffic"] |= more
    return tree


def _restart(rng: Random, *, pause: int, few: bool) -> Tree:
    tree = _base(rng)
    at = rng.randint(300, 1500) if few else rng.randint(20_000, 50_000)
    return _traffic(tree, restarts=[[at, pause]])


def _counter(rng: Random, name: str, start: int, modulus: int | None) -> Tree:
    tree = _base(rng)
    tree["traffic"]["sizes"] = [90]
    tree["layout"] = {"name": name, "start": start} | ({"modulus": modulus} if modulus else {})
    return tree


def _both(rng: Random, *faults: Tree) -> Tree:
    tree = _base(rng)
    tree["fault"] = [*faults, *tree["fault"]]
    return tree


def _delay(rng: Random) -> int:
    return rng.randint(500_000, 40_000_000)


def _many(rng: Random) -> int:
    return rng.randint(8, 60)


FAMILIES: dict[str, Family] = {
    # the ring
    "stale slot": Family(
        make=lambda r: _with(r, {"kind": "stale-slot", "count": _many(r)}), right=("stale-slot",), ring=True
    ),
    "stale slot, three only": Family(
        make=lambda r: _with(r, {"kind": "stale-slot", "count": 3}), right=("stale-slot",), ring=True
    ),
    "stale slot, filtered capture": Family(
        make=lambda r: _filtered(_with(r, {"kind": "stale-slot", "count": _many(r)})), right=("stale-slot",)
    ),
    "stale slot, two streams": Family(
        make=lambda r: _traffic(_with(r, {"kind": "stale-slot", "count": _many(r)}), streams=2),
        right=("stale-slot",), ring=True,
    ),
    "stale slot, other queues": Family(
        make=lambda r: _traffic(_with(r, {"kind": "stale-slot", "count": _many(r)}), queue_share=0.05),
        right=("stale-slot",),
    ),
    "stale slot, stream's own": Family(
        make=lambda r: _with(r, {"kind": "stale-own", "count": _many(r)}), right=("stale-slot",), ring=True
    ),
    "stale address, other length": Family(
        make=lambda r: _with(r, {"kind": "stale-length", "count": _many(r)}), right=("stale-slot",), ring=True
    ),
    "stuck slot": Family(
        make=lambda r: _with(r, {"kind": "stuck-slot", "count": r.randint(3, 10), "laps": 3}),
        right=("stale-slot",), ring=True,
    ),
    "ring replay": Family(
        make=lambda r: _with(r, {"kind": "ring-replay", "count": r.randint(2, 3)}), right=("ring-replay",), ring=True
    ),
    "ring replay, part of the ring": Family(
        make=lambda r: _with(r, {"kind": "ring-replay", "count": r.randint(3, 4), "run": r.randint(17, 28)}),
        right=("ring-replay",), ring=True,
    ),
    "early overwrite": Family(
        make=lambda r: _with(r, {"kind": "early-overwrite", "count": _many(r)}), right=("early-overwrite",), ring=True
    ),
    "early overwrite, batches": Family(
        make=lambda r: _with(r, {"kind": "early-overwrite", "count": r.randint(5, 12), "run": 3}),
        right=("early-overwrite",), ring=True,
    ),
    # the way
    "mirror, all frames at once": Family(
        make=lambda r: _with(r, {"kind": "path-copy", "delay_ns": r.randint(200, 4000)}), right=("path-copy",)
    ),
    "mirror, some frames": Family(
        make=lambda r: _with(r, {"kind": "path-copy", "share": r.choice([0.001, 0.02, 0.3]), "delay_ns": 2000}),
        right=("path-copy",),
    ),
    "mirror, routed": Family(
        make=lambda r: _with(
            r, {"kind": "path-copy", "share": r.choice([0.02, 1.0]), "delay_ns": r.randint(1000, 3_000_000),
                "hops": 1, "mac": True}
        ),
        right=("path-copy",),
    ),
    "delayed tap, all frames": Family(
        make=lambda r: _with(r, {"kind": "path-copy", "delay_ns": r.randint(200_000, 40_000_000)}), right=("path-copy",)
    ),
    "delayed tap, some frames, varying rate": Family(
        make=lambda r: _varying(
            _with(r, {"kind": "path-copy", "share": r.choice([0.002, 0.05]), "delay_ns": _delay(r)})
        ),
        right=("path-copy",),
    ),
    "delayed tap, some frames, steady rate": Family(
        make=lambda r: _steady(
            _with(r, {"kind": "path-copy", "share": r.choice([0.002, 0.05]), "delay_ns": _delay(r)})
        ),
        right=("path-copy", "unexplained"),
    ),
    "loop of switches": Family(
        make=lambda r: _with(r, {"kind": "loop", "share": r.choice([0.01, 0.2]), "times": r.randint(3, 12),
                                 "period_ns": r.randint(100_000, 3_000_000)}),
        right=("loop",),
    ),
    "loop of routers": Family(
        make=lambda r: _with(r, {"kind": "loop", "share": r.choice([0.01, 0.2]), "times": r.randint(3, 12),
                                 "period_ns": r.randint(100_000, 3_000_000), "hops": 1}),
        right=("loop",),
    ),
    # the sender, on purpose
    "retransmission": Family(
        make=lambda r: _with(r, {"kind": "retransmission", "rate": 0.0005, "timeout_ns": r.randint(2, 40) * 1_000_000}),
        right=("retransmission",),
    ),
    "retransmission of windows": Family(
        make=lambda r: _with(r, {"kind": "retransmission", "rate": 0.005, "run": r.randint(4, 32)}),
        right=("retransmission",),
    ),
    "each number n times": Family(
        make=lambda r: _traffic(_base(r, host=False), repeat=r.randint(2, 8)), right=("sender-repeat",)
    ),
    "last of each burst twice": Family(
        make=lambda r: _with(r, {"kind": "tail-repeat", "burst": r.choice([16, 32, 64, 256])}), right=("sender-repeat",)
    ),
    # neither
    "scattered evenly": Family(
        make=lambda r: _with(r, {"kind": "scatter", "count": r.randint(5, 200), "within": r.randint(1000, 15_000)}),
        right=("unexplained",),
    ),
    "pool of buffers": Family(
        make=lambda r: _with(r, {"kind": "pool-reuse", "count": _many(r), "buffers": 3000, "blur": 600}),
        right=("unexplained",),
    ),
    # no duplicates at all
    "healthy": Family(make=_base, right=("clean",)),
    "loss in bursts": Family(make=lambda r: _with(r, {"kind": "loss", "rate": 0.02, "burst": 20}), right=("clean",)),
    "reordering": Family(
        make=lambda r: _with(r, {"kind": "reordering", "rate": 0.02, "distance": r.randint(1, 40)}), right=("clean",)
    ),
    "capture drops": Family(make=lambda r: _with(r, {"kind": "capture-drop", "rate": 0.02}), right=("clean",)),
    "link flap": Family(make=lambda r: _with(r, {"kind": "nic-reset", "count": 2}), right=("clean",)),
    "restart after a pause": Family(make=lambda r: _restart(r, pause=2_000_000_000, few=False), right=("clean",)),
    "restart without a pause": Family(make=lambda r: _restart(r, pause=0, few=False), right=("clean",)),
    "restart after few records": Family(make=lambda r: _restart(r, pause=0, few=True), right=("clean",)),
    "counter of 16 bits": Family(
        make=lambda r: _counter(r, "udp:5004 seq=u16be@2 stream=u32be@8", 60_000, None), right=("clean",)
    ),
    "counter of 32 bits at its end": Family(
        make=lambda r: _counter(r, "pktgen", (1 << 32) - 1000, None), right=("clean",)
    ),
    "cyclic sender": Family(make=lambda r: _counter(r, "republic", 0, r.randint(1000, 20_000)), right=("clean",)),
    # several at once
    "stale slots among mirror copies": Family(
        make=lambda r: _both(
            r, {"kind": "stale-slot", "count": 40}, {"kind": "path-copy", "share": 0.001, "delay_ns": 1500}
        ),
        right=("stale-slot",), ring=True,
    ),
    "stale slots among many mirror copies": Family(
        make=lambda r: _both(
            r, {"kind": "stale-slot", "count": 40}, {"kind": "path-copy", "share": 0.05, "delay_ns": 1500}
        ),
        right=("stale-slot",), ring=True,
    ),
    "stale slots with reordering": Family(
        make=lambda r: _both(
            r, {"kind": "stale-slot", "count": 30}, {"kind": "reordering", "rate": 0.005, "distance": 5}
        ),
        right=("stale-slot",), ring=True,
    ),
    "stale slots with retransmission": Family(
        make=lambda r: _both(
            r, {"kind": "stale-slot", "count": 30}, {"kind": "retransmission", "rate": 0.0003}
        ),
        right=("stale-slot",), ring=True,
    ),
}  # fmt: skip
