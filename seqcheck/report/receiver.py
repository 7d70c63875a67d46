"""What the receiving side itself may have done to a capture, in words: what it lost, merged, or is set up to do.

Pure: of a report, and of facts about adapters. `remarks` are about how an adapter is set up, before anything came.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..dataclass import dataclass
from ..linux.adapter import Adapter
from ..model import Report

FEW_SLOTS = 1024  # an RX ring with fewer overflows where the host looks away for 1 ms, at a million frames a second


@dataclass(frozen=True, slots=True, kw_only=True)
class Losses:
    """Frames that our side `dropped` (`placed`: it is known where), that were `missed` before, that were `merged`
    (`apart`: the layout says how long a record is, so that each of theirs was read)."""

    dropped: int
    placed: bool
    missed: int
    merged: int
    apart: bool = False


def remarks(adapter: Adapter, ring_sizes: Sequence[int] = ()) -> list[str]:
    """What to change before this adapter is trusted, the weightiest first; `ring_sizes` are those of the sender."""
    name, found = adapter.name, []
    if adapter.ring is not None and adapter.ring in ring_sizes:
        found.append(same_ring(adapter))
    if adapter.lro:
        found.append(f"{name}: LRO merges frames before they are captured: ethtool -K {name} lro off")
    if adapter.gro:
        found.append(f"{name}: GRO may merge frames before they are captured: ethtool -K {name} gro off")
    if adapter.ring is not None and adapter.ring < min(FEW_SLOTS, adapter.ring_most or FEW_SLOTS):
        most = adapter.ring_most or FEW_SLOTS
        found.append(f"{name}: its RX ring has {adapter.ring} of {most} slots: ethtool -G {name} rx {most}")
    if adapter.stamps is False:
        found.append(f"{name}: the adapter makes no time stamps; the host's are taken when it processes the frames")
    if adapter.vlan:
        found.append(f"{name}: removes VLAN tags from frames; seqcheck puts them back, other programs may not")
    return found


def same_ring(adapter: Adapter) -> str:
    """That the ring which is suspected may be our own."""
    return (
        f"{adapter.name}: its RX ring has {adapter.ring} slots, as many as the suspected ring; to tell them"
        f" apart, set it to another size: ethtool -G {adapter.name} rx N"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Notes:
    """Sentences to stand before (`first`) and behind (`said`) the verdict's statement, and caveats."""

    first: str
    said: str
    caveats: tuple[str, ...]


def notes(report: Report, losses: Losses, adapters: Sequence[Adapter]) -> Notes:
    """What the receiving side means for the verdict."""
    gaps, first, said, caveats = report.gaps, "", "", list[str]()
    longer = "1 frame is" if losses.merged == 1 else f"{losses.merged:,} frames are"
    if losses.merged and losses.apart:
        caveats.append(
            f"{longer} longer than the MTU: this host (GRO, LRO), or a sender on it (GSO), merged"
            " several into one. All their records were read, because the layout says how long one is; those of a frame"
            " have one time stamp."
        )
    elif losses.merged:
        were = "was" if losses.merged == 1 else "were"
        first = f"{losses.merged:,} of the {report.capture.frames:,} frames {were} merged from several: turn GRO off. "
        names = " and ".join(f"ethtool -K {each.name} gro off lro off" for each in adapters)
        caveats.append(
            f"{longer} longer than the MTU: this host (GRO, LRO), or a sender on it (TSO), merged"
            " several into one. Only the first number in each is seen; the others look missing, and distances are too"
            f" short. Turn it off and capture again: {names}."
        )
    if gaps.ours:
        which = "All" if gaps.ours == gaps.missing else f"{gaps.ours:,}"
        said += f" {which} of the missing numbers are due to drops on this host."
    if losses.dropped:
        share = 100 * losses.dropped / (losses.dropped + report.capture.frames)
        where = (
            f"{gaps.ours:,} of the {gaps.missing:,} missing numbers are due to that and say nothing about the sender"
        )
        if not losses.placed:
            where = f"how many of the {gaps.missing:,} missing numbers are due to that is not known"
        caveats.append(
            f"This host was too slow for {losses.dropped:,} frames ({share:.2g} % of all): {where}. Duplicates among"
            " those dropped were not seen, and distances across such a place are too short. Try: a larger --ring, a"
            " smaller --snap, a --filter."
        )
    if losses.missed:
        which = "these may be the missing numbers" if gaps.missing else "no number is missing between those that came"
        caveats.append(
            f"The interface, or the host's queues, lost {losses.missed:,} frames before they could be captured (ip -s"
            f" link): {which}. docs/live.md says how to set up a receiver."
        )
    caveats += [same_ring(each) for each in adapters if each.ring and each.ring == report.verdict.ring_size]
    return Notes(first=first, said=said, caveats=tuple(caveats))
