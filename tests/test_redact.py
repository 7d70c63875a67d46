"""seqcheck redact: the report on the copy is that on the original, addresses aside, and nothing private is left in
it."""

import json
import struct
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import dpkt
import kinds
import packets
import pytest
import tunnels
from hypothesis import given
from hypothesis import strategies as st

from seqcheck import layout
from seqcheck.capture.redaction import Redactor
from seqcheck.cli.main import main
from seqcheck.decode.decoder import Reader
from seqcheck.engine import session
from seqcheck.errors import InputError, UsageError
from seqcheck.kernel.border import RECORD
from seqcheck.kernel.portable.examine import examine
from seqcheck.model import Report
from seqcheck.wire import pcap, pcapng

SAMPLES = Path(__file__).parent.parent / "samples"
NAMES = sorted(path.name for path in SAMPLES.iterdir() if path.suffix in (".pcap", ".pcapng"))
KEY = bytes(range(32))
TEXT = b"the password is swordfish"


def said(report: Report) -> dict[str, Any]:
    """All but names, addresses, the comparison of addresses' checksums, and what foreign frames are called."""
    tree = json.loads(report.to_json())
    for stream in tree["streams"]:
        del stream["key"]
    for one in tree["duplicates"]["listed"]:
        one["differs"] = [name for name in one["differs"] if "checksum" not in name]
    for name in ("inputs", "damage"):
        del tree["capture"][name]
    verdict = tree["verdict"]
    return {
        "capture": tree["capture"], "records": tree["records"], "streams": tree["streams"],
        "duplicates": tree["duplicates"], "gaps": tree["gaps"],
        "verdict": [verdict[name] for name in ("cause", "strength", "ring_size", "explained", "bracket")],
    }  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_the_report_is_the_same(name: str, tmp_path: Path) -> None:
    original = session.analyze(SAMPLES / name)
    copy = tmp_path / "copy.pcapng"
    assert main(["-q", "redact", str(SAMPLES / name), str(copy)]) == 0
    assert said(session.analyze(copy, layout=original.layout.spec)) == said(original)


def ether(payload: bytes, *, kind: int = 0x0800) -> bytes:
    return bytes.fromhex("aabbccddeef0aabbccddeef1") + kind.to_bytes(2, "big") + payload


def datagram(payload: bytes, *, version: int = 4) -> bytes:
    udp = dpkt.udp.UDP(sport=5000, dport=5001, ulen=8 + len(payload), data=payload)
    if version == 6:
        packet = dpkt.ip6.IP6(src=bytes([0x20] * 16), dst=bytes([0x21] * 16), nxt=17, plen=len(udp), data=udp)
        return ether(bytes(packet), kind=0x86DD)
    return ether(bytes(dpkt.ip.IP(src=b"\xc6\x33\x64\x07", dst=b"\xcb\x00\x71\x09", p=17, data=udp)))


@pytest.mark.parametrize("version", [4, 6])
def test_addresses_and_payload_are_gone_and_checksums_are_right(version: int) -> None:
    redactor = Redactor(layout.resolve("udp:5001 seq=u32be@0"), KEY)
    frame = datagram(struct.pack(">I", 77) + TEXT, version=version)
    made = redactor.frame(frame, len(frame), 1)
    assert len(made) == len(frame)
    for secret in (TEXT, TEXT[:6], frame[:6], frame[6:12], b"\xc6\x33\x64\x07", b"\xcb\x00\x71\x09", bytes([0x20] * 8)):
        assert secret not in made
    packet = dpkt.ethernet.Ethernet(made).data
    assert packet.data.data[:4] == struct.pack(">I", 77)
    assert (packet.data.sport, packet.data.dport) == (5000, 5001)
    given_sum = packet.data.sum
    packet.data.sum = 0
    if version == 4:
        packet.sum = 0
    again = bytes(packet)
    assert dpkt.ethernet.Ethernet(ether(again, kind=0x0800 if version == 4 else 0x86DD)).data.data.sum == given_sum


def behind(*headers: tuple[int, bytes], payload: bytes) -> bytes:
    """A datagram behind IPv6 extension headers, its checksum right."""
    source, target = bytes([0x20] * 16), bytes([0x21] * 16)
    udp = bytes(dpkt.udp.UDP(sport=5000, dport=5001, ulen=8 + len(payload), data=payload))
    total = dpkt.in_cksum(source + target + struct.pack(">II", len(udp), 17) + udp)
    data, kind = udp[:6] + struct.pack(">H", total or 0xFFFF) + udp[8:], 17
    for each, body in reversed(headers):
        data, kind = packets.extension(each, kind, body) + data, each
    return ether(struct.pack(">IHBB", 6 << 28, len(data), kind, 64) + source + target + data, kind=0x86DD)


@pytest.mark.parametrize(
    "headers",
    [[(60, TEXT)], [(0, TEXT), (43, bytes(2) + bytes([0x77] * 16)), (60, b"")], [(51, TEXT), (135, TEXT)], [(44, b"")]],
)
def test_a_record_behind_extension_headers_stays_one(headers: list[tuple[int, bytes]]) -> None:
    spec = layout.resolve("udp:5001 stream=u16be@-2 seq=u32be@0")
    redactor = Redactor(spec, KEY)
    frame = behind(*headers, payload=struct.pack(">I", 77) + TEXT + b"\0\5")
    made = redactor.frame(frame, len(frame), 1)
    seen = examine(made, len(made), 1, layout.compile(spec))
    assert (seen.status, seen.seq, seen.streams) == (RECORD, 77, (5,))
    for secret in (TEXT[:6], bytes([0x77] * 4), frame[6:12]):
        assert secret not in made
    udp = made[-8 - 4 - len(TEXT) - 2 :]
    assert dpkt.in_cksum(made[22:54] + struct.pack(">II", len(udp), 17) + udp) == 0


def test_a_later_fragment_keeps_nothing_behind_its_headers() -> None:
    redactor = Redactor(layout.resolve("udp:5001 seq=u32be@0"), KEY)
    fragment = packets.extension(44, 17, b"", offset=8) + TEXT
    frame = ether(struct.pack(">IHBB", 6 << 28, len(fragment), 44, 64) + bytes([0x20] * 32) + fragment, kind=0x86DD)
    made = redactor.frame(frame, len(frame), 1)
    assert made[54:62] == frame[54:62]
    assert TEXT[:6] not in made


def test_a_frame_that_is_no_record_keeps_no_payload() -> None:
    redactor = Redactor(layout.resolve("udp:5001 magic=u8@0==7 seq=u32be@1"), KEY)
    frame = datagram(TEXT)
    assert TEXT[:4] not in redactor.frame(frame, len(frame), 1)


def test_bits_beside_the_counter_in_its_word_go() -> None:
    redactor = Redactor(layout.resolve("udp:5001 seq=u32be@0&0xffff"), KEY)
    frame = datagram(b"\xaa\xbb\x00\x07" + TEXT)
    made = redactor.frame(frame, len(frame), 1)
    assert made[42:46][2:] == b"\x00\x07"
    assert made[42:44] != b"\xaa\xbb"


def test_a_frame_is_examined_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """As it was and as it became: most of the time goes there."""
    looked: list[bytes] = []

    def count(data: bytes, *rest: Any) -> Any:
        looked.append(data)
        return examine(data, *rest)

    monkeypatch.setattr("seqcheck.capture.redaction.examine", count)
    frame = datagram(TEXT)
    made = Redactor(layout.resolve("udp seq=u32be@0"), KEY).frame(frame, len(frame), 1)
    assert looked == [frame, made]


def test_equal_bytes_stay_equal_and_others_differ() -> None:
    redactor = Redactor(layout.resolve("udp:5001 seq=u32be@0"), KEY)
    frames = [datagram(struct.pack(">I", 1) + text) for text in (TEXT, TEXT, TEXT[:-1] + b"!")]
    one, same, other = (redactor.frame(frame, len(frame), 1) for frame in frames)
    assert one == same
    stranger = Redactor(layout.resolve("udp:5001 seq=u32be@0"), bytes(32))
    assert stranger.frame(frames[0], len(frames[0]), 1) != one
    assert one[46:-1] == other[46:-1]  # old bytes at another length are seen as such
    assert one[-1] != other[-1]
    long = [datagram(struct.pack(">I", 1) + bytes(400) + last) for last in (b"a", b"b")]
    first, second = (redactor.frame(frame, len(frame), 1) for frame in long)
    assert first[46:400] == second[46:400]
    assert first[-1] != second[-1]


@pytest.mark.parametrize(
    "spec",
    ["udp:5001 seq=u8@0%100", "udp:5001 seq=u8@0 from=128", "udp:5001 magic=u8@0!=7 seq=u8@1", "udp:5001 seq=text@1",
     "udp:5001 magic=u8@0&3==1 seq=u16be@1", "frame seq=u16be@4%40000", "ip stream=u8@-1 seq=u8@12%9"],
)  # fmt: skip
def test_what_is_no_record_remains_none(spec: str) -> None:
    """What takes the place of a byte may be what the layout asks for."""
    reads, redactor = Reader(layout.resolve(spec)), Redactor(layout.resolve(spec), KEY)
    for first in range(256):
        frame = datagram(bytes([first, first]) + b"7 is in it")
        made = redactor.frame(frame, len(frame), 1)
        assert reads.read(made, len(made), 1) == reads.read(frame, len(frame), 1)


@pytest.mark.parametrize(
    "spec", ["udp:5001 magic=u8@0==0x47 stream=u8@1 seq=u8@2 each=8", "udp:5001 seq=u16be@0 each=5"]
)
def test_every_record_of_a_frame_stays(spec: str, tmp_path: Path) -> None:
    rows = []
    for at in range(300):
        records = [bytes([0x47, 7, (at * 3 + place) % 256]) + b"abcde" for place in range(at % 4 + 1)]
        rows.append(datagram(b"".join(records)[: 8 * 4 - at % 3]))
    path, copy = tmp_path / "run.pcap", tmp_path / "copy.pcapng"
    path.write_bytes(pcap.file_header(link=1) + b"".join(pcap.record(at, data) for at, data in enumerate(rows)))
    assert main(["redact", "--layout", spec, str(path), str(copy)]) == 0
    made = [session.analyze(each, layout=spec) for each in (path, copy)]
    assert made[0].records == made[1].records
    assert [(one.received, one.duplicates, one.missing, one.late) for one in made[0].streams] == [
        (one.received, one.duplicates, one.missing, one.late) for one in made[1].streams
    ]
    assert b"abcde" not in copy.read_bytes()


def test_sets_whose_records_could_not_be_counted_are_refused() -> None:
    with pytest.raises(UsageError, match="IPFIX"):
        Redactor(layout.resolve("ipfix"), KEY)


@pytest.mark.parametrize(("link", "cook"), [(packets.COOKED, packets.cooked), (packets.COOKED2, packets.cooked2)])
def test_a_tag_behind_a_cooked_header_stays(link: int, cook: Callable[..., bytes]) -> None:
    reads, redactor = Reader(layout.resolve("udp:5001 seq=u8@0")), Redactor(layout.resolve("udp:5001 seq=u8@0"), KEY)
    frame = cook(b"\0\5\x08\0" + datagram(b"A" + TEXT)[14:], kind=0x8100)
    made = redactor.frame(frame, len(frame), link)
    assert reads.read(made, len(made), link) == {"seq": 65}
    assert TEXT not in made


def test_a_frame_cut_behind_its_magic_is_still_cut(tmp_path: Path) -> None:
    path, copy, spec = tmp_path / "run.pcap", tmp_path / "copy.pcapng", "udp:5001 magic=u16be@0==0x4142 seq=u32be@2"
    frame = datagram(b"AB" + bytes(4) + TEXT)
    path.write_bytes(pcap.file_header(link=1) + pcap.record(0, frame) + pcap.record(1, frame[:46], wire=len(frame)))
    assert main(["redact", "--layout", spec, str(path), str(copy)]) == 0
    made = [session.analyze(each, layout=spec).records for each in (path, copy)]
    assert made[0] == made[1]
    assert sum(made[0].skipped.values()) == 1


def test_addresses_become_others_one_for_one() -> None:
    redactor = Redactor(layout.resolve("udp:5001 seq=u32be@0"), KEY)
    seen = {}
    for last in range(200):
        frame = bytes([0, 1, 2, 3, 4, last]) + bytes([1, 0, 0x5E, 0, 0, last]) + b"\x12\x34" + bytes(50)
        made = redactor.frame(frame, len(frame), 1)
        assert (made[0] & 1, made[6] & 1) == (0, 1)  # a group's stays a group's
        seen[last] = made[:12]
        assert redactor.frame(frame, len(frame), 1)[:12] == seen[last]
    assert len(set(seen.values())) == 200
    broadcast = b"\xff" * 6 + bytes(6) + b"\x12\x34" + bytes(50)
    assert redactor.frame(broadcast, 64, 1)[:14] == broadcast[:14]


@given(packets.frames(), st.integers(0, 120))
def test_no_frame_is_too_odd(frame: Any, cut: int) -> None:
    redactor = Redactor(layout.resolve("udp seq=u32be@0"), KEY)
    data = frame.data[:cut] if cut < 100 else frame.data
    made = redactor.frame(data, max(frame.wire, len(data)), frame.link)
    assert len(made) == len(data)


def test_a_record_inside_a_tunnel_is_refused() -> None:
    redactor = Redactor(layout.resolve("udp magic=u8@0==0x5a seq=u32be@1"), KEY)
    frame = bytes(tunnels.TUNNELS["vxlan"][0](tunnels.packet(b"\x5a" + TEXT)))
    with pytest.raises(InputError, match="inside a tunnel"):
        redactor.frame(frame, len(frame), 1)


@pytest.mark.parametrize(
    ("spec", "text", "kept"),
    [
        ('udp:5001 seq=text@"seq="', b"swordfish seq= 123;swordfish", b"seq= 123;"),
        ("udp:5001 seq=text@4+4", b"abcd0123swordfish", b"0123"),
        ("udp:5001 seq=bcd@1+2", b"x\x01\x23swordfish", b"\x01\x23"),
    ],
)
def test_a_number_in_digits_stays_and_can_be_read_again(spec: str, text: bytes, kept: bytes) -> None:
    reads = Reader(layout.resolve(spec))
    redactor = Redactor(layout.resolve(spec), KEY)
    frame = datagram(text)
    made = redactor.frame(frame, len(frame), 1)
    assert kept in made
    assert b"swordfish" not in made
    assert reads.read(made, len(made), 1) == {"seq": 123}


def test_on_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, copy = tmp_path / "run.pcap", tmp_path / "copy.pcapng"
    frames = [datagram(struct.pack(">I", number) + TEXT) for number in (1, 2, 3, 2, 4, 5, 6, 7, 8, 9)]
    path.write_bytes(pcap.file_header(link=1) + b"".join(pcap.record(at, data) for at, data in enumerate(frames)))
    spec = "udp:5001 seq=u32be@0"
    assert main(["redact", "--layout", spec, str(path), str(copy)]) == 0
    assert "10 frames" in capsys.readouterr().err
    assert TEXT not in copy.read_bytes()
    report = session.analyze(copy, layout=spec)
    assert (report.duplicates.total, report.duplicates.listed[0].identical) == (1, True)
    assert main(["redact", "--layout", spec, str(path), str(copy)]) == 2
    assert main(["redact", "--layout", spec, "--force", str(path), str(path)]) == 2
    assert main(["redact", "-", str(copy)]) == 2
    err = capsys.readouterr().err
    assert "already exists" in err
    assert "one of the inputs" in err
    assert "not standard input" in err


def test_what_is_counted_is_not_told_by_names() -> None:
    report = session.analyze(SAMPLES / "clean.pcap")
    assert said(replace(report, capture=replace(report.capture, inputs=("x",)))) == said(report)


def test_drop_counters_that_add_up_to_more_than_one_holds(tmp_path: Path) -> None:
    """As damaged captures, or those of somebody else, may have."""
    parts = [pcapng.section_block(), pcapng.interface_block(link=1), pcapng.interface_block(link=1)]
    parts += [pcapng.packet_block(1, kinds.datagram(at), wire=len(kinds.datagram(at))) for at in range(3)]
    parts += [pcapng.statistics_block(1, received=1, dropped=(1 << 64) - 1, interface=each) for each in (0, 1)]
    capture = tmp_path / "drops.pcapng"
    capture.write_bytes(b"".join(parts))
    for verb in ("redact", "dedup"):
        made = tmp_path / f"{verb}.pcapng"
        assert main([verb, "--layout", kinds.LAYOUT, str(capture), str(made)]) == 0
        assert made.stat().st_size > 100
