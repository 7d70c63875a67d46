"""A long live capture: does memory stay constant, and is everything found, after an hour as after a minute?

    sudo python -m benchmarks.soak [--seconds 3600] [--rate 100000] [--stale 0.01%] [--no-evidence]

Makes two network namespaces with a veth pair and removes them. `seqcheck send` sends at a steady rate, with other
traffic and stale slots; `seqcheck live` listens, by default with evidence, which reaches its limit long before the end.
Its memory and CPU time are read from /proc: what is its own (anonymous), and what it shares with others (file: the
program, and the kernel's ring, which is mapped). At the end its report is compared with the sender's truth. Writes
benchmarks/results/soak.md; exit 1 where the counts differ, or where its memory grew by more than MOST_GROWTH from the
second interval's end to the last one's. Duplicates are kept one by one, up to a limit (track.LIMIT), and may take EACH:
with `--stale 0` nothing may grow, and with more of them an hour's duplicates come in minutes.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests"))
import netns  # noqa: E402

TICK = os.sysconf("SC_CLK_TCK")
ROWS = 12
MOST_GROWTH = 0.02
EACH = 224  # bytes: a row of 128 and its place, a page of 88 for the numbers that came twice
RING_SIZE = 4096
STALE = "0.01%"  # of the slots
PARTS = {"RssAnon": "anonymous", "RssFile": "file", "RssShmem": "shared"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """The capture's process after `seconds`: bytes of memory by kind (PARTS), CPU seconds so far."""

    seconds: float
    memory: dict[str, int]
    cpu: float

    @property
    def total(self) -> int:
        return sum(self.memory.values())


def sample(process: int, begin: float) -> Sample:
    """As it stands."""
    status = Path(f"/proc/{process}/status").read_text("ascii", "replace")
    sizes = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
    fields = Path(f"/proc/{process}/stat").read_text("ascii", "replace").rpartition(")")[2].split()
    return Sample(
        seconds=time.monotonic() - begin,
        memory={name: int(sizes[name].split()[0]) * 1024 for name in PARTS},
        cpu=(int(fields[11]) + int(fields[12])) / TICK,
    )


def soak(pair: netns.Pair, args: argparse.Namespace, folder: Path) -> tuple[list[Sample], dict[str, Any], Any]:
    """The samples, the sender's truth, the report."""
    report = folder / "live.json"
    options = [pair.into, "--snap", "128", "--report", f"json={report}"]
    if args.evidence:
        options += ["--evidence", str(folder / "evidence.pcapng")]
    send = (
        *netns.SEQCHECK, "send", pair.out, "-q", "--rate", str(args.rate), "--duration", f"{args.seconds:g}",
        "--other", "2%", "--inject", f"stale={args.stale}", "--ring-size", str(RING_SIZE),
    )  # fmt: skip
    samples: list[Sample] = []
    with netns.live(pair.rx, *options) as live:
        process, begin = live.process.pid, time.monotonic()
        samples.append(sample(process, begin))
        with subprocess.Popen(["ip", "netns", "exec", pair.tx, *send], stdout=subprocess.PIPE, text=True) as sender:
            for row in range(1, ROWS + 1):
                with suppress(subprocess.TimeoutExpired):
                    sender.wait(max(begin + args.seconds * row / ROWS - time.monotonic(), 0))
                samples.append(sample(process, begin))
                told = samples[-1]
                sys.stderr.write(f"{told.seconds:.0f} s: {told.total / 1e6:.1f} MB, {told.cpu:.1f} s of CPU time\n")
            assert sender.stdout is not None
            truth: dict[str, Any] = json.loads(sender.stdout.read())
        live.end(signal.SIGTERM)
    return samples, truth, json.loads(report.read_text("ascii"))


def checks(truth: dict[str, Any], made: Any) -> list[tuple[str, int, int]]:
    """What was counted, the sender's figure and ours."""
    records = sum(stream["records"] for stream in truth["streams"])
    return [
        ("frames", truth["sent"], made["capture"]["frames"]),
        ("records", records + truth["duplicates"], made["records"]["sequenced"]),
        ("duplicates", truth["duplicates"], made["duplicates"]["total"]),
        ("missing", 0, made["gaps"]["missing"]),
        ("late", 0, sum(stream["late"] for stream in made["streams"])),
        ("dropped by us", 0, made["capture"]["dropped"]),
        ("size of the ring", RING_SIZE if truth["duplicates"] else 0, made["verdict"]["ring_size"] or 0),
    ]


def memory_table(samples: list[Sample]) -> str:
    """A row for each sample, as Markdown."""
    lines = ["| after | MB | " + " | ".join(PARTS.values()) + " | CPU of a core |", "| ---: " * (len(PARTS) + 3) + "|"]
    before = None
    for each in samples:
        share = f"{(each.cpu - before.cpu) / (each.seconds - before.seconds):.1%}" if before else ""
        parts = " | ".join(f"{each.memory[name] / 1e6:.1f}" for name in PARTS)
        lines.append(f"| {each.seconds:,.0f} s | {each.total / 1e6:.1f} | {parts} | {share} |")
        before = each
    return "\n".join(lines)


def told(samples: list[Sample], found: list[tuple[str, int, int]], command: str, made: Any) -> tuple[str, bool]:
    """The whole page, and whether all is well."""
    first, last = samples[2], samples[-1]
    growth, kept = last.total - first.total, EACH * made["duplicates"]["total"]
    wrong = [name for name, sent, seen in found if sent != seen]
    well = not wrong and growth - kept <= MOST_GROWTH * first.total
    counts = "All counts are the sender's." if not wrong else f"They differ in: {', '.join(wrong)}."
    verdict = (
        f"**{'Holds' if well else 'Does not hold'}.** {counts} Memory changed by {growth / 1e6:+.1f} MB from"
        f" {first.seconds:,.0f} s to {last.seconds:,.0f} s (the duplicates, kept one by one, may take"
        f" {kept / 1e6:.1f} MB);"
        f" {(last.cpu - samples[0].cpu) / (last.seconds - samples[0].seconds):.1%} of a core."
    )
    rows = "\n".join(f"| {name} | {sent:,} | {seen:,} |" for name, sent, seen in found)
    head = (
        f"# A long live capture\n\n`{command}`: a veth pair, {os.cpu_count()} cores shared with the sender,"
        f" {made['seqcheck']['kernel']} kernel of seqcheck. What is mapped from files is the program and the kernel's"
        f" ring (96 MiB).\n\n{verdict}\n"
    )
    return (
        f"{head}\n{memory_table(samples)}\n\n| | sent | seen |\n| --- | ---: | ---: |\n{rows}\n\n"
        f"Verdict of the report: {made['verdict']['cause']}, {made['verdict']['strength']}.\n"
    ), well


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=3600.0)
    parser.add_argument("--rate", type=int, default=100_000, help="frames a second")
    parser.add_argument(
        "--stale", default=STALE, help=f"share of the slots that are left stale (default: {STALE})".replace("%", "%%")
    )
    parser.add_argument("--no-evidence", dest="evidence", action="store_false", help="write no evidence file")
    args = parser.parse_args(argv)
    if why := netns.why_not():
        sys.stderr.write(f"benchmarks.soak: {why}\n")
        return 2
    with tempfile.TemporaryDirectory() as folder, netns.pair() as pair:
        os.chmod(folder, 0o755)
        samples, truth, made = soak(pair, args, Path(folder))
    command = f"python -m benchmarks.soak --seconds {args.seconds:g} --rate {args.rate}"
    command += "" if args.stale == STALE else f" --stale {args.stale}"
    command += "" if args.evidence else " --no-evidence"
    text, well = told(samples, checks(truth, made), command, made)
    (HERE / "results").mkdir(exist_ok=True)
    (HERE / "results" / "soak.md").write_text(text, encoding="utf-8")
    sys.stdout.write(text)
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
