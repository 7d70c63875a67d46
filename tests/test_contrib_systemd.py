"""The unit for systemd: valid, confined, and its command line does what it is for."""

import json
import shlex
import shutil
import signal
import subprocess
from pathlib import Path

import netns
import pytest

UNIT = Path(__file__).parent.parent / "contrib" / "systemd" / "seqcheck@.service"
EXPOSURE = 2.5  # of 10, by systemd's own measure


def settings() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in UNIT.read_text("utf-8").splitlines():
        name, equals, value = line.partition("=")
        if equals and not line.startswith("#"):
            found.setdefault(name, []).append(value)
    return found


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="needs systemd-analyze")
def test_the_unit_is_valid_and_confined(tmp_path: Path) -> None:
    unit = tmp_path / "seqcheck@eth0.service"
    unit.write_text(UNIT.read_text("utf-8").replace("/usr/local/bin/seqcheck", "/bin/true"), "utf-8")
    got = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", unit], capture_output=True, text=True, check=False, timeout=60
    )
    assert (got.returncode, got.stderr) == (0, "")
    command = ["systemd-analyze", "security", "--offline=true", f"--threshold={int(EXPOSURE * 10)}", str(unit)]
    got = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    if "offline" in got.stderr:
        pytest.skip("this systemd-analyze cannot judge a file")
    assert got.returncode == 0, got.stdout


def test_findings_are_no_failure_and_one_privilege_is_enough() -> None:
    found = settings()
    assert found["SuccessExitStatus"] == ["1"]
    assert found["AmbientCapabilities"] == found["CapabilityBoundingSet"] == ["CAP_NET_RAW"]


@netns.needed()
def test_its_command_line_watches_and_reports() -> None:
    (line,) = settings()["ExecStart"]
    program, *words = shlex.split(line.replace("%I", "sqin").replace("$OPTIONS", "--ring-size 64"))
    assert program == "/usr/local/bin/seqcheck"
    with netns.pair() as pair, netns.program(pair.rx, *netns.SEQCHECK, *words) as live:
        listening = ["ip", "netns", "exec", pair.rx, "cat", "/proc/net/packet"]
        # It is quiet; the kernel says when it listens, to all protocols, as the pair's own tap does from the beginning.
        while netns.run(*listening).count(" 0003 ") < 2:
            assert live.process.poll() is None
        truth = pair.send("--count", "3000", "--ring-size", "64", "--inject", "stale=1%", "--stream", "2")
        live.wait_for(lambda: len(live.out) >= truth["duplicates"])
        assert live.end(signal.SIGTERM) == 1
    kinds = [json.loads(text)["type"] for text in live.out]
    assert kinds.count("found") == truth["duplicates"] > 0
    assert kinds.count("report") == 1
