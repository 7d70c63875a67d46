"""What two copies say, and how those that were not compared are assigned."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqcheck.diagnose import evidence, populations
from seqcheck.diagnose.facts import Evidence, Facts
from seqcheck.diagnose.populations import ALIKE, NEW, OTHER, WAY, kind, kinds
from seqcheck.diagnose.table import table
from seqcheck.kernel import load
from seqcheck.track.tracker import Track

from columns import columns  # isort: skip


def pair(*differs: str, same_length: bool = True, fresh_id: bool | None = None) -> Evidence:
    return Evidence(identical=not differs, same_length=same_length, differs=differs, fresh_id=fresh_id)


@pytest.mark.parametrize(
    ("evidence", "expected"),
    [
        (pair(), ALIKE),
        (pair("length", same_length=False), ALIKE),
        (pair("padding"), ALIKE),
        (pair("ip.ttl", "ip.checksum"), WAY),
        (pair("eth.src", "eth.dst", "vlan"), WAY),
        (pair("prp.lan"), WAY),
        (pair("hsr.path"), WAY),
        (pair("ip.id", "ip.checksum"), NEW),
        (pair("time"), NEW),
        (pair("ip.id", "ip.checksum", "ip.ttl"), NEW),
        (pair("payload"), OTHER),
        (pair("payload", "ip.id"), OTHER),
        (pair("ip.protocol"), OTHER),
        (pair("time", fresh_id=True), OTHER),
        (pair("time", "ip.id", fresh_id=True), NEW),
        (pair("time", fresh_id=False), NEW),
    ],
)
def test_what_the_bytes_say(evidence: Evidence, expected: int) -> None:
    assert kind(evidence) == expected


@given(st.lists(st.sampled_from(["payload", "ip.id", "ip.ttl", "eth.src", "time", "ip.options"]), unique=True))
def test_payloads_that_differ_are_never_a_resend(names: list[str]) -> None:
    assert kind(pair(*names, "payload")) == OTHER


def findings(seqs: list[int]):  # type: ignore[no-untyped-def]
    frames, records = columns(seqs)
    track = Track(load().Tracker(0), 0)
    track.feed(frames, records)
    track.finish()
    return track.findings()


def test_what_was_not_compared_follows_its_like() -> None:
    """Copies at once were new packets, copies far back were alike; one of each order was compared."""
    seqs = [*range(400)]
    for number in range(400, 700):
        seqs.append(number)
        if number % 10 == 0:
            seqs.append(number)
        if number % 50 == 25:
            seqs.append(number - 300)
    found = table(findings(seqs))
    near = found.distance < 10
    frames = found.rows["frame"]
    evidence = {int(frames[near][3]): pair("ip.id"), int(frames[~near][2]): pair()}
    told = kinds(found, Facts(evidence=evidence))
    assert set(told[near].tolist()) == {NEW}
    assert set(told[~near].tolist()) == {ALIKE}


def test_without_evidence_all_are_alike() -> None:
    found = table(findings([*range(50), *range(40, 60)]))
    assert set(kinds(found, Facts()).tolist()) <= {ALIKE}


def test_what_counts_as_another_way_is_what_a_comparison_can_find() -> None:
    fields = {name for _, name in (*evidence._IP4, *evidence._IP6, *evidence._UDP, *evidence._TCP)}
    fields |= {name for some in evidence._LINK.values() for *_, name in some}
    assert fields >= populations._WAY - populations._PATH
    assert {name for name in fields if not name.startswith("ip.")} <= populations._WAY | {"udp.length"}
