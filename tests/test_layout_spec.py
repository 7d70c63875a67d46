"""layout.spec and layout.model: the language and back, and what it says of mistakes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_layouts import layouts

from seqcheck.errors import UsageError
from seqcheck.layout import Layout, Match, Stamp, Word, parse, write

OURS = "udp:5000 magic=u32be@0==0x53455143 stream=u32be@4 seq=u64be@8"


def test_the_design_s_example() -> None:
    assert parse(OURS) == Layout(
        anchor="udp",
        selector=5000,
        seq=Word(bits=64, offset=8),
        streams=(Word(bits=32, offset=4),),
        matches=(Match(word=Word(bits=32, offset=0), value=0x53455143),),
    )
    assert parse(OURS).modulus == 0
    assert write(parse(OURS)) == OURS


@given(layouts())
def test_what_is_written_reads_as_the_same(layout: Layout) -> None:
    assert parse(write(layout)) == layout
    assert write(parse(write(layout))) == write(layout)


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("udp seq=u8be@0x10", "udp seq=u8@16"),
        ("  udp\tseq=u8le@0\n", "udp seq=u8@0"),
        ("eth:2048 seq=u16le@-2", "eth:0x0800 seq=u16le@-2"),
        ("udp seq=u16be@0&0xffff", "udp seq=u16be@0"),
        ("udp seq=u16be@0%65536", "udp seq=u16be@0"),
        ("udp seq=u64be@0%18446744073709551616", "udp seq=u64be@0"),
        ("udp seq=u16be@0&0x3fff%0x4000", "udp seq=u16be@0&0x3fff"),
        ("udp seq=u16be@0&0xf0f%100", "udp seq=u16be@0&0xf0f%100"),
        ("frame seq=u24le@1 slot=u16be@4 magic=u8@9!=200", "frame magic=u8@9!=0xc8 seq=u24le@1 slot=u16be@4"),
        ("udp magic=u16be@0==len seq=u8@2", "udp magic=u16be@0==len seq=u8@2"),
        ("udp seq=u8@0 time=u32be@8:s time=u32be@12:us", "udp seq=u8@0 time=u32be@8:s time=u32be@12:us"),
        ("udp seq=u8@0 key=all", "udp seq=u8@0"),
        ("udp seq=u8@0 key=none stream=u8@1", "udp stream=u8@1 key=none seq=u8@0"),
        ("tcp seq=u8@0 buf=u32be@8?u8@1&2", "tcp seq=u8@0 buf=u32be@8?u8@1&0x2"),
    ],
)
def test_canonical(written: str, canonical: str) -> None:
    assert write(parse(written)) == canonical


def test_modulus() -> None:
    assert parse("udp seq=u16be@0").modulus == 65536
    assert parse("udp seq=u16be@0&0x3fff").modulus == 0x4000
    assert parse("udp seq=u16be@0&0xfff0").modulus == 0x1000
    assert parse("udp seq=u32be@0%1500").modulus == 1500
    assert parse("udp seq=u64be@0").modulus == 0
    assert parse("udp seq=u64be@0&0x7fffffffffffffff").modulus == 1 << 63


@pytest.mark.parametrize(
    ("text", "at", "what", "hint"),
    [
        ("", "", "empty layout", "udp"),
        ("sctp seq=u8@0", "'sctp'", "no such anchor", "frame, eth, ip, udp, tcp"),
        ("udp:70000 seq=u8@0", "'udp:70000'", "70000 is not a valid port", "1 to 65535"),
        ("udp: seq=u8@0", "'udp:'", "not a number", "decimal"),
        ("frame:1 seq=u8@0", "'frame:1'", "takes no selector", ""),
        ("ip:256 seq=u8@0", "'ip:256'", "256 is not a valid protocol", "0 to 255"),
        ("eth:46 seq=u8@0", "'eth:46'", "46 is not a valid ethertype", "1536"),
        ("udp", "", "no seq field", "seq=u64be@8"),
        ("udp sequence=u8@0", "'sequence=u8@0'", "unknown field", "seq="),
        ("udp seq", "'seq='", "not TYPE@OFFSET", "TYPE@OFFSET"),
        ("udp seq=u8@0 seq=u8@1", "'seq=u8@1'", "too many", "1"),
        ("udp seq=u8@0" + " stream=u8@1" * 9, "'stream=u8@1'", "too many", "8"),
        ("udp seq=u12be@0", "'seq=u12be@0'", "12 bits", "8, 16, 24, 32, 48 or 64"),
        ("udp seq=u32@0", "'seq=u32@0'", "no byte order", "u32be or u32le"),
        ("udp seq=u32xe@0", "'seq=u32xe@0'", "not a byte order", "u32be or u32le"),
        ("udp seq=i32be@0", "'seq=i32be@0'", "not TYPE@OFFSET", "TYPE@OFFSET"),
        ("udp seq=u32be", "'seq=u32be'", "has no offset", "u32be@0"),
        ("udp seq=u32be@0x", "'seq=u32be@0x'", "not TYPE@OFFSET", "TYPE@OFFSET"),
        ("udp seq=u32be@-3", "'seq=u32be@-3'", "beyond the end", "-4"),
        ("udp seq=u32be@999999", "'seq=u32be@999999'", "out of range", "262144"),
        ("udp seq=u8@0&0x100", "'seq=u8@0&0x100'", "wider than 8 bits", ""),
        ("udp seq=u8@0&0", "'seq=u8@0&0'", "leaves no bit", ""),
        ("udp seq=u8@0&5", "'seq=u8@0&5'", "not adjacent", "modulus"),
        ("udp seq=u8@0%1", "'seq=u8@0%1'", "not a modulus", "2 on"),
        ("udp seq=u8@0%257", "'seq=u8@0%257'", "257 does not fit", "2 to 256"),
        ("udp seq=u32be@0%18446744073709551616", "seq=u32be@0", "modulus", "2 to 4294967296"),
        ("udp seq=u8@0 magic=u8@0", "'magic=u8@0'", "no comparison", "==VALUE"),
        ("udp seq=u8@0 magic=u8@0=1", "'magic=u8@0=1'", "no comparison", "==VALUE"),
        ("udp seq=u8@0 magic=u8@0==x", "'magic=u8@0==x'", "neither a number nor len", ""),
        ("udp seq=u8@0 magic=u8@0!=len", "'magic=u8@0!=len'", "== only", ""),
        ("udp seq=u8@0 magic=u8@0&0xf0==1", "'magic=u8@0&0xf0==1'", "outside 0xf0", ""),
        ("udp seq=u8@0 time=u32be@0", "'time=u32be@0'", "without a unit", ":ns"),
        ("udp seq=u8@0 time=u32be@0:h", "'time=u32be@0:h'", "no such unit", "ns, us, ms, s or ntp"),
        ("udp seq=u8@0 time=u32be@0:ntp", "'time=u32be@0:ntp'", "64 bits", ""),
        ("udp seq=u8@0 slot=u32be@0:ns", "'slot=u32be@0:ns'", "only a time", ""),
        ("udp seq=u8@0 slot=u32be@0?", "'slot=u32be@0?'", "not TYPE@OFFSET", ""),
        ("udp seq=u8@0 key=ports", "'key=ports'", "not a key", "all, hosts, source, none"),
        ("udp " + "x" * 5000, "", "5004 characters", "4096"),
    ],
)
def test_mistakes(text: str, at: str, what: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(text)
    assert at in caught.value.message
    assert what in caught.value.message
    assert hint in caught.value.hint
    assert "\n" not in caught.value.message


@given(st.one_of(st.text(), st.text("udpseqmagic=@&%!0x12:?be- ", max_size=40).map(lambda tail: "udp seq=" + tail)))
def test_any_text_is_a_layout_or_a_usage_error(text: str) -> None:
    try:
        layout = parse(text)
    except UsageError:
        return
    assert parse(write(layout)) == layout


def test_layouts_made_by_hand_are_checked_too() -> None:
    seq = Word(bits=32, offset=0)
    with pytest.raises(UsageError, match="no such anchor"):
        Layout(anchor="sctp", seq=seq)
    with pytest.raises(UsageError, match="9 stream fields"):
        Layout(anchor="udp", seq=seq, streams=(seq,) * 9)
    with pytest.raises(UsageError, match="without a unit"):
        Layout(anchor="udp", seq=seq, times=(Stamp(word=seq),))
    with pytest.raises(UsageError, match="only a time"):
        Layout(anchor="udp", seq=seq, slot=Stamp(word=seq, unit="s"))
    with pytest.raises(UsageError, match="modulus 0"):
        Layout(anchor="udp", seq=seq, modulus=0)


def test_words() -> None:
    word = Word(bits=16, offset=0, mask=0x0FF0)
    assert (word.width, word.shift, word.top, word.solid) == (2, 4, 0xFF, True)
    assert Word(bits=8, offset=0, big=False) == Word(bits=8, offset=0)
    offsets = [w.offset for w in parse("udp magic=u8@0==0 stream=u8@1 seq=u8@2 time=u8@3:s?u8@4 slot=u8@5").words()]
    assert offsets == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize("amount", ["u16be@2/0", "4+u16be@2/0", "4+", "0x4+", "+4"])
@pytest.mark.parametrize("field", ["each", "move"])
def test_amounts_that_say_nothing_are_refused(field: str, amount: str) -> None:
    with pytest.raises(UsageError):
        parse(f"udp:5000 seq=u8@+0 {field}={amount}")
