"""seqcheck.testing: assertions that fail as they should, and say why as the report does; the fixture on top."""

import io
import json
import os
import subprocess
import sys
import tomllib
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import pytest
import specimens

import seqcheck
from seqcheck.demands import Demands, Suspect
from seqcheck.errors import InputError, UsageError
from seqcheck.testing import assert_clean, assert_demands, assert_expected, assert_verdict

ROOT = Path(__file__).parent.parent
PACKAGE = Path(seqcheck.__file__).parent.parent  # where the one under test lies
SAMPLES = ROOT / "samples"
STALE, LOSS, LATE = (SAMPLES / f"{name}.pcap" for name in ("stale-slot", "loss", "reordering"))


def test_a_clean_capture_gives_its_report() -> None:
    assert assert_clean(SAMPLES / "clean.pcap", layout="seqcheck").duplicates.total == 0
    with open(LATE, "rb") as stream:
        assert assert_clean(io.BytesIO(stream.read())).streams[0].late > 0


def test_limits_allow_so_much() -> None:
    report = assert_clean(STALE, max_duplicates=8)
    assert assert_clean(report, max_duplicates="1%") is report
    assert assert_clean(LOSS, max_missing="5%").missing == 20
    with pytest.raises(AssertionError, match=r"^late: expected at most 3, found 44 of "):
        assert_clean(LATE, max_late=3)


def test_a_failure_reads_like_the_report() -> None:
    with pytest.raises(AssertionError) as failed:
        assert_clean(specimens.STALE)
    first, blank, statement, *rest = str(failed.value).splitlines()
    assert first == "duplicates: expected at most 0, found 12 of 100000 records"
    assert blank == ""
    assert statement.startswith("Consistent with a stale TX slot in a ring of 4096")
    assert "Why" in rest
    assert "Duplicates (frame numbers as in Wireshark)" in rest


def test_a_verdict_is_asserted_with_its_strength_and_ring() -> None:
    report = assert_verdict(STALE, "stale-slot", strength="strong", ring_size=128)
    assert assert_verdict(report, ["loop", "stale-slot"]) is report
    weak = replace(report, verdict=replace(report.verdict, strength="weak"))
    for arguments, message in (
        ({"cause": "loop"}, "cause: expected loop, found stale-slot"),
        ({"cause": "stale-slot", "strength": "moderate"}, "strength: expected moderate or more, found weak"),
        ({"cause": "stale-slot", "ring_size": 512}, "ring size: expected 512, found 128"),
    ):
        with pytest.raises(AssertionError, match=f"^{message}\n"):
            assert_verdict(weak, **arguments)  # type: ignore[arg-type]


def test_an_expectation_from_a_file_or_a_dict(tmp_path: Path) -> None:
    path = tmp_path / "expect.toml"
    path.write_text("duplicates = 8\nmissing = 0\n")
    assert_expected(STALE, path)
    assert_expected(STALE, str(path), layout="seqcheck")
    assert_expected(STALE, {"duplicates": {"min": 1}})
    with pytest.raises(AssertionError, match=r"^missing: expected 0, found 20"):
        assert_expected(LOSS, {"missing": 0})


def test_any_demands() -> None:
    demands = Demands(suspects=(Suspect.parse("ring-replay"),))
    assert assert_demands(specimens.STALE, demands) is specimens.STALE


def test_what_is_no_capture_or_no_demand_is_no_failure(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        assert_clean(tmp_path / "none.pcap")
    with pytest.raises(UsageError, match="neither a count"):
        assert_clean(specimens.CLEAN, max_missing="much")
    with pytest.raises(UsageError, match="not one of"):
        assert_verdict(specimens.CLEAN, "stale")
    with pytest.raises(UsageError, match="was made with the layout"):
        assert_clean(specimens.CLEAN, layout="rtp:5004")


def test_the_entry_point_leads_to_the_plugin() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    module = import_module(project["entry-points"]["pytest11"]["seqcheck"])
    assert module.check_capture is not None
    assert "pytest" not in " ".join(project["dependencies"])


def test_seqcheck_itself_needs_no_pytest() -> None:
    code = "import sys, seqcheck.testing, seqcheck.cli.main; assert not {'pytest', '_pytest', 'numpy'} & {*sys.modules}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr


TESTS = f"""
def test_clean(check_capture):
    check_capture.clean({str(STALE)!r})

def test_verdict(check_capture):
    check_capture.verdict({str(STALE)!r}, "stale-slot", ring_size=512)

def test_expected(check_capture):
    check_capture.expected({str(LOSS)!r}, {{"missing": 20, "duplicates": 0}})
"""


def test_the_fixture_leaves_the_report_of_a_failure(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(TESTS)
    (tmp_path / "pytest.ini").write_text("[pytest]\nseqcheck_layout = seqcheck\n")
    plugins = ["-p", "no:cacheprovider", "-p", "seqcheck.testing.plugin"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *plugins, "--basetemp", str(tmp_path / "base"), "test_it.py"],
        cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120,
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": str(PACKAGE)},
    )  # fmt: skip
    out = done.stdout
    assert done.returncode == 1
    assert "1 passed" in out.splitlines()[-1]
    assert "duplicates: expected at most 0, found 8 of " in out
    assert "ring size: expected 512, found 128" in out
    assert "Duplicates (frame numbers as in Wireshark)" in out
    assert "plugin.py" not in out
    saved = sorted((tmp_path / "base").glob("*0/seqcheck.json"))
    assert [json.loads(path.read_text())["duplicates"]["total"] for path in saved] == [8, 8]
    assert all(str(path) in out for path in saved)
