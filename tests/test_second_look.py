"""Other traffic that nobody asked for: files are read a second time if the verdict is a ring's, and what is found is
what one pass finds that was asked."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from containers import Packet, epb, idb, shb
from contents import sent
from packets import Frame
from test_files_that_change import grown, replaced, rewritten
from test_other_traffic import LAYOUT, ROOT, capture, numbers, ring

import seqcheck
from seqcheck import Progress, Report, Selection
from seqcheck.cli.main import main
from seqcheck.demands import Demands, Limit, Suspect
from seqcheck.engine import second_look
from seqcheck.errors import InputError
from seqcheck.model import RING_CAUSES
from seqcheck.outputs.json import document
from seqcheck.testing import assert_clean
from seqcheck.wire.pcap import file_header, record

SAMPLES = ROOT.parent / "samples"
BEGIN_NS, STEP_NS = 1_700_000_000_000_000_000, 10_000
Write = Callable[[list[Frame], Path], list[Path]]


def rows(frames: list[Frame]) -> Iterator[tuple[int, Frame]]:
    return ((BEGIN_NS + at * STEP_NS, frame) for at, frame in enumerate(frames))


def pcap(frames: list[Frame], folder: Path) -> list[Path]:
    (folder / "run.pcap").write_bytes(capture(frames))
    return [folder / "run.pcap"]


def packed(name: str, pack: Callable[[bytes], bytes]) -> Write:
    def write(frames: list[Frame], folder: Path) -> list[Path]:
        (folder / name).write_bytes(pack(capture(frames)))
        return [folder / name]

    return write


def pcapng(frames: list[Frame], folder: Path) -> list[Path]:
    packets = [epb(Packet(data=frame.data, ns=ns, wire=frame.wire)) for ns, frame in rows(frames)]
    (folder / "run.pcapng").write_bytes(b"".join([shb(), idb(), *packets]))
    return [folder / "run.pcapng"]


def several(share: Callable[[int, int], int], pack: Callable[[bytes], bytes] = bytes) -> Write:
    """Three files; `share` says which one a frame goes to."""

    def write(frames: list[Frame], folder: Path) -> list[Path]:
        parts: list[list[bytes]] = [[], [], []]
        for at, (ns, frame) in enumerate(rows(frames)):
            parts[share(at, len(frames))].append(record(ns, frame.data))
        paths = [folder / f"run{n}.pcap" for n in range(3)]
        for path, part in zip(paths, parts, strict=True):
            path.write_bytes(pack(file_header(link=1) + b"".join(part)))
        return paths

    return write


WAYS: dict[str, Write] = {
    "pcap": pcap,
    "pcapng": pcapng,
    "gzip": packed("run.pcap.gz", gzip.compress),
    "bz2": packed("run.pcap.bz2", bz2.compress),
    "xz": packed("run.pcap.xz", lambda data: lzma.compress(data, preset=0)),
    "one after the other": several(lambda at, count: 3 * at // count),
    "overlapping": several(lambda at, count: at % 3),
    "overlapping, packed": several(lambda at, count: at % 3, gzip.compress),
}

PLAIN = ("pcap", "pcapng", "one after the other", "overlapping")


@cache
def many() -> list[Frame]:
    """More than a block, and than a part."""
    return ring(stale=40, foreign=12, count=70_000)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return pcap(ring(stale=9, foreign=12), tmp_path)[0]


def alike(captures: Any, layout: Any = LAYOUT, **how: Any) -> Report:
    """The report, which is the one that was asked for, but for being made by itself."""
    asked, found = (seqcheck.analyze(captures, layout, also_content=also, **how) for also in (True, None))
    assert found.looked_again
    assert found.other_traffic is not None
    assert document(found) == document(asked)
    assert replace(found, looked_again=False) == asked
    return found


@pytest.mark.parametrize(("way", "jobs"), [*((way, 1) for way in WAYS), *((way, 2) for way in PLAIN)])
def test_it_finds_what_one_pass_finds(way: str, jobs: int, tmp_path: Path) -> None:
    found = alike(WAYS[way](many(), tmp_path), jobs=jobs).other_traffic
    assert found is not None
    assert found.same_ring == 12


@pytest.mark.parametrize(
    "name", ["stale-other", "ring-replay", "stale-slot", "thread-4096", "early-overwrite", "two-streams", "mixed"]
)
def test_it_finds_what_one_pass_finds_in_samples(name: str) -> None:
    path = next(SAMPLES.glob(f"{name}.pcap*"))
    plain = seqcheck.analyze(path, also_content=False)
    if plain.verdict.cause in RING_CAUSES and plain.verdict.strength != "weak" and plain.records.foreign:
        alike(path, None)
    else:
        assert seqcheck.analyze(path) == plain


def test_a_selection_of_frames_is_read_again(tmp_path: Path) -> None:
    select = Selection(frames=(1, 60_000), start=timedelta(milliseconds=5))
    found = alike(pcap(many(), tmp_path), select=select).other_traffic
    assert found is not None
    assert 0 < found.same_ring < 12


def test_a_layout_that_was_found_and_its_limits() -> None:
    found = alike(SAMPLES / "stale-other.pcap", None, listed=5)
    assert found.verdict.statement.endswith("Another 11 stale slots of the same ring held other traffic.")
    assert found.other_traffic is not None
    assert len(found.other_traffic.listed) == 5


@pytest.mark.parametrize("layout", [None, [LAYOUT, "udp:7777 seq=u32be@0"]], ids=["discovered", "several"])
def test_layouts_of_other_kinds(layout: Any, path: Path) -> None:
    alike(path, layout)


def test_a_capture_that_ends_within_a_frame(path: Path) -> None:
    os.truncate(path, path.stat().st_size - 7)
    assert alike(path).capture.damage


def not_looked(captures: Any, layout: str | None = LAYOUT, **how: Any) -> None:
    far: list[Progress] = []
    report = seqcheck.analyze(captures, layout, progress=far.append, **how)
    assert report.other_traffic is None
    assert not report.looked_again
    assert not any(each.again for each in far)


def test_nothing_is_read_again_where_it_tells_nothing(tmp_path: Path) -> None:
    not_looked(SAMPLES / "clean.pcap", None)
    not_looked(SAMPLES / "path-copy.pcap", None)
    not_looked(pcap(ring(foreign=9), tmp_path)[0])  # of the records, none came twice
    alone = numbers(4000)
    for at in (900, 1700, 2100, 3000):
        alone.insert(at, alone[at - 128])
    plain = seqcheck.analyze(pcap(alone, tmp_path)[0], LAYOUT)
    assert (plain.verdict.cause, plain.records.foreign) == ("stale-slot", 0)
    not_looked(tmp_path / "run.pcap")
    not_looked(tmp_path / "run.pcap", "content")


def test_weak_evidence_is_not_enough(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from seqcheck.engine import observation

    judged = observation.judge

    def weaker(*given: Any, **how: Any) -> Any:
        found = judged(*given, **how)
        return replace(found, verdict=replace(found.verdict, strength="weak"))

    monkeypatch.setattr(observation, "judge", weaker)
    not_looked(path)


def test_what_cannot_be_read_again_is_read_once(path: Path) -> None:
    not_looked(path.read_bytes())
    not_looked(io.BytesIO(path.read_bytes()))
    with path.open("rb", buffering=0) as stream:
        not_looked(stream)
    not_looked(path, also_content=False)


def test_what_cannot_be_read_again_is_told(path: Path) -> None:
    """Unless somebody decided, or there is nothing to be told."""

    def told(**how: Any) -> list[str]:
        caveats = seqcheck.analyze(path.read_bytes(), LAYOUT, **how).verdict.caveats
        return [each for each in caveats if each.startswith("Other traffic was not compared")]

    assert told() == [
        "Other traffic was not compared by its bytes: only files that have a name can be read again. With"
        " --also-content it is compared while frames are read."
    ]
    assert told(also_content=False) == told(also_content=True) == []


def command(*words: str | Path, **how: Any) -> dict[str, Any]:
    """What the JSON report of `analyze` says."""
    line = [sys.executable, "-m", "seqcheck", "-q", "analyze", "--layout", LAYOUT, "--report", "json", *map(str, words)]
    done = subprocess.run(line, stdout=subprocess.PIPE, check=False, timeout=120, **how)
    assert done.returncode == 1
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_the_command_and_its_switches(path: Path) -> None:
    report = document(seqcheck.analyze(path, LAYOUT))
    assert report["other_traffic"]["same_ring"] == 12
    for words in ([], ["--also-content"], ["--no-also-content", "--also-content"]):
        assert command(*words, path) == report
    assert command("--no-also-content", path)["other_traffic"] is None
    assert command("--state", f"{path}.state", path)["other_traffic"] is None
    with path.open("rb") as stream:
        assert command("-", stdin=stream)["other_traffic"] is None


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs root")
def test_who_gave_up_root_reads_again_what_is_open(path: Path) -> None:
    path.chmod(0o600)
    path.parent.chmod(0o700)
    assert command(path)["other_traffic"]["same_ring"] == 12


def test_each(path: Path, tmp_path: Path) -> None:
    shutil.copy(path, tmp_path / "b.pcap")
    words = ["--layout", LAYOUT, "--each", f"--report=json={tmp_path}/out/", str(path), f"{tmp_path}/b.pcap"]
    assert main(["-q", "analyze", *words]) == 1
    for name in ("run", "b"):
        assert json.loads((tmp_path / "out" / f"{name}.json").read_text())["other_traffic"]["same_ring"] == 12


@pytest.mark.parametrize("change", [replaced, grown, rewritten])
@pytest.mark.parametrize("when", ["before", "meanwhile"])
def test_a_file_that_has_changed_is_told(
    change: Callable[[Path], None], when: str, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, run = seqcheck.analyze(path, LAYOUT, also_content=False), second_look.run
    looked = second_look.looked_again

    def before(*given: Any) -> Any:
        change(path)
        return looked(*given)

    def meanwhile(*given: Any) -> None:
        run(*given)
        change(path)

    if when == "before":
        monkeypatch.setattr(second_look, "looked_again", before)
    else:
        monkeypatch.setattr(second_look, "run", meanwhile)
    report = seqcheck.analyze(path, LAYOUT)
    caveat = f"Other traffic was not compared by its bytes: {path} was changed while it was being read."
    assert report == replace(plain, verdict=replace(plain.verdict, caveats=(*plain.verdict.caveats, caveat)))


def test_a_file_of_which_nothing_can_be_read_any_more_is_told(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> None:
        raise InputError("reading failed")

    monkeypatch.setattr(second_look, "run", broken)
    report = seqcheck.analyze(path, LAYOUT)
    assert report.verdict.caveats[-1] == "Other traffic was not compared by its bytes: reading failed."
    assert report.exit_code == 1


@pytest.mark.parametrize(
    ("option", "why"),
    [("--max-time=90", "the time limit of 90 s was reached"), ("--max-memory=4G", "the memory limit of 4096 MiB was")],
)
def test_limits_hold(option: str, why: str, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from seqcheck.engine import guard

    plain, looked = seqcheck.analyze(path, LAYOUT, also_content=False), second_look.looked_again

    def late(*given: Any) -> Any:
        monkeypatch.setattr(guard.time, "monotonic", lambda: 1e12)
        monkeypatch.setattr(guard, "_peak", lambda: 1 << 62)
        return looked(*given)

    monkeypatch.setattr(second_look, "looked_again", late)
    out = path.with_suffix(".json")
    assert main(["-q", "analyze", "--layout", LAYOUT, option, f"--report=json={out}", str(path)]) == 1
    report = json.loads(out.read_text())
    assert report["other_traffic"] is None
    assert why in report["verdict"]["caveats"][-1]
    assert report["capture"]["damage"] == []
    assert report["duplicates"]["total"] == plain.duplicates.total


def test_a_limit_that_the_first_reading_reached_is_told(tmp_path: Path) -> None:
    path, out = pcap(many(), tmp_path)[0], tmp_path / "out.json"
    words = ["--layout", LAYOUT, "--ring-size=128", "--max-memory=1M", f"--report=json={out}"]
    assert main(["-q", "analyze", *words, str(path)]) == 2
    report = json.loads(out.read_text())
    assert report["other_traffic"] is None
    assert report["verdict"]["cause"] == "stale-slot"
    assert [line.partition(":")[0] for line in report["verdict"]["caveats"][-2:]] == [
        "This report covers only part of the capture", "Other traffic was not compared by its bytes",
    ]  # fmt: skip


def test_it_can_be_interrupted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from seqcheck.engine import session

    def progress(far: Progress) -> None:
        if far.again:
            raise KeyboardInterrupt

    monkeypatch.setattr(session, "INTERVAL_S", 0)
    with pytest.raises(KeyboardInterrupt):
        seqcheck.analyze(pcap(many(), tmp_path), LAYOUT, progress=progress)


def test_progress_begins_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from seqcheck.engine import session

    far: list[Progress] = []
    monkeypatch.setattr(session, "INTERVAL_S", 0)
    seqcheck.analyze(path := pcap(many(), tmp_path)[0], LAYOUT, progress=far.append)
    first, second = ([each for each in far if each.again is again] for again in (False, True))
    assert far == [*first, *second]
    for one in (first, second):
        assert (one[-1].frames, one[-1].bytes_done) == (len(many()), path.stat().st_size)
    assert second[0].frames < len(many())


def test_no_limit_counts_what_nobody_asked_for(path: Path) -> None:
    """What passed before passes still; whoever asks is told."""
    asked = ["-q", "analyze", "--layout", LAYOUT, "--report", f"json={path}.json", "--force"]
    for words in (["--max-duplicates=9"], ["--fail-on=stale-slot:strong", "--max-duplicates=12"], ["--fail-on=loop"]):
        codes = [main([*asked, *how, *words, str(path)]) for how in ([], ["--no-also-content"])]
        assert codes[0] == codes[1], words
    assert main([*asked, "--max-duplicates=9", str(path)]) == 0
    assert main([*asked, "--also-content", "--max-duplicates=9", str(path)]) == 1
    assert_clean(path, layout=LAYOUT, max_duplicates=9)


def test_causes_that_only_other_traffic_shows_fail_nothing(tmp_path: Path) -> None:
    frames = ring(stale=9, count=9000)
    for at in range(8000, 300, -400):  # copies made on the way, of foreign frames
        other = sent(b"%d" % at * 5, identification=at, sport=9)
        frames[at:at] = [other, replace_hops(other)]
    path = pcap(frames, tmp_path)[0]
    report = seqcheck.analyze(path, LAYOUT)
    found = report.other_traffic
    assert found is not None
    assert [each.cause for each in found.also] == ["path-copy"]
    demands = Demands(suspects=(Suspect.parse("path-copy"),), duplicates=Limit.parse("9"))
    assert demands.unmet(report) == []
    assert demands.unmet(seqcheck.analyze(path, LAYOUT, also_content=True)) != []


def replace_hops(frame: Frame) -> Frame:
    """The same, one router later."""
    data = bytearray(frame.data)
    data[22] -= 1
    return Frame(bytes(data), frame.wire, frame.link)
