"""Copies made on the path, loops, and redundant paths: what is said of them."""

from __future__ import annotations

from ...diagnose.result import Account
from ...model import Redundancy
from ..words import listed, number, percent, plural, spans, subject, time
from .common import are, were


def delay(one: Account, of: int) -> str:
    later = f", {time(one.figures.delay_ns[1])} later" if one.figures.delay_ns else ""
    rounds = f"frames came up to {number(one.figures.copies)} times"
    return {
        "path-copy": f"{were(one, of)} made on the path: the same frames came again{later}.",
        "loop": f"{subject(one.explained, of, 'comes', 'come')} from a loop in the network: {rounds}"
        + (f", one round every {time(one.figures.delay_ns[1])}." if one.figures.delay_ns else "."),
        "retransmission": f"{subject(one.explained, of, 'looks', 'look')} like resends after a timeout or a round "
        f"trip: the same frames came again{later}.",
        "redundancy": f"{are(one, of)} the second copy that redundant paths deliver on purpose{later}.",
    }.get(one.cause, f"{subject(one.explained, of, 'came', 'came')} again{later}.")


def at_once(one: Account, of: int) -> str:
    if one.cause == "sender-repeat":
        times = "twice" if one.figures.copies <= 2 else f"up to {number(one.figures.copies)} times"
        return (
            f"{are(one, of)} the sender's own doing: it sends {percent(one.figures.share)} of "
            f"the numbers {times} in a row."
        )
    if one.cause == "redundancy":
        return delay(one, of)
    return (
        f"{were(one, of)} made on the path (mirror port, bond, `any`): "
        f"{percent(one.figures.share)} of the numbers came again immediately."
    )


def other_way(one: Account, of: int) -> str:
    if one.cause == "redundancy":
        return f"{are(one, of)} the second copy that redundant paths deliver on purpose."
    if one.cause == "loop":
        return (
            f"{subject(one.explained, of, 'comes', 'come')} from a loop in the network: frames came up to "
            f"{number(one.figures.copies)} times, each time with a different hop count."
        )
    differs = f": the copies differ only in {listed(one.figures.differs)}" if one.figures.differs else ""
    return f"{subject(one.explained, of, 'came', 'came')} by another path{differs}."


def reasons(one: Account) -> list[str]:
    figures = one.figures
    found: list[str] = []
    if figures.delay_ns and figures.distance:
        low, middle, high = figures.delay_ns
        apart = f"{spans(figures.distance, 'record')} apart"
        if time(low) == time(high):
            found.append(f"Copies come {time(middle)} after the earlier one, {apart}.")
        else:
            between = f"{time(low)} to {time(high)} after the earlier one (median {time(middle)})"
            found.append(f"Copies come {between}, {apart}.")
    if figures.share > 0.85 and one.cause != "redundancy":
        found.append(f"{percent(figures.share)} of the numbers came more than once: no ring resends everything.")
    return found


def limits(one: Account) -> list[str]:
    return {
        "loop": ["Check the spanning tree, or the routes, between sender and receiver."],
        "redundancy": [
            "Nothing needs fixing, since the two paths are intended. Look at what came on one path only, or on neither."
        ],
    }.get(
        one.cause,
        ["Capture on one port only, without a mirror, bond or `any`: copies made on the path then disappear."],
    )


def ways(found: Redundancy) -> tuple[str, ...]:
    """What two redundant paths delivered."""
    if found.only_a is None or found.only_b is None:
        single = f"{number(found.only_one)} on one path only"
    else:
        single = f"{number(found.only_a)} on A only, {number(found.only_b)} on B only"
    lines = [f"{plural(found.both, 'number')} came on both paths, {single}, {number(found.neither)} on neither."]
    if found.only_a is not None and found.only_b is not None:
        alone = (number(found.only_b + found.neither), number(found.only_a + found.neither))
        lines.append(
            f"With A alone {alone[0]} would be missing, with B alone {alone[1]}; with both, {number(found.neither)}."
        )
    if found.skew_ns is not None and found.skew_99_ns is not None:
        first = f" {found.first} usually comes first." if found.first else ""
        lines.append(
            f"The paths are {time(found.skew_ns)} apart (median); 99 % of the copies come within "
            f"{time(found.skew_99_ns)}.{first}"
        )
    return tuple(lines)
