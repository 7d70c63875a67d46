"""The package is typed: pyright accepts programs that use it as documented, and refuses those that do not. (mypy
--strict looks at docs/examples with the package.)"""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

import seqcheck

GOOD = '''"""A program as somebody else would write it."""

from datetime import datetime, timedelta, timezone

import seqcheck

report = seqcheck.analyze(
    ["a.pcap", b"..."],
    layout="udp:5000 seq=u32be@0",
    ring_sizes=[512],
    select=seqcheck.Selection(where="udp", start=datetime(2026, 1, 1, tzinfo=timezone.utc), end=timedelta(seconds=5)),
    progress=lambda far: print(far.frames),
)
size: int | None = report.verdict.ring_size
cause: str = report.verdict.cause
for duplicate in report.duplicates.listed:
    distance: int | None = duplicate.distance
names: list[str] = [stream.key["source"] for stream in report.streams if isinstance(stream.key["source"], str)]
text: str = report.to_json()
analyzer = seqcheck.Analyzer(ring_sizes=512)
analyzer.feed(memoryview(b"12"), ns=5, wire=60)
with seqcheck.live("eth0", duration=1.5) as capture:
    for news in capture:
        if isinstance(news, seqcheck.Found):
            number: int | None = news.seq
        else:
            frames: int = news.frames
            capture.stop()
try:
    capture.report().write("html", "page.html", force=True)
except seqcheck.SeqcheckError as error:
    print(error.message, error.hint)
'''
BAD = (
    'import seqcheck\n\nseqcheck.analyze("a.pcap", rings=[512])\n',
    'import seqcheck\n\nseqcheck.Analyzer().feed("text", ns=5)\n',
    'import seqcheck\n\nsize: int = seqcheck.analyze("a.pcap").verdict.ring_size\n',
)
HOME = Path(seqcheck.__file__).parent.parent
ROOT = Path(__file__).parent.parent


@pytest.mark.skipif(importlib.util.find_spec("basedpyright") is None, reason="needs basedpyright: the extra lint")
def test_pyright_accepts_what_is_documented_and_nothing_else(tmp_path: Path) -> None:
    programs = {"good.py": GOOD, **{f"bad{at}.py": text for at, text in enumerate(BAD)}}
    programs |= {path.name: path.read_text() for path in (ROOT / "docs" / "examples").glob("*.py")}
    for name, text in programs.items():
        (tmp_path / name).write_text(text)
    # As in a folder of somebody else's: what is installed is found where it is, an editable install is not.
    paths = [] if "site-packages" in HOME.parts else [str(HOME)]
    ignored = {"reportMissingTypeStubs": False, "reportUnknownMemberType": False, "reportUnknownVariableType": False}
    config = {"extraPaths": paths, "typeCheckingMode": "strict", **ignored, "reportUnknownArgumentType": False}
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(config))
    command = [sys.executable, "-m", "basedpyright", "--level", "error", "--outputjson", "--pythonpath", sys.executable]
    done = subprocess.run([*command, "."], cwd=tmp_path, capture_output=True, check=False, timeout=500)
    found = json.loads(done.stdout)["generalDiagnostics"]
    assert {Path(each["file"]).name for each in found} == {name for name in programs if name.startswith("bad")}, found
