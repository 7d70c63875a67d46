"""Filters in the kernel: tcpdump's expressions, compiled by libpcap (or by tcpdump), attached to a packet socket.

Compiled for each link layer that an interface may turn out to have; for Ethernet through an interface, so that
libpcap sees to the VLAN tags that the kernel keeps beside the frame. Must run before privileges are dropped: libpcap
opens the interface for that. Every program ends by saying how many bytes of the frame to keep; that is how the snap
length is imposed. Source: Linux Documentation/networking/filter.rst.
"""

from __future__ import annotations

import ctypes
import re
import socket
import struct
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress

from seqcheck.errors import UsageError
from seqcheck.linux.interface import COOKED2, ETHERNET, RAW

SO_ATTACH_FILTER = 26
MAX_INSTRUCTIONS = 4096  # BPF_MAXINSNS
LOAD_WORD, LOAD_HALF, LOAD_BYTE, JUMP_EQUAL, RETURN = 0x20, 0x28, 0x30, 0x15, 0x06
PACKET_TYPE = 0xFFFFF004  # SKF_AD_OFF + SKF_AD_PKTTYPE
INTERFACE = 0xFFFFF008  # SKF_AD_OFF + SKF_AD_IFINDEX
HARDWARE = 0xFFFFF01C  # SKF_AD_OFF + SKF_AD_HATYPE
OUTGOING, LOOPBACKS = 4, 772  # PACKET_OUTGOING, ARPHRD_LOOPBACK
LIBRARIES = ("libpcap.so.1", "libpcap.so.0.8", "libpcap.so", "libpcap.dylib")
DLT_EN10MB, DLT_RAW = 1, 12
DLT = {RAW: DLT_RAW}  # where it differs from the LINKTYPE of files
SNAP = 1 << 18
LOOPBACK = "lo"  # an Ethernet interface that is always there
ERROR_SIZE = 256  # PCAP_ERRBUF_SIZE

Instruction = tuple[int, int, int, int]  # code, jump if true, jump if false, constant
NOTHING: list[Instruction] = [(RETURN, 0, 0, 0)]
# What comes before it, by the direction that is wanted; "any" leaves out what comes back by loopback.
HEADS: dict[str, list[Instruction]] = {
    "": [],
    "in": [(LOAD_BYTE, 0, 0, PACKET_TYPE), (JUMP_EQUAL, 0, 1, OUTGOING), (RETURN, 0, 0, 0)],
    "any": [
        (LOAD_BYTE, 0, 0, PACKET_TYPE),
        (JUMP_EQUAL, 0, 3, OUTGOING),
        (LOAD_HALF, 0, 0, HARDWARE),
        (JUMP_EQUAL, 0, 1, LOOPBACKS),
        (RETURN, 0, 0, 0),
    ],
    "out": [(LOAD_BYTE, 0, 0, PACKET_TYPE), (JUMP_EQUAL, 1, 0, OUTGOING), (RETURN, 0, 0, 0)],
}


def program(accept: Sequence[Instruction], snap: int, *, direction: str = "") -> list[Instruction]:
    """`accept`, or without it everything, cut at `snap` bytes; of one `direction` first: "in" leaves out what the host
    itself sends, "out" everything else."""
    kept = [(RETURN, 0, 0, min(k, snap)) if code == RETURN else (code, t, f, k) for code, t, f, k in accept]
    kept = kept or [(RETURN, 0, 0, snap)]
    return HEADS[direction] + kept


def only(index: int, instructions: Sequence[Instruction]) -> list[Instruction]:
    """The same for the interface of that number, and nothing of all others."""
    return [(LOAD_WORD, 0, 0, INTERFACE), (JUMP_EQUAL, 1, 0, index), (RETURN, 0, 0, 0), *instructions]


def attach(to: socket.socket, instructions: Sequence[Instruction]) -> None:
    """Filter what the socket gets from now on."""
    if len(instructions) > MAX_INSTRUCTIONS:
        raise UsageError(f"the filter has {len(instructions)} instructions, the kernel takes {MAX_INSTRUCTIONS}")
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *each) for each in instructions))
    to.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, struct.pack("HP", len(instructions), ctypes.addressof(code)))


Programs = Mapping[int, Sequence[Instruction]]  # by LINKTYPE


def compile(expression: str, interface: str, link: int | None) -> Programs:
    """The expression (pcap-filter(7)) as instructions for the link layer of that interface, or, if that is not known
    yet (None), for each that it may have and that the expression suits. UsageError if it does not parse or nothing
    can compile it."""
    if link == COOKED2:  # without a link-layer header: what the kernel looks at begins with the network layer
        return {link: _compiled(expression, interface, RAW)}
    if link is not None:
        return {link: _compiled(expression, interface, link)}
    made = {ETHERNET: _compiled(expression, LOOPBACK, ETHERNET)}
    with suppress(UsageError):  # Ethernet addresses, VLANs
        made[RAW] = _compiled(expression, LOOPBACK, RAW)
    return made


def offline(expression: str, link: int) -> list[Instruction]:
    """The expression as instructions for the frames of a file with this LINKTYPE. UsageError as above."""
    library = _library()
    if library is not None:
        return _by_dead(library, expression, link)
    header = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, SNAP, link)  # of a capture without frames
    try:
        return _by_tcpdump(expression, ["-r", "-"], header)
    except FileNotFoundError:
        raise _neither("--where") from None


def _compiled(expression: str, interface: str, link: int) -> list[Instruction]:
    library = _library()
    if library is not None:
        return _by_libpcap(library, expression, interface, link)
    try:
        return _by_tcpdump(expression, ["-y", "RAW"] if link == RAW else ["-i", interface])
    except FileNotFoundError:
        raise _neither("--filter") from None


def _neither(option: str) -> UsageError:
    return UsageError(
        f"{option} needs libpcap or tcpdump to compile the expression, and neither is installed",
        hint="On Debian: sudo apt install libpcap0.8",
    )


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_uint), ("instructions", ctypes.c_void_p)]


def _library() -> ctypes.CDLL | None:
    for name in LIBRARIES:
        try:
            return ctypes.CDLL(name)
        except OSError:
            continue
    return None


def _typed(pcap: ctypes.CDLL) -> None:
    for function in ("pcap_create", "pcap_open_dead", "pcap_geterr"):
        getattr(pcap, function).restype = ctypes.c_void_p
    pcap.pcap_geterr.restype = ctypes.c_char_p


def _by_dead(pcap: ctypes.CDLL, expression: str, link: int) -> list[Instruction]:
    _typed(pcap)
    return _compiled_by(pcap, ctypes.c_void_p(pcap.pcap_open_dead(DLT.get(link, link), SNAP)), expression)


def _by_libpcap(pcap: ctypes.CDLL, expression: str, interface: str, link: int) -> list[Instruction]:
    _typed(pcap)
    trouble = ctypes.create_string_buffer(ERROR_SIZE)
    handle = ctypes.c_void_p(None)
    for name in dict.fromkeys((interface, LOOPBACK) if link == ETHERNET else ()):
        handle = ctypes.c_void_p(pcap.pcap_create(name.encode(), trouble))
        if handle and pcap.pcap_activate(handle) >= 0:
            break
        if handle:  # it is down
            pcap.pcap_close(handle)
            handle = ctypes.c_void_p(None)
    if not handle:
        handle = ctypes.c_void_p(pcap.pcap_open_dead(DLT_RAW if link == RAW else DLT_EN10MB, SNAP))
    return _compiled_by(pcap, handle, expression)


def _compiled_by(pcap: ctypes.CDLL, handle: ctypes.c_void_p, expression: str) -> list[Instruction]:
    """By that handle, which is closed."""
    try:
        made = _Program()
        if pcap.pcap_compile(handle, ctypes.byref(made), expression.encode(), 1, ctypes.c_uint(0xFFFFFFFF)):
            said = (pcap.pcap_geterr(handle) or b"").decode("utf-8", "replace")
            raise _refused(expression, said)
        code = ctypes.string_at(made.instructions, made.length * 8)
        pcap.pcap_freecode(ctypes.byref(made))
    finally:
        pcap.pcap_close(handle)
    return list(struct.iter_unpack("HBBI", code))


def _by_tcpdump(expression: str, how: Sequence[str], given: bytes = b"") -> list[Instruction]:
    command = ["tcpdump", *how, "-ddd", "--", expression]
    done = subprocess.run(command, capture_output=True, input=given, timeout=30, check=False)
    if done.returncode:
        raise _refused(expression, done.stderr.decode("utf-8", "replace").strip().rpartition("tcpdump: ")[2])
    lines = [
        line for line in done.stdout.decode("ascii", "replace").splitlines() if re.fullmatch(r"\d+ \d+ \d+ \d+", line)
    ]
    return [(code, yes, no, k) for code, yes, no, k in (map(int, line.split()) for line in lines)]


def _refused(expression: str, said: str) -> UsageError:
    return UsageError(f"invalid filter {expression!r}: {said}", hint="see: man pcap-filter")
