"""`seqcheck dedup`: what stays is the first frame with each number, byte for byte, and nothing else goes."""

from __future__ import annotations

import tomllib
from pathlib import Path

import dpkt
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from reading import read
from ways import BEGIN, LAYOUT, STEP, capture, frame

import seqcheck
from seqcheck.cli.main import main

SAMPLES = sorted((Path(__file__).parent.parent / "samples").glob("*.pcap*"))


def frames(path: Path) -> list[bytes]:
    """The frames by another program's reading."""
    with path.open("rb") as stream:
        return [bytes(data) for _, data in dpkt.pcapng.Reader(stream)]


def layout_of(sample: Path) -> str:
    return str(tomllib.loads(sample.with_suffix(".toml").read_text()).get("layout", {}).get("name", "seqcheck"))


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.stem)
def test_no_number_comes_twice_afterwards(sample: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, layout = tmp_path / "once.pcapng", layout_of(sample)
    before = seqcheck.analyze(sample, layout)
    code = main(["dedup", "--layout", layout, str(sample), str(out)])
    if before.verdict.cause == "no-counter":
        assert code == 2
        assert not out.exists()
        return
    assert code == 0
    after = seqcheck.analyze(out, layout)
    assert after.duplicates.total == 0
    assert after.capture.frames == before.capture.frames - before.duplicates.total
    assert (after.missing, after.capture.dropped) == (before.missing, before.capture.dropped)
    assert [each.unique for each in after.streams] == [each.unique for each in before.streams]
    left = read(out, again=False).packets
    assert frames(out) == [packet.data for packet in left]
    kept = iter(read(sample, again=False).packets)
    assert all(each in kept for each in left), "what stays is what was there, in its order"
    told = capsys.readouterr().err
    assert f"wrote {out}, {len(left):,} of {before.capture.frames:,} frames" in told
    for name, count in before.duplicates.by_cause.items():
        assert f"{name} {count:,}" in told
    assert ("the count started over" in told) == any(each.restarts for each in before.streams)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_the_first_of_each_number_stays(data: st.DataObject, tmp_path: Path) -> None:
    """Against a set of what was seen, frame by frame."""
    order = list(range(400))
    for _ in range(data.draw(st.integers(0, 12))):
        at = data.draw(st.integers(60, len(order) - 1))
        order.insert(at, order[at - data.draw(st.integers(0, 50))])
    rows = [(BEGIN + at * STEP, frame(1, x, body=bytes([at % 251]) * 12)) for at, x in enumerate(order)]
    seen: set[int] = set()
    expected = []
    for x, (_, sent) in zip(order, rows, strict=True):
        if x not in seen:
            expected.append(sent)
        seen.add(x)
    source, out = tmp_path / "all.pcap", tmp_path / "once.pcapng"
    source.write_bytes(capture(rows, guard=False))
    assert main(["dedup", "-q", "--force", "--layout", LAYOUT, str(source), str(out)]) == 0
    assert frames(out) == expected


def mixed(folder: Path) -> Path:
    """Stale slots, and copies made on the path."""
    order = list(range(12_000))
    for at in range(11_500, 600, -400):
        order.insert(at, order[at] - 512)
    rows = []
    for at, x in enumerate(order):
        rows.append((BEGIN + at * STEP, frame(1, x)))
        if at % 300 == 150:
            rows.append((BEGIN + at * STEP + 400, frame(1, x)))
    path = folder / "mixed.pcap"
    path.write_bytes(capture(rows))
    return path


def test_only_copies_of_that_cause_go(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, out = mixed(tmp_path), tmp_path / "out.pcapng"
    by_cause = seqcheck.analyze(source, LAYOUT).duplicates.by_cause
    assert set(by_cause) == {"path-copy", "stale-slot"}
    argv = ["dedup", "--layout", LAYOUT, str(source), str(out), "--force"]
    assert main([*argv, "--cause", "path-copy"]) == 0
    told = capsys.readouterr().err
    assert f"removed {by_cause['path-copy']} (path-copy {by_cause['path-copy']})" in told
    assert f"{by_cause['stale-slot']} copies with other causes were kept" in told
    assert seqcheck.analyze(out, LAYOUT).duplicates.by_cause == {"stale-slot": by_cause["stale-slot"]}
    assert main([*argv, "--cause", "loop"]) == 0
    assert seqcheck.analyze(out, LAYOUT).duplicates.total == sum(by_cause.values())
    assert main([*argv, "--cause", "path-copy", "--cause", "stale-slot"]) == 0
    assert seqcheck.analyze(out, LAYOUT).duplicates.total == 0


def test_frames_that_are_cut_stay_cut(tmp_path: Path) -> None:
    from seqcheck.wire import pcap

    rows = [(BEGIN + x * STEP, frame(1, x)) for x in (*range(100), 99, *range(100, 200))]
    source, out = tmp_path / "cut.pcap", tmp_path / "out.pcapng"
    source.write_bytes(
        pcap.file_header(link=1) + b"".join(pcap.record(ns, data[:52], wire=len(data)) for ns, data in rows)
    )
    assert main(["dedup", "--layout", LAYOUT, str(source), str(out)]) == 0
    capture_ = seqcheck.analyze(out, LAYOUT).capture
    assert (capture_.frames, capture_.cut_frames, capture_.bytes) == (200, 200, 200 * len(rows[0][1]))


@pytest.mark.parametrize("argv", [
    ["-", "{0}/out.pcapng"], ["{0}/mixed.pcap", "{0}/mixed.pcap", "--force"], ["{0}/none.pcap", "{0}/out.pcapng"],
    ["{0}/mixed.pcap", "{0}/out.pcapng", "--cause", "path-cpy"], ["{0}/mixed.pcap"],
    ["{0}/mixed.pcap", "{0}/out.pcapng", "--cause", "clean"],
])  # fmt: skip
def test_what_cannot_be_is_refused(argv: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = mixed(tmp_path).read_bytes()
    assert main(["dedup", "--layout", LAYOUT, *(each.format(tmp_path) for each in argv)]) == 2
    assert capsys.readouterr().err.startswith("seqcheck: ")
    assert [path.name for path in tmp_path.iterdir()] == ["mixed.pcap"]
    assert (tmp_path / "mixed.pcap").read_bytes() == before


def test_nothing_is_overwritten_without_force(tmp_path: Path) -> None:
    source, out = mixed(tmp_path), tmp_path / "out.pcapng"
    out.write_bytes(b"mine")
    assert main(["dedup", "--layout", LAYOUT, str(source), str(out)]) == 2
    assert out.read_bytes() == b"mine"


def several(tmp_path: Path) -> tuple[Path, list[bytes]]:
    """Frames of one to three numbers, of which some come twice, in the same frame or in others."""
    from packets import ethernet, ipv4, udp

    from seqcheck.wire import pcap

    def one(*numbers: int) -> bytes:
        return ethernet(ipv4(udp(b"".join(bytes([0x47, x]) for x in numbers), dport=5001)))

    rows = [one(x, x + 1) for x in range(0, 200, 2)]
    rows.insert(50, one(90, 91))  # both came before
    rows.insert(60, one(100, 101, 102))  # all came before
    rows.insert(102, one(199, 200))  # one is new
    path = tmp_path / "several.pcap"
    path.write_bytes(pcap.file_header(link=1) + b"".join(pcap.record(at, data) for at, data in enumerate(rows)))
    return path, rows


def test_a_frame_of_several_numbers_goes_if_all_of_them_came_before(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, rows = several(tmp_path)
    out, spec = tmp_path / "out.pcapng", "udp:5001 magic=u8@0==0x47 seq=u8@1 each=2"
    assert main(["dedup", "--layout", spec, str(path), str(out)]) == 0
    told = capsys.readouterr().err
    assert "101 of 103 frames; removed 2 (5 numbers); 1 copies in frames that also hold new numbers were kept" in told
    assert frames(out) == [data for at, data in enumerate(rows) if at not in (50, 60)]
    before, after = (seqcheck.analyze(each, spec) for each in (path, out))
    assert [each.unique for each in after.streams] == [each.unique for each in before.streams]
    assert after.duplicates.total == 1


def test_several_layouts_of_which_one_reads_several_numbers_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from seqcheck.cli.dedup_several import layout_of_several
    from seqcheck.errors import UsageError

    path, _ = several(tmp_path)
    report = seqcheck.analyze(path, ["udp:5001 seq=u8@1 each=2", "udp:6000 seq=u8@0"])
    with pytest.raises(UsageError, match="several layouts"):
        layout_of_several(report)
