"""layout.files: layouts in TOML."""

from __future__ import annotations

import dataclasses
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_layouts import layouts

from seqcheck.errors import InputError, UsageError
from seqcheck.layout import Layout, builtins, dump, load, parse
from seqcheck.layout.files import from_table


def written(folder: Path, text: str, name: str = "probe.toml") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def test_a_file_says_what_a_spec_says(tmp_path: Path) -> None:
    text = """
        name = "probe 7"
        description = "our probe"
        source = "probe.h"
        anchor = "udp:5000"
        magic = ["u32be@0==0x53455143", "u8@12!=9"]
        stream = "u32be@4"
        seq = "u64be@8%1500"
        time = ["u32be@16:s", "u32be@20:us"]
        slot = "u16be@24?u8@26"
        buf = ["u32be@28"]
    """
    layout = load(written(tmp_path, text))
    assert layout == parse(
        "udp:5000 magic=u32be@0==0x53455143 magic=u8@12!=9 stream=u32be@4 seq=u64be@8%1500 time=u32be@16:s"
        " time=u32be@20:us slot=u16be@24?u8@26 buf=u32be@28"
    )
    assert (layout.name, layout.description, layout.source) == ("probe 7", "our probe", "probe.h")


def test_without_a_name_it_has_the_file_s(tmp_path: Path) -> None:
    assert load(written(tmp_path, 'anchor = "udp"\nseq = "u8@0"\n')).name == "probe"


@given(layouts(), st.text(max_size=20), st.text(max_size=20))
def test_what_is_dumped_loads_as_the_same(layout: Layout, name: str, description: str) -> None:
    full = dataclasses.replace(layout, name=name, description=description)
    again = from_table(tomllib.loads(dump(full)))
    assert again == full
    assert (again.name, again.description) == (name, description)


@pytest.mark.parametrize("name", list(builtins()))
def test_every_built_in_can_be_a_file(name: str, tmp_path: Path) -> None:
    layout = builtins()[name]
    again = load(written(tmp_path, dump(layout)))
    assert again == layout
    assert (again.name, again.description, again.source) == (layout.name, layout.description, layout.source)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("anchor = ", "not TOML"),
        ("\xff", "not UTF-8"),
        ('seq = "u8@0"', "no anchor"),
        ('anchor = "udp"', "no seq field"),
        ('anchor = "udp"\nseq = 7', "at key 'seq'"),
        ('anchor = ["udp"]\nseq = "u8@0"', "at key 'anchor'"),
        ('anchor = "udp"\nseq = "u8@0"\nmagic = [1]', "at key 'magic'"),
        ('anchor = "udp"\nseq = "u8@0"\nport = "5000"', "at key 'port': unknown key"),
        ('anchor = "udp"\nseq = "u9@0"', "at 'seq=u9@0'"),
        ('anchor = "udp"\nseq = ["u8@0", "u8@1"]', "too many"),
        ("#" * 70_000, "more than 65536 bytes"),
        ("a = " + "[" * 5000, "nested deeper"),
    ],
)
def test_mistakes(text: str, what: str, tmp_path: Path) -> None:
    path = tmp_path / "probe.toml"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(UsageError, match=r"probe\.toml") as caught:
        load(path)
    assert what in caught.value.message


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No such file"):
        load(tmp_path / "none.toml")
    with pytest.raises(InputError, match="Is a directory"):
        load(tmp_path)
