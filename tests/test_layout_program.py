"""layout.program: a layout as numbers."""

from __future__ import annotations

from hypothesis import given
from made_layouts import layouts

from seqcheck.kernel import border
from seqcheck.layout import Layout, compile, parse


def test_every_column() -> None:
    program = compile(
        parse("udp:9 magic=u16le@2&0xff0!=0x120 magic=u8@0==len stream=u24be@-3 seq=u32be@4&0xff00 slot=u8@9")
    )
    assert (program.anchor, program.selector, program.modulus) == (border.A_UDP, 9, 256)
    assert program.fields.tolist() == [
        (border.MATCH, 2, 0, border.NE, 0, 2, 0xFF0, 0x120),
        (border.MATCH, 1, 1, border.EQ_LENGTH, 0, 0, 0xFF, 0),
        (border.STREAM, 3, 1, border.EQ, 0, -3, 0xFFFFFF, 0),
        (border.SEQ, 4, 1, border.EQ, 8, 4, 0xFF00, 0),
    ]
    assert compile(parse("frame seq=u64be@0")).selector == -1
    assert compile(parse("frame seq=u64be@0")).modulus == 0


@given(layouts())
def test_what_the_border_promises(layout: Layout) -> None:
    fields = compile(layout).fields
    roles = fields["role"].tolist()
    assert 1 <= roles.count(border.SEQ) <= border.MOST_PIECES
    assert roles.count(border.SEQ) == 1 or set(fields["op"][fields["role"] == border.SEQ]) == {border.PIECE}
    assert roles.count(border.STREAM) <= border.MAX_STREAM_FIELDS
    assert roles.count(border.MATCH) <= 8
    assert all(1 <= width <= 8 for width in fields["width"])
    assert all(mask < 1 << 8 * int(width) for mask, width in zip(fields["mask"].tolist(), fields["width"], strict=True))
    assert all(shift == 0 for shift in fields["shift"][fields["role"] == border.MATCH])
