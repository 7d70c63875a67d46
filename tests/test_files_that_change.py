"""Reports that read frames again refuse a file that has changed since; all others are written."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from seqcheck.cli import analyze
from seqcheck.cli.main import main

SAMPLES = Path(__file__).parent.parent / "samples"


def replaced(path: Path) -> None:
    shutil.copy(SAMPLES / "loss.pcap", path.with_name("new"))
    os.replace(path.with_name("new"), path)


def grown(path: Path) -> None:
    with open(path, "ab") as file:
        file.write(path.read_bytes()[24:])


def cut(path: Path) -> None:
    os.truncate(path, 200)


def rewritten(path: Path) -> None:
    data = path.read_bytes()
    status = path.stat()
    path.write_bytes(data[:-1] + b"\xff")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns + 1))


@pytest.mark.parametrize("name", ["pcapng", "pcapng-all"])
@pytest.mark.parametrize("change", [replaced, grown, cut, rewritten])
def test_frames_of_a_file_that_has_changed_are_refused(
    name: str,
    change: Callable[[Path], None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    capture = tmp_path / "run.pcap"
    shutil.copy(SAMPLES / "stale-slot.pcap", capture)
    deliver_all = analyze.deliver_all

    def meanwhile(*given: object) -> list[Exception]:
        change(capture)
        return deliver_all(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(analyze, "deliver_all", meanwhile)
    out = tmp_path / "out"
    out.mkdir()
    assert main(["analyze", f"--report={name}={out}/frames", f"--report=json={out}/json", str(capture)]) == 2
    assert os.listdir(out) == ["json"]
    assert "was changed while it was being read" in capsys.readouterr().err
