"""What README says to type works as it stands, in the order in which it stands there."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import seqcheck

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "README.md").read_text(encoding="utf-8")
BASH = shutil.which("bash")


def test_use_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if BASH is None:
        pytest.skip("no bash here to run the commands with")
    part = PAGE.partition("## Use it")[2]
    commands = [line.strip() for line in part.partition("\n## ")[0].splitlines() if line.startswith("    ")]
    assert len(commands) > 10
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "seqcheck").write_text(f'#!/bin/sh\nexec "{sys.executable}" -P -m seqcheck "$@"\n')
    (tmp_path / "bin" / "seqcheck").chmod(0o755)
    package = os.pathsep.join([str(Path(seqcheck.__file__).parent.parent), os.environ.get("PYTHONPATH", "")])
    path = os.pathsep.join([str(tmp_path / "bin"), os.environ["PATH"]])
    folder = tmp_path / "work"
    folder.mkdir()
    codes = {}
    for command in commands:
        done = subprocess.run(
            [BASH, "-c", command], cwd=folder, capture_output=True, text=True, check=False, timeout=120,
            env={**os.environ, "PATH": path, "PYTHONPATH": package},
        )  # fmt: skip
        assert done.returncode in (0, 1), (command, done.stderr)
        codes[command.partition("  ")[0]] = done.returncode
    assert codes["seqcheck demo.pcap"] == 1  # findings
    assert codes["seqcheck analyze --max-missing 0.1% --fail-on loop demo.pcap"] == 0  # the gate lets it pass
    made = {path.name for path in folder.iterdir()}
    assert made == {"demo.pcap", "demo.html", "run.json", "run.html", "run.pcapng", "shared.pcapng", "once.pcapng"}
    (program,) = re.findall(r"```python\n(.*?)```", part, re.DOTALL)
    monkeypatch.chdir(folder)
    names: dict[str, object] = {}
    exec(compile(program, "README.md", "exec", dont_inherit=True), names)
    assert (folder / "report.html").stat().st_size
    assert len(names["frame"]) == 12  # type: ignore[arg-type]
