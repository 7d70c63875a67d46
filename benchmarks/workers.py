"""`seqcheck live --workers`, side by side: one socket or several on one interface, which two senders reach at once.

    sudo python -m benchmarks.workers [--seconds 8] [--rounds 5]

Makes two network namespaces with a veth pair and removes them. Two `seqcheck send` of 32 flows each, on a processor of
their own if there are two, send as fast as they can; so two processors put frames into the rings at once, as the queues
of an adapter do. What they pay for that is in their pace: on a veth pair the kernel's part of receiving is the
sender's. Said are the frames per second of both, the frames not seen, and the CPU time of `live` per million frames.
The numbers of workers take turns, forth and back. Medians, and of the pace the ratio to one worker's, round by round.
Writes benchmarks/results/workers.md.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests"))
import netns  # noqa: E402

from benchmarks.live import cpu  # noqa: E402

WAYS = ((), ("--workers", "2"), ("--workers", "4"), ("--workers", "4", "--wait"))
FLOWS = ("--streams", "32", "--flows", "32", "--ring-size", "4096")


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One way, one round."""

    rate: float
    sent: int
    seen: int
    cpu: float


def measure(pair: netns.Pair, way: tuple[str, ...], seconds: float, report: Path) -> Run:
    """Let it listen while both send."""
    command = [*netns.SEQCHECK, "live", pair.into, *way, "--snap", "128", "--report", f"json={report}", "--force"]
    process = subprocess.Popen(
        ["ip", "netns", "exec", pair.rx, *command], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
    )
    assert process.stderr is not None
    while "listening on" not in process.stderr.readline():
        assert process.poll() is None
    before = cpu(process.pid)
    places = sorted(os.sched_getaffinity(0))
    senders = []
    for place in range(2):
        words = ["ip", "netns", "exec", pair.tx, "taskset", "-c", str(places[place % len(places)]), *netns.SEQCHECK]
        words += ["send", pair.out, "-q", *FLOWS, "--stream", str(32 * place), "--duration", f"{seconds}"]
        senders.append(subprocess.Popen(words, stdout=subprocess.PIPE, text=True))
    truths = [json.loads(each.communicate(timeout=netns.TIMEOUT)[0]) for each in senders]
    process.send_signal(signal.SIGTERM)
    process.stderr.read()
    _, _, used = os.wait4(process.pid, 0)
    process.returncode = 0
    seen = json.loads(report.read_text("ascii"))["capture"]["frames"]
    return Run(
        rate=sum(each["sent"] / each["elapsed_ns"] * 1e9 for each in truths),
        sent=sum(each["sent"] for each in truths),
        seen=seen,
        cpu=used.ru_utime + used.ru_stime - before,
    )


def table(rounds: dict[tuple[str, ...], list[Run]]) -> str:
    """The medians, as Markdown."""
    lines = [
        "| | frames/s of both senders | of one socket's | not seen | CPU s of `live` per million |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    for way, runs in rounds.items():
        ratios = [run.rate / one.rate for run, one in zip(runs, rounds[()], strict=True)]
        rate = statistics.median(run.rate for run in runs)
        unseen = statistics.median(1 - run.seen / run.sent for run in runs)
        spent = statistics.median(run.cpu / max(run.seen, 1) * 1e6 for run in runs)
        name = " ".join(way) or "one socket"
        lines.append(f"| {name} | {rate:,.0f} | {statistics.median(ratios):.2f} | {unseen:.3%} | {spent:.3f} |")
    return "\n".join(lines)


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=8.0, help="how long each listens, per round")
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args(argv)
    if why := netns.why_not():
        sys.stderr.write(f"benchmarks.workers: {why}\n")
        return 2
    rounds: dict[tuple[str, ...], list[Run]] = {way: [] for way in WAYS}
    with tempfile.TemporaryDirectory() as folder, netns.pair() as pair:
        for turn in range(args.rounds):
            for way in WAYS[:: -1 if turn % 2 else 1]:
                run = measure(pair, way, args.seconds, Path(folder) / "live.json")
                rounds[way].append(run)
                sys.stderr.write(f"{' '.join(way) or 'one'}: {run}\n")
    text = (
        f"# Several workers\n\n`python -m benchmarks.workers --seconds {args.seconds:g} --rounds {args.rounds}`:"
        f" medians; 76-byte frames of 64 flows, as fast as two senders go, {os.cpu_count()} cores shared with"
        f" them.\n\n{table(rounds)}\n"
    )
    (HERE / "results" / "workers.md").write_text(text, encoding="utf-8")
    sys.stdout.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
