"""`--recorder`: the most recent traffic in one piece of memory, and files of it that are complete or absent."""

import io
import json
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from random import Random

import netns
import numpy as np
import pytest

import seqcheck
from seqcheck import kernel
from seqcheck.capture import CaptureReader
from seqcheck.cli.main import main
from seqcheck.cli.saver import Saver
from seqcheck.cli.series import Series
from seqcheck.interfaces.recording import Recording
from seqcheck.interfaces.tape import LEAST, PARTS, ROW, Tape
from seqcheck.kernel.border import DUPLICATE, EVENT, GAP, Frames, RecordColumns
from seqcheck.sink import Block


class Nothing:
    """A store of nothing."""

    def get(self, number: int) -> None:
        return None


def frames(sizes: list[int], *, first: int, apart: int = 90, inputs: int = 1) -> Frames:
    """Frames of these lengths, each beginning with its number, `apart` bytes one behind the other; those of several
    inputs, in turn, lie together."""
    made = Frames(len(sizes))
    made.count, made.first = len(sizes), first
    made.cap[:] = sizes
    made.wire[:] = made.cap + 1
    made.ns[:] = np.arange(len(sizes)) + first
    made.link[:] = [1 + 100 * (place % 5 == 0) for place in range(len(sizes))]
    places = sorted(range(len(sizes)), key=lambda place: place % inputs)
    at = 64
    for place in places:
        made.off[place] = at
        at += sizes[place] + apart
    made.buf = np.zeros(at, np.uint8)
    for place in places:
        begin = int(made.off[place])
        made.buf[begin : begin + 8] = np.frombuffer((first + place).to_bytes(8, "big"), np.uint8)
    return made


def read(data: bytes) -> list[tuple[int, int, int, int, int]]:
    """Of each frame: number in it, ns, captured, wire, link."""
    out = []
    with CaptureReader([io.BytesIO(data)], kernel=kernel.load("reference")) as reader:
        for block, low, high in reader:
            for row in range(low, high):
                bytes_, wire, link = block.one(row)
                out.append((int.from_bytes(bytes_[:8], "big"), int(block.ns[row]), len(bytes_), wire, link))
        assert reader.damage == ()
    return out


def written(tape: Tape) -> bytes:
    return b"".join(tape.written(program="test", name="sq0", comments={}, about="all"))


@pytest.mark.parametrize("seed", range(4))
def test_the_newest_frames_are_held_and_they_are_right(seed: int) -> None:
    """Of any lengths, in order or not, in blocks of any size, round and round."""
    random, tape, every = Random(seed), Tape(LEAST), list[tuple[int, int, int, int, int]]()
    while len(every) < 40_000:
        longest = random.choice([60, 1500, 9000, 262_144])
        sizes = [random.randint(8, longest) for _ in range(random.choice([1, 10, 1 + 4_000_000 // (longest + 100)]))]
        made = frames(sizes, first=len(every) + 1, apart=random.choice([0, 90, 5000]), inputs=random.choice([1, 2, 3]))
        tape.add(made, 0, made.count)
        every += [
            (made.first + row, int(made.ns[row]), sizes[row], sizes[row] + 1, int(made.link[row]))
            for row in range(made.count)
        ]
    held = read(written(tape))
    assert held == every[-len(held) :]
    assert len(held) == tape.frames
    assert sum(each[2] + ROW.itemsize for each in held) > LEAST // PARTS


def test_a_part_of_a_block_and_an_empty_one() -> None:
    tape, made = Tape(1), frames([60] * 10, first=1)
    tape.add(made, 3, 3)
    assert tape.frames == 0
    tape.add(made, 3, 6)
    assert [each[0] for each in read(written(tape))] == [4, 5, 6]


class Kept:
    """A saver that keeps what it is given."""

    def __init__(self) -> None:
        self.ready = True
        self.remarks: list[str] = []
        self.files: list[bytes] = []

    def save(self, pieces: Iterator[bytes]) -> None:
        self.files.append(b"".join(pieces))

    def finish(self) -> None:
        pass


def block(first: int) -> Block:
    return Block(frames=frames([60] * 10, first=first), low=0, high=10, records=RecordColumns(0), store=Nothing())


def finding(kind: int, frame: int) -> np.ndarray:  # type: ignore[type-arg]
    row = np.zeros(1, EVENT)
    row["kind"], row["frame"], row["seq"], row["e_record"], row["a"] = kind, frame, 7, -1, 3
    return row


def test_it_saves_where_something_was_found_and_when_it_may() -> None:
    saver = Kept()
    made = Recording(LEAST, saver, program="test", name="sq0")
    for first, kind in ((1, None), (11, DUPLICATE), (21, GAP), (31, None)):
        saver.ready = first != 21
        one = block(first)
        made.take(one)
        if kind is not None:
            made.found(finding(kind, first + 2), one)
        made.attend()
        made.attend()
    assert [[each[0] for each in read(data)][-1] for data in saver.files] == [20, 40]
    assert b"number 7 again" in saver.files[0]
    assert b"3 missing before this one" in saver.files[1]
    saver.ready = False
    made.finish()
    assert len(saver.files) == 2
    made.found(finding(DUPLICATE, 33), block(41))
    made.finish()
    assert len(saver.files) == 3


@pytest.fixture
def series(tmp_path: Path) -> Iterator[Series]:
    with closing(Series(str(tmp_path / "rec.pcapng"), most=2)) as made:
        yield made


def test_a_file_is_written_by_another_process_as_the_memory_was(series: Series, tmp_path: Path) -> None:
    saver, shared = Saver(series, pause_s=0.001, hurried=lambda: False), bytearray(b"then")
    saver.save(bytes(shared) for _ in range(3))
    shared[:] = b"now!"
    saver.finish()
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"thenthenthen"]
    assert (saver.saved, saver.failed, saver.remarks) == (1, None, [])


def test_one_at_a_time_and_with_a_pause(series: Series) -> None:
    saver = Saver(series, pause_s=3600, hurried=lambda: False)
    ours, theirs = os.pipe()
    assert saver.ready
    saver.save(os.read(ours, 1) for _ in range(1))
    assert not saver.ready
    os.write(theirs, b"x")
    saver.finish()
    assert not saver.ready
    os.close(ours)
    os.close(theirs)


def test_what_fails_is_told_and_leaves_nothing(series: Series, tmp_path: Path) -> None:
    def full() -> Iterator[bytes]:
        yield b"something"
        raise OSError(28, "No space left on device")

    saver = Saver(series, pause_s=0.001, hurried=lambda: False)
    saver.save(full())
    saver.finish()
    assert "No space left on device" in str(saver.failed)
    assert len(saver.remarks) == 1
    assert list(tmp_path.iterdir()) == []
    saver.save(iter([b"more"]))  # there may be room again
    saver.finish()
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"more"]
    assert saver.failed is not None


def test_in_a_hurry_nothing_is_waited_for(series: Series, tmp_path: Path) -> None:
    ours, theirs = os.pipe()
    saver = Saver(series, pause_s=1, hurried=lambda: True)
    saver.save(os.read(ours, 1) for _ in range(1))  # for ever
    saver.finish()
    assert list(tmp_path.iterdir()) == []
    os.close(ours)
    os.close(theirs)


@pytest.mark.parametrize("words", [
    ["--evidence-files", "3"], ["--evidence", "x", "--evidence-time", "1m"], ["--recorder-file", "x"],
    ["--recorder-files", "3"], ["--recorder-pause", "1s"], ["--evidence", "x", "--evidence-files", "0"],
])  # fmt: skip
def test_an_option_that_says_nothing_alone_is_refused(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["live", "eth0", *words]) == 2
    assert "--" in capsys.readouterr().err


@netns.needed()
def test_of_a_live_capture_into_a_folder_that_only_root_may_enter(tmp_path: Path) -> None:
    folder = tmp_path / "closed"
    folder.mkdir(mode=0o700)
    words = ("--evidence", str(folder / "ev.pcapng"), "--evidence-files", "2", "--evidence-limit", "20K")
    words += ("--recorder", "8M", "--recorder-file", str(folder / "rec.pcapng"), "--recorder-pause", "1ms")
    report = tmp_path / "report.json"
    words += ("--count", "20000", "--report", f"json={report}")
    with netns.pair() as pair, netns.live(pair.rx, pair.into, *words) as live:
        truth = pair.send("--count", "20000", "--rate", "40000", "--ring-size", "64", "--inject", "stale=1%")
        assert live.end() == 1
    made = json.loads(report.read_text("ascii"))
    assert made["duplicates"]["total"] == truth["duplicates"]
    assert any("evidence files the last 2 were kept" in each for each in made["verdict"]["caveats"])
    evidence = sorted(folder.glob("ev.*.pcapng"))
    assert len(evidence) == 2
    for path in evidence:
        assert path.stat().st_size <= 20 << 10
        assert seqcheck.analyze(path).capture.damage == ()
    last = max(folder.glob("rec.*.pcapng"))
    assert seqcheck.analyze(last).duplicates.total > 0
    assert sorted(path.name for path in folder.iterdir() if not path.name.startswith(("ev.", "rec."))) == []


def test_of_a_pipe_that_ends(tmp_path: Path) -> None:
    sample = Path(__file__).parent.parent / "samples" / "stale-slot.pcap"
    words = ["live", "-", "-q", "--recorder", "4M", "--recorder-file", str(tmp_path / "rec.pcapng"), "--report", "json"]
    got = subprocess.run(
        [*netns.SEQCHECK, *words], input=sample.read_bytes(), capture_output=True, check=False, timeout=netns.TIMEOUT
    )
    assert got.returncode == 1, got.stderr
    path = max(tmp_path.iterdir())  # the last one has all of it
    told = json.loads(got.stdout)
    again = seqcheck.analyze(path)
    assert (again.capture.frames, again.duplicates.total) == (
        told["capture"]["frames"], told["duplicates"]["total"],
    )  # fmt: skip


def test_evidence_goes_on_in_another_file_after_a_time(tmp_path: Path) -> None:
    """By the frames' own time stamps: some twenty seconds of them."""
    capture, evidence = tmp_path / "run.pcap", tmp_path / "ev.pcapng"
    many = ["--frames", "20000", "--rate", "1000", "--ring-size", "64", "--host-share", "0.2", "--stale", "1%"]
    assert main(["-q", "simulate", str(capture), *many]) == 0
    words = ["live", "-", "-q", "--evidence", str(evidence), "--evidence-files", "3", "--evidence-time", "5s"]
    got = subprocess.run(
        [*netns.SEQCHECK, *words, "--report", "json"],
        input=capture.read_bytes(), capture_output=True, check=False, timeout=netns.TIMEOUT,
    )  # fmt: skip
    assert got.returncode == 1, got.stderr
    files = sorted(tmp_path.glob("ev.*.pcapng"))
    assert [path.name for path in files] == [f"ev.0000{number}.pcapng" for number in (2, 3, 4)]
    read = [seqcheck.analyze(path).capture for path in files]
    assert all(each.damage == () and each.last_ns - each.first_ns < 6_000_000_000 for each in read)
    begins = [each.first_ns for each in read]
    assert all(later - earlier >= 4_000_000_000 for earlier, later in pairwise(begins))


def test_a_writer_whose_capture_was_killed_names_nothing(tmp_path: Path) -> None:
    """The parent is killed while its child writes."""
    code = (
        "import os, sys, time\n"
        "from seqcheck.cli.saver import Saver\n"
        "from seqcheck.cli.series import Series\n"
        "def pieces():\n"
        "    yield b'begun'\n"
        "    os.write(1, b'x')\n"
        "    while True:\n"
        "        yield b'more'\n"
        "        time.sleep(0.01)\n"
        "os.closerange = lambda low, high: None\n"
        f"saver = Saver(Series({str(tmp_path / 'rec.pcapng')!r}, most=1), pause_s=1, hurried=lambda: False)\n"
        "saver.save(pieces())\n"
        "saver.finish()\n"
    )
    with subprocess.Popen([netns.SEQCHECK[0], "-c", code], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.read(1) == b"x"
        process.send_signal(signal.SIGKILL)
        assert process.stdout.read() == b""  # the child has ended, too
    assert list(tmp_path.iterdir()) == []
