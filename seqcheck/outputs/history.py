"""Figures over time, each as a line of characters: the whole run, however long, in at most MOST columns.

Differences of running totals are added up in buckets of equal length; when there are too many, they are merged in
pairs.
"""

from __future__ import annotations

from collections.abc import Sequence

SECOND = 1_000_000_000  # ns
MOST = 120  # buckets
BLOCKS, PLAIN = "▁▂▃▄▅▆▇█", "._-=+*%#"


class History:
    """Of `names`: `values[name]` are sums, one a bucket of `length_ns`, the last one still growing."""

    def __init__(self, names: Sequence[str]) -> None:
        self.length_ns = SECOND
        self.values: dict[str, list[int]] = {name: [0] for name in names}
        self._begin = 0
        self._totals = dict.fromkeys(names, 0)

    def add(self, at_ns: int, totals: dict[str, int]) -> None:
        """The totals at that time; what was taken back since is no more than nothing."""
        while at_ns - self._begin >= self.length_ns:
            self._turn(at_ns)
        for name, total in totals.items():
            self.values[name][-1] += max(total - self._totals[name], 0)
            self._totals[name] = total

    def _turn(self, at_ns: int) -> None:
        """Begin the next bucket, or make two and two one."""
        if len(next(iter(self.values.values()))) < MOST:
            self._begin += self.length_ns
            for each in self.values.values():
                each.append(0)
            return
        self.length_ns *= 2
        for name, each in self.values.items():
            self.values[name] = [sum(each[at : at + 2]) for at in range(0, MOST, 2)]
        self._begin = (MOST // 2 - 1) * self.length_ns

    def line(self, name: str, width: int, *, plain: bool) -> str:
        """The last `width` buckets as bars, the highest of them as high as can be; what is not nothing is seen."""
        shown = self.values[name][-width:]
        most, steps = max(shown, default=0), PLAIN if plain else BLOCKS
        return "".join(" " if not each else steps[-(-each * len(steps) // most) - 1] for each in shown)
