"""Several points of one simulated way: each capture is what passed there, and `locate` finds what the model did."""

from __future__ import annotations

import io
import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from way_oracle import Number, truth
from ways import observed

import seqcheck
from seqcheck.cli.main import main
from seqcheck.errors import UsageError
from seqcheck.locate.run import Asked, tell
from seqcheck.simulate import Simulated, load, parse, simulate, write
from seqcheck.simulate import truth as told_by
from seqcheck.simulate.path_faults import Point
from seqcheck.simulate.traffic import RECORD

SCENARIO = Path(__file__).parent / "scenarios" / "way.toml"


def capture(made: Simulated) -> bytes:
    out = io.BytesIO()
    write(made, out)
    return out.getvalue()


def passed(made: Simulated) -> list[Number]:
    """The records of a capture by the model's own columns."""
    content = made.traffic.contents[made.traffic.sent["content"][made.kept]]
    content = content[content["kind"] == RECORD]
    return list(zip(*(content[name].tolist() for name in ("stream", "epoch", "x")), strict=True))


def along(made: Simulated) -> dict[str, Simulated]:
    return {**made.points, "receiver": made}


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_locate_finds_what_the_model_did(seed: int) -> None:
    made = along(simulate(replace(load(SCENARIO), seed=seed)))
    way = tell(observed({name: capture(each) for name, each in made.items()}, "seqcheck"), Asked())
    true = truth([passed(each) for each in made.values()], ran=True)
    names = [*made]
    for field in ("lost", "doubled", "lost_copies"):
        found = {
            (None if each.after is None else names.index(each.after), names.index(each.at)): getattr(each, field)
            for each in way.segments
        }
        assert +Counter(found) == getattr(true, field), field
    assert sum(each.late for each in way.segments) > 100
    assert [point.missed for point in way.points] == true.missed
    assert sum(true.lost.values()) > 20
    (first,) = (each for each in way.segments if each.after is None and each.at == "sender")
    assert first.verdict is not None
    assert (first.verdict.cause, first.verdict.ring_size) == ("stale-slot", 512)
    clock = way.points[1].clock
    assert clock is not None
    assert abs(clock.offset_ns - 1_300_008_000) < 2000 + clock.uncertain_ns
    assert abs(clock.drift_ppm - 15) <= clock.drift_uncertain_ppm + 0.001


def test_the_truth_tells_of_each_point_what_an_analysis_finds() -> None:
    made = simulate(load(SCENARIO))
    for name, counts in told_by(made)["points"].items():
        report = seqcheck.analyze(capture(made.points[name]), "seqcheck")
        assert counts["frames"] == report.capture.frames
        assert counts["records"] == report.records.sequenced
        assert counts["duplicates"] == report.duplicates.total
        assert counts["missing"] == report.missing
        assert counts["late"] == sum(stream.late for stream in report.streams)
    assert told_by(made)["points"]["switch"]["dropped"] > 0


def test_points_change_nothing_on_the_way() -> None:
    scenario = load(SCENARIO)
    without = replace(scenario, faults=tuple(each for each in scenario.faults if not isinstance(each, Point)))
    assert capture(simulate(scenario)) == capture(simulate(without))


def test_the_command_writes_them(tmp_path: Path) -> None:
    files = {name: tmp_path / f"{name}.pcap" for name in ("sender", "switch", "receiver")}
    points = [f"--point={name}={files[name]}" for name in ("sender", "switch")]
    argv = ["simulate", str(files["receiver"]), "--scenario", str(SCENARIO), *points]
    assert main(argv) == 0
    assert main(argv) == 2  # they are there
    made = simulate(load(SCENARIO))
    assert files["switch"].read_bytes() == capture(made.points["switch"])
    assert files["receiver"].read_bytes() == capture(made)
    report = tmp_path / "way.json"
    given = [f"{name}={path}" for name, path in files.items()]
    assert main(["locate", *given, "--report", f"json={report}"]) == 1
    assert json.loads(report.read_text())["segments"][0]["by_cause"] == {"stale-slot": 30}


def test_the_sender_is_always_there(tmp_path: Path) -> None:
    files = [str(tmp_path / name) for name in ("sender.pcap", "receiver.pcap")]
    options = ["--frames", "4000", "--loss", "0.01", "--seed", "3"]
    assert main(["simulate", files[1], *options, "--point", f"sender={files[0]}"]) == 0
    assert seqcheck.analyze(files[0]).missing == 0
    assert seqcheck.analyze(files[1]).missing > 10


@pytest.mark.parametrize("points", [
    ["--point", "bridge={0}/x.pcap"], ["--point", "sender={0}/out.pcap"], ["--point", "sender"],
    ["--point", "sender={0}/x.pcap", "--point", "switch={0}/x.pcap"],
])  # fmt: skip
def test_what_cannot_be_is_refused(points: list[str], tmp_path: Path) -> None:
    argv = ["simulate", f"{tmp_path}/out.pcap", "--scenario", str(SCENARIO)]
    assert main([*argv, *(each.format(tmp_path) for each in points)]) == 2
    assert [*tmp_path.iterdir()] == []


def test_two_points_have_two_names() -> None:
    twice = '[[fault]]\nkind = "point"\nname = "a"\n' * 2
    with pytest.raises(UsageError, match="two points 'a'"):
        simulate(parse(twice))
    with pytest.raises(UsageError, match="before 1970"):
        simulate(parse('[[fault]]\nkind = "point"\noffset_ns = -2_000_000_000_000_000_000\n'))
