"""Scenario files: what they say is what is played, and what is wrong in them is named."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqcheck.errors import InputError, UsageError
from seqcheck.simulate import Scenario, load, parse, simulate, truth
from seqcheck.simulate.path_faults import Loss
from seqcheck.simulate.ring_faults import StaleSlot
from seqcheck.simulate.run import frames
from seqcheck.simulate.scenario import Ring, Traffic
from seqcheck.simulate.scenario_file import FAULT_LIMITS, KINDS, LIMITS, TABLES, build

WHOLE = """
title = "all of it"
seed = 9
[ring]
size = 64
slot_ns = [1000, 2000]
pauses = [[10, 5], [20, 6]]
[traffic]
streams = 2
shares = [1, 3.5]
sizes = 80
[layout]
modulus = 18446744073709551615
vlan = [1, 2]
[capture]
foreign = false
[[fault]]
kind = "stale-slot"
rate = 0.5
[[fault]]
kind = "loss"
rate = 1
only = "records"
[expect]
cause = "stale-slot"
"""


def test_everything_is_read() -> None:
    made = parse(WHOLE)
    assert (made.title, made.seed) == ("all of it", 9)
    assert (made.ring.size, made.ring.slot_ns, made.ring.pauses) == (64, (1000, 2000), ((10, 5), (20, 6)))
    assert (made.traffic.shares, made.traffic.sizes) == ((1.0, 3.5), (80,))
    assert (made.layout.modulus, made.layout.vlan) == ((1 << 64) - 1, (1, 2))
    assert not made.capture.foreign
    assert made.faults == (StaleSlot(rate=0.5), Loss(rate=1.0, only="records"))
    assert made.expect == {"cause": "stale-slot"}


def test_an_empty_file_is_the_default_scenario() -> None:
    assert parse("") == Scenario()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[rings]", "unknown key rings"),
        ("[ring]\nsise = 4", "did you mean size"),
        ("[ring]\nsize = 'x'", "is not int"),
        ("[ring]\nsize = true", "is not int"),
        ("[ring]\nsize = 1", r"\[ring\] size: 1 is out of range"),
        ("[ring]\nsize = 99999999999999999999999", "more than 64 bits"),
        ("[ring]\nframes = 0", "out of range"),
        ("[ring]\nslot_ns = []", "at least one"),
        ("[ring]\npauses = [[1]]", "list of 2"),
        ("[ring]\npauses = [[-1, 5]]\nframes = 10", "advance -1"),
        ("[traffic]\nhost_share = 1.5", "not a share"),
        ("[traffic]\nhost_share = nan", "not a share"),
        ("[traffic]\nforeign = ['smoke']", "not a kind of frame"),
        ("[traffic]\nstreams = 2\nshares = [1]", "as many shares"),
        ("[traffic]\nstreams = 2\nshares = [1, 0]", "as many shares"),
        ("[traffic]\nhost_at = [5]\n[ring]\nframes = 5", "advance 5"),
        ("[traffic]\nrestarts = [[100000000, 0]]", "only 100000"),
        ("[layout]\nname = 'nosuch'", "no layout named"),
        ("[layout]\nip = 5", "it may be 4 or 6"),
        ("[layout]\nname = 'rtp'\nstart = 65536\n[traffic]\nsizes = 80", "not below the modulus"),
        ("[layout]\nmodulus = 0", r"\[layout\] modulus: 0 is out of range"),
        ("[traffic]\nstreams = 60000\n[layout]\nname = 'udp:5000 seq=u32be@0'", "tells 50000 apart"),
        ("[capture]\nformat = 'erf'", "pcap or pcapng"),
        ("[capture]\nformat = 'pcapng'\nresolution = 'us'", "nanoseconds"),
        ("fault = 3", "list of tables"),
        ("[[fault]]", "has no kind"),
        ("[[fault]]\nkind = ['loss']", "is not str"),
        ("[[fault]]\nkind = {}", "is not str"),
        ("[[fault]]\nkind = 'stale-slots'", "did you mean stale-slot"),
        ("[[fault]]\nkind = 'loss'\nrate = 2", "not a share"),
        ("[[fault]]\nkind = 'loss'\nburst = 0", "out of range"),
        ("[[fault]]\nkind = 'loss'\nrate = 0.1\nonly = 'some'", '"records" or "foreign"'),
        ("[[fault]]\nkind = 'loss'\nnumber = 2", "unknown key number"),
        ("[[fault]]\nkind = 'stale-slot'\nat = [3]", "have no effect"),
        ("[[fault]]\nkind = 'stale-slot'\nat = [-3]", "have no effect"),
        ("[[fault]]\nkind = 'stale-slot'\ncount = 10\n[ring]\nframes = 500", "can show it"),
        ("[[fault]]\nkind = 'ring-replay'\nrun = 512\ncount = 1", "does not fit a ring"),
        ("[[fault]]\nkind = 'pool-reuse'\nblur = 1000\ncount = 1", "reaches ahead"),
        ("seed = -1", "seed"),
        ("size = [", "not TOML"),
    ],
)
def test_a_slip_is_named(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        simulate(parse(text))


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot read"):
        load(tmp_path / "absent.toml")
    with pytest.raises(InputError, match="cannot read"):
        load(tmp_path)
    (tmp_path / "wrong.toml").write_text("seed = 'x'")
    with pytest.raises(UsageError, match=r"wrong\.toml: seed"):
        load(tmp_path / "wrong.toml")
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(UsageError, match="not UTF-8"):
        load(tmp_path / "binary.toml")
    (tmp_path / "huge.toml").write_bytes(b"#" * ((1 << 20) + 1))
    with pytest.raises(InputError, match="too large for a scenario"):
        load(tmp_path / "huge.toml")


def test_every_limit_is_of_a_field_that_exists() -> None:
    for table, name in LIMITS:
        assert name in {field.name for field in dataclasses.fields(TABLES[table])}
    fields = {field.name for made in KINDS.values() for field in dataclasses.fields(made)}
    assert set(FAULT_LIMITS) <= fields


VALUES = st.one_of(
    st.integers(-10, 300), st.floats(allow_nan=True), st.booleans(), st.text(max_size=3), st.lists(st.integers(-3, 50)),
    st.lists(st.lists(st.integers(0, 50), max_size=3), max_size=2), st.none(),
)  # fmt: skip
NAMES = st.sampled_from(
    sorted({field.name for made in (*TABLES.values(), *KINDS.values()) for field in dataclasses.fields(made)})
)


@settings(deadline=None)
@given(
    table=st.sampled_from(sorted(TABLES)),
    fields=st.dictionaries(NAMES, VALUES, max_size=3),
    faults=st.lists(st.builds(lambda kind, more: {"kind": kind, **more}, st.sampled_from(sorted(KINDS)),
                              st.dictionaries(NAMES, VALUES, max_size=2)), max_size=2),
)  # fmt: skip
def test_any_tree_is_played_or_refused_in_words(table: str, fields: dict[str, object], faults: list[object]) -> None:
    small = {"ring": {"size": 16, "frames": 200}}
    tree = {**small, "fault": faults, table: {**small.get(table, {}), **fields}}
    try:
        told = truth(simulate(build(tree)))
    except UsageError:
        return
    assert told["records"] <= told["frames"]


BY_TYPE = {
    "int": st.integers(0, 300),
    "int | None": st.none() | st.integers(0, 300),
    "float": st.floats(0, 1),
    "bool": st.booleans(),
    "str": st.sampled_from(["", "records", "foreign"]),
    "tuple[int, ...]": st.lists(st.integers(0, 400), max_size=3).map(tuple),
}
BY_NAME = {"times": st.integers(0, 6)}  # each loop multiplies the frames
FAULTS = st.sampled_from(sorted(KINDS)).flatmap(
    lambda kind: st.builds(
        KINDS[kind],
        **{field.name: BY_NAME.get(field.name, BY_TYPE[str(field.type)]) for field in dataclasses.fields(KINDS[kind])},
    )
)


@settings(deadline=None, max_examples=200)
@given(faults=st.lists(FAULTS, min_size=1, max_size=3), size=st.integers(2, 60), restart=st.integers(0, 399))
def test_any_faults_are_played_or_refused_in_words(faults: list[object], size: int, restart: int) -> None:
    traffic = Traffic(host_share=0.1, multi_share=0.05, sizes=(100,), restarts=((restart, 10),))
    scenario = Scenario(ring=Ring(size=size, frames=400), traffic=traffic, faults=tuple(faults))
    try:
        made = simulate(scenario)
    except UsageError:
        return
    told = truth(made)
    assert told["duplicates"] == sum(told["by_cause"].values())
    assert sum(len(block) for _, block, _ in frames(made)) == told["frames"]
