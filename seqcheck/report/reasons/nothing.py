"""Duplicates that no explanation accounts for, and numbers that are shared or stand still: what is said of them."""

from __future__ import annotations

from ...diagnose.result import Account
from ..words import number, plural, spans, subject, time
from . import ring, sender


def none(one: Account, of: int) -> str:
    return f"{subject(one.explained, of, 'follows', 'follow')} no known pattern."


def spread(one: Account, of: int) -> str:
    if one.cause == "early-overwrite":
        return ring.early(one, of)
    if one.cause == "retransmission":
        later = (
            f" {time(one.figures.delay_ns[0])} to {time(one.figures.delay_ns[2])} later" if one.figures.delay_ns else ""
        )
        return (
            f"{subject(one.explained, of, 'looks', 'look')} like resends at no fixed time: the same frames came again"
            f"{later}."
        )
    if one.cause == "sender-repeat":
        return sender.count(one, of)
    return none(one, of)


def none_reasons(one: Account) -> list[str]:
    figures = one.figures
    if figures.distance is None:
        return ["The earlier copies are too far back to be remembered."]
    if figures.count == 1:
        return [f"One distance, {spans(figures.distance, 'record')}, proves nothing by itself."]
    return [
        f"Distances from {number(figures.distance[0])} to {number(figures.distance[1])} records match no single ring "
        "and no single delay."
    ]


def spread_reasons(one: Account) -> list[str]:
    return none_reasons(one) if one.cause == "unexplained" else []


def spread_limits(one: Account) -> list[str]:
    return ring.limits(one) if one.cause == "early-overwrite" else capture_more(one)


def shared(one: Account, of: int) -> str:
    return (
        f"{subject(one.explained, of, 'shares its', 'share their')} number with another packet: the payloads differ, "
        "so nothing was resent."
    )


def shared_reasons(one: Account) -> list[str]:
    return [
        f"{plural(one.figures.compared, 'pair')} compared, and the payloads differ. Segments of one message, several "
        "senders in one stream, a counter that is too short, or frames that are partly old and partly new look like "
        "that."
    ]


def standing(one: Account, of: int) -> str:
    return (
        f"{subject(one.explained, of, 'repeats', 'repeat')} a number that hardly changes: it is not a sequence number."
    )


def nothing(one: Account) -> list[str]:
    return []


def capture_more(one: Account) -> list[str]:
    return ["If you know the sender's ring size, pass --ring-size. Capture everything that the sender sends."]


def key(one: Account) -> list[str]:
    return ["Add a stream field to the layout, or use a wider number, to tell these packets apart."]
