"""`--state`: what is known is kept in a file, from which the next captures of a rotation continue."""

from __future__ import annotations

from collections.abc import Sequence
from typing import BinaryIO

from ..dataclass import dataclass
from ..errors import InputError, UsageError
from ..layout import Layout
from ..layout import write as spec_of
from ..model import Capture
from ..saved import Saved
from .observation import Observation
from .pipeline import Source
from .resumed import Earlier, Resumed, State
from .state_file import Writable, read, refusal, write

WRONG = (ValueError, TypeError, KeyError, IndexError, OverflowError, UsageError)  # of a state that somebody made up


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotation:
    """`name` of the state's file; `before`: open, to continue from, None if it begins; `after`: where the new one goes,
    a file or the like, which must be put in its place when all is well."""

    name: str
    before: BinaryIO | None
    after: Writable


class Going:
    """One run of a rotation. InputError or UsageError, with the reason, where it cannot continue from that state."""

    def __init__(self, rotation: Rotation, layouts: Sequence[Layout]) -> None:
        self._rotation, self._saved = (
            rotation,
            None if rotation.before is None else read(rotation.before, rotation.name),
        )
        self._earlier = Earlier() if self._saved is None else self._load(self._saved)
        self.layouts = self._earlier.layouts or tuple(layouts)
        if layouts and self.layouts != tuple(layouts):
            raise UsageError(
                f"{rotation.name} was made with another layout: {_named(self.layouts)}",
                hint=f"You asked for {_named(layouts)}. A state keeps the layout of its first capture.",
            )
        self.sink = self._earlier.kept

    def source(self, reader: Source, files: Sequence[tuple[str, State | None]]) -> Resumed:
        """The frames of these files, numbered on."""
        for name, state in files:
            if state is not None and state in self._earlier.files:
                raise UsageError(
                    f"{name} was already read: its frames are in {self._rotation.name}",
                    hint="Name only the new captures.",
                )
        return Resumed(reader, self._earlier)

    def resume(self, seen: Observation) -> None:
        """Let it know what was known."""
        self._refuse(seen)
        if self._saved is None:
            return
        try:
            seen.resume(self._saved, self._earlier.capture.frames)
        except WRONG as error:
            raise self._damaged(error) from error
        self._saved = None

    def capture(self, new: Capture) -> Capture:
        """All that was read, now and before."""
        return self._earlier.with_(new)

    def save(self, seen: Observation, new: Capture, files: Sequence[State | None]) -> None:
        """Write down what is known, unless some was left unread, or there is nothing to continue from."""
        if new.unread or seen.pipeline.chosen is None:
            return
        self._refuse(seen)
        saved = Saved()
        self._earlier.save(saved, new, files, seen.pipeline.chosen.layouts)
        seen.save(saved)
        write(saved, self._rotation.after)

    def _refuse(self, seen: Observation) -> None:
        """Where its layout is not one that can be kept."""
        pipeline = seen.pipeline
        if pipeline.chosen is not None and not pipeline.savable:
            raise UsageError(
                f"--state does not support {_named(pipeline.chosen.layouts)}",
                hint="A state works with one layout that reads a number, with one record per frame.",
            )

    def _load(self, saved: Saved) -> Earlier:
        try:
            return Earlier.load(saved)
        except WRONG as error:
            raise self._damaged(error) from error

    def _damaged(self, error: Exception) -> InputError:
        return refusal(self._rotation.name, f"holds what no run leaves: {error}")


def _named(layouts: Sequence[Layout]) -> str:
    return ", ".join(f"{each.name or 'discovered'} ({spec_of(each)})" for each in layouts)
