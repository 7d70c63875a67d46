"""What a report is expected to say, read from TOML (docs/ci.md): so that a generated capture is an assertion.

    cause = "stale-slot"            one, or a list of which one must be the verdict's
    strength = "moderate"           the verdict's, or stronger
    ring_size = 4096                false: no ring
    duplicates = 12                 exactly, or { min = 10, max = 14 }; any of COUNTS
    [causes]                        duplicates by cause; causes that are not named may be found
    stale-slot = 12
    [[stream]]                      the streams whose key holds all of `key` (there must be one); any of STREAM_COUNTS
    key = { dport = 5001 }
    missing = 0

What is not named is free. A key that is not known is an error, never ignored. Pure: `load` alone reads a file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Self, cast

from .. import arguments, documents
from ..dataclass import dataclass
from ..errors import UsageError
from ..model import Report, Stream, Strength
from .suspects import CAUSES, STRENGTHS
from .unmet import Check, Unmet

if TYPE_CHECKING:
    from pathlib import Path

LARGEST_FILE = 1 << 18
LARGEST = (1 << 64) - 1
ABSENT = "none"

COUNTS: dict[str, Callable[[Report], int | None]] = {
    "frames": lambda report: report.capture.frames,
    "records": lambda report: report.records.sequenced,
    "foreign": lambda report: report.records.foreign,
    "streams": lambda report: len(report.streams),
    "duplicates": lambda report: report.duplicates.total,
    "gaps": lambda report: report.gaps.total,
    "missing": lambda report: report.gaps.missing,
    "late": lambda report: sum(stream.late for stream in report.streams),
    "restarts": lambda report: sum(stream.restarts for stream in report.streams),
    "wraps": lambda report: sum(stream.wraps for stream in report.streams),
    "explained": lambda report: report.verdict.explained,
    "dropped": lambda report: report.capture.dropped,
    "cut_frames": lambda report: report.capture.cut_frames,
    "damage": lambda report: len(report.capture.damage),
}
STREAM_COUNTS = (
    "received", "unique", "duplicates", "missing", "late", "restarts", "wraps", "first_seq", "last_seq",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """From `low` to `high`, both included; `high` None is open."""

    low: int
    high: int | None

    def __contains__(self, value: int | None) -> bool:
        return value is not None and self.low <= value and (self.high is None or value <= self.high)

    def __str__(self) -> str:
        if self.high is None:
            return f"{self.low} or more"
        return str(self.low) if self.low == self.high else f"{self.low} to {self.high}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Of:
    """The streams whose key holds all of `key`, and what each of them must have."""

    key: Mapping[str, str | int]
    counts: Mapping[str, Range]

    def checks(self, streams: Iterable[Stream]) -> Iterator[Check]:
        """Each count of each such stream; or that there is none."""
        name = "stream " + (", ".join(f"{name} {value}" for name, value in self.key.items()) or "(any)")
        mine = [stream for stream in streams if self.key.items() <= stream.key.items()]
        if not mine:
            yield Check(what=name, demanded="one", found=ABSENT, met=False)
        for stream in mine:
            for count, range_ in self.counts.items():
                yield _counted(f"{name} (id {stream.id}): {count}", range_, getattr(stream, count))


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """What must hold. `causes` are those of which one must be the verdict's, none if free; `ring_size` is None if free
    and 0 for no ring; `by_cause` and `counts` are ranges by name."""

    causes: tuple[str, ...] = ()
    strength: Strength = "none"
    ring_size: int | None = None
    counts: Mapping[str, Range]
    by_cause: Mapping[str, Range]
    streams: tuple[Of, ...] = ()

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read a file; UsageError if it cannot be read or does not say what it should."""
        arguments.path("expected", path)
        try:
            with open(path, "rb") as file:
                table = documents.toml(documents.read(file, LARGEST_FILE))
        except (OSError, ValueError) as error:  # ValueError: a NUL in the path
            raise UsageError(f"{path}: {getattr(error, 'strerror', None) or error}") from error
        except documents.DocumentError as error:
            raise UsageError(f"{path}: {error}", hint="Is it an expectation?") from error
        return cls.of(table, str(path))

    @classmethod
    def of(cls, table: Mapping[str, Any], where: str = "expectation") -> Self:
        """The same from what TOML gives; `where` is for the error."""
        known = ("cause", "strength", "ring_size", "causes", "stream", *COUNTS)
        _known(table, known, where)
        listed = table.get("cause", [])
        causes = tuple(listed if isinstance(listed, list) else [listed])
        for cause in causes:
            _one_of(cause, ("clean", *CAUSES), f"{where}: cause")
        strength = table.get("strength", "none")
        _one_of(strength, STRENGTHS, f"{where}: strength")
        by_cause = _table(table.get("causes", {}), f"{where}: causes")
        _known(by_cause, CAUSES, f"{where}: causes")
        streams = table.get("stream", [])
        if not isinstance(streams, list):
            raise UsageError(f"{where}: stream: write [[stream]], with double brackets")
        return cls(
            causes=causes,
            strength=cast(Strength, strength),
            ring_size=_ring(table, where),
            counts={name: _range(table[name], f"{where}: {name}") for name in COUNTS if name in table},
            by_cause={name: _range(value, f"{where}: causes: {name}") for name, value in by_cause.items()},
            streams=tuple(_stream(_table(each, f"{where}: stream"), f"{where}: stream") for each in streams),
        )

    def unmet(self, report: Report) -> list[Unmet]:
        """Everything that does not hold, in the order of the report."""
        return [check.unmet for check in self.checks(report) if not check.met]

    def checks(self, report: Report) -> Iterator[Check]:
        """Everything that is expected, in the order of the report."""
        verdict = report.verdict
        if self.causes:
            met = verdict.cause in self.causes
            yield Check(what="cause", demanded=" or ".join(self.causes), found=verdict.cause, met=met)
        if self.strength != STRENGTHS[0]:
            met = STRENGTHS.index(verdict.strength) >= STRENGTHS.index(self.strength)
            yield Check(what="strength", demanded=f"{self.strength} or more", found=verdict.strength, met=met)
        if self.ring_size is not None:
            what, was = str(self.ring_size or ABSENT), str(verdict.ring_size or ABSENT)
            yield Check(what="ring size", demanded=what, found=was, met=what == was)
        for name, range_ in self.counts.items():
            yield _counted(name, range_, COUNTS[name](report))
        for name, range_ in self.by_cause.items():
            yield _counted(f"duplicates by {name}", range_, report.duplicates.by_cause.get(name, 0))
        for each in self.streams:
            yield from each.checks(report.streams)


def _counted(what: str, range_: Range, value: int | None) -> Check:
    found = ABSENT if value is None else str(value)
    return Check(what=what, demanded=str(range_), found=found, met=value in range_)


def _stream(table: Mapping[str, Any], where: str) -> Of:
    _known(table, ("key", *STREAM_COUNTS), where)
    key = _table(table.get("key", {}), f"{where}: key")
    for name, value in key.items():
        if isinstance(value, bool) or not isinstance(value, str | int):
            raise UsageError(f"{where}: key: {name}: {value!r} is neither text nor a number")
    return Of(
        key=key, counts={name: _range(table[name], f"{where}: {name}") for name in STREAM_COUNTS if name in table}
    )


def _ring(table: Mapping[str, Any], where: str) -> int | None:
    if "ring_size" not in table:
        return None
    size = table["ring_size"]
    if size is False:
        return 0
    if isinstance(size, bool) or not isinstance(size, int) or not 0 < size <= LARGEST:
        raise UsageError(f"{where}: ring_size: {size!r} is neither a number of slots nor false")
    return size


def _range(value: Any, where: str) -> Range:
    if _count(value):
        return Range(low=value, high=value)
    if isinstance(value, dict) and value and set(value) <= {"min", "max"} and all(map(_count, value.values())):
        low, high = value.get("min", 0), value.get("max")
        if high is None or low <= high:
            return Range(low=low, high=high)
    raise UsageError(f"{where}: {value!r} is neither a count nor {{ min = ..., max = ... }}")


def _count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= LARGEST


def _table(value: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise UsageError(f"{where}: {value!r} is not a table")
    return value


def _known(table: Mapping[str, Any], names: Iterable[str], where: str) -> None:
    for name in table:
        if name not in names:
            raise UsageError(f"{where}: there is no {name!r}", hint=f"there are: {', '.join(names)}")


def _one_of(value: Any, names: Iterable[str], where: str) -> None:
    if value not in names:
        raise UsageError(f"{where}: {value!r} is not one of {', '.join(names)}")
