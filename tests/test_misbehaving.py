"""Misbehaving streams never prevent the report: no exception, sums that agree, nothing negative, two kernels alike."""

import io
import json
from importlib import import_module
from pathlib import Path
from typing import Any

import columns
import containers
import misbehaving
import numpy as np
import pytest
from containers import Packet, pcap_file
from packets import ethernet, ipv4, udp
from reading import path_of

from seqcheck.engine.session import Query, examine
from seqcheck.errors import InputError
from seqcheck.kernel import MODULES
from seqcheck.kernel.border import DUPLICATE, total
from seqcheck.outputs import FORMATS, Page, publish

LAYOUT = "udp:5000 seq=u32be@0"
FULL = [name for name, each in FORMATS.items() if each.keep != "report"]


def packet(number: int, *, at: int = 0, mac: int = 1) -> Packet:
    payload = (number % (1 << 64)).to_bytes(8, "big")[-4:]
    data = ethernet(ipv4(udp(payload)), source=bytes((2, 0, 0, 0, 0, mac)))
    return Packet(data=data, ns=containers.START_NS + at * 1000, wire=len(data))


def foreign(at: int) -> Packet:
    data = ethernet(bytes(30), kind=0x0806)
    return Packet(data=data, ns=containers.START_NS + at * 1000, wire=len(data))


def reported(path: Path, layout: str = LAYOUT) -> dict[str, Any]:
    """The JSON report, judged without an exception, having written all others."""
    with examine([path], Query(layout=layout, keep="all-frames")) as results:
        assert results.fault is None, repr(results.fault)
        written = {}
        for name in FORMATS:
            out = io.BytesIO()
            publish(name, results, out, Page())
            written[name] = out.getvalue()
            assert written[name], name
    found: dict[str, Any] = json.loads(written["json"])
    return found


@pytest.mark.parametrize("seed", range(40))
def test_any_of_them_is_reported_in_full(tmp_path: Path, seed: int) -> None:
    layout, data = misbehaving.draw(seed)
    path = path_of(tmp_path, data)
    try:
        report = reported(path, layout)
    except InputError:  # all its frames were cut
        return
    assert misbehaving.faults(report) == []


@pytest.mark.parametrize("seed", range(40, 60))
def test_both_kernels_say_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    layout, data = misbehaving.draw(seed, jumps=(1, 2, 100, 1000))  # the reference is slow, and pages are few then
    path = path_of(tmp_path, data)
    said = []
    for name in ("native", "reference"):
        monkeypatch.setenv("SEQCHECK_KERNEL", name)
        try:
            report = reported(path, layout)
            assert report.pop("seqcheck")["kernel"] == name
            said.append(report)
        except InputError as error:
            said.append({"error": error.message})
    assert said[0] == said[1]


def test_a_sender_that_fails_over_to_another_address(tmp_path: Path) -> None:
    sent = [packet(number, at=number, mac=1 if number < 50 else 9) for number in range(100)]
    for number in (70, 30, 20):
        sent.insert(number + 5, sent[number])
    report = reported(path_of(tmp_path, pcap_file([*sent, packet(99, at=200, mac=1)])))
    assert report["duplicates"]["total"] == 4
    assert report["verdict"]["cause"] != "not-judged"


@pytest.mark.parametrize("name", FULL)
def test_a_gap_that_is_settled_after_the_last_record(name: str, tmp_path: Path) -> None:
    sent = [packet(number, at=number) for number in [*range(100), 5000]] + [foreign(at) for at in range(200, 40_000)]
    with examine([path_of(tmp_path, pcap_file(sent))], Query(layout=LAYOUT, keep="all-frames")) as results:
        out = io.BytesIO()
        publish(name, results, out, Page())
    assert results.report.gaps.missing == 4900
    assert len(out.getvalue()) > 200


def test_jumps_of_any_width_are_judged(tmp_path: Path) -> None:
    """A billion numbers missing between the copies is no reason to look at a billion sizes."""
    sent = []
    for turn in range(30):
        base = turn * 1_000_000_000
        sent += [base + n for n in range(20)] + ([base + 4] if turn % 2 else [])
    report = reported(path_of(tmp_path, pcap_file([packet(n % 2**32, at=at) for at, n in enumerate(sent)])))
    assert report["duplicates"]["total"] == 15
    assert report["verdict"]["cause"] != "not-judged"


def test_no_copy_comes_before_the_first_whatever_the_clock_says(tmp_path: Path) -> None:
    sent = [packet(n, at=1000 + 2 * n - 5 * again) for n in range(200) for again in (0, 1)]
    report = reported(path_of(tmp_path, pcap_file(sent)))
    assert {each["time_lag_ns"] < 0 for each in report["duplicates"]["listed"]} == {True}
    said = [report["verdict"]["statement"], *report["verdict"]["because"]]
    assert not any("-" in word and word.strip("-").isdigit() for text in said for word in text.split())


@pytest.mark.parametrize("drops", [1 << 63, (1 << 64) - 1])
def test_drop_counters_of_any_size(drops: int, tmp_path: Path) -> None:
    parts = [containers.shb(), containers.idb(), containers.idb()]
    for number in range(40):
        parts += [containers.epb(packet(number, at=number)), containers.isb(number % 2, ifdrop=drops, osdrop=number)]
    report = reported(path_of(tmp_path, b"".join(parts)))
    assert report["capture"]["dropped"] == 2 * drops + 38 + 39
    assert misbehaving.faults(report) == []


def test_sums_of_more_than_64_bits() -> None:
    assert total(np.full(20, 1 << 60)) == 20 << 60


def test_late_records_bring_the_growth_of_the_window_nearer() -> None:
    """The window grows by what was received, too; late records count."""
    seqs = [0, 1, 133, 134, 135, 2, 3, 75, 76, 77, 78, 79, 136, 107, 137, 138, 139, 75]
    said = [columns.run(each.Tracker, seqs, modulus=695)[1] for each in map(import_module, MODULES.values())]
    assert said[0].tolist() == said[1].tolist()
    last = said[0][said[0]["kind"] == DUPLICATE][-1]
    assert (last["seq"], last["record"], last["e_record"]) == (75, 17, 7)
