"""Live capture, side by side: seqcheck, tcpdump, tshark and scapy in turn on the same traffic over one veth pair.

    sudo python -m benchmarks.live [--seconds 15] [--rounds 5]

Makes two network namespaces with a veth pair and removes them. `seqcheck send` sends as fast as it can, then the next
tool listens to the same again. Said are the frames each tool did not see, and the CPU time that it took per million
frames that it did, from when it was ready to its end (the kernel's part that runs on the sender's account is the same
for all and not in it). What a tool does once, at its end, is in it, too: so a round is as long as fifteen seconds. The
tools take turns, forth and back, since the host may be slower at times. Medians over the rounds, and of what is
compared the ratio in each round. What the dashboard costs is measured from within (drawn.py), since it is less than
rounds differ by. Writes benchmarks/results/live.md.
"""

from __future__ import annotations

import argparse
import json
import os
import pty
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
OURS, THEIRS = "seqcheck live", "tcpdump"
DRAWN = ".drawn"
sys.path.insert(0, str(HERE.parent / "tests"))
import netns  # noqa: E402

from benchmarks import launch  # noqa: E402

SCAPY = """
import signal, sys
from scapy.all import AsyncSniffer
from scapy.config import conf
seen = [0]
def count(_): seen[0] += 1
def ready(): print("ready", file=sys.stderr, flush=True)
sniffer = AsyncSniffer(iface=sys.argv[1], store=False, prn=count, started_callback=ready)
signal.signal(signal.SIGTERM, lambda *_: None)
sniffer.start(); signal.pause(); sniffer.stop(); print("seen", seen[0], file=sys.stderr)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A way to capture: what to run, what it says when it is ready, how many frames it says it saw."""

    name: str
    argv: tuple[str, ...]
    ready: str
    seen: Callable[[str, Path], int]
    terminal: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One tool, one round."""

    sent: int
    seconds: float
    seen: int
    cpu: float
    drawn: tuple[int, float] | None = None  # drawings, and the CPU seconds of `cpu` that went into them

    @property
    def unseen(self) -> int:
        return self.sent - self.seen

    @property
    def cpu_per_million(self) -> float:
        return self.cpu * 1_000_000 / max(self.seen, 1)


def by_report(text: str, report: Path) -> int:
    return int(json.loads(report.read_text("ascii"))["capture"]["frames"])


def by_words(pattern: str) -> Callable[[str, Path], int]:
    return lambda text, report: int(re.findall(pattern, text)[-1])


def tools(interface: str, report: Path) -> list[Tool]:
    live = ("live", interface, "--snap", "128", "--report", f"json={report}", "--force")
    drawn = (sys.executable, "-m", "benchmarks.drawn", str(report.with_suffix(DRAWN)), *live)
    every = [
        Tool(name=OURS, argv=(*netns.SEQCHECK, *live), ready="listening on", seen=by_report),
        Tool(name=f"{OURS}, with the dashboard", argv=drawn, ready="listening on", seen=by_report, terminal=True),
        Tool(
            name=f"{THEIRS} -w /dev/null -s 128 -B 65536",
            argv=("tcpdump", "-i", interface, "-w", "/dev/null", "-s", "128", "-B", "65536"),
            ready="listening on", seen=by_words(r"(\d+) packets? captured"),
        ),
        Tool(
            name="tshark -w /dev/null -s 128 -B 64",
            argv=("tshark", "-i", interface, "-w", "/dev/null", "-s", "128", "-B", "64"),
            ready="Capturing on", seen=by_words(r"(\d+) packets? captured"),
        ),
        Tool(
            name="scapy sniff(store=False)", argv=(sys.executable, "-c", SCAPY, interface), ready="ready",
            seen=by_words(r"seen (\d+)"),
        ),
    ]  # fmt: skip
    return [tool for tool in every if shutil.which(tool.argv[0])]


def measure(tool: Tool, pair: netns.Pair, seconds: float, report: Path) -> Run:
    """Let it listen while `send` sends."""
    ours, theirs = pty.openpty() if tool.terminal else os.pipe()
    process = subprocess.Popen(
        ["ip", "netns", "exec", pair.rx, *tool.argv], stderr=theirs, stdout=subprocess.DEVNULL,
        env={**os.environ, "TERM": "xterm"},
    )  # fmt: skip
    os.close(theirs)
    said, ready = bytearray(), threading.Event()

    def read() -> None:
        while True:
            try:
                data = os.read(ours, 65_536)
            except OSError:  # the terminal is gone
                data = b""
            if not data:
                ready.set()
                return
            said.extend(data)
            if tool.ready.encode() in said:
                ready.set()

    reader = threading.Thread(target=read)
    reader.start()
    ready.wait(netns.TIMEOUT)
    before = cpu(process.pid)
    truth = pair.send("--ring-size", "4096", "--duration", f"{seconds}", "--other", "2%")
    process.send_signal(signal.SIGTERM)
    _, _, used = os.wait4(process.pid, 0)
    process.returncode = 0
    reader.join()
    os.close(ours)
    told = json.loads(report.with_suffix(DRAWN).read_text("ascii")) if tool.terminal else None
    return Run(
        sent=truth["sent"],
        seconds=truth["elapsed_ns"] / 1e9,
        seen=tool.seen(said.decode("utf-8", "replace"), report),
        cpu=used.ru_utime + used.ru_stime - before,
        drawn=(told["drawings"], told["seconds"]) if told else None,
    )


def cpu(process: int) -> float:
    """Seconds that it has taken so far, all its threads together. (/proc/PID/stat counts whole ticks: what was spent
    before would come out up to 20 ms too short, and be counted to what is measured.)"""
    threads = Path(f"/proc/{process}/task").glob("*/schedstat")
    return sum(int(each.read_text("ascii").split()[0]) for each in threads) / 1e9


def table(rounds: dict[str, list[Run]]) -> str:
    """The medians, as Markdown."""
    lines = [
        "| | frames sent | frames/s | not seen | CPU s per million | of tcpdump's |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    base = next((runs for name, runs in rounds.items() if name.startswith(THEIRS)), None)
    for name, runs in rounds.items():
        sent = statistics.median(run.sent for run in runs)
        rate = statistics.median(run.sent / run.seconds for run in runs)
        unseen = statistics.median(run.unseen / run.sent for run in runs)
        cpu_s = statistics.median(run.cpu_per_million for run in runs)
        ratio = f"{statistics.median(ratios(runs, base)):.2f}" if base else ""
        lines.append(f"| {name} | {sent:,.0f} | {rate:,.0f} | {unseen:.3%} | {cpu_s:.3f} | {ratio} |")
    return "\n".join(lines)


def ratios(runs: list[Run], base: list[Run]) -> list[float]:
    """Of CPU time per frame, round by round."""
    return [run.cpu_per_million / other.cpu_per_million for run, other in zip(runs, base, strict=True)]


def words(rounds: dict[str, list[Run]]) -> str:
    """What the table does not say."""
    said = []
    for name, runs in rounds.items():
        if name.startswith(THEIRS):
            all_ratios = ", ".join(f"{ratio:.2f}" for ratio in sorted(ratios(rounds[OURS], runs)))
            said.append(f"{OURS} against {THEIRS}, round by round: {all_ratios}.")
        drawn = [(run, *run.drawn) for run in runs if run.drawn and run.drawn[0]]
        if drawn:
            each = statistics.median(1000 * seconds / count for _, count, seconds in drawn)
            share = statistics.median(seconds / (run.cpu - seconds) for run, _, seconds in drawn)
            said.append(
                f"The dashboard, with its reports, by the process's own clock: {share:.1%} of all else,"
                f" {each:.2f} ms a drawing."
            )
    return " ".join(said)


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=15.0, help="how long each tool listens, per round")
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args(argv)
    if why := netns.why_not():
        sys.stderr.write(f"benchmarks.live: {why}\n")
        return 2
    launch.ready()
    rounds: dict[str, list[Run]] = {}
    with tempfile.TemporaryDirectory() as folder, netns.pair() as pair:
        report = Path(folder) / "live.json"
        for turn in range(args.rounds):
            for tool in tools(pair.into, report)[:: -1 if turn % 2 else 1]:
                run = measure(tool, pair, args.seconds, report)
                rounds.setdefault(tool.name, []).append(run)
                told = f"{run.sent:,} sent, {run.unseen:,} not seen, {run.cpu_per_million:.3f} s"
                sys.stderr.write(f"{tool.name}: {told}\n")
        kernel: Any = json.loads(report.read_text("ascii"))["seqcheck"]["kernel"]
    rounds = {tool.name: rounds[tool.name] for tool in tools("", report) if tool.name in rounds}
    text = (
        f"# Live capture\n\n`python -m benchmarks.live --seconds {args.seconds:g} --rounds {args.rounds}`: medians;"
        f" 76-byte frames as fast as `seqcheck send` goes, {os.cpu_count()} cores shared with the sender, {kernel}"
        f" kernel of seqcheck.\n\n{table(rounds)}\n\n{words(rounds)}\n"
    )
    (HERE / "results").mkdir(exist_ok=True)
    (HERE / "results" / "live.md").write_text(text, encoding="utf-8")
    sys.stdout.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
