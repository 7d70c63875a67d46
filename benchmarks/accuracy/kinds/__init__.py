"""What can happen, by name."""

from benchmarks.accuracy.case import Kind
from benchmarks.accuracy.kinds import healthy, mirror, mixture, odd, program, redundant, ring, sender, way

KINDS: dict[str, Kind] = {
    name: kind
    for family in (ring, way, mirror, redundant, sender, program, odd, healthy, mixture)
    for name, kind in family.KINDS.items()
}
