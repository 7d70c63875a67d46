"""layout.resolve: names, files and specs."""

from __future__ import annotations

from pathlib import Path

import pytest

from seqcheck.errors import InputError, UsageError
from seqcheck.layout import builtins, candidates, parse, resolve, write


def test_names() -> None:
    for name, layout in builtins().items():
        assert resolve(name) == layout
        assert resolve(f" {name} ").name == name


def test_a_name_with_another_port_and_modulus() -> None:
    assert write(resolve("iperf3:15201")) == "udp:15201 seq=u32be@8"
    assert resolve("rtp:0x138c").selector == 5004
    assert resolve("republic%1500").modulus == 1500
    assert write(resolve("republic:7%1500")) == "udp:7 stream=u64be@0 stream=u64be@8 stream=u64be@16 seq=u32be@24%1500"
    assert resolve("republic%1500").name == "republic"


@pytest.mark.parametrize(
    ("text", "what", "hint"),
    [
        ("iperf", "no layout named 'iperf'; did you mean iperf", "Built-ins: seqcheck"),
        ("xyzzy", "no layout named 'xyzzy'", "udp:5000"),
        ("pktgen:x", "no layout named 'pktgen:x'; did you mean pktgen", ""),
        ("iperf3:0", "layout iperf3: 0 is not a valid port", "1 to 65535"),
        ("pktgen-dpdk:9", "layout pktgen-dpdk: frame takes no selector", ""),
        ("txseq%1", "layout txseq: the modulus 1", ""),
        ("seq=u8@0", "no such anchor", "udp"),
        ("foo bar", "no such anchor", "udp"),
        ("", "empty layout", ""),
        ("udp:5000", "no seq field", ""),
    ],
)
def test_mistakes(text: str, what: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        resolve(text)
    assert what in caught.value.message
    assert hint in caught.value.hint


def test_specs_and_files(tmp_path: Path) -> None:
    assert resolve("udp:5000 seq=u8@0") == parse("udp:5000 seq=u8@0")
    assert resolve("frame seq=u8@0").name == "custom"
    path = tmp_path / "probe"
    path.write_text('anchor = "udp"\nseq = "u8@0"\n')
    assert resolve(str(path)) == parse("udp seq=u8@0")
    with pytest.raises(InputError, match=r"none\.toml"):
        resolve("none.toml")


def test_what_is_tried_unasked_is_strict() -> None:
    names = [layout.name for layout in candidates()]
    assert names[0] == "seqcheck"
    assert {"pktgen", "mgen", "sockperf"} <= set(names)
    assert not {"rtp", "txseq", "iperf2", "iperf3", "republic", "trex-stl"} & set(names)
    assert all(layout.magic_bits >= 32 for layout in candidates())
