"""A run that continues where another one ended: frame numbers and knowledge carry over, and the report is that of one
capture.

    earlier = Earlier.load(saved)                   # or Earlier() for the first run
    source = Resumed(reader, earlier)               # a source, like the reader
    earlier.capture(capture)                        # what both read
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ..dataclass import names, replace
from ..kernel.border import Frames
from ..layout import Layout
from ..layout import write as spec_of
from ..layout.spec import parse
from ..model import Capture, Damage
from ..saved import Saved
from ..sink import Store, StoredFrame
from .frames_kept import FramesKept
from .pipeline import Source

MOST_FRAMES = (1 << 47) - 1
State = tuple[int, int, int, int]
_NOTHING = Capture(
    inputs=(), frames=0, bytes=0, first_ns=None, last_ns=None, dropped=None, cut_frames=0, damage=()
)  # fmt: skip


class Earlier:
    """What was read before: `capture`, the `files` in the states that they were in, and the frames `kept` of it."""

    def __init__(self) -> None:
        self.capture, self.kept = _NOTHING, FramesKept()
        self.files: list[State] = []
        self.layouts: tuple[Layout, ...] = ()

    def with_(self, capture: Capture) -> Capture:
        """Both as one."""
        one, two = self.capture, capture
        times = [each for each in (one.first_ns, two.first_ns) if each is not None]
        ends = [each for each in (one.last_ns, two.last_ns) if each is not None]
        drops = [each for each in (one.dropped, two.dropped) if each is not None]
        return Capture(
            inputs=(*one.inputs, *two.inputs),
            frames=one.frames + two.frames,
            bytes=one.bytes + two.bytes,
            cut_frames=one.cut_frames + two.cut_frames,
            first_ns=min(times, default=None),
            last_ns=max(ends, default=None),
            dropped=sum(drops) if drops else None,
            damage=(*one.damage, *two.damage),
        )

    def save(self, into: Saved, capture: Capture, files: Sequence[State | None], layouts: Sequence[Layout]) -> None:
        """What is known after `capture`, of these files, was read too."""
        whole = self.with_(capture)
        for name in names(whole):
            into.note(name, getattr(whole, name))
        into.note("damage", [[each.input, each.offset, each.what] for each in whole.damage])
        into.note("files", [*self.files, *(each for each in files if each is not None)])
        into.note("layouts", [[each.name, spec_of(each), each.redundant] for each in layouts])
        self.kept.save(into.within("kept"))

    @classmethod
    def load(cls, saved: Saved) -> Earlier:
        """What was saved; ValueError if that cannot be."""
        earlier = cls()
        earlier.capture = Capture(
            inputs=tuple(_text(each) for each in saved.value("inputs", list)),
            frames=saved.number("frames", 0, MOST_FRAMES),
            bytes=saved.number("bytes"),
            cut_frames=saved.number("cut_frames", 0, MOST_FRAMES),
            first_ns=_maybe(saved, "first_ns"),
            last_ns=_maybe(saved, "last_ns"),
            dropped=_maybe(saved, "dropped"),
            damage=tuple(
                Damage(input=_text(name), offset=_number(offset), what=_text(what))
                for name, offset, what in saved.value("damage", list)
            ),
        )
        earlier.files = [(_number(a), _number(b), _number(c), _number(d)) for a, b, c, d in saved.value("files", list)]
        earlier.layouts = tuple(
            replace(parse(_text(spec), name=_text(name)), redundant=redundant is True)
            for name, spec, redundant in saved.value("layouts", list)
        )
        if not earlier.layouts or [spec_of(each) for each in earlier.layouts] != [
            spec for _, spec, _ in saved.value("layouts", list)
        ]:
            raise ValueError("layouts that nobody wrote")
        earlier.kept = FramesKept.load(saved.within("kept"), earlier.capture.frames)
        return earlier


class Resumed:
    """A reader's blocks, numbered on."""

    def __init__(self, reader: Source, earlier: Earlier) -> None:
        self._reader, self._before, self._dropped = reader, earlier.capture.frames, earlier.capture.dropped
        self.store = _Both(reader.store, earlier.kept.now(), self._before)

    @property
    def dropped(self) -> int | None:
        """What the capturing side says it has lost so far."""
        drops = [each for each in (self._dropped, self._reader.dropped) if each is not None]
        return sum(drops) if drops else None

    def __iter__(self) -> Iterator[tuple[Frames, int, int]]:
        for frames, low, high in self._reader:
            frames.first += self._before
            yield frames, low, high
            frames.first -= self._before


class _Both:
    """Single frames: new ones, and what is kept of those before."""

    def __init__(self, new: Store, kept: FramesKept, before: int) -> None:
        self._new, self._kept, self._before = new, kept, before

    def get(self, number: int) -> StoredFrame | None:
        """Frame `number`, or None if it is no longer at hand."""
        return self._new.get(number - self._before) if number > self._before else self._kept.get(number)


def _maybe(saved: Saved, name: str) -> int | None:
    try:
        return saved.number(name, -(1 << 63), 1 << 62)
    except ValueError:
        saved.value(name, type(None))
        return None


def _number(value: Any) -> int:
    if type(value) is not int:
        raise ValueError(f"{value!r} where a number stands")
    return value


def _text(value: Any) -> str:
    if type(value) is not str:
        raise ValueError(f"{value!r} where a text stands")
    return value
