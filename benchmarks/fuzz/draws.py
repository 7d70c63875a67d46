"""What inputs are made of: captures in any container and compression, layouts, text with its parts shuffled."""

from __future__ import annotations

import bz2
import gzip
import lzma
from pathlib import Path
from random import Random

from containers import block, epb, idb, isb, option, packets, pcap_file, pcapng_blocks, shb  # of the tests

SAMPLES = sorted((Path(__file__).resolve().parent.parent.parent / "samples").glob("*.pcap*"))
LAYOUTS = (
    "seqcheck", "seqcheck", "txseq", "frame seq=u32be@46", "eth seq=u8@-1", "udp seq=u16le@0", None,
    "udp seq=u16be@16 step=u8@-1", "frame seq=u8@0 step=u8@1", "udp stream=u8@1 seq=u16be@0 each=4",
    "udp seq=u8@1 each=u8@0", "frame move=14 stream=u8@+0 seq=u16be@+1 each=1+2*u8@+3&0x07/4 each=9?u8@+2&0x40",
    "eth seq=varint@-3", "frame seq=hex@12", "frame move=u8@14&0x0f seq=u16be@+4", "ipfix", "frame seq=u16be@0:u32le@6",
)  # fmt: skip
MOST = 60_000  # bytes of a sample that are mutated


def layout(random: Random) -> str | None:
    """One that reads some of what is drawn."""
    return random.choice(LAYOUTS)


def container(random: Random) -> bytes:
    """A capture: a sample, or frames of our own in any container."""
    made = packets(random.randint(0, 60), step=random.choice((0, 1000, 1 << 40)))
    if (what := random.random()) < 0.5:
        return random.choice(SAMPLES).read_bytes()[:MOST]
    if what < 0.7:
        return pcap_file(made, big=random.random() < 0.5, nano=random.random() < 0.5)
    blocks = pcapng_blocks(made, big=random.random() < 0.5)
    extra = (
        lambda: shb(), lambda: shb(big=True), lambda: idb(), lambda: idb(options=b""), lambda: isb(0, ifdrop=1 << 63),
        lambda: block(random.choice((0, 4, 9, 0x80000000)), random.randbytes(random.randint(0, 40))),
        lambda: idb(options=option(9, bytes((random.randint(0, 255),))) + bytes(4)),
        lambda: epb(made[0], interface=random.randint(0, 3)) if made else shb(),
    )  # fmt: skip
    for _ in range(random.randint(0, 5)):
        blocks.insert(random.randint(1, len(blocks)), random.choice(extra)())
    return b"".join(blocks)


def small_container(random: Random) -> bytes:
    """A few frames."""
    made = packets(random.randint(1, 6))
    if random.random() < 0.5:
        return pcap_file(made, big=random.random() < 0.5, nano=random.random() < 0.5)
    blocks = pcapng_blocks(made, big=random.random() < 0.5)
    for _ in range(random.randint(0, 2)):
        blocks.insert(
            random.randint(1, len(blocks)), random.choice((shb(), shb(big=True), idb(), isb(0, ifdrop=1 << 63)))
        )
    return b"".join(blocks)


def _gzip(data: bytes) -> bytes:
    return gzip.compress(data, 1, mtime=0)


def _xz(data: bytes) -> bytes:
    return lzma.compress(data, preset=0)


def packed(random: Random, data: bytes) -> bytes:
    """Perhaps compressed, in members, perhaps mutated after that."""
    import lz4.frame
    from backports import zstd

    if random.random() < 0.6:
        return data
    pack = random.choice((_gzip, bz2.compress, _xz, zstd.compress, lz4.frame.compress))
    at = random.randint(0, len(data))
    made = pack(data[:at]) + pack(b"") * random.choice((0, 0, 3)) + pack(data[at:])
    return mutate(random, made) if random.random() < 0.3 else made


TOKENS = (
    b"[", b"]", b"{", b"}", b'"', b"=", b",", b".", b"\n", b"nan", b"-1", b"1e999", b"9" * 50, b"[" * 200, b"\\u0000",
    b"null", b"true", b"18446744073709551616", b"a.b.c", b"\xff", b"'''", b"1979-05-27",
)  # fmt: skip
WORDS = (
    b"seq=", b"u64be", b"u8", b"@", b"-1", b"%0", b"%1500", b"&0xff", b"==", b"magic=", b"stream=", b"key=hosts", b" ",
    b"udp:", b"frame", b"99999999999999999999", b"time=", b":ns", b"slot=", b"u24le", b"0x",
)  # fmt: skip
SPECS = (
    "udp:5000 magic=u32be@0==0x53455143 stream=u32be@4 seq=u64be@8", "eth:0x88b5 seq=u32le@0%1500",
    "frame seq=u16be@46&0x3fff", "ip:17 seq=u8@-1", "tcp:80 seq=u48be@2 time=u64be@10:ns slot=u16be@18",
    "seqcheck", "rtp:5004",
    "udp seq=u24be@0 key=none", "udp move=4 seq=u32be@+4 each=13+2*u16be@+2&0xff/4?u8@+0&0x01 each=1",
)  # fmt: skip


EDGES = (b"\0" * 4, b"\xff" * 4, b"\x7f\xff\xff\xff", b"\0\0\0\x80", b"\x80\0\0\0")


def mutate(random: Random, data: bytes, tokens: tuple[bytes, ...] = ()) -> bytes:
    """`data` with a few changes, none now and then."""
    made = bytearray(data)
    for _ in range(random.choice((0, 1, 1, 2, 5, 20))):
        at = random.randint(0, len(made))
        some = random.choice((1, 1, 2, 4, 16, 100, 4000))
        what = random.randint(0, 6)
        if what == 0 and made:
            made[at % len(made)] ^= 1 << random.randint(0, 7)
        elif what == 1:
            made[at : at + some] = random.randbytes(min(some, 16))
        elif what == 2:
            del made[at : at + some]
        elif what == 3:
            made[at:at] = made[at : at + some]
        elif what == 4:
            made[at : at + 4] = random.choice(EDGES)
        elif what == 5:
            del made[at:]
        else:
            made[at:at] = random.choice(tokens) if tokens else made[: random.randint(0, 64)]
    return bytes(made)
