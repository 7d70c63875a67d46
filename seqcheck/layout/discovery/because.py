"""The evidence for a candidate, in a reader's words."""

from __future__ import annotations

from seqcheck.layout.discovery.floats import FLOATING
from seqcheck.layout.discovery.make import Found
from seqcheck.layout.discovery.trial import Trial
from seqcheck.layout.model import SELECTORS, Digits, Layout, Word
from seqcheck.layout.written import write_offset, write_ports

WHERE = {"eth": "ethertype", "ip": "IP protocol", "udp": "UDP port", "tcp": "TCP port"}
WRITTEN = {"text": "decimal text", "hex": "hexadecimal text", "bcd": "BCD"}
TEXT = {
    "text": "it is the last digit of a number written as text, and only steps below 10 can be seen",
    "bcd": "it is the last digit of a number in BCD, and only steps below 10 can be seen",
}
LAST = {
    "eth": "it is the IP header's identification, which most hosts count up in whatever they send: a last resort",
    "ip": "it is a port, which some programs count up: a last resort",
}


def because(found: Found, tried: Trial, *, last: bool) -> tuple[str, ...]:
    """Sentences, the strongest first."""
    layout, steps = found.layout, tried.steps
    where = f"in {streams(tried.streams)}"
    counts = "counts by one" if layout.step == 1 else f"goes up by {layout.step}"
    said = [f"{named(layout)}: {counts} in {percent(steps.share)} of {len(tried.row):,} frames, {where}"]
    if found.reach is not None and found.reach.carries:
        said.append(f"its lowest byte carries into the next one, {times(found.reach.carries)}")
    elif found.reach is not None and isinstance(layout.seq, Word) and layout.seq.bits > 8:
        said.append("no carry was seen: width and byte order are guessed from the bytes around it")
    if tried.repeats > 1:
        said.append(f"each number comes {tried.repeats} times")
    elif steps.copy:
        numbers = "1 number" if steps.copy == 1 else f"{steps.copy:,} numbers"
        said.append(f"{numbers} came twice in a row, with the same bytes around it")
    if steps.stuck and tried.repeats == 1:
        said.append(f"it stayed the same while other bytes changed, {times(steps.stuck)}")
    if steps.ahead:
        said.append(f"it skipped a few numbers, {times(steps.ahead)}")
    if steps.even:
        said.append("steps of one and two alternate as in a ramp, or in a counter of something else")
    if found.clock:
        what = "" if found.clock == FLOATING else "a clock, "
        said.append(f"it reads as {found.clock}: {what}which counts by one at a steady pace")
    if tried.hasty:
        said.append("it skips numbers without a pause, at a steady pace: a clock does that")
    if tried.tick and not (found.clock or tried.hasty):
        said.append(f"it keeps pace with the time, in ticks of {duration(tried.tick)}: a clock would count the same")
    if layout.step != 1:
        said.append("at a steady pace, time stamps and totals also go up like that")
    if found.inner and not last:
        said.append("it is the identification of an IP header in the payload, which most hosts count up: a last resort")
    if tried.hidden:
        said.append(f"frames came again with the same bytes, {times(tried.hidden)}, but no number did: it is too short")
    if found.digits:
        said.append(TEXT[found.digits])
    if last:
        said.append(LAST.get(layout.anchor, ""))
    if len(tried.row) < tried.anchored:
        others = tried.anchored - len(tried.row)
        said.append(
            "1 other frame there does not carry it" if others == 1 else f"{others:,} other frames there do not carry it"
        )
    return tuple(said)


def named(layout: Layout) -> str:
    """u64 little endian at 6 of UDP port 6005."""
    seq = layout.seq
    if not isinstance(seq, Digits):
        words = [seq] if isinstance(seq, Word) else seq.words
        return f"{' with '.join(f'{typed(word)} at {write_offset(word.offset)}' for word in words)} of {place(layout)}"
    if seq.kind == "ber":
        return f"the BER element {seq.tag:#x} of {place(layout)}"
    where = f"after {seq.label!r}" if seq.label else f"at {write_offset(seq.offset)}"
    if seq.kind == "varint":
        return f"a varint {where} of {place(layout)}"
    return f"a number in {WRITTEN[seq.kind]} {where} of {place(layout)}"


def typed(word: Word) -> str:
    """u64 little endian, with its mask."""
    order = "" if word.bits == 8 else " big endian" if word.big else " little endian"
    mask = "" if word.mask == word.full else f" masked by {word.mask:#x}"
    return f"u{word.bits}{order}{mask}"


def place(layout: Layout) -> str:
    """UDP port 6005."""
    if layout.ports:
        return f"{WHERE[layout.anchor]}s {write_ports(layout.ports).replace(',', ', ')}"
    if layout.selector is None:
        return {"frame": "the frame", "eth": "the Ethernet payload"}.get(layout.anchor, layout.anchor.upper())
    return selected(layout.anchor, layout.selector)


def selected(anchor: str, selector: int) -> str:
    """UDP port 6005, ethertype 0x88b5."""
    digits = SELECTORS[anchor][3]
    return f"{WHERE[anchor]} {selector:#0{digits + 2}x}" if digits else f"{WHERE[anchor]} {selector}"


def percent(share: float) -> str:
    """97 %; never rounded up to all, or down to none."""
    if share >= 1:
        return "100 %"
    return f"{min(max(round(100 * share), 1 if share else 0), 99)} %"


def times(count: int) -> str:
    return "once" if count == 1 else f"{count:,} times"


def duration(ns: int) -> str:
    """1 ms."""
    size, unit = next((size, unit) for size, unit in ((10**9, "s"), (10**6, "ms"), (1000, "us")) if ns >= size)
    return f"{ns // size} {unit}"


def streams(count: int) -> str:
    return "1 stream" if count == 1 else f"{count:,} streams"
