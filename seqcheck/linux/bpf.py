"""Filters in the kernel: tcpdump's expressions, compiled by libpcap (or by tcpdump), attached to a packet socket.

Compiled for each link layer that an interface may turn out to have; for Ethernet by way of an interface, so that
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
from seqcheck.linux.interface import ETHERNET, RAW

SO_ATTACH_FILTER = 26
MAX_INSTRUCTIONS = 4096  # BPF_MAXINSNS
LOAD_BYTE, JUMP_EQUAL, RETURN = 0x30, 0x15, 0x06
PACKET_TYPE = 0xFFFFF004  # SKF_AD_OFF + SKF_AD_PKTTYPE
OUTGOING = 4
LIBRARIES = ("libpcap.so.1", "libpcap.so.0.8", "libpcap.so")
DLT_EN10MB, DLT_RAW = 1, 12
LOOPBACK = "lo"  # an Ethernet interface that is always there
ERROR_SIZE = 256  # PCAP_ERRBUF_SIZE

Instruction = tuple[int, int, int, int]  # code, jump if true, jump if false, constant
NOTHING: list[Instruction] = [(RETURN, 0, 0, 0)]


def program(accept: Sequence[Instruction], snap: int, *, incoming: bool) -> list[Instruction]:
    """`accept`, or without it everything, cut at `snap` bytes. With `incoming`, what the host itself sends is left out
    first: a loopback interface would show it twice."""
    kept = [(RETURN, 0, 0, min(k, snap)) if code == RETURN else (code, t, f, k) for code, t, f, k in accept]
    kept = kept or [(RETURN, 0, 0, snap)]
    head = [(LOAD_BYTE, 0, 0, PACKET_TYPE), (JUMP_EQUAL, 0, 1, OUTGOING), (RETURN, 0, 0, 0)] if incoming else []
    return head + kept


def attach(to: socket.socket, instructions: Sequence[Instruction]) -> None:
    """Filter what the socket gets from now on."""
    if len(instructions) > MAX_INSTRUCTIONS:
        raise UsageError(f"the filter has {len(instructions)} instructions, the kernel takes {MAX_INSTRUCTIONS}")
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *each) for each in instructions))
    to.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, struct.pack("HP", len(instructions), ctypes.addressof(code)))


Programs = Mapping[int, Sequence[Instruction]]  # by LINKTYPE


def compile(expression: str, interface: str, link: int | None) -> Programs:
    """The expression (pcap-filter(7)) as instructions for the link layer of that interface, or, where that is not known
    yet (None), for each that it may have and that the expression suits. UsageError where it does not parse or nothing
    can compile it."""
    if link is not None:
        return {link: _compiled(expression, interface, link)}
    made = {ETHERNET: _compiled(expression, LOOPBACK, ETHERNET)}
    with suppress(UsageError):  # Ethernet addresses, VLANs
        made[RAW] = _compiled(expression, LOOPBACK, RAW)
    return made


def _compiled(expression: str, interface: str, link: int) -> list[Instruction]:
    library = _library()
    if library is not None:
        return _by_libpcap(library, expression, interface, link)
    try:
        return _by_tcpdump(expression, interface, link)
    except FileNotFoundError:
        raise UsageError(
            "--filter needs libpcap or tcpdump to compile the expression, and neither is installed",
            hint="On Debian: sudo apt install libpcap0.8",
        ) from None


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_uint), ("instructions", ctypes.c_void_p)]


def _library() -> ctypes.CDLL | None:
    for name in LIBRARIES:
        try:
            return ctypes.CDLL(name)
        except OSError:
            continue
    return None


def _by_libpcap(pcap: ctypes.CDLL, expression: str, interface: str, link: int) -> list[Instruction]:
    for function in ("pcap_create", "pcap_open_dead", "pcap_geterr"):
        getattr(pcap, function).restype = ctypes.c_void_p
    pcap.pcap_geterr.restype = ctypes.c_char_p
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
        handle = ctypes.c_void_p(pcap.pcap_open_dead(DLT_RAW if link == RAW else DLT_EN10MB, 1 << 18))
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


def _by_tcpdump(expression: str, interface: str, link: int) -> list[Instruction]:
    how = ["-y", "RAW"] if link == RAW else ["-i", interface]
    command = ["tcpdump", *how, "-ddd", "--", expression]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    if done.returncode:
        raise _refused(expression, done.stderr.strip().rpartition("tcpdump: ")[2])
    lines = [line for line in done.stdout.splitlines() if re.fullmatch(r"\d+ \d+ \d+ \d+", line)]
    return [(code, yes, no, k) for code, yes, no, k in (map(int, line.split()) for line in lines)]


def _refused(expression: str, said: str) -> UsageError:
    return UsageError(f"the filter {expression!r} does not parse: {said}", hint="its language: man pcap-filter")
