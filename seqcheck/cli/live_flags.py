"""The options of `seqcheck live` that `analyze` does not have."""

from __future__ import annotations

from typing import Any

from seqcheck.arguments import LISTED, WORKERS_MOST
from seqcheck.cli.destinations import among
from seqcheck.cli.quantity import bounded, duration, listed, size
from seqcheck.outputs import FORMATS

ALSO_CONTENT = "compare the sender's other frames by their bytes, and report those that came before (docs/content.md)"
SMALLEST_SNAP, LARGEST_SNAP = 64, 262_144
RING = 64 << 20
MOST_FRAMES = 10**18
MOST_AROUND = 1000
MOST_FILES = 100_000
EVIDENCE_LIMIT = 100_000_000

FLAGS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("--also-content", {"action": "store_true", "help": ALSO_CONTENT}),
    ("--duration", {"metavar": "TIME", "type": duration, "help": "stop after this time: 90, 90s, 15m, 8h, 7d"}),
    ("--count", {
        "metavar": "N", "type": lambda text: bounded(text, 1, MOST_FRAMES), "help": "stop after N frames"}),
    ("--until-duplicate", {
        "action": "store_true",
        "help": "stop when a duplicate is found; all frames that came by then are in the report"}),
    ("--check", {
        "action": "store_true",
        "help": "do not capture: check how the interfaces are set up, and say what to change (takes --duration, "
        "default: 1s)"}),
    ("--wait", {
        "action": "store_true",
        "help": "wait for interfaces that are missing, or go down later (default: stop)"}),
    ("--max-memory", {
        "metavar": "SIZE", "type": size,
        "help": "stop once the process has used this much memory (64M, 2G); the report says so, and the exit code is"
        " 2"}),
    ("--filter", {
        "metavar": "EXPRESSION",
        "help": "capture only what matches this tcpdump expression (applied by the kernel)"}),
    ("--promiscuous", {"action": "store_true", "help": "also capture frames sent to other addresses"}),
    ("--direction", {
        "choices": ("in", "out"), "default": "",
        "help": "capture only frames that come in, or only those that this host sends (default: both)"}),
    ("--snap", {
        "metavar": "BYTES", "type": lambda text: bounded(text, SMALLEST_SNAP, LARGEST_SNAP), "default": LARGEST_SNAP,
        "help": "capture at most BYTES of each frame, which costs less (default: all)"}),
    ("--ring", {
        "metavar": "SIZE", "type": size, "default": RING,
        "help": "the kernel's buffer for frames not yet read, for each interface (default: 64M)"}),
    ("--workers", {
        "metavar": "N", "type": lambda text: bounded(text, 1, WORKERS_MOST), "default": 1,
        "help": f"share each interface's frames and its --ring among N sockets, at most {WORKERS_MOST}, so that a fast"
        " adapter's queues do not wait for one another (default: 1)"}),
    ("--clock", {
        "choices": ("host", "adapter"), "default": "host",
        "help": "source of time stamps: the host, or the adapter's hardware if it can (default: host)"}),
    ("--via", {
        "choices": ("af_packet", "scapy"),
        "help": "how to capture: the kernel's ring (the default on Linux), or scapy (anywhere, far slower)"}),
    ("--evidence", {
        "metavar": "FILE", "help": "write both copies of each duplicate and the frames around them, as pcapng"}),
    ("--evidence-limit", {
        "metavar": "SIZE", "type": size, "default": EVIDENCE_LIMIT,
        "help": "stop writing evidence at this size (default: 100 MB)"}),
    ("--evidence-files", {
        "metavar": "N", "type": lambda text: bounded(text, 1, MOST_FILES),
        "help": "at --evidence-limit, continue in another file (FILE with a number in its name); keep the last N"
        }),
    ("--evidence-time", {
        "metavar": "TIME", "type": duration, "help": "also continue in another file after this time"}),
    ("--evidence-around", {
        "metavar": "N", "type": lambda text: bounded(text, 0, MOST_AROUND), "default": 5,
        "help": "frames to keep before and after each copy (default: 5)"}),
    ("--recorder", {
        "metavar": "SIZE", "type": size,
        "help": "keep the last SIZE of all traffic in memory, and save it as pcapng when something is found"}),
    ("--recorder-file", {
        "metavar": "FILE", "help": "save it as FILE with a number in its name (default: recording.pcapng)"}),
    ("--recorder-files", {
        "metavar": "N", "type": lambda text: bounded(text, 1, MOST_FILES),
        "help": "keep the last N of these files (default: 10)"}),
    ("--recorder-pause", {
        "metavar": "TIME", "type": duration,
        "help": "wait this long before the next one; what is found meanwhile is saved with it (default: 10s)"}),
    ("--interval", {
        "metavar": "TIME", "type": duration,
        "help": "print status at this interval (default: 0.25s on a terminal, else 10s)"}),
    ("--metrics", {
        "metavar": "ADDRESS:PORT|FILE.prom",
        "help": "serve figures for Prometheus (:PORT listens on loopback only), or keep a file for the node exporter"}),
    ("--report", {
        "metavar": "FORMAT[=PATH]", "type": among(FORMATS), "action": "append", "dest": "reports",
        "help": "write this report at the end, to stdout or to PATH; jsonl also writes a line at each interval; may be "
        "repeated (default: terminal)"}),
    ("--force", {"action": "store_true", "help": "replace files that exist"}),
    ("--listed", {
        "metavar": "N", "type": listed, "default": LISTED,
        "help": f"list at most N duplicates and N gaps individually; all are counted (default: {LISTED})"}),
)  # fmt: skip
