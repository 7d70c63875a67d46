"""`--also-content`: what is found among the foreign frames, and that it changes nothing else."""

from __future__ import annotations

import io
import json
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from contents import HERE, numbered, sent
from packets import Frame

import seqcheck
from seqcheck.capture import CaptureReader
from seqcheck.cli.main import main
from seqcheck.engine.observation import Observation, Question
from seqcheck.engine.pipeline import run
from seqcheck.errors import UsageError
from seqcheck.kernel import protocols
from seqcheck.layout import resolve_all
from seqcheck.model import OtherTraffic, Report
from seqcheck.outputs.json import document
from seqcheck.simulate import load, simulate, truth, write
from seqcheck.wire.pcap import file_header, record

ROOT = Path(__file__).parent
LAYOUT = "udp:5000 magic=u32be@0==0x21212121 seq=u32be@4"
BY_NATURE = ("ack", "arp", "nd")  # kinds of foreign frames that nothing tells apart
THERE = b"\2\0\0\0\0\7"


def numbers(count: int, **how: Any) -> list[Frame]:
    return [sent(b"!!!!" + number.to_bytes(4, "big"), **how) for number in range(count)]


def capture(frames: list[Frame], *, step_ns: int = 10_000) -> bytes:
    rows = [record(1_700_000_000_000_000_000 + at * step_ns, frame.data) for at, frame in enumerate(frames)]
    return file_header(link=1) + b"".join(rows)


def others(frames: list[Frame], **how: Any) -> tuple[Report, OtherTraffic]:
    report = seqcheck.analyze(capture(frames), LAYOUT, also_content=True, **how)
    assert report.other_traffic is not None
    return report, report.other_traffic


def ring(size: int = 128, *, stale: int = 0, foreign: int = 0, count: int = 4000) -> list[Frame]:
    """A ring that sends records and, in one slot of eight, other traffic; so many stale slots of each kind."""
    chosen = random.Random(5)
    frames, more = list[Frame](), iter(numbers(count))
    for at in range(count):
        other = chosen.random() < 1 / 8
        frames.append(sent(chosen.randbytes(24), identification=at % 65535 + 1, sport=9) if other else next(more))
    for wanted, record_ in ((stale, True), (foreign, False)):
        while wanted:
            at = chosen.randrange(size, len(frames))
            if (b"!!!!" in frames[at - size].data) is record_ and frames[at - size] not in frames[at - size + 1 :]:
                frames.insert(at, frames[at - size])
                wanted -= 1
    return frames


def simulated(name: str) -> tuple[bytes, dict[str, Any]]:
    made = simulate(load(ROOT.parent / f"{name}.toml"))
    out = io.BytesIO()
    write(made, out)
    return out.getvalue(), truth(made)


@pytest.mark.parametrize(
    "name",
    ["tests/scenarios/ring-replay", "tests/scenarios/ring-replay-part", "tests/scenarios/mixed-replay",
     "tests/scenarios/stale-slot-rate", "samples/ring-replay", "samples/stale-other"],
)  # fmt: skip
def test_stale_foreign_frames_are_those_of_the_truth(name: str) -> None:
    """All that can be told apart, and no other."""
    data, told = simulated(name)
    report = seqcheck.analyze(data, also_content=True)
    found = report.other_traffic
    assert found is not None
    expected = {row["frame"]: row for row in told["resends"] if row.get("foreign", "ack") not in BY_NATURE}
    assert {each.frame for each in found.listed if each.same_ring} == set(expected)
    assert found.same_ring == len(expected) > 0
    for each in found.listed:
        if each.same_ring:
            row = expected[each.frame]
            named = ("earlier_frame", "frame_distance", "time_lag_ns")
            assert [getattr(each, name) for name in named] == [row[name] for name in named]
            assert each.identical


@pytest.mark.parametrize("name", ["path-copy", "path-copy-routed", "mixed-mirror", "loop-routed", "mixed-copies"])
def test_copies_made_on_the_way_are_of_no_ring(name: str) -> None:
    data, _ = simulated(f"tests/scenarios/{name}")
    found = seqcheck.analyze(data, also_content=True).other_traffic
    assert found is not None
    assert found.copies > 0
    assert found.same_ring == found.stale == 0
    assert set(found.by_cause) <= {"path-copy", "loop"}


@pytest.mark.parametrize("path", sorted((ROOT.parent / "samples").glob("*.toml")), ids=lambda path: path.stem)
def test_what_is_said_of_records_stays(path: Path) -> None:
    told = json.loads(path.with_suffix(".truth.json").read_text())
    sample, layout = next(path.parent.glob(f"{path.stem}.pcap*")), load(path).layout
    spec = layout.name if layout.modulus is None else f"{layout.name}%{layout.modulus}"
    alone, both = (seqcheck.analyze(sample, spec, also_content=asked) for asked in (False, True))
    found = both.other_traffic
    assert found is not None
    assert alone.other_traffic is None
    assert found.frames == both.records.foreign
    assert found.same_ring <= told["foreign_copies"]
    if not found.same_ring:
        assert both.verdict == alone.verdict
    assert both.verdict.statement.startswith(alone.verdict.statement)
    assert replace(both, verdict=alone.verdict, other_traffic=None) == alone


def test_the_statement_counts_them() -> None:
    report, found = others(ring(stale=9, foreign=6))
    assert (report.duplicates.total, found.copies, found.same_ring) == (9, 6, 6)
    assert report.verdict.statement.startswith("All 9 duplicates are consistent with a stale TX slot in a ring of 128")
    assert report.verdict.statement.endswith("Another 6 stale slots of the same ring held other traffic.")
    assert found.by_cause == {"stale-slot": 6}
    assert {each.frame_distance for each in found.listed} == {128}


def test_a_ring_that_only_other_traffic_shows_is_told_by_itself() -> None:
    report, found = others(ring(foreign=9))
    assert report.verdict.cause == "clean"
    assert report.duplicates.total == found.same_ring == 0
    assert found.by_cause == {"stale-slot": 9}
    assert [each.cause for each in found.also] == ["stale-slot"]
    assert "a ring of 128" in found.statement
    assert report.exit_code == 1


def test_without_stale_frames_nothing_is_said_of_a_ring() -> None:
    report, found = others(ring())
    assert report.exit_code == found.copies == 0
    assert found.statement.startswith("No foreign frame came twice, of ")


def test_what_repeats_by_nature_is_no_copy() -> None:
    """Heartbeats that come once in each lap, too."""
    frames = numbers(2000)
    for at in range(1900, 100, -128):
        frames.insert(at, sent(b"alive", sport=9))
    report, found = others(frames)
    assert (report.exit_code, found.copies) == (0, 0)
    assert "nothing that tells them apart" in found.statement


def test_sources_without_records_are_nobody() -> None:
    """Though their frames come again, even before the sender's first record."""
    chosen = random.Random(2)
    strangers = [sent(chosen.randbytes(20), identification=at + 1, sport=9, source=THERE) for at in range(100)]
    report, found = others([*strangers, *strangers[:40], *numbers(300), *strangers[40:60]])
    assert report.records.foreign == found.frames == found.copies == 0
    assert "no foreign frame" in found.statement


def test_a_source_whose_first_record_comes_late_is_known_from_its_first_frame() -> None:
    chosen = random.Random(2)
    before = [sent(chosen.randbytes(20), identification=at + 1, sport=9) for at in range(100)]
    _, found = others([*before, *before[:40], *numbers(300)])
    assert (found.frames, found.copies) == (140, 40)


def test_frames_that_may_be_records_are_not_compared() -> None:
    """Those whose number was cut off."""
    frames = numbers(50)
    cut = Frame(frames[7].data[:46], len(frames[7].data), 1)
    analyzer = seqcheck.Analyzer(LAYOUT, also_content=True)
    for at, frame in enumerate([*frames, cut, cut, cut]):
        analyzer.feed(frame.data, ns=at, wire=frame.wire)
    found = analyzer.report().other_traffic
    assert found is not None
    assert (found.frames, found.told_apart) == (0, 0)


@pytest.mark.parametrize("step", [1, 7, 500])
def test_where_blocks_end_does_not_matter(step: int) -> None:
    frames = ring(stale=5, foreign=5, count=1500)
    whole = others(frames)[1]
    analyzer = seqcheck.Analyzer(LAYOUT, also_content=True)
    for at, frame in enumerate(frames):
        analyzer.feed(frame.data, ns=1_700_000_000_000_000_000 + at * 10_000)
        if at % step == 0:
            analyzer._take()
    assert analyzer.peek().other_traffic == analyzer.report().other_traffic == whole


def test_both_kernels_find_the_same(kernel: protocols.Kernel) -> None:
    data = capture(ring(stale=5, foreign=5, count=1500))
    seen = Observation(kernel, resolve_all(LAYOUT), also_content=True)
    with CaptureReader([io.BytesIO(data)], kernel=kernel) as reader:
        run(reader, seen.pipeline)
        frames = reader.frames
    report = seqcheck.analyze(data, LAYOUT, also_content=True)
    assert frames == report.capture.frames
    made = seen.conclude(report.capture, Question(last=True)).report
    assert made.other_traffic == report.other_traffic


def test_a_header_that_has_to_be_recognized_first() -> None:
    data, told = simulated("samples/ring-replay")
    found = seqcheck.analyze(data, also_content=True).other_traffic
    assert found is not None
    assert found.frames == told["foreign"]


def test_who_asks_for_content_anyway_is_told() -> None:
    with pytest.raises(UsageError, match="all frames apart by their bytes already"):
        seqcheck.analyze(capture(numbered(range(9))), "content", also_content=True)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "run.pcap"
    made.write_bytes(capture(ring(stale=9, foreign=12)))
    return made


def test_the_command_and_its_reports(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["analyze", "-q", "--layout", LAYOUT, "--also-content"]
    shown = ["--report=terminal", f"--report=markdown={path}.md"]
    assert main([*asked, *shown, f"--report=json={path}.json", f"--report=html={path}.html", str(path)]) == 1
    text = capsys.readouterr().out + Path(f"{path}.md").read_text()
    assert text.count("12 foreign frames went out again from the same ring.") == 2
    assert "and 2 more" in text
    assert "Copies in other traffic (12)" in text
    tree = json.loads(Path(f"{path}.json").read_text())["other_traffic"]
    assert tree == document(seqcheck.analyze(path, LAYOUT, also_content=True))["other_traffic"]
    assert tree["same_ring"] == len(tree["listed"]) == 12
    assert tree["listed"][0]["flow"] == {
        "source": "10.0.0.1", "target": "10.0.0.2", "protocol": 17, "sport": 9, "dport": 5000,
    }  # fmt: skip
    page = Path(f"{path}.html").read_text()
    assert page.count("10.0.0.1:9 &gt; 10.0.0.2:5000") == 12


def test_at_most_as_many_are_listed_as_asked(path: Path) -> None:
    found = seqcheck.analyze(path, LAYOUT, listed=5, also_content=True).other_traffic
    assert found is not None
    assert (len(found.listed), found.complete, found.copies) == (5, False, 12)


def test_limits_are_of_other_traffic_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "run.pcap"
    path.write_bytes(capture(ring(foreign=9)))
    asked = ["analyze", "-q", "--report", f"json={tmp_path}/out.json", "--force", "--layout", LAYOUT, "--also-content"]
    for options, code in (
        ([], 1), (["--max-duplicates", "9"], 0), (["--max-duplicates", "8"], 1), (["--fail-on", "stale-slot"], 1),
        (["--fail-on", "path-copy"], 0),
    ):  # fmt: skip
        assert main([*asked, *options, str(path)]) == code, options
    assert "foreign duplicates: expected at most 8, found 9 of" in capsys.readouterr().err


def test_a_state_keeps_nothing_of_it(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["analyze", "--also-content", "--state", f"{path}.state", str(path)]) == 2
    assert "--also-content" in capsys.readouterr().err


def test_threads_read_nothing_ahead_then(path: Path) -> None:
    """They keep no bytes."""
    alone, several = (seqcheck.analyze(path, LAYOUT, also_content=True, jobs=jobs) for jobs in (1, 3))
    assert alone == several
    assert alone.other_traffic is not None
    assert alone.other_traffic.same_ring == 12


def test_everything_adds_up() -> None:
    """Whatever the mixture."""
    chosen = random.Random(8)
    for seed in range(12):
        chosen.seed(seed)
        frames = numbers(400)
        for _ in range(chosen.randrange(600)):
            payload = b"%d" % chosen.randrange(chosen.choice((5, 60, 5000)))
            frames.insert(chosen.randrange(len(frames)), sent(payload, sport=chosen.randrange(8, 12), source=HERE))
        report, found = others(frames)
        assert found.told_apart <= found.frames == report.records.foreign
        assert sum(found.by_cause.values()) == found.copies == len(found.listed)
        assert found.same_ring <= found.stale


def test_what_comes_round_is_no_copy() -> None:
    """Short counters and IP identifications, as long as there are as many frames between as they count."""
    frames = numbers(90_000)
    for at in range(80_000, 0, -800):
        frames.insert(at, sent(b"%d" % (at % 40_000), identification=at % 40_000 + 1, sport=9))
    report, found = others(frames)
    assert report.records.foreign == found.frames == 100
    assert (found.copies, found.told_apart, report.exit_code) == (0, 50, 0)
