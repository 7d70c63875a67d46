"""Compressed inputs, recognized by their first bytes and decompressed on demand (by a thread: see `ahead`).

Assumes nothing about the bytes: output is bounded whatever the ratio, memory is bounded by PIECE and the format's own
window (capped). Several members or frames in a row are one input. What was decompressed before damaged or truncated
data is given; `trouble` then says what was wrong. Pieces are as long as the first buffer of the libraries: they
assemble longer ones from several, which have left the processor's cache by the time they are used.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Generator
from functools import cache
from importlib import import_module
from struct import Struct
from typing import Any, Protocol, cast

from seqcheck.capture.bytestream import STDIN, ByteSource, RawBytes
from seqcheck.capture.magic import codec_of
from seqcheck.errors import InputError

READ = 1 << 15  # bytes of compressed input at a time
FIRST = 256  # the same of what follows another member
AHEAD = 32  # bytes by which a member is known, and an empty one passed over
PIECE = 1 << 15  # bytes of output at a time, at most
MAX_WINDOW_LOG = 27  # zstd: 128 MiB, what the zstd program accepts without being told otherwise
MAX_XZ_MEMORY = 256 << 20


class Decoder(Protocol):
    """One member or frame; the standard library's and others' decompressors have this form."""

    @property
    def eof(self) -> bool: ...

    @property
    def needs_input(self) -> bool: ...

    @property
    def unused_data(self) -> bytes | None: ...

    def decompress(self, data: bytes, max_length: int) -> bytes: ...


class _Gzip:
    """zlib's decompressor in the form of the others."""

    def __init__(self) -> None:
        import zlib

        self._zlib = zlib.decompressobj(wbits=31)
        self._more = False  # the last output was as long as it might be

    @property
    def eof(self) -> bool:
        return self._zlib.eof

    @property
    def needs_input(self) -> bool:
        return not (self._more or self._zlib.unconsumed_tail)

    @property
    def unused_data(self) -> bytes:
        return self._zlib.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        piece = self._zlib.decompress(self._zlib.unconsumed_tail + data, max_length)
        self._more = len(piece) == max_length
        return piece


@cache
def _module(*names: str) -> Any:
    """The first of these modules that is there; looked for once, since later that may not be allowed."""
    for name in names[:-1]:
        try:
            return import_module(name)
        except ImportError:
            continue
    return import_module(names[-1])


def _xz() -> Callable[[], Decoder]:
    module = _module("lzma")
    return lambda: cast("Decoder", module.LZMADecompressor(module.FORMAT_XZ, MAX_XZ_MEMORY))


def _zstd() -> Callable[[], Decoder]:
    module = _module("compression.zstd", "backports.zstd")
    limit = {module.DecompressionParameter.window_log_max: MAX_WINDOW_LOG}
    return lambda: cast("Decoder", module.ZstdDecompressor(options=limit))


def _lz4() -> Callable[[], Decoder]:
    return cast("Callable[[], Decoder]", _module("lz4.frame").LZ4FrameDecompressor)


# name: how to get at what makes a decoder; a library is loaded only when it is needed
CODECS: dict[str, Callable[[], Callable[[], Decoder]]] = {
    "gzip": lambda: _Gzip,
    "bzip2": lambda: cast("Callable[[], Decoder]", _module("bz2").BZ2Decompressor),
    "xz": _xz,
    "zstd": _zstd,
    "lz4": _lz4,
}
_WORD = Struct("<I").unpack_from
# Of data that was packed with a larger window: a word of the library's complaint, and how to unpack it.
LARGE = {"zstd": ("memory", "zstd --long=31 -dc"), "xz": ("memory", "xz -dc")}
PACKAGES = {"lz4": "lz4", "zstd": "backports.zstd"}  # as pip names them; the others are in the standard library
PADDED = ("gzip", "xz")  # zeros may follow a member


class Unpacked(ByteSource):
    """The bytes that a compressed input stands for."""

    def __init__(self, raw: RawBytes, codec: str) -> None:
        super().__init__(raw.name)
        try:
            self._new = CODECS[codec]()
        except ImportError as error:
            raise InputError(
                f"{raw.name} is compressed with {codec}, and {PACKAGES.get(codec, codec)}, which reads it, is not "
                "installed",
                hint=f"Unpack it first, or: pip install {PACKAGES.get(codec, codec)}",
            ) from error
        self._raw, self._codec = raw, codec
        self._unpacking = self._pieces()
        self._piece = memoryview(b"")
        self._dry = False  # whether the next piece needs more of the input

    def _read(self, view: memoryview) -> int:
        """Fill `view`; of a pipe, with what there is."""
        filled = 0
        while filled < len(view):
            if not self._piece:
                if (filled and self._dry and not self._raw.plain) or not self._next():
                    break
                continue
            count = min(len(view) - filled, len(self._piece))
            view[filled : filled + count] = self._piece[:count]
            self._piece = self._piece[count:]
            filled += count
        return filled

    def _next(self) -> bool:
        """Unpack the next piece, which may be empty; False at the end."""
        try:
            piece = next(self._unpacking, None)
        except MemoryError:
            raise
        except Exception as error:  # noqa: BLE001 - each library has its own
            self.trouble = self._too_large(error) or f"{self._codec} data is damaged: {error}"
            return False
        self._piece = memoryview(piece or b"")
        return piece is not None

    def _too_large(self, error: Exception) -> str:
        """What to do where the data is sound, but takes more memory than it may; empty if that is not it."""
        words, unpack = LARGE.get(self._codec, ("", ""))
        if not words or words not in str(error).lower():
            return ""
        where = shlex.quote(self.name) if self.name != STDIN else ""
        what = f"{self._codec} data needs more memory to decompress than is allowed"
        return f"{what}; try: {unpack} {where} | seqcheck analyze -"

    def close(self) -> None:
        """Nothing was opened here; and a thread may still be waiting for more of a silent pipe."""

    def _pieces(self) -> Generator[bytes]:
        """What the members hold, one after the other; an empty piece before more of the input is waited for."""
        members, data, at = 0, self._take(), 0
        while at < len(data):
            decoder, members = self._new(), members + 1
            if members > 1 and codec_of(data[at : at + 6].ljust(6, b"\0")) != self._codec:
                self.trouble = f"the {self._codec} data is followed by something else"
                return
            portion = FIRST if members > 1 else READ  # a flood of small members must not copy all that follows each
            while not decoder.eof:
                if at == len(data) and decoder.needs_input:
                    data, at = self._take(), 0
                    if not data:
                        self.trouble = self._raw.trouble or f"{self._codec} data is truncated"
                        return
                some = data[at : at + portion] if decoder.needs_input else b""
                at, portion = at + len(some), READ
                piece = decoder.decompress(some, PIECE)
                self._dry = decoder.needs_input or decoder.eof
                if piece or (self._dry and at == len(data)):
                    yield piece
            at -= len(decoder.unused_data or b"")
            data, at = self._after(data, at)
        self.trouble = self._raw.trouble

    def _after(self, data: bytes, at: int) -> tuple[bytes, int]:
        """What follows a member, enough of it to see what it is, and where it begins; padding and members that hold
        nothing left out."""
        while True:
            if self._codec in PADDED and data[at : at + 1] == b"\0":
                at = len(data) - len(data[at:].lstrip(b"\0"))
            while self._codec == "zstd" and (size := empty_zstd(data, at)):
                at += size
            if len(data) - at >= AHEAD or not (more := self._take()):
                return data, at
            data, at = data[at:] + more, 0

    def _take(self) -> bytes:
        space = bytearray(READ)
        return bytes(memoryview(space)[: self._raw.read_into(memoryview(space))])


def empty_zstd(data: bytes, at: int) -> int:
    """How long the zstd frame at that place is, where all of it is there and it holds nothing; else 0. To make a
    decoder for each of these takes longer than for what is between them. Source: RFC 8878, 3.1."""
    if len(data) - at < 9:
        return 0
    (magic,) = _WORD(data, at)
    if magic & 0xFFFFFFF0 == 0x184D2A50:
        size: int = 8 + _WORD(data, at + 4)[0]
        return size if size <= len(data) - at else 0
    if magic != 0xFD2FB528:
        return 0
    flags = data[at + 4]
    single = flags >> 5 & 1
    block = at + 6 - single + (0, 1, 2, 4)[flags & 3] + (single, 2, 4, 8)[flags >> 6]
    end = block + 3 + 4 * (flags >> 2 & 1)
    return end - at if end <= len(data) and data[block : block + 3] == b"\1\0\0" else 0
