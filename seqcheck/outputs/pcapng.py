"""The frames that findings are about, as an annotated pcapng: both copies of each duplicate, the frames around each gap
and each late record, with their time stamps and numbers, and a comment on what each is.

Made in two steps: what is to be said of which frame is set aside in a temporary file, with about 50 bytes of memory for
each note; then the frames are read again, in order. Frames that are no longer at hand (of a pipe, what had left the
window when the finding was made) are left out, and the section's comment says how many. At most MOST
notes are made. Opens in Wireshark; `frame.comment` filters.
"""

from __future__ import annotations

import tempfile
from array import array
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from seqcheck.escape import visible
from seqcheck.model.results import Batch, CapturedFrame, Results
from seqcheck.outputs import Page
from seqcheck.outputs.wording import counted, named, span
from seqcheck.wire.pcapng import interface_block, packet_block, section_block

MOST = 1 << 22  # notes
IN_MEMORY = 8 << 20  # bytes of notes; more go to a file
LONGEST = 60_000  # bytes of a comment


def write_all(results: Results, out: BinaryIO, page: Page) -> None:
    """The frames with something to say."""
    annotate(results, out, everything=False)


class Notes:
    """What is to be said of which frame; `left` notes had no room."""

    def __init__(self) -> None:
        self._file = tempfile.SpooledTemporaryFile(IN_MEMORY, prefix="seqcheck-")  # noqa: SIM115 - closed by `close`
        self._numbers, self._places = array("q"), array("q")
        self._order: NDArray[np.int64] = np.zeros(0, np.int64)
        self.left = 0
        self.numbers: NDArray[np.int64] = np.zeros(0, np.int64)

    def add(self, notes: Iterable[tuple[int, str]]) -> None:
        """More of them: (frame, note)."""
        for number, text in notes:
            if len(self._numbers) == MOST:
                self.left += 1
                continue
            self._numbers.append(number)
            self._places.append(self._file.tell())
            self._file.write(text.encode("utf-8", "backslashreplace") + b"\n")

    def settle(self) -> None:
        """All notes are made; `numbers` are the frames that have some, ascending."""
        self._file.flush()
        numbers = np.array(self._numbers, np.int64)
        self._order = np.argsort(numbers, kind="stable")
        self._sorted = numbers[self._order]
        self.numbers = np.unique(numbers)

    def of(self, number: int) -> list[str]:
        """The notes on that frame."""
        first, last = np.searchsorted(self._sorted, (number, number + 1))
        found = []
        for at in self._order[first:last].tolist():
            self._file.seek(self._places[at])
            found.append(self._file.readline().decode("utf-8").rstrip("\n"))
        return found

    def close(self) -> None:
        """Forget everything."""
        self._file.close()


def annotate(results: Results, out: BinaryIO, *, everything: bool) -> None:
    """Write the annotated frames, or all of them."""
    notes = Notes()
    try:
        for batch in results.findings():
            notes.add(say(batch))
        notes.settle()
        out.write(section_block(program=f"seqcheck {results.report.seqcheck.version}", comment=title(results, notes)))
        links: dict[int, int] = {}
        frames = results.frames(None if everything else notes.numbers)
        out.writelines(block(frame, notes.of(frame.number), links) for frame in frames)
    finally:
        notes.close()


def block(frame: CapturedFrame, notes: list[str], links: dict[int, int]) -> bytes:
    """The frame, and before it, where it is the first of its link type, an interface."""
    begin = b""
    if frame.link not in links:
        links[frame.link] = len(links)
        begin = interface_block(link=frame.link)
    said = "\n".join([f"seqcheck: frame {frame.number} of the capture", *notes]) if notes else ""
    return begin + packet_block(
        frame.ns, frame.data, wire=frame.wire, interface=links[frame.link], comment=said[:LONGEST], number=frame.number
    )


def title(results: Results, notes: Notes) -> str:
    """What the whole file is."""
    report = results.report
    lines = [f"seqcheck: {report.verdict.statement}", f"From {', '.join(report.capture.inputs[:10])}."]
    lines.append("Comments and packet ids carry the frame numbers of the capture; numbers of this file are others.")
    gone = len(notes.numbers) - len(results.at_hand(notes.numbers))
    if gone:
        lines.append(f"{counted(gone, 'frame')} with something to say had left the window and could not be kept.")
    if notes.left:
        lines.append(f"{counted(notes.left, 'further note')} had no room.")
    return "\n".join(map(visible, lines))


def say(batch: Batch) -> Iterator[tuple[int, str]]:
    """(frame, note) for each finding of the batch."""
    rows = zip(*batch.columns.values(), strict=True)
    for row in rows:
        yield from SAYERS[batch.kind](dict(zip(batch.columns, row, strict=True)))


def _duplicate(it: dict[str, Any]) -> Iterator[tuple[int, str]]:
    number, frame, earlier = named(it["seq"]), it["frame"], it["earlier_frame"]
    if earlier is None:
        yield frame, f"duplicate: {number} again; the earlier copy lies too far back. {it['cause']}"
        return
    apart = counted(it["distance"], "record")
    if it["frame_distance"] is not None:
        apart += f", {counted(it['frame_distance'], 'frame')} of the sender"
    words = [f"duplicate: {number} again, its earlier copy is frame {earlier}"]
    words.append(f"{apart}, {span(it['time_lag_ns'])} apart")
    if it["laps"] is not None:
        words.append(f"{counted(it['laps'], 'lap')} of the ring less {it['shortfall']}")
    if it["identical"] is not None:
        words.append("identical" if it["identical"] else f"differs in {' '.join(it['differs'])}")
    yield frame, f"{'; '.join(words)}. {it['cause']}"
    yield earlier, f"earlier copy: {number} came again in frame {frame}, {apart} later. {it['cause']}"


def _gap(it: dict[str, Any]) -> Iterator[tuple[int, str]]:
    said = f"{counted(it['count'], 'number')} missing from {it['first_seq']} on"
    if it["earlier_frame"] is not None:
        yield it["earlier_frame"], f"before a gap: {said}; the next record is frame {it['frame']}"
    yield it["frame"], f"behind a gap: {said}"


def _late(it: dict[str, Any]) -> Iterator[tuple[int, str]]:
    yield it["frame"], f"late: number {it['seq']}, {it['lag']} behind what was expected"


def _restart(it: dict[str, Any]) -> Iterator[tuple[int, str]]:
    yield it["frame"], f"restart: the sender started counting again at {it['seq']}"


SAYERS = {"duplicate": _duplicate, "gap": _gap, "late": _late, "restart": _restart}
