"""IPFIX messages: how many data records they hold, by the templates that came before."""

from __future__ import annotations

import struct
import time
import tomllib
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from packets import block
from test_digits import captured, framed
from twins import KERNELS

from seqcheck import analyze
from seqcheck.cli.main import main
from seqcheck.errors import UsageError
from seqcheck.kernel import border
from seqcheck.layout import files, parse, resolve, write
from seqcheck.layout.spread import decoder_of

SPEC = "udp:5000 magic=u16be@0==10 stream=u32be@12 seq=u32be@8 step=ipfix@16"
FIXED = (256, ((8, 4), (12, 4), (0x8001, 8)))  # two fields of the standard, one of an enterprise: 16 bytes
VARYING = (300, ((96, 0xFFFF), (4, 1)))


def sets(kind: int, content: bytes) -> bytes:
    return struct.pack(">HH", kind, 4 + len(content)) + content


def template(which: tuple[int, tuple[tuple[int, int], ...]], *, options: bool = False) -> bytes:
    number, fields = which
    body = struct.pack(">HH", number, len(fields)) + (struct.pack(">H", 1) if options else b"")
    for field, length in fields:
        body += struct.pack(">HH", field, length) + (bytes(4) if field & 0x8000 else b"")
    return sets(3 if options else 2, body)


def message(seq: int, *content: bytes, domain: int = 7) -> bytes:
    body = b"".join(content)
    return struct.pack(">HHIII", 10, 16 + len(body), 1_750_000_000, seq, domain) + body


def counted(kernel: Any, some: list[bytes], spec: str = SPEC) -> list[list[int]]:
    """The numbers of each message; [-1] where it is none."""
    frames, records = block([framed(each) for each in some]), border.RecordColumns(len(some))
    decoder_of(kernel, parse(spec)).decode(frames, 0, len(some), records)
    found: list[list[int]] = [[] if status == border.RECORD else [-1] for status in records.status.tolist()]
    for row, seq in zip(records.row[: records.count].tolist(), records.seq[: records.count].tolist(), strict=True):
        found[row].append(seq)
    return found


@pytest.mark.parametrize("kernel", KERNELS, ids=lambda kernel: kernel.NAME)
def test_records_are_counted_by_their_templates(kernel: Any) -> None:
    some = [
        message(0, sets(256, bytes(32))),  # before its template
        message(2, template(FIXED), sets(256, bytes(32))),
        message(4, template(VARYING), sets(300, b"\3abc\1" + b"\xff\0\4abcd\2" + b"\0\3"), sets(256, bytes(17))),
        message(8, template(FIXED)),
        message(8, sets(256, bytes(16)), domain=8),  # another domain's templates are its own
        message(8, sets(256, bytes(16)), sets(999, bytes(16))),
        message(0xFFFFFFFF, sets(256, bytes(32))),
    ]
    assert counted(kernel, some) == [[-1], [2, 3], [4, 5, 6, 7], [], [-1], [-1], [0xFFFFFFFF, 0]]


@pytest.mark.parametrize("kernel", KERNELS, ids=lambda kernel: kernel.NAME)
def test_a_number_may_be_that_of_the_last_record(kernel: Any) -> None:
    options = (400, ((1, 4), (2, 4)))
    some = [
        message(2, template(FIXED), template(options, options=True), sets(400, bytes(8)), sets(256, bytes(32))),
        message(5, sets(256, bytes(48))),
    ]
    assert counted(kernel, some, SPEC.replace("ipfix@", "ipfix-last@")) == [[1, 2], [3, 4, 5]]
    assert counted(kernel, some)[0] == [2, 3, 4]


@pytest.mark.parametrize("kernel", KERNELS, ids=lambda kernel: kernel.NAME)
def test_a_withdrawn_template_counts_no_longer(kernel: Any) -> None:
    some = [
        message(0, template(FIXED), sets(256, bytes(16))),
        message(1, template((256, ()))),
        message(1, sets(256, bytes(16))),
    ]
    assert counted(kernel, some) == [[0], [], [-1]]


@pytest.mark.parametrize("kernel", KERNELS, ids=lambda kernel: kernel.NAME)
@pytest.mark.parametrize(
    "content",
    [b"\2", b"\0\2\0\2", b"\0\2\xff\xff", template(FIXED)[:-3], sets(2, b"\1\0\xff\xff"), sets(2, b"\1"),
     sets(256, b""), template((256, ((1, 0),))) + sets(256, bytes(9)), template(VARYING) + sets(300, b"\xff")],
)  # fmt: skip
def test_malformed_messages_are_data(kernel: Any, content: bytes) -> None:
    assert counted(kernel, [message(5, content)])[0] in ([], [-1])


def test_a_record_costs_no_more_than_its_bytes() -> None:
    """However many fields are empty by their template."""
    hollow = (300, (*[(4, 0)] * 511, (96, 0xFFFF)))
    some = [message(n * 1000, template(hollow), sets(300, bytes(1000))) for n in range(100)]
    begin = time.process_time()
    assert [len(each) for each in counted(KERNELS[1], some)] == [1000] * 100
    assert time.process_time() - begin < 1


def test_a_template_takes_no_more_memory_than_on_the_wire() -> None:
    wide = tuple((4, 300 + n) for n in range(500))
    some = [
        message(0, template((300, (*wide, *[(96, 0xFFFF)] * (domain % 3)))), domain=domain) for domain in range(1000)
    ]
    counted(KERNELS[1], some[:1])
    tracemalloc.start()
    decoder = decoder_of(KERNELS[1], parse(SPEC))
    frames, records = block([framed(each) for each in some]), border.RecordColumns(len(some))
    before = tracemalloc.get_traced_memory()[0]
    decoder.decode(frames, 0, len(some), records)
    assert tracemalloc.get_traced_memory()[0] - before < 1000 * len(some[2])
    tracemalloc.stop()


def test_there_and_back_and_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    for spec in (SPEC, SPEC.replace("ipfix@", "ipfix-last@")):
        made = parse(spec)
        assert parse(write(made)) == made
        assert files.from_table(tomllib.loads(files.dump(made))) == made
        assert main(["layouts", spec]) == 0
        assert "data records in the IPFIX sets from byte 16 on" in " ".join(capsys.readouterr().out.split())
    with pytest.raises(UsageError, match="sets at offset"):
        parse("udp seq=u32be@8 step=ipfix@999999")


def test_an_analysis_counts_flows(tmp_path: Path) -> None:
    some, seq = [message(0, template(FIXED))], 0
    for at in range(60):
        many = 1 + at * 7 % 5
        some.append(message(seq, sets(256, bytes([at]) * 16 * many)))
        seq += many
    lost = 1 + 10 * 7 % 5
    del some[11]
    some.insert(30, some[28])
    report = analyze(captured(tmp_path / "run.pcap", some), layout="ipfix:5000")
    assert report.gaps.missing == lost
    assert report.duplicates.total == 1 + 28 * 7 % 5


def test_from_the_simulator_to_the_report(tmp_path: Path) -> None:
    capture = str(tmp_path / "run.pcap")
    assert main(["simulate", "--layout", "ipfix", "--frames", "3000", "--size", "100", capture]) == 0
    report = analyze(capture, layout=resolve("ipfix"))
    assert (report.records.sequenced > 2000, report.gaps.missing, report.duplicates.total) == (True, 0, 0)
