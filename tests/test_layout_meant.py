"""Specs that are nearly right: read where only the case differs, and otherwise an error that says what may be meant."""

import pytest

from seqcheck.cli.main import main
from seqcheck.errors import UsageError
from seqcheck.layout import parse, resolve
from seqcheck.layout.meant import meant

RIGHT = "udp:5000 seq=u32be@0"


@pytest.mark.parametrize("text", ["UDP:5000 seq=u32be@0", "Udp:5000 SEQ=U32BE@0", "udp:0X1388 seq=u32be@0"])
def test_case_makes_no_difference(text: str) -> None:
    assert resolve(text) == parse(RIGHT)


@pytest.mark.parametrize(
    "text",
    [
        "udp/5000 seq=u32be@0", "udp.5000 seq=u32be@0", "udp=5000 seq=u32be@0",
        "udp5000 seq=u32be@0",
        "udp port 5000 seq=u32be@0", "udp dst port 5000 seq=u32be@0", "udp:5000,seq=u32be@0", "udp:5000; seq=u32be@0",
        "udp:5000 u32be@0", "udp:5000 seq=u32@0", "udp:5000 seq:u32be@0", "UDP/5000", "udp:5000",
        "udp: 5000 seq=u32be@0", "udp:5000 seq=u32be@+0", "udp 5000 seq=u32be@0", "port 5000 seq=u32be@0",
        "dst port 5000 seq=u32be@0", "5000 seq=u32be@0", "udp.port==5000 seq=u32be@0", "udp:5000 seq=uint32@0",
        "upd:5000 seq=u32be@0", "dup 5000 seq=u32be@0", "udp:5000 sequence=u32be@0", "udp:5000 seqno = u32be@0",
        "udp:5000 seq=int32@0", "udp:5000 seq=uint32_t@0", "udp:5000 seq=be32@0", "udp:5000 seq=u32be:0",
    ],
)  # fmt: skip
def test_what_is_nearly_a_spec_is_an_error_that_says_what_is_meant(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        resolve(text)
    assert caught.value.hint.splitlines()[0] == f"Did you mean '{RIGHT}'?"


@pytest.mark.parametrize(
    ("text", "near"),
    [
        ("udp portrange 5000-5010 seq=u32be@0", "udp:5000-5010 seq=u32be@0"),
        ("udp:5000, 5001 seq=u32be@0", "udp:5000,5001 seq=u32be@0"),
        ("udp:5000..5010 seq=u32be@0", "udp:5000-5010 seq=u32be@0"),
        ("udp/5000-5010 u32be@0", "udp:5000-5010 seq=u32be@0"),
        ("udp:5000,6000,seq=u32be@0", "udp:5000,6000 seq=u32be@0"),
    ],
)
def test_ports_that_are_nearly_a_list(text: str, near: str) -> None:
    assert meant(text, parse) == near


@pytest.mark.parametrize("text", ["ipx:5 seq=u8@0", "udp:99999 seq=u8@0", "", "udp:5000 seq=u32be", "seq"])
def test_what_is_not_is_not(text: str) -> None:
    assert meant(text, parse) == ""


@pytest.mark.parametrize(
    ("text", "near"),
    [
        ("ipv4 seq=u32be@0", "ip seq=u32be@0"), ("ip6:17 seq=u8@0", "ip:17 seq=u8@0"),
        ("ethernet:0x88b5 seq=u32be@0", "eth:0x88b5 seq=u32be@0"), ("tpc:5000 seq=u32be@0", "tcp:5000 seq=u32be@0"),
    ],
)  # fmt: skip
def test_anchors_by_other_names(text: str, near: str) -> None:
    assert meant(text, parse) == near


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("udp:5000 seq=u32", "'u32' has no offset"), ("udp:5000 seq=u32be", "'u32be' has no offset"),
        ("udp:5000 seq=u8@0 stream=u16le", "'u16le' has no offset"),
        ("udp:5000 seq=foo", "'foo' is not TYPE@OFFSET, such as u32be@0"),
    ],
)  # fmt: skip
def test_what_a_field_lacks_is_said(text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        resolve(text)


def test_a_right_spec_needs_no_other() -> None:
    assert meant(RIGHT, parse) == ""


def test_a_file_below_a_folder_named_like_an_anchor_is_a_file() -> None:
    with pytest.raises(Exception, match=r"layout file udp/probe\.toml"):
        resolve("udp/probe.toml")


@pytest.mark.parametrize("text", ["struct:!HBBIQ", "struct=!HBBIQ:a,b,c,d,e", "scapy:probe:Probe"])
def test_a_header_alone_gets_the_whole_spec_as_advice(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        resolve(text)
    assert "seq=NAME" in caught.value.hint
    assert text.split(":", 1)[-1].split("=")[-1] in caught.value.hint


def test_a_layout_without_its_quotes(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["analyze", "--layout", "udp:5000", "stream=u8@4", "seq=u32be@0", "run.pcap"]) == 2
    err = capsys.readouterr().err
    assert "--layout 'udp:5000 stream=u8@4 seq=u32be@0'" in err
