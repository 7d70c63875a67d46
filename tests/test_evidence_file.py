"""The flight recorder: what it writes, that it stays within its limit, and what a kill leaves."""

import io
import json
import shutil
import signal
import subprocess
from pathlib import Path

import netns
import numpy as np
import pytest

import seqcheck
from seqcheck import kernel
from seqcheck.capture import CaptureReader, StoredFrame
from seqcheck.errors import InputError
from seqcheck.interfaces.evidence_file import EvidenceFile
from seqcheck.interfaces.recorder import Around, Recorder
from seqcheck.kernel.border import EVENT


class Store:
    """Frames 1 to 1000, each with its number in it."""

    def get(self, number: int) -> StoredFrame | None:
        if not 1 <= number <= 1000:
            return None
        return StoredFrame(data=number.to_bytes(60, "big"), wire=100, ns=number * 1000, link=1)


def twice(frame: int, earlier: int) -> np.ndarray:  # type: ignore[type-arg]
    row = np.zeros(1, EVENT)
    row["frame"], row["e_frame"], row["record"], row["e_record"] = frame, earlier, frame - 1, earlier - 1
    return row


class Memory(io.BytesIO):
    def patch(self, at: int, data: bytes) -> None:
        self.getbuffer()[at : at + len(data)] = data


def recorder(out: Memory, *, limit: int = 1 << 20, around: int = 2) -> Recorder:
    return Recorder(iter([file(out, limit)]), around=Around(before=around, after=around))


def file(out: Memory, limit: int = 1 << 20) -> EvidenceFile:
    return EvidenceFile(out, program="test", name="sq0", limit=limit)


def numbers(data: bytes) -> list[int]:
    with CaptureReader([io.BytesIO(data)], kernel=kernel.load("reference")) as reader:
        out = []
        for frames, low, high in reader:
            for row in range(low, high):
                start = int(frames.off[row])
                out.append(int.from_bytes(frames.buf[start : start + int(frames.cap[row])].tobytes(), "big"))
        return out


def test_both_copies_and_the_frames_around_them() -> None:
    out = Memory()
    made = recorder(out)
    made.record([twice(100, 50)], 200, Store())
    made.finish()
    assert numbers(out.getvalue()) == [48, 49, 50, 51, 52, 98, 99, 100, 101, 102]
    assert (made.frames, made.copies, made.remarks) == (10, 1, [])
    assert b"frame 100, number 0 again, 50 records after frame 50" in out.getvalue()
    assert b"frame 50, number 0, which comes again in frame 100" in out.getvalue()


def test_what_comes_later_is_written_when_it_has_come() -> None:
    out = Memory()
    made = recorder(out)
    made.record([twice(100, 50)], 101, Store())
    assert numbers(out.getvalue()) == [48, 49, 50, 51, 52, 98, 99, 100, 101]
    made.record([], 300, Store())
    assert numbers(out.getvalue())[-2:] == [101, 102]
    made.record([], 400, Store())
    assert len(numbers(out.getvalue())) == 10


def test_no_frame_is_written_twice() -> None:
    out = Memory()
    made = recorder(out)
    made.record([twice(100, 99), twice(101, 100), twice(102, 98)], 102, Store())
    made.record([twice(103, 101)], 500, Store())
    assert numbers(out.getvalue()) == list(range(96, 106))


def test_an_earlier_copy_that_is_no_longer_kept() -> None:
    out, row = io.BytesIO(), twice(5, 0)
    row["e_record"] = -1
    made = recorder(out)
    made.record([row], 10, Store())
    assert numbers(out.getvalue()) == [3, 4, 5, 6, 7]


def comments(data: bytes) -> dict[int, str]:
    """By frame number, as tshark reads them."""
    shown = ["tshark", "-r", "-", "-T", "fields", "-e", "frame.comment", "-e", "data"]
    done = subprocess.run(shown, input=data, capture_output=True, check=True, timeout=netns.TIMEOUT)
    rows = [line.split("\t") for line in done.stdout.decode().splitlines()]
    return {int(content, 16): comment for comment, content in rows}


@pytest.mark.skipif(not shutil.which("tshark"), reason="needs tshark")
def test_every_copy_has_its_comment_also_where_it_was_written_before() -> None:
    out = Memory()
    made = recorder(out)
    made.record([twice(100, 50)], 200, Store())
    made.record([twice(300, 101)], 400, Store())  # 101 was written as a neighbour of 100
    made.record([twice(500, 300), twice(501, 502 - 300)], 600, Store())
    made.finish()
    told = comments(out.getvalue())
    copies = [50, 100, 101, 202, 300, 500, 501]
    assert sorted(number for number, text in told.items() if text) == copies
    assert told[101] == "seqcheck: frame 101, number 0, which comes again in frame 300"
    assert len(told) == made.frames


def test_the_limit_holds_and_is_told() -> None:
    out = Memory()
    made = recorder(out, limit=1500)
    for frame in range(100, 900, 50):
        made.record([twice(frame, frame - 30)], frame + 20, Store())
    made.finish()
    assert len(out.getvalue()) <= 1500
    assert len(numbers(out.getvalue())) == made.frames > 5
    assert len(made.remarks) == 1
    assert "limit of 1,500 bytes" in made.remarks[0]


def test_a_full_disk_is_told_and_the_capture_goes_on() -> None:
    class Full(Memory):
        def write(self, data: object, /) -> int:
            raise OSError(28, "No space left on device")

    made = recorder(Full())
    made.record([twice(100, 50)], 200, Store())
    made.finish()
    assert made.remarks == ["The evidence file could not be written to the end: No space left on device."]


def test_a_kill_leaves_evidence_that_can_be_read(pair: netns.Pair, tmp_path: Path) -> None:
    path = tmp_path / "evidence.pcapng"
    options = ("--evidence", str(path), "--report", "jsonl", "--interval", "20ms", "--evidence-around", "3")
    with netns.live(pair.rx, pair.into, *options) as live:
        send = (*netns.SEQCHECK, "send", pair.out, "-q", "--ring-size", "256", "--rate", "20000", "--count", "1000000")
        with netns.program(pair.tx, *send, "--inject", "stale=0.5%") as sender:
            live.wait_for(lambda: any(one["duplicates"] > 20 for one in live.snapshots()))
            live.process.send_signal(signal.SIGKILL)
            assert live.process.wait(netns.TIMEOUT) == -signal.SIGKILL
            sender.process.send_signal(signal.SIGTERM)
            assert sender.end() == 0
    assert json.loads(sender.out[-1])["stale"] > 20
    found = seqcheck.analyze(path)
    assert found.duplicates.total > 10
    assert len(found.capture.damage) <= 1
    assert found.capture.frames >= 14 * 10
    if shutil.which("tshark"):
        shown = ["tshark", "-r", str(path), "-T", "fields", "-e", "frame.number", "-Y", "frame.comment"]
        done = subprocess.run(shown, capture_output=True, text=True, check=False, timeout=netns.TIMEOUT)
        assert len(done.stdout.split()) > 20


def test_a_whole_run_leaves_every_duplicate(pair: netns.Pair, tmp_path: Path) -> None:
    path = tmp_path / "evidence.pcapng"
    options = ("--evidence", str(path), "--count", "20000", "--report", "jsonl", "--evidence-limit", "10M")
    with netns.live(pair.rx, pair.into, *options) as live:
        send = ("--ring-size", "512", "--rate", "50000", "--count", "20000")
        truth = pair.send(*send, "--inject", "stale=0.1%")
        assert live.end() == 1
    found = seqcheck.analyze(path)
    assert found.duplicates.total == truth["duplicates"] > 5
    assert not found.capture.damage


def test_evidence_is_never_overwritten_unasked(pair: netns.Pair, tmp_path: Path) -> None:
    path = tmp_path / "evidence.pcapng"
    path.write_bytes(b"mine")
    with netns.program(pair.rx, *netns.SEQCHECK, "live", pair.into, "--evidence", str(path)) as refused:
        assert refused.end() == 2
    assert path.read_bytes() == b"mine"
    link = tmp_path / "link.pcapng"
    link.symlink_to(path)
    argv = (*netns.SEQCHECK, "live", pair.into, "--force", "--evidence", str(link))
    with netns.program(pair.rx, *argv) as refused:
        assert refused.end() == 2
    assert path.read_bytes() == b"mine"


def test_evidence_without_a_duplicate_is_an_empty_capture() -> None:
    out = Memory()
    made = recorder(out)
    made.record([], 100, Store())
    made.finish()
    with pytest.raises(InputError):
        seqcheck.analyze(io.BytesIO(out.getvalue()))
