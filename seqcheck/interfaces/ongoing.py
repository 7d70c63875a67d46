"""What a live capture asks of where its frames come from: interfaces (live.py) or a pipe (piped.py)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from seqcheck.kernel.border import Frames
from seqcheck.linux.adapter import Adapter
from seqcheck.model import Damage
from seqcheck.sink import Store


class Ongoing(Protocol):
    """Iterate once: rows low..high-1 of Frames, now and then none, until `stop`. `lost` frames were dropped just before
    the first of these rows. `ended` says why it ended where nobody asked for that, `failure` what went wrong."""

    inputs: tuple[str, ...]
    frames: int
    lost: int
    failure: str
    ended: str
    hurried: bool

    def __iter__(self) -> Iterator[tuple[Frames, int, int]]: ...

    def stop(self, why: str = "") -> None:
        """End with what is there by now. May be called from a signal handler."""

    def close(self) -> None:
        """Let go of what was opened."""

    @property
    def store(self) -> Store:
        """Gives single frames again."""

    @property
    def adapters(self) -> Sequence[Adapter]:
        """Those that frames come from, as far as they are this host's."""

    @property
    def stopping(self) -> bool:
        """Whether it was told to end."""

    @property
    def remarks(self) -> list[str]:
        """What happened meanwhile."""

    @property
    def behind(self) -> float:
        """The share of the buffer that waits for us; frames that do not fit are lost."""

    @property
    def ring_bytes(self) -> int:
        """The size of that buffer; 0 if there is none."""

    @property
    def taken(self) -> Sequence[tuple[str, int, int]]:
        """Of each interface: its name, frames, and how many were dropped."""

    @property
    def wire_bytes(self) -> int:
        """Bytes of these frames on the wire."""

    @property
    def first_ns(self) -> int | None:
        """The lowest time stamp."""

    @property
    def last_ns(self) -> int | None:
        """The highest time stamp."""

    @property
    def cut_frames(self) -> int:
        """Frames of which less was captured than was on the wire."""

    @property
    def dropped(self) -> int:
        """Frames that were lost for lack of room."""

    @property
    def tells_drops(self) -> bool:
        """Whether it is known how many were dropped."""

    @property
    def missed(self) -> int:
        """Frames that were lost before they came to the capturing program."""

    @property
    def places(self) -> bool:
        """Whether it is known where frames were dropped."""

    @property
    def damage(self) -> tuple[Damage, ...]:
        """What was wrong with the bytes."""
