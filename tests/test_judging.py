"""The last guard: even if judging fails, the rest of a report is valid, and every report is written."""

import json
from dataclasses import replace
from multiprocessing import Pipe
from pathlib import Path
from typing import Any

import pytest

import seqcheck
from seqcheck import kernel
from seqcheck.capture import CaptureReader
from seqcheck.cli.main import main, parse
from seqcheck.cli.workers import Tell
from seqcheck.demands import Demands, Suspect
from seqcheck.engine import judging
from seqcheck.engine.guard import Allowance, Budget
from seqcheck.engine.pipeline import run
from seqcheck.engine.watch import Stops, Task, Watch
from seqcheck.outputs import FORMATS

ROOT = Path(__file__).parent.parent
STALE = ROOT / "samples" / "stale-slot.pcap"
MADE_BY_DIAGNOSIS = {"by_cause", "verdict", "also", "overview"}
OF_A_DUPLICATE = {"cause", "laps", "shortfall"}


def fail(*_: Any) -> Any:
    raise IndexError("index 2 is out of bounds")


def never_end(*_: Any) -> Any:
    while True:
        pass


def stripped(report: dict[str, Any]) -> dict[str, Any]:
    """Of a JSON report, what does not depend on the judgement."""
    kept = {key: value for key, value in report.items() if key not in MADE_BY_DIAGNOSIS}
    kept["duplicates"] = {key: value for key, value in report["duplicates"].items() if key not in MADE_BY_DIAGNOSIS}
    del kept["duplicates"]["distances"]  # the bars go by the ring
    kept["duplicates"]["listed"] = [
        {key: value for key, value in each.items() if key not in OF_A_DUPLICATE}
        for each in report["duplicates"]["listed"]
    ]
    return kept


def reported(tmp_path: Path, *more: str) -> dict[str, Any]:
    target = tmp_path / "run.json"
    main(["analyze", "--force", "--report", f"json={target}", *more, str(STALE)])
    found: dict[str, Any] = json.loads(target.read_text())
    return found


def test_counts_do_not_depend_on_the_diagnosis(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    judged = reported(tmp_path, "--no-also-content")
    monkeypatch.setattr(judging, "diagnose", fail)
    unjudged = reported(tmp_path)
    total = judged["duplicates"]["total"]
    assert total > 1
    assert stripped(judged) == stripped(unjudged)
    verdict = unjudged["verdict"]
    assert (verdict["cause"], verdict["strength"]) == ("not-judged", "none")
    assert "it failed (IndexError: index 2 is out of bounds): a fault in seqcheck" in verdict["statement"]
    assert unjudged["duplicates"]["by_cause"] == {"not-judged": total}
    assert unjudged["overview"]["timeline"]


def test_judging_that_does_not_end_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judging, "diagnose", never_end)
    monkeypatch.setattr(Allowance, "budget", lambda self: Budget(seconds=0.05))
    report = seqcheck.analyze(STALE)
    assert report.verdict.cause == "not-judged"
    assert "it took more than 0.05 s." in report.verdict.statement
    assert report.exit_code == 1


def test_the_exit_code_goes_by_the_counts(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(judging, "diagnose", fail)
    assert main(["analyze", str(STALE)]) == 1
    assert main(["analyze", str(ROOT / "samples" / "clean.pcap")]) == 0
    assert main(["analyze", "--fail-on", "stale-slot", "--max-missing", "100%", str(STALE)]) == 1
    told = capsys.readouterr()
    assert "cause stale-slot: expected none, found not judged" in told.err
    assert "Traceback" not in told.out + told.err


def test_a_traceback_is_shown_to_those_who_ask(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(judging, "diagnose", fail)
    main(["analyze", "-v", str(STALE)])
    assert "in fail" in capsys.readouterr().err


@pytest.mark.parametrize("name", FORMATS)
def test_every_report_is_written_all_the_same(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judging, "diagnose", fail)
    target = tmp_path / "report"
    assert main(["analyze", "--report", f"{name}={target}", str(STALE)]) == 1
    assert target.stat().st_size > 300


def test_a_report_that_fails_costs_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from seqcheck.outputs.html import report as html

    monkeypatch.setattr(html, "write", fail)
    names = ["markdown", "html", "json", "csv"]
    assert main(["analyze", *(f"--report={name}={tmp_path}/{name}" for name in names), str(STALE)]) == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["csv", "json", "markdown"]
    told = capsys.readouterr().err
    assert "unexpected IndexError" in told
    assert "Traceback" not in told


def test_with_each_a_report_that_fails_costs_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from seqcheck.cli import each
    from seqcheck.outputs.html import report as html

    monkeypatch.setattr(html, "write", fail)
    names = ("markdown", "html", "json")
    args = parse(["analyze", "--each", *(f"--report={name}={tmp_path}/{{name}}.{name}" for name in names), str(STALE)])
    options = each.resolve(args)
    ((_, reports),) = each.places(options)
    outcome = each.one(replace(options, reports=reports), Tell(Pipe()[0]))
    assert (outcome.code, outcome.found is not None) == (2, True)
    assert any("unexpected IndexError" in line and str(STALE) in line for line in outcome.trouble)
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".json", ".markdown"]


def test_an_unjudged_cause_is_never_ruled_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judging, "diagnose", fail)
    report = seqcheck.analyze(STALE)
    for text in ("loop:strong", "any", "stale-slot"):
        (unmet,) = Demands(suspects=(Suspect.parse(text),)).unmet(report)
        assert unmet.found == "not judged"


def test_advice_that_fails_costs_no_answer(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("seqcheck.layout.discovery.check", fail)
    monkeypatch.setattr("seqcheck.layout.discovery.discover", fail)
    for more in (["--layout", "udp:1 seq=u32be@0"], []):
        assert main(["analyze", *more, str(ROOT / "samples" / "cyclic.pcap")]) == 2
        told = capsys.readouterr().err
        assert told.startswith("seqcheck: none of the 1,150 frames")
        assert "IndexError" not in told


class Live:
    """A file's reader as a live one that is about to end."""

    stopping, missed, behind, places, lost, adapters = True, 0, 0.0, False, 0, ()
    tells_drops, taken = True, ()

    def __init__(self, reader: CaptureReader) -> None:
        self._reader = reader

    def __getattr__(self, name: str) -> Any:
        return getattr(self._reader, name)

    def __iter__(self) -> Any:
        return iter(self._reader)


def test_a_glance_is_called_off_when_the_capture_is_to_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """A live capture is judged in between; Ctrl-C must not wait for that."""
    monkeypatch.setattr(judging, "diagnose", never_end)
    with CaptureReader([STALE], kernel=kernel.load()) as reader:
        live: Any = Live(reader)
        watched = Watch(live, Task(layout="seqcheck"), Stops())
        run(watched.blocks, watched.seen.pipeline)
        report = watched.snapshot(1.0, reports=True).report
    assert report is not None
    assert "it was called off" in report.verdict.statement
    monkeypatch.undo()
    assert watched.report((), Budget()).verdict.cause != "not-judged"
