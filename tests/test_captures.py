"""Captures that others made: seqcheck agrees with what other programs say of them.

The files are no part of the project (their licences differ); they are looked for beside it, in ../shared/captures.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from reading import Read, read

from seqcheck.errors import InputError

FOLDER = Path(__file__).resolve().parents[2] / "shared" / "captures"
FILES = sorted(path for path in FOLDER.glob("*") if path.suffix in (".pcap", ".pcapng", ".cap"))

pytestmark = pytest.mark.skipif(not FILES, reason=f"there is no {FOLDER}")

# Frames, bytes on the wire, first and last time in ns; as capinfos 4.0 says.
SAID = {
    "02-sunrise-sunset-esp.pcap": (8, 1200, 0, 0),
    "GrePackets.cap": (28, 2318, 1405518649812800000, 1405518720697808000),
    "OSPFv3_with_AH.pcap": (61, 9974, 1220202735459206000, 1220202905453721000),
    "VlanPackets.pcap": (26, 4686, 1277840495135052000, 1277840530538713000),
    "Voice_calls_rtp_only.pcap": (1353, 102542, 254277000, 17338554000),
    "be_test008.pcapng": (4, 1312, 1340954905298858, 1340954905301858),
    "be_test202.pcapng": (8, 2304, 1340954905298858000, 1340954905301858000),
    "delay_10_sip_video_call_full.pcap": (1651, 126919, 1000000, 24560735000),
    "dup_d3_modpcap.pcap": (21, 2982, 1700000000000000000, 1700000000020000000),
    "dup_d3_nsecpcap.pcap": (21, 2982, 1700000000000000000, 1700000000020000000),
    "erspan-type-ii-3.pcap": (108, 12032, 1486833319096226000, 1486833457092562000),
    "ieee802.11_exthdr.pcap": (26, 4059, 1366203553707778000, 1366203557145990000),
    "iperf2_udp.pcap": (304, 73496, 1795359341459610000, 1795359342071560000),
    "iperf3_udp32.pcap": (252, 60592, 1795359351500529000, 1795359352497702000),
    "iperf3_udp64.pcap": (252, 60592, 1795359357527541000, 1795359358523920000),
    "le_test008.pcapng": (4, 1312, 1340954905298858, 1340954905301858),
    "le_test010.pcapng": (4, 1312, None, None),
    "le_test018.pcapng": (4, 1312, 1340954905298858000, 1340954905300858000),
    "le_test102.pcapng": (5, 1480, 1340954905298858000, 1340954905301858000),
    "le_test201.pcapng": (4, 1138, 1340954905298858000, 1340954905301858000),
    "le_test902.pcapng": (1, 314, 1519128000195312500, 1519128000195312500),
    "mgen_udp.pcap": (200, 21200, 1795359368561718000, 1795359370551768000),
    "nanosecs_big_endian.pcap": (10, 2198, 1766361926167647291, 1766361926168451894),
    "nfs3-01_be_v2.1_tz3600.pcap": (128, 22816, 944207397280000000, 944207397750000000),
    "pfcp_be_packetblock.pcapng": (200, 38656, 1586191795010193000, 1586191795488267000),
    "ptpv2_ipv6.pcap": (14, 1664, 1316198630678965000, 1316198631064912000),
    "radius_localhost_null.pcap": (19, 2183, 1440447766440305000, 1440448190335850000),
    "raw_ip.pcap": (100, 31018, 1147551795526632000, 1488848077767141000),
    "sll2.pcap": (3, 211, 1668510343193355000, 1668510343193835000),
    "sockperf_ul.pcap": (88, 9328, 1795359365647611000, 1795359366437540000),
    "tcp-handshake-nano.pcap": (3, 220, 1418145369924505488, 1418145370052115157),
}
LINKS = {
    "sll2.pcap": {276}, "tcp-handshake-nano.pcap": {113}, "ieee802.11_exthdr.pcap": {127},
    "radius_localhost_null.pcap": {0}, "raw_ip.pcap": {101}, "le_test102.pcapng": {0, 1},
    "pfcp_be_packetblock.pcapng": {101}, "VlanPackets.pcap": {1},
}  # fmt: skip
DROPPED = {"be_test202.pcapng": 53, "le_test102.pcapng": 53, "le_test201.pcapng": 53}
REFUSED = {"pcap-invalid-version-2.pcap": r"version 2\.5"}
# Offset of each damage, and frames.
DAMAGED = {"be_test901.pcapng": ([480], 2), "timestamp_invalid_nano.pcap": ([116], 3)}


@pytest.fixture(scope="module", params=[path.name for path in FILES if path.name not in REFUSED])
def capture(request: pytest.FixtureRequest) -> tuple[str, Read]:
    return request.param, read(FOLDER / request.param)


def test_every_file_is_accounted_for() -> None:
    assert {path.name for path in FILES} <= {*SAID, *REFUSED, *DAMAGED}


def test_frames_bytes_and_times(capture: tuple[str, Read]) -> None:
    name, got = capture
    if name in DAMAGED:
        offsets, frames = DAMAGED[name]
        assert ([each.offset for each in got.damage], len(got.packets)) == (offsets, frames)
    else:
        reader = got.reader
        assert (reader.frames, reader.wire_bytes, reader.first_ns, reader.last_ns) == SAID[name]
        assert got.damage == ()


def test_link_types_and_drops(capture: tuple[str, Read]) -> None:
    name, got = capture
    links = {packet.link for packet in got.packets}
    assert links == LINKS.get(name, links)
    assert got.dropped == DROPPED.get(name)


@pytest.mark.skipif(not shutil.which("tshark"), reason="tshark is not installed")
@pytest.mark.parametrize("name", [path.name for path in FILES if path.suffix == ".pcapng" or "pcap.pcap" in path.name])
def test_tshark_sees_the_same_lengths(name: str) -> None:
    # Wireshark also numbers the custom blocks of pcapng as frames; these have no encapsulation.
    fields = ["-Y", "frame.encap_type", "-T", "fields", "-e", "frame.len", "-e", "frame.cap_len"]
    command = ["tshark", "-n", "-r", str(FOLDER / name), *fields]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    theirs = [tuple(map(int, line.split())) for line in done.stdout.splitlines()]
    ours = [(packet.wire, len(packet.data)) for packet in read(FOLDER / name).packets]
    assert theirs == (ours[: len(theirs)] if name in DAMAGED else ours)


@pytest.mark.parametrize("name", REFUSED)
def test_what_libpcap_refuses_is_refused(name: str) -> None:
    with pytest.raises(InputError, match=REFUSED[name]):
        read(FOLDER / name)
