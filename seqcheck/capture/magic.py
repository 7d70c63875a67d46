"""Which compression an input has, by its first bytes; `compressed` unpacks it, and is loaded where there is one."""

from __future__ import annotations

MAGICS: tuple[tuple[bytes, str], ...] = (
    (b"\x1f\x8b", "gzip"), (b"BZh", "bzip2"), (b"\xfd7zXZ\0", "xz"), (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"\x04\x22\x4d\x18", "lz4"),
    *((bytes((low, 0x2A, 0x4D, 0x18)), "zstd") for low in range(0x50, 0x60)),  # pzstd begins with a skippable frame
)  # fmt: skip


def codec_of(head: bytes) -> str:
    """The name of the compression of an input that starts with these (6 or more) bytes; empty if there is none."""
    return next((name for magic, name in MAGICS if head.startswith(magic)), "")
