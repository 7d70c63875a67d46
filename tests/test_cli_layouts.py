"""`seqcheck layouts`: the list and the explanation."""

from pathlib import Path

import pytest

from seqcheck.cli.layouts import counter, listing
from seqcheck.cli.main import main
from seqcheck.layout import builtins, candidates, load, resolve


def test_lists_every_built_in_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["layouts"]) == 0
    lines = capsys.readouterr().out.splitlines()
    heads = [line[2:].split("  ")[0] for line in lines if line[:2] in ("* ", "  ") and line[2:3].strip()]
    assert [head for head in heads if head in builtins()] == list(builtins())


def test_marks_those_that_are_tried(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["layouts"]) == 0
    out = capsys.readouterr().out
    for name in builtins():
        mark = "*" if name in {layout.name for layout in candidates()} else " "
        assert f"\n{mark} {name} " in f"\n{out}"


@pytest.mark.parametrize("name", builtins())
def test_explains_every_built_in_so_that_it_can_be_written_down(
    name: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(["layouts", name]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == name
    spec = next(line for line in lines if line.startswith('  --layout "'))
    assert resolve(spec.removeprefix('  --layout "').removesuffix('"')) == builtins()[name]
    begin = next(index for index, line in enumerate(lines) if "TOML" in line or "NAME.toml" in line)
    (tmp_path / "own.toml").write_text("\n".join(line[2:] for line in lines[begin + 1 :]))
    assert load(tmp_path / "own.toml") == builtins()[name]


def test_explains_a_spec_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        main(["layouts", "eth:0x88b5 magic=u8@0&0xf0!=0x10 stream=u16le@2 seq=u32be@-8&0x3fff time=u64be@9:ns?u8@1"])
        == 0
    )
    out = " ".join(capsys.readouterr().out.split())
    for words in (
        "the Ethernet payload, after any VLAN tags, ethertype 0x88b5",
        "byte 0 (u8) masked by 0xf0 must not be 0x10",
        "bytes 2 to 3 (u16le), part of the stream's key",
        "bytes -8 to -5 (u32be) masked by 0x3fff, the number, which wraps after 16384 values",
        "the sender's time in ns, if byte 1 (u8) is not zero",
        "no: give it with --layout",
    ):
        assert words in out


def test_an_unknown_name_is_an_error_with_advice(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["layouts", "pktgne"]) == 2
    assert "did you mean pktgen" in capsys.readouterr().err


@pytest.mark.parametrize("width", [40, 80, 140])
def test_keeps_to_the_page(width: int) -> None:
    lines = [line for line in listing(width) if not line.startswith("`")]
    assert max(map(len, lines)) <= width


@pytest.mark.parametrize(
    ("modulus", "text"), [(0, "2**64"), (1 << 32, "2**32"), (65536, "65536"), (1500, "1500"), (1 << 31, "2**31")]
)
def test_counter(modulus: int, text: str) -> None:
    assert counter(modulus) == f"the number, which wraps after {text} values"
