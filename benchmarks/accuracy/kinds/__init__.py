"""What can happen, by name."""

from benchmarks.accuracy.case import Kind
from benchmarks.accuracy.kinds import healthy, mixture, odd, ring, sender, way

KINDS: dict[str, Kind] = {
    **ring.KINDS, **way.KINDS, **sender.KINDS, **odd.KINDS, **healthy.KINDS, **mixture.KINDS,
}  # fmt: skip
