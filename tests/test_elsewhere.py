"""The offline verbs use nothing that only Unix has: they run without its modules and functions.

That is not Windows, but it shows what would be missing there: modules cannot be imported, and functions, flags and
signals are taken away from those that stay. (`--each` is not tried: Python starts its workers in another way there.)
"""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from pathlib import Path

SAMPLES = Path(__file__).parent.parent / "samples"
# Loaded first is what itself asks which system it is on, as it stands in the standard library and in others' packages.
SCRIPT = """
import asyncio, json, multiprocessing.connection, os, select, signal, socket, subprocess, sys, tempfile, time, uuid
import dpkt, numpy, rich.console, scapy.all
tempfile._O_TMPFILE_WORKS = False
MODULES = "fcntl", "grp", "pwd", "resource", "termios", "tty", "pty", "syslog", "posix", "curses"
AWAY = {
    os: "fork geteuid getuid getgid setuid setgid setresuid setresgid setgroups pread preadv sched_getaffinity mkfifo"
    " set_blocking fchmod chown O_TMPFILE O_NONBLOCK O_CLOEXEC O_NOFOLLOW O_DIRECTORY killpg setsid WNOHANG pipe2",
    signal: "SIGHUP SIGUSR1 SIGUSR2 SIGQUIT SIGKILL SIGALRM SIGPIPE SIGCHLD pthread_sigmask SIG_BLOCK SIG_UNBLOCK"
    " setitimer alarm sigwait",
    socket: "AF_PACKET AF_UNIX AF_NETLINK",
    select: "poll epoll",
    time: "clock_gettime clock_gettime_ns CLOCK_REALTIME CLOCK_MONOTONIC",
}
for module, names in AWAY.items():
    for name in names.split():
        if hasattr(module, name):
            delattr(module, name)
class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name in MODULES:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
for name in MODULES:
    sys.modules.pop(name, None)
sys.meta_path.insert(0, Refuse())
from seqcheck.cli.main import main
for words in json.loads(sys.argv[1]):
    print("code", main(words), file=sys.stderr)  # stdout is gone once something went wrong
"""
REPORTS = ("terminal", "json", "html", "markdown", "junit", "sarif", "codequality", "csv", "jsonl", "pcapng")


VERBS = [
    (0, ["discover", "run.pcap"]),
    (0, ["layouts", "seqcheck", "--on", "run.pcap"]),
    (0, ["redact", "run.pcap", "out.redacted"]),
    (0, ["dedup", "run.pcap", "out.once"]),
    (0, ["dedup", "--force", "run.pcap", "out.once"]),
    (1, ["locate", "a=out.once", "b=run.pcap", "--report=html=out.html"]),
    (0, ["simulate", "--seed", "1", "out.simulated", "--truth", "out.truth"]),
    (0, ["demo", "out.demo", "--no-open"]),
    (0, ["explain", "stale-slot"]),
    (0, ["config"]),
    (0, ["schema"]),
    (0, ["man"]),
    (0, ["completion", "bash"]),
    (0, ["live", "--help"]),
]


def run(folder: Path, *commands: list[str]) -> tuple[list[int], str]:
    """The exit codes, and what was said on stderr."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, json.dumps(commands)], cwd=folder, capture_output=True, text=True, check=True,
        timeout=300,
    )  # fmt: skip
    assert "Error" not in done.stderr, done.stderr
    return [int(line[5:]) for line in done.stderr.splitlines() if line.startswith("code ")], done.stderr


def test_every_report_of_captures_plain_and_compressed(tmp_path: Path) -> None:
    (tmp_path / "run.pcap").write_bytes((SAMPLES / "stale-slot.pcap").read_bytes())
    (tmp_path / "again.pcap.gz").write_bytes(gzip.compress((SAMPLES / "mixed.pcapng").read_bytes()))
    reports = [f"--report={name}=out.{name}" for name in (*REPORTS, "pcapng-all")]
    several = ["analyze", "--force", "--report=json=out.several", "run.pcap", "again.pcap.gz"]
    codes, said = run(
        tmp_path, ["analyze", *reports, "--max-time", "60", "run.pcap"], several,
        ["analyze", "--report=json=out.json", "run.pcap"],
    )  # fmt: skip
    assert (codes, "out.json already exists" in said) == ([1, 1, 2], True)
    assert all((tmp_path / f"out.{name}").stat().st_size > 100 for name in REPORTS)
    assert json.loads((tmp_path / "out.json").read_bytes())["duplicates"]["total"] == 8
    assert json.loads((tmp_path / "out.several").read_bytes())["duplicates"]["total"] > 8
    assert not [*tmp_path.glob(".*")], "nothing is left of files under way"


def test_the_other_offline_verbs(tmp_path: Path) -> None:
    (tmp_path / "run.pcap").write_bytes((SAMPLES / "stale-slot.pcap").read_bytes())
    codes, said = run(tmp_path, *(words for _, words in VERBS))
    assert codes == [code for code, _ in VERBS], said
    named = {word.rpartition("=")[2] for _, words in VERBS for word in words if word.rpartition("=")[2][:4] == "out."}
    assert {path.name for path in tmp_path.iterdir()} == {"run.pcap", *named}


def test_what_needs_unix_says_so(tmp_path: Path) -> None:
    codes, said = run(tmp_path, *([verb, "lo"] for verb in ("live", "send", "extcap")))
    assert codes == [2, 2, 2]
    assert [line for line in said.splitlines() if line.startswith("seqcheck: ")] == [
        f"seqcheck: {verb} is not available on this system" for verb in ("live", "send", "extcap")
    ]
