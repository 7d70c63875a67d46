"""Protocols whose records stand behind one another in a frame, by their built-in layouts: DTLS, SCTP, sFlow, and what
the documentation writes for MAVLink and MPEG-TS in RTP; and the verbs that read such frames."""

from __future__ import annotations

import io
import random
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from containers import Packet, pcap_file
from hypothesis import given, settings
from hypothesis import strategies as st
from packets import Frame, block, ethernet, ipv4, udp
from test_chain import FORMATS, PAYLOADS
from test_layout_wireshark import tshark
from test_spread import frame, told
from twins import KERNELS

from seqcheck import analyze
from seqcheck.capture.redaction import Redactor
from seqcheck.cli.main import main
from seqcheck.errors import UsageError
from seqcheck.kernel import border
from seqcheck.layout import Layout, dissector, parse, resolve
from seqcheck.layout.spread import decoder_of
from seqcheck.model import Report

KEY = bytes(range(32))


def dtls(epoch: int, number: int, size: int, *, kind: int = 23, version: int = 0xFEFD) -> bytes:
    """A record (RFC 6347 section 4.1)."""
    return struct.pack(">BHHHIH", kind, version, epoch, number >> 32, number & 0xFFFFFFFF, size) + bytes(size)


def chunk(kind: int, tsn: int, size: int) -> bytes:
    """A chunk of that many bytes of data, with its padding (RFC 9260 sections 3.2 and 3.3.1)."""
    body = struct.pack(">BBHIHHI", kind, 3, 16 + size, tsn, 1, 2, 0) + b"\xff" * size
    return body + bytes(-size % 4)


def sctp(*chunks: bytes, tag: int = 0x99) -> bytes:
    return ethernet(ipv4(struct.pack(">HHII", 5, 6, tag, 0) + b"".join(chunks), protocol=132))


def sample(kind: int, number: int, source: int, size: int = 20) -> bytes:
    """A sample; those of the expanded kinds name their source in two words."""
    who = struct.pack(">II", source >> 24, source & 0xFFFFFF) if kind in (3, 4) else struct.pack(">I", source)
    body = struct.pack(">I", number) + who + b"\xff" * size
    return struct.pack(">II", kind, len(body)) + body


def sflow(*samples: bytes, version: int = 5) -> bytes:
    head = struct.pack(">IIIIIII", version, 1, 0x0A000001, 0, 7, 1000, len(samples))
    return ethernet(ipv4(udp(head + b"".join(samples), dport=6343)))


def to_4433(*records: bytes) -> bytes:
    return ethernet(ipv4(udp(b"".join(records), dport=4433)))


def report(packets: Sequence[bytes], layout: str, wire: Sequence[int] = ()) -> Report:
    rows = [
        Packet(data=data, ns=10**18 + at * 100_000, wire=wire[at] if wire else len(data))
        for at, data in enumerate(packets)
    ]
    return analyze(io.BytesIO(pcap_file(rows)), layout=layout)


def numbers(kernel: Any, layout: Layout, packets: Sequence[bytes]) -> list[tuple[int, list[int], int]]:
    """Of each record: its frame, what tells its stream, and its number."""
    some = block([Frame(data, len(data), 1) for data in packets])
    columns, decoder = border.RecordColumns(len(packets)), decoder_of(kernel, layout)
    decoder.decode(some, 0, len(packets), columns)
    fields, count = decoder.keys()["fields"][:, : len(layout.streams)].tolist(), columns.count
    return [
        (row, fields[stream], seq)
        for row, stream, seq in zip(
            columns.row[:count].tolist(), columns.stream[:count].tolist(), columns.seq[:count].tolist(), strict=True
        )
    ]


def handshake() -> list[bytes]:
    """Datagrams of one to four records in two epochs; nothing is missing."""
    made, number = list[bytes](), 0
    for at in range(60):
        count = at * 7 % 4 + 1
        made.append(to_4433(*(dtls(0, number + n, 5 * n, kind=22) for n in range(count))))
        number += count
    made.append(to_4433(dtls(0, number, 1, kind=20), dtls(1, 0, 40, kind=22)))
    return made + [to_4433(*(dtls(1, 1 + 3 * at + n, 9) for n in range(3))) for at in range(60)]


def test_dtls_records_behind_one_another_are_no_gaps() -> None:
    found = report(handshake(), "dtls")
    assert (found.verdict.cause, found.exit_code, found.gaps.missing, found.duplicates.total) == ("clean", 0, 0, 0)
    assert [(stream.received, stream.key["stream"]) for stream in found.streams] == [(151, 0), (181, 1)]
    assert found.records.sequenced == 121


def test_a_datagram_that_was_lost_is_missing_with_all_its_records() -> None:
    whole = handshake()
    found = report([*whole[:5], *whole[6:], whole[70]], "dtls")
    assert found.gaps.missing == 5 * 7 % 4 + 1
    assert found.duplicates.total == 3
    assert "several records" in found.verdict.statement


def test_duplicates_are_judged_where_no_frame_holds_more_than_one_record() -> None:
    """Some frames come twice in a row. A single frame of two records, and distances say nothing of frames."""
    frames = [to_4433(dtls(1, number, 60)) for number in range(400)]
    twice = set(random.Random(7).sample(range(400), 44))
    doubled = [frame for at, frame in enumerate(frames) for _ in range(2 if at in twice else 1)]
    found = report(doubled, "dtls")
    assert (found.duplicates.total, found.verdict.cause) == (44, "sender-repeat"), found.verdict.statement
    found = report([*doubled, to_4433(dtls(1, 400, 5), dtls(1, 401, 5))], "dtls")
    assert (found.duplicates.total, found.verdict.cause) == (44, "not-judged"), found.verdict.statement


@pytest.mark.parametrize("kernel", KERNELS, ids=lambda kernel: kernel.NAME)
def test_dtls_and_its_strangers(kernel: Any) -> None:
    """Other versions in between end nothing; a record of DTLS 1.3 has another head, and tells no length."""
    layout = resolve("dtls")
    packets = [
        to_4433(dtls(0, 7, 3, kind=22, version=0xFEFF), dtls(0, 8, 0, version=0x0303), dtls(0, 9, 2)),
        to_4433(b"\x2f\xfe\xfd" + bytes(40)), to_4433(dtls(0, 10, 3)[:10]), to_4433(dtls(0, 11, 900)[:200]),
    ]  # fmt: skip
    assert numbers(kernel, layout, packets) == [(0, [0], 7), (0, [0], 9), (3, [0], 11)]


@pytest.mark.parametrize("kernel", KERNELS, ids=lambda kernel: kernel.NAME)
def test_sctp_chunks(kernel: Any) -> None:
    """DATA and I-DATA, padded or not; other chunks are passed over, also before them; one of length 0 ends it."""
    sack = struct.pack(">BBHIIHH", 3, 0, 16, 1, 2, 0, 0)
    packets = [
        sctp(chunk(0, 1, 1), chunk(0, 2, 4), chunk(64, 3, 3), chunk(0, 4, 2)),
        sctp(sack, chunk(0, 5, 7), struct.pack(">BBH", 10, 0, 4), chunk(0, 6, 1), tag=0x98),
        sctp(sack), sctp(chunk(0, 7, 1), bytes(2) + bytes(30), chunk(0, 8, 1)), sctp(sack[:3]),
        sctp(chunk(0, 0xFFFFFFFF, 1), chunk(0, 0, 1)[:7]),
    ]  # fmt: skip
    assert numbers(kernel, resolve("sctp"), packets) == [
        (0, [0x99], 1), (0, [0x99], 2), (0, [0x99], 3), (0, [0x99], 4), (1, [0x98], 5), (1, [0x98], 6), (3, [0x99], 7),
        (3, [0x99], 0), (5, [0x99], 0xFFFFFFFF),
    ]  # fmt: skip


def test_sctp_bundles_are_no_gaps() -> None:
    made, tsn = list[bytes](), 2**32 - 40
    for at in range(80):
        made.append(sctp(*(chunk(0, (tsn + n) % 2**32, at % 7) for n in range(at % 3 + 1))))
        tsn += at % 3 + 1
    found = report(made, "sctp")
    assert (found.verdict.cause, found.gaps.missing, found.streams[0].received) == ("clean", 0, tsn - 2**32 + 40)


@pytest.mark.parametrize("kernel", KERNELS, ids=lambda kernel: kernel.NAME)
def test_sflow_samples(kernel: Any) -> None:
    """Flow samples and counter samples count apart, each by source; other kinds of sample are passed over."""
    agent = [0x0A000001, 0]
    packets = [
        sflow(sample(1, 10, 3), sample(2, 10, 3, 8), sample(1, 11, 4), sample(3, 5, 3), sample(5, 6, 3)),
        sflow(sample(1 << 12 | 1, 1, 3), sample(4, 8, 2 << 24 | 7), sample(1, 12, 3)),
        sflow(sample(1, 9, 9), version=4),
    ]  # fmt: skip
    assert numbers(kernel, resolve("sflow-samples"), packets) == [
        (0, [*agent, 1, 3], 10), (0, [*agent, 2, 3], 10), (0, [*agent, 1, 4], 11), (1, [*agent, 1, 3], 12),
    ]  # fmt: skip
    assert numbers(kernel, resolve("sflow-expanded"), packets) == [
        (0, [*agent, 3, 3], 5), (1, [*agent, 4, 2 << 32 | 7], 8),
    ]  # fmt: skip


DOCS = (Path(__file__).parent.parent / "docs" / "layouts.md").read_text("utf-8").splitlines()


def documented(start: str) -> Layout:
    (line,) = {line.strip() for line in DOCS if line.strip().startswith(start) and "each=" in line}
    return parse(line)


@pytest.mark.parametrize("kernel", KERNELS, ids=lambda kernel: kernel.NAME)
def test_what_the_documentation_writes(kernel: Any) -> None:
    def message(number: int, size: int, *, signed: bool) -> bytes:
        head = struct.pack(">BBBBBBB", 0xFD, size, signed, 0, number, 1, 2) + bytes(3)
        return head + bytes(size) + b"\xfd\xfd" + b"\xfd" * 13 * signed

    mavlink = [message(n, n % 5, signed=n % 2 == 0) for n in range(8)]
    data = ethernet(ipv4(udp(b"".join(mavlink), dport=14550)))
    assert numbers(kernel, documented("udp:14550 "), [data]) == [(0, [0x0102], n) for n in range(8)]
    parts = b"".join(struct.pack(">BHB", 0x47, 0x100, 0x10 | n) + bytes(184) for n in range(5))
    rtp = struct.pack(">BBHIIII", 0x82, 33, 7, 8, 9, 10, 11) + parts
    assert numbers(
        kernel, documented("udp:5004 move=12+4*u8@0&0x0f magic"), [ethernet(ipv4(udp(rtp, dport=5004)))]
    ) == [(0, [0x100], n) for n in range(5)]
    assert documented("udp:14550 ") == resolve("mavlink")
    assert documented("ip:132 ") == resolve("sctp")
    assert documented("udp:4433 ") == resolve("dtls")


@pytest.mark.parametrize("kernel", KERNELS, ids=lambda kernel: kernel.NAME)
def test_all_messages_of_mavlink_1(kernel: Any) -> None:
    some = b"".join(bytes([0xFE, n % 5, n, 1, 2, 0]) + bytes([0xFE] * (n % 5)) + b"\xfe\xfe" for n in range(8))
    data = ethernet(ipv4(udp(some, dport=14550)))
    assert numbers(kernel, resolve("mavlink1"), [data]) == [(0, [0x0102], n) for n in range(8)]


@pytest.mark.parametrize("kernel", KERNELS, ids=lambda kernel: kernel.NAME)
def test_all_data_of_rtps(kernel: Any) -> None:
    """Between a time stamp and a heartbeat; the last submessage may leave its length out."""

    def submessage(kind: int, body: bytes, *, told: bool = True) -> bytes:
        return struct.pack("<BBH", kind, 5, len(body) if told else 0) + body

    def written_by(writer: int, number: int) -> bytes:
        return struct.pack("<HHI", 0, 16, 0) + struct.pack(">I", writer) + struct.pack("<iI", 0, number) + bytes(8)

    frames = [
        submessage(9, bytes(8)) + submessage(0x15, written_by(3, n)) + submessage(7, bytes(28))
        + submessage(0x15, written_by(3, n + 1)) + submessage(0x15, written_by(4, n) + b"\x15\5" * 9, told=n % 2 == 0)
        for n in (1, 3)
    ]  # fmt: skip
    head = b"RTPS\2\3\1\x0f" + bytes(range(12))
    packets = [ethernet(ipv4(udp(head + each, dport=7400))) for each in frames]
    guid = [int.from_bytes(bytes(range(8)), "big"), int.from_bytes(bytes(range(8, 12)), "big")]
    assert numbers(kernel, resolve("rtps"), packets) == [
        (at, [*guid, writer], number)
        for at, n in enumerate((1, 3)) for writer, number in ((3, n), (3, n + 1), (4, n))
    ]  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(sorted(FORMATS)),
    st.lists(st.tuples(PAYLOADS, st.none() | st.integers(20, 90)), min_size=1, max_size=6),
)  # fmt: skip
def test_redacted_frames_hold_the_same_records(name: str, payloads: list[tuple[bytes, int | None]]) -> None:
    layout = parse(FORMATS[name].spec)
    some = [frame(payload, captured) for payload, captured in payloads]
    redactor = Redactor(layout, KEY)
    copies = [Frame(redactor.frame(one.data, one.wire, one.link), one.wire, one.link) for one in some]
    assert told(layout, copies, (), KERNELS[0]) == told(layout, some, (), KERNELS[0])


def test_redacted_records_hold_nothing_else() -> None:
    secret = b"the password is swordfish"
    record = dtls(1, 5, 0)[:-2] + struct.pack(">H", len(secret)) + secret
    data = to_4433(record, record)
    copy = Redactor(resolve("dtls"), KEY).frame(data, len(data), 1)
    assert secret[:8] not in copy
    assert numbers(KERNELS[0], resolve("dtls"), [copy]) == [(0, [1], 5)] * 2


def written(tmp_path: Path, packets: Sequence[bytes]) -> Path:
    path = tmp_path / "run.pcap"
    path.write_bytes(pcap_file([Packet(data=each, ns=at * 1000, wire=len(each)) for at, each in enumerate(packets)]))
    return path


def test_every_record_is_shown_with_its_bytes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = written(tmp_path, [to_4433(dtls(0, 258, 1), dtls(0, 259, 1)), to_4433(dtls(0, 260, 0))])
    assert main(["layouts", "dtls", "--on", str(path)]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines() if line.startswith("  frame")]
    assert [(line[1], line[2]) for line in lines] == [("1", "258"), ("1", "259"), ("2", "260")]
    assert all("[00 00 00 00 01 0" in " ".join(line) for line in lines)
    path = written(tmp_path, [sctp(struct.pack(">BBH", 10, 0, 4), chunk(0, 9, 1), chunk(0, 10, 1))])
    assert main(["layouts", "sctp", "--on", str(path)]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines() if line.startswith("  frame")]
    assert [(line[1], line[2]) for line in lines] == [("1", "9"), ("1", "10")]


def test_it_is_explained_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["layouts", "udp seq=u8@0 each=4+2*u16be@2/4 each=13?u8@1&0x01"]) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert (
        "each from the start of a record to that of the next in the same frame: 4 bytes plus 2 times the value of bytes"
        " 2 to 3 (u16be), rounded up to a multiple of 4 each and 13 bytes, if byte 1 (u8) masked by 0x1 is not zero"
        " each what offsets count from is where a record begins"
    ) in out


def test_a_frame_goes_only_if_all_of_its_records_came_before(tmp_path: Path) -> None:
    whole = handshake()
    again = [whole[3], to_4433(dtls(1, 180, 1), dtls(1, 181, 1))]
    path, copy = written(tmp_path, [*whole, *again]), tmp_path / "copy.pcap"
    assert main(["-q", "dedup", "--layout", "dtls", str(path), str(copy)]) == 0
    assert analyze(copy, layout="dtls").records.sequenced == len(whole) + 1


def test_beside_another_layout(tmp_path: Path) -> None:
    plain = [frame(struct.pack(">I", number)).data for number in range(60)]
    mixed = [each for pair in zip(handshake(), plain, strict=False) for each in pair]
    found = analyze(written(tmp_path, mixed), layout=["dtls", "udp:5000 seq=u32be@0"])
    assert [(stream.key["layout"], stream.missing) for stream in found.streams] == [
        ("dtls", 0), ("udp:5000 seq=u32be@0", 0),
    ]  # fmt: skip


def test_located_along_a_path(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    frames = [to_4433(dtls(1, 2 * at, 50), dtls(1, 2 * at + 1, 50)) for at in range(40)]
    (tmp_path / "a").mkdir()
    first, second = written(tmp_path / "a", frames), written(tmp_path, [*frames[:9], *frames[10:]])
    assert main(["locate", "--layout", "dtls", f"a={first}", f"b={second}"]) == 1
    assert "All 2 numbers went missing between a" in capsys.readouterr().out


def test_wireshark_shows_all_records(tmp_path: Path) -> None:
    path, script = written(tmp_path, handshake()), tmp_path / "dtls.lua"
    script.write_text(dissector(resolve("dtls")))
    rows = tshark(path, script, "frame.number", "seqcheck.dtls.seq")
    told: dict[int, list[int]] = {}
    for row, _, number in numbers(KERNELS[0], resolve("dtls"), handshake()):
        told.setdefault(row + 1, []).append(number)
    assert {int(number): [*map(int, seqs.split(","))] for number, seqs in rows} == told


def test_what_was_cut_short_is_read_as_far_as_it_goes() -> None:
    whole = [to_4433(dtls(0, 2 * at, 50), dtls(0, 2 * at + 1, 50)) for at in range(40)]
    found = report([data[:60] for data in whole], "dtls", wire=[len(data) for data in whole])
    assert (found.streams[0].received, found.gaps.missing) == (40, 39)
    with pytest.raises(UsageError, match="a number outside them"):
        parse("udp move=1 seq=u8@0 each=u8@+1")


def identified(number: int, size: int, *, whose: int = 0x0102030405060708) -> bytes:
    """A record with a connection id of 8 bytes (RFC 9146 section 4)."""
    return struct.pack(">BHHHIQH", 25, 0xFEFD, 1, number >> 32, number & 0xFFFFFFFF, whose, size) + bytes(size)


def test_dtls_with_a_connection_id_is_read_by_its_length_and_left_out_without() -> None:
    frames = [to_4433(*(identified(3 * at + n, 9) for n in range(3))) for at in range(60)]
    spec = "udp:4433 magic=u8@0==25 magic=u16be@1==0xfefd stream=u16be@3 stream=u64be@11 seq=u48be@5 each=21+u16be@19"
    assert spec in (Path(__file__).parents[1] / "docs/layouts.md").read_text().replace("\n  ", " ")
    found = report([*frames[:5], *frames[6:]], spec)
    assert (found.gaps.missing, found.duplicates.total, found.streams[0].received) == (3, 0, 177)
    mixed = report([*(to_4433(dtls(1, number, 9)) for number in range(40)), *frames], "dtls")
    assert [stream.received for stream in mixed.streams] == [40]
