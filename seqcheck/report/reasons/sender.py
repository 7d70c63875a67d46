"""What a sender does on purpose, retransmissions and repeats: what is said of it."""

from __future__ import annotations

from ...diagnose.result import Account
from ..words import agree, listed, percent, plural, spans, subject, time
from .common import are, were


def new_packet(one: Account, of: int) -> str:
    if one.cause == "sender-repeat":
        return f"{are(one, of)} the sender's own doing: it sends each number several times, in new packets."
    each = agree(one.explained, "it", "each")
    return f"{were(one, of)} sent again on purpose: {each} is a new packet with an old number."


def block(one: Account, of: int) -> str:
    figures = one.figures
    blocks = f"{plural(figures.episodes, 'block')} of up to {plural(figures.longest, 'number')}"
    what = {
        "retransmission": "looks like a retransmitted window",
        "sender-repeat": "belongs to blocks that the sender repeats",
    }.get(one.cause, "belongs to blocks that were repeated as a whole")  # fmt: skip
    many = what.replace("looks", "look").replace("belongs", "belong")
    return f"{subject(one.explained, of, what, many)}: {blocks}, each repeated right after its end."


def block_reasons(one: Account) -> list[str]:
    figures = one.figures
    if figures.distance is None:
        return []
    return [
        f"The distance, {spans(figures.distance, 'record')}, is the length of the blocks themselves, so it is no "
        "evidence for a ring."
    ]


def count(one: Account, of: int) -> str:
    figures = one.figures
    later = f"{spans(figures.distance, 'record')} later" if figures.distance else "later"
    return f"{are(one, of)} the sender's own doing: {percent(figures.share)} of the numbers are sent again, {later}."


def reasons(one: Account) -> list[str]:
    figures = one.figures
    found: list[str] = []
    if figures.compared and figures.differs:
        found.append(
            f"{plural(figures.compared, 'pair')} compared: {listed(figures.differs)} differ, so these are new packets."
        )
    if figures.delay_ns:
        low, _, high = (time(each) for each in figures.delay_ns)
        found.append(f"Copies come {low if low == high else f'{low} to {high}'} after the earlier one.")
    return found


def limits(one: Account) -> list[str]:
    if one.cause == "sender-repeat":
        return ["Check the sender's clone, burst and repetition settings."]
    return ["Check whether the sender's protocol retransmits, and after which timeout."]
