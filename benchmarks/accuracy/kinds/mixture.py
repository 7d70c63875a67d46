"""Two or three phenomena in one capture: what a ring does, and what happens on the path after it."""

from __future__ import annotations

from collections.abc import Callable

from benchmarks.accuracy.case import Kind, Making, either
from benchmarks.accuracy.kinds import mirror, odd, ring, sender, way
from benchmarks.accuracy.spaces import Params, Spaces, draw
from benchmarks.accuracy.wire import Wire

RINGS = ("stale slot", "stale slot, own", "stuck slot", "early by a lap", "ring replay, part")
OTHERS: dict[str, Kind] = {
    name: kind
    for kinds in (way.KINDS, mirror.KINDS, sender.KINDS, odd.KINDS)
    for name, kind in kinds.items()
    if name
    in (
        "mirror, all",
        "mirror, some",
        "delayed, some",
        "netem duplicate",
        "loop",
        "resend by timer",
        "go back n",
        "scattered",
        "radio retries",
        "block once more",
        "queue of varying depth",
    )
}


def mixed(first: Callable[[Making], tuple[Wire, tuple[str, ...]]], count: int) -> Callable[[Making], Wire]:
    """`first`, then `count` others on what it made."""

    def build(making: Making) -> Wire:
        wire, right = first(making)
        guilty = making.ring_fault
        names = sorted(OTHERS)
        for _ in range(count):
            name = str(making.rng.choice(names))
            kind = OTHERS[name]
            making.parts.append(name)
            step = Making(
                params={**making.params, **draw(kind.spaces, making.rng)}, rng=making.rng, force=making.force,
                given=wire, builds=making.builds,
            )  # fmt: skip
            wire = kind.build(step)
            making.builds = step.builds
            making.counted &= step.counted
            right = either(right, step.right)
        making.right = tuple(sorted(set(right)))
        making.ring_fault = guilty
        return wire

    ring_too = "A ring's fault and " if first is of_ring else ""
    build.__doc__ = f"{ring_too}{count} of the phenomena above in one capture."
    return build


def of_ring(making: Making) -> tuple[Wire, tuple[str, ...]]:
    name = str(making.rng.choice(RINGS))
    kind = ring.KINDS[name]
    making.parts.append(name)
    spaces: Spaces = {**kind.spaces, **{key: one for key, one in kind.scene.items() if hasattr(one, "draw")}}
    chosen: Params = draw(spaces, making.rng)
    making.params.update(chosen)
    wire = kind.build(making)
    return wire, making.right


def healthy(making: Making) -> tuple[Wire, tuple[str, ...]]:
    return making.traffic(), ()


KINDS: dict[str, Kind] = {
    "ring and another": Kind(build=mixed(of_ring, 1), innocent=False, weight=3),
    "ring and two others": Kind(build=mixed(of_ring, 2), innocent=False),
    "two others": Kind(build=mixed(healthy, 2), weight=3),
    "three others": Kind(build=mixed(healthy, 3)),
}
