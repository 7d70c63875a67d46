"""Ring sizes that exist, as data: what to offer where the capture alone does not say.

(size, where). Defaults and maxima as drivers set them, the sizes of public reports, then powers of two. Multiples of 8
occur too (ixgbe, i40e and others round to 8 or 32 descriptors), so this list is never the only one asked.
"""

from __future__ import annotations

KNOWN: tuple[tuple[int, str], ...] = (
    (32, "freebsd-net 2017 (netmap over ixgbe)"),
    (48, "a 48-slot audio ring (ASFireWire PR 80)"),
    (64, "power of two"),
    (128, "virtio, 256 descriptors at two per packet (netmap PR 726)"),
    (256, "default of e1000, e1000e, igb, ice; virtio in netmap"),
    (512, "default of ixgbe, i40e and vmxnet3; netmap issue 400"),
    (1024, "default of mlx5e and of older ixgbe; netmap's emulated adapter; DPDK examples"),
    (1600, "netmap issue 950"),
    (2048, "default of AF_XDP (libxdp)"),
    (4096, "maximum of ixgbe, i40e, igb, e1000e; freebsd-net 2017"),
    (8160, "maximum of ice and of i40e on XL710"),
    (8192, "maximum of mlx5e"),
    (16384, "power of two"),
)
SIZES = frozenset(size for size, _ in KNOWN)
SMALLEST = 16  # no driver that we know of takes a smaller ring
STEP = 8  # drivers round ring sizes to a multiple of this, or of a multiple of it


def origin(size: int) -> str:
    """Where a ring of this size is known from, or nothing."""
    return dict(KNOWN).get(size, "")
