"""Numbers and names as people read them. Counts get thousands separators; sequence and frame numbers do not, because
they are looked up elsewhere (Wireshark). Knows nothing of rich."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from seqcheck.escape import visible
from seqcheck.model import UNREAD, Also, Damage, Report, Stream

UNKNOWN = "?"
NOT_COMPARED = "not compared"
OF_NUMBERS = ("number", "lag", "place", "missing", "late", "restarts", "wraps", "first number", "last number")
# columns that mean nothing if frames carry no numbers
_UNITS = ((1_000_000_000, "s"), (1_000_000, "ms"), (1_000, "µs"))


def count(number: int | None) -> str:
    """12,345"""
    return UNKNOWN if number is None else f"{number:,}"


def counted(number: int, one: str, many: str = "") -> str:
    """1 frame; 2 frames"""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def beside(also: Also) -> str:
    """What is said of another cause, with its strength: a weak one must not read like a verdict."""
    return also.statement if also.strength == "none" else f"{also.statement} Evidence: {also.strength}."


def headline(report: Report) -> str:
    """The verdict's cause, or `loss`."""
    return headed(report.verdict.cause, report.gaps.missing)


def headed(cause: str, missing: int) -> str:
    """The cause; if nothing came twice and something is missing, `loss`."""
    return "loss" if cause == "clean" and missing else cause


def flaw(damage: Sequence[Damage]) -> str:
    """What is to be said of a capture, after its name: that it is damaged, else that it was not read to its end."""
    worst = next((each for each in damage if not each.what.startswith(UNREAD)), None)
    return (
        f"was not read to its end: {visible(damage[0].what)}" if worst is None else f"is damaged: {visible(worst.what)}"
    )


def place(damage: Damage) -> str:
    """Where, and what it is; an interface has no bytes to be named."""
    at = f", byte {damage.offset}" if damage.offset or not damage.what.startswith(UNREAD) else ""
    return f"{damage.input}{at}: {damage.what}"


def records(report: Report) -> int:
    """How many there are; `report.records` counts frames, which may hold several each."""
    return max(sum(stream.received for stream in report.streams), report.records.sequenced)


def named(seq: int | None) -> str:
    """What came: a number, or a frame that carries none."""
    return "the same frame" if seq is None else f"number {seq}"


def raw(number: int | None) -> str:
    """12345"""
    return UNKNOWN if number is None else str(number)


def span(ns: int | None) -> str:
    """A time from nanoseconds to seconds, in three or four digits: 820 ns, 1.25 ms, 12.3 s."""
    if ns is None:
        return UNKNOWN
    for unit, name in _UNITS:
        if abs(ns) >= unit:
            value = ns / unit
            digits = 2 if abs(value) < 10 else 1 if abs(value) < 100 else 0
            return f"{value:,.{digits}f} {name}"
    return f"{ns} ns"


def moment(ns: int, begin: int | None) -> str:
    """Seconds since the capture began, to the microsecond, as Wireshark's default column."""
    return UNKNOWN if begin is None else f"{(ns - begin) / 1e9:.6f}"


def size(number: int) -> str:
    """Bytes: 512 B, 1.2 MB (of 1000)."""
    if number < 1000:
        return f"{number} B"
    value = float(number)
    for unit in ("kB", "MB", "GB"):
        value /= 1000
        if value < 1000:
            return f"{value:.1f} {unit}"
    return f"{value / 1000:,.1f} TB"


def key(stream: Stream) -> str:
    """Who sends to whom, and the layout's own fields: 10.0.0.1:5000 > 10.0.0.2:5000 stream=7."""
    return key_text(stream.key)


def key_text(key: Mapping[str, str | int]) -> str:
    """The same from the key alone."""
    left = dict(key)
    ends = [endpoint(left, *names) for names in (("source", "sport"), ("target", "dport"))]
    words = [" > ".join(filter(None, ends))] if any(ends) else []  # a key may have no target
    return " ".join(words + [visible(f"{name}={value}") for name, value in left.items() if name not in _SAID])


_SAID = ("source", "target", "sport", "dport", "protocol")


def endpoint(key: dict[str, str | int], address: str, port: str) -> str:
    """An address with its port, if it has one."""
    host = visible(str(key.get(address, "")))
    number = key.get(port)
    if not host or not number:
        return host
    return f"[{host}]:{number}" if ":" in host else f"{host}:{number}"
