"""The annotated pcapng, read by our own reader and by tshark."""

import io
import re
import subprocess
import sys
from pathlib import Path

import pytest
import specimens
from found import Found

from seqcheck import kernel
from seqcheck.capture import CaptureReader
from seqcheck.engine import aside, session
from seqcheck.errors import UsageError
from seqcheck.outputs import Page, pcapng, publish
from seqcheck.wire.pcapng import packet_block

SAMPLES = Path(__file__).parent.parent / "samples"


def frames(path: Path) -> list[tuple[int, int, bytes]]:
    """(ns, length on the wire, bytes) of every frame."""
    found = []
    with CaptureReader([path], kernel=kernel.load()) as reader:
        for block, low, high in reader:
            for row in range(low, high):
                start = int(block.off[row])
                data = block.buf[start : start + int(block.cap[row])].tobytes()
                found.append((int(block.ns[row]), int(block.wire[row]), data))
    return found


def written(name: str, capture: Path, folder: Path) -> Path:
    path = folder / "annotated.pcapng"
    with session.examine(capture, session.Query(keep="all-frames")) as results, path.open("wb") as out:
        publish(name, results, out, Page())
    return path


@pytest.mark.parametrize("sample", ["mixed.pcapng", "loss.pcap", "reordering.pcap"])
def test_all_frames_are_those_of_the_capture(sample: str, tmp_path: Path) -> None:
    assert frames(written("pcapng-all", SAMPLES / sample, tmp_path)) == frames(SAMPLES / sample)


def test_frames_cut_by_the_snap_length_keep_their_length(tmp_path: Path) -> None:
    source = SAMPLES / "stale-length.pcap"
    assert frames(written("pcapng-all", source, tmp_path)) == frames(source)


def tshark(path: Path, *fields: str) -> list[list[str]]:
    argv = ["tshark", "-r", str(path), "-T", "fields", *(word for field in fields for word in ("-e", field))]
    try:
        done = subprocess.run(argv, capture_output=True, text=True, check=True)
    except FileNotFoundError:
        pytest.skip("needs tshark")
    return [line.split("\t") for line in done.stdout.splitlines()]


def test_comments_name_the_twin_both_ways(tmp_path: Path) -> None:
    path = written("pcapng", SAMPLES / "stale-slot.pcap", tmp_path)
    comments = {int(number): comment for number, comment in tshark(path, "frame.packet_id", "frame.comment")}
    report = session.analyze(SAMPLES / "stale-slot.pcap")
    assert report.duplicates.total
    for each in report.duplicates.listed:
        assert each.earlier_frame is not None
        assert re.search(
            rf"duplicate: number {each.seq} again, its earlier copy is frame {each.earlier_frame};",
            comments[each.frame],
        )
        assert re.search(
            rf"earlier copy: number {each.seq} came again in frame {each.frame},", comments[each.earlier_frame]
        )
        assert f"{each.distance:,} record" in comments[each.frame]
        assert each.cause in comments[each.frame]
        assert f"frame {each.frame} of the capture" in comments[each.frame]


def test_times_are_those_of_the_capture(tmp_path: Path) -> None:
    path = written("pcapng", SAMPLES / "stale-slot.pcap", tmp_path)
    original = frames(SAMPLES / "stale-slot.pcap")
    for number, time in tshark(path, "frame.packet_id", "frame.time_epoch"):
        seconds, _, fraction = time.partition(".")
        assert int(seconds) * 10**9 + int(fraction) == original[int(number) - 1][0]


def test_gaps_and_late_records_are_there_with_the_frame_before(tmp_path: Path) -> None:
    path = written("pcapng", SAMPLES / "mixed.pcapng", tmp_path)
    text = "\n".join(comment for _, comment in tshark(path, "frame.packet_id", "frame.comment"))
    report = session.analyze(SAMPLES / "mixed.pcapng")
    assert text.count("behind a gap:") == text.count("before a gap:") == report.gaps.total > 0
    assert text.count("late: number") == sum(stream.late for stream in report.streams) > 0


def test_the_section_carries_the_verdict() -> None:
    out = io.BytesIO()
    publish("pcapng", Found(specimens.STALE), out, Page())
    assert specimens.STALE.verdict.statement.encode() in out.getvalue()[:2000]


def test_all_frames_of_a_pipe_cannot_be_had() -> None:
    argv = [
        sys.executable,
        "-c",
        "import sys; sys.stdout.buffer.write(open(sys.argv[1], 'rb').read())",
        str(SAMPLES / "clean.pcap"),
    ]
    with (
        subprocess.Popen(argv, stdout=subprocess.PIPE) as pipe,
        pytest.raises(UsageError, match="cannot be written from a pipe"),
        session.examine(pipe.stdout, session.Query(keep="all-frames")),
    ):
        pass


def test_there_is_a_limit_to_what_is_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pcapng, "MOST", 5)
    out = io.BytesIO()
    publish("pcapng", Found(specimens.STALE), out, Page())
    assert b"19 further notes had no room" in out.getvalue()


def test_a_comment_longer_than_an_option_is_cut_at_a_character() -> None:
    block = packet_block(0, b"x", comment="\u00e9" * 40_000)
    assert int.from_bytes(block[4:8], "little") == len(block)
    length = int.from_bytes(block[34:36], "little")
    assert length == 65_532
    block[36 : 36 + length].decode()


def test_a_frame_that_left_the_window_is_missed_and_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(aside.Aside, "settle", lambda self, block: None)
    argv = ["cat", str(SAMPLES / "stale-slot.pcap")]
    out = io.BytesIO()
    with (
        subprocess.Popen(argv, stdout=subprocess.PIPE) as pipe,
        session.examine(pipe.stdout, session.Query(keep="frames")) as results,
    ):
        publish("pcapng", results, out, Page())
    assert re.search(rb"\d+ frames with something to say had left the window", out.getvalue())
    (tmp_path / "empty.pcapng").write_bytes(out.getvalue())
    assert frames(tmp_path / "empty.pcapng") == []
