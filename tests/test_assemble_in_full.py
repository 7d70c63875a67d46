"""If there are more duplicates than are kept individually, statements and counts still cover all."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

import seqcheck
from seqcheck.track import tracker as track

SAMPLES = Path(__file__).parent.parent / "samples"


@pytest.mark.parametrize("name", ["path-copy.pcap", "path-copy-delayed.pcap", "sender-repeat.pcap"])
def test_the_statement_is_of_all(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = seqcheck.analyze(SAMPLES / name)
    monkeypatch.setattr(track, "LIMIT", 40)
    monkeypatch.setattr(track, "HEAD", 4)
    few = seqcheck.analyze(SAMPLES / name)
    assert any("not kept individually" in each for each in few.verdict.caveats)
    assert (few.verdict.cause, few.duplicates.total) == (whole.verdict.cause, whole.duplicates.total)
    assert few.verdict.explained == few.verdict.of
    assert few.verdict.statement.startswith(f"All {few.verdict.of:,} duplicates")
    shares = [re.findall(r"(\d+) % of the numbers", one.verdict.statement) for one in (whole, few)]
    assert shares[0] == shares[1]


@pytest.mark.parametrize("name", ["mixed.pcapng", "two-streams.pcap", "path-copy.pcap"])
def test_accounts_add_up_to_all(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for limit in (track.LIMIT, 40):
        monkeypatch.setattr(track, "LIMIT", limit)
        found = seqcheck.analyze(SAMPLES / name)
        counts = Counter(found.duplicates.by_cause)
        assert counts.total() == found.duplicates.total
        for one in found.also:
            counts[one.cause] -= one.explained
        assert {cause: count for cause, count in counts.items() if cause != found.verdict.cause and count} == {}
