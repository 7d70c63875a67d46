"""The state of a live capture, as metrics: a collector for prometheus-client, which writes OpenMetrics, or plain text.

Figures that only grow are counters. Duplicates, missing and late numbers are gauges: a restart of the sender, once it
is known, takes some of them back. What is said of causes is as old as the snapshot's report, and a stream is told of
from that report on. No more than STREAMS streams are told, those with most findings, so that nothing grows with the
traffic. Needs `seqcheck[metrics]`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily

from seqcheck.escape import visible
from seqcheck.model import Report, Stream
from seqcheck.model.snapshot import Snapshot
from seqcheck.outputs.foremost import foremost
from seqcheck.outputs.wording import key
from seqcheck.version import VERSION

STREAMS = 50
COUNTERS = (
    ("frames", "frames", "Frames taken."),
    ("bytes", "bytes", "Bytes of these frames on the wire."),
    ("own_drops", "dropped", "Frames for which this host had no room."),
    ("interface_losses", "missed", "Frames that the interfaces say they lost before they could be captured."),
)
GAUGES = (
    ("records", "sequenced", "Frames that carry the sequence header."),
    ("foreign_frames", "foreign", "Frames of the same senders that do not."),
    ("streams", "streams", "Streams that are followed."),
    ("duplicates", "duplicates", "Numbers that came again."),
    ("missing", "missing", "Numbers that never came."),
    ("late", "late", "Numbers that came after a higher one."),
    ("ring_filled_ratio", "behind", "Share of the kernel's ring that waits to be read."),
)
OF_STREAMS = (
    ("stream_received", "received", "Records of a stream."),
    ("stream_duplicates", "duplicates", "Numbers of a stream that came again."),
    ("stream_missing", "missing", "Numbers of a stream that never came."),
    ("stream_late", "late", "Numbers of a stream that came after a higher one."),
)


class Collector:
    """`now` is the snapshot that is told; nothing but what runs is, as long as there is none."""

    def __init__(self) -> None:
        self.now: Snapshot | None = None

    def __call__(self, now: Snapshot) -> None:
        """From now on this one."""
        self.now = now

    def collect(self) -> Iterator[Any]:
        """Every family, for prometheus-client's registry."""
        now = self.now
        yield InfoMetricFamily("seqcheck", "The program.", value={"version": VERSION})
        if now is None:
            return
        for name, field, about in COUNTERS:
            yield CounterMetricFamily(f"seqcheck_{name}", about, value=getattr(now, field))
        for name, field, about in GAUGES:
            yield GaugeMetricFamily(f"seqcheck_{name}", about, value=getattr(now, field))
        each = CounterMetricFamily("seqcheck_interface_frames", "Frames taken, by interface.", labels=["interface"])
        for one in now.interfaces:
            each.add_metric([visible(one.name)], one.frames)
        yield each
        if now.report is not None:
            yield from _judged(now.report)
            yield from _by_stream(foremost(now, STREAMS))


def _judged(report: Report) -> Iterator[Any]:
    verdict = report.verdict
    ring = "" if verdict.ring_size is None else str(verdict.ring_size)
    said = {"cause": verdict.cause, "strength": verdict.strength, "ring_size": ring}
    yield InfoMetricFamily("seqcheck_verdict", "The judgement so far.", value=said)
    yield GaugeMetricFamily("seqcheck_findings", "1 where there are findings, else 0.", value=report.exit_code)
    causes = GaugeMetricFamily("seqcheck_cause_duplicates", "Duplicates by their cause.", labels=["cause"])
    for cause, count in report.duplicates.by_cause.items():
        causes.add_metric([cause], count)
    yield causes


def _by_stream(told: Sequence[Stream]) -> Iterator[Any]:
    for name, field, about in OF_STREAMS:
        family = GaugeMetricFamily(f"seqcheck_{name}", about, labels=["stream"])
        for stream in told:
            family.add_metric([f"{stream.id} {visible(key(stream))}"], getattr(stream, field))
        yield family
