"""Structs and scapy classes that give names to the places of a spec."""

import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqcheck.errors import UsageError
from seqcheck.layout import files, parse
from seqcheck.layout.named_fields import struct_words


def test_a_packed_struct() -> None:
    named = "udp:6005 struct=<IHQ:magic,flow,number magic=magic==0xfeedface stream=flow seq=number"
    assert parse(named) == parse("udp:6005 magic=u32le@0==0xfeedface stream=u16le@4 seq=u64le@6")


@pytest.mark.parametrize(
    ("said", "means"),
    [
        ("struct=!HBBIQ:kind,_,_,flow,number seq=number", "seq=u64be@8"),
        ("struct=>I4s2xQ:a,_,number seq=number%1500", "seq=u64be@10%1500"),
        ("struct=<2HI:a,b,number seq=number&0xffff", "seq=u32le@4&0xffff"),
        ("struct=<BQ:flags,sent seq=u32be@9 time=sent:us?flags&0x01", "seq=u32be@9 time=u64le@1:us?u8@0&0x01"),
        ("STRUCT=<IQ:Magic,Number SEQ=number", "seq=u64le@4"),
        ("struct=<QI:number,a key=source seq=number", "key=source seq=u64le@0"),
    ],
)
def test_names_stand_for_places(said: str, means: str) -> None:
    assert parse(f"udp:6005 {said}") == parse(f"udp:6005 {means}")


INTEGERS = {"B": 1, "H": 2, "I": 4, "Q": 8}


@given(st.lists(st.sampled_from("BHIQbhiqdfx"), min_size=1, max_size=12), st.sampled_from("@=<>!"))
def test_places_are_those_where_struct_packs(codes: list[str], order: str) -> None:
    form = order + "".join(codes)
    fields = [code for code in codes if code != "x"]
    words = struct_words(f"{form}:{','.join(f'n{at}' for at in range(len(fields)))}" if fields else form)
    for at, code in enumerate(fields):
        word = words[f"n{at}"]
        if code.upper() not in INTEGERS:
            assert word is None
            continue
        assert word is not None
        packed = struct.pack(form, *[7 if each == at else 0 for each in range(len(fields))])
        assert int.from_bytes(packed[word.offset : word.offset + word.width], "big" if word.big else "little") == 7


@pytest.mark.parametrize(
    ("spec", "complaint"),
    [
        ("udp:1 struct=<IHQ:magic,number seq=number", "3 fields, and 2 names"),
        ("udp:1 struct=<IHd:a,b,c seq=c", "no integer 'c' at a fixed offset"),
        ("udp:1 struct=<I:a seq=b", "no integer 'b' at a fixed offset"),
        ("udp:1 struct=<zz:a seq=a", "no format of a struct"),
        ("udp:1 struct=<999999999B:a seq=a", "too many fields"),
        ("udp:1 struct=<I:a struct=<I:b seq=a", "only one of struct= and scapy= is allowed"),
        ("udp:1 struct=<I:a", "no seq field"),
        ("udp:1 scapy=no_such_module:Probe seq=a", "cannot be loaded"),
        ("udp:1 scapy=os:path seq=a", "no Packet class path"),
        ("udp:1 scapy=../probe:Probe seq=a", "neither a module nor a class"),
    ],
)
def test_what_is_wrong_is_said(spec: str, complaint: str) -> None:
    with pytest.raises(UsageError, match=complaint):
        parse(spec)


def test_a_scapy_class_where_one_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "own_probe.py").write_text(
        "from scapy.packet import Packet\nfrom scapy.fields import *\n"
        "class Probe(Packet):\n"
        "    fields_desc = [IntField('kind', 7), LEShortField('flow', 0), LELongField('Number', 0)]\n"
    )
    monkeypatch.chdir(tmp_path)
    assert parse("udp:1 scapy=own_probe:Probe magic=kind==7 stream=flow seq=number") == parse(
        "udp:1 magic=u32be@0==7 stream=u16le@4 seq=u64le@6"
    )


def test_a_file_may_describe_a_struct_and_names_no_code() -> None:
    table = {"anchor": "udp:1", "struct": "<IHQ:magic,flow,number", "seq": "number", "stream": "flow"}
    assert files.from_table(table) == parse("udp:1 stream=u16le@4 seq=u64le@6")
    with pytest.raises(UsageError, match="unknown key"):
        files.from_table({"anchor": "udp:1", "scapy": "probe:Probe", "seq": "number"})
