"""Traffic of home-made senders, for the tests of discovery: frames and their arrival times, as a block."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
from packets import Frame, block, ethernet, ipv4, udp

from seqcheck.kernel.border import Frames

BEGIN, STEP = 1_760_000_000_000_000_000, 130_000  # ns; no tick of a usual clock, which would count the same


def sent(
    payloads: Iterable[bytes], *, port: int = 6000, ports: Callable[[int], int] = lambda _: 5000, step: int = STEP
) -> Frames:
    """One UDP datagram each, from `ports` of its number to `port`."""
    frames = [ethernet(ipv4(udp(payload, sport=ports(at), dport=port))) for at, payload in enumerate(payloads)]
    return raw(frames, step=step)


def raw(frames: Iterable[bytes], *, step: int = STEP) -> Frames:
    """These frames, one each `step` ns."""
    made = block([Frame(data, len(data), 1) for data in frames])
    made.ns[: made.count] = BEGIN + np.arange(made.count) * step
    return made


def noise(seed: int, size: int = 24) -> Callable[[], bytes]:
    """Gives other random bytes each time."""
    random = np.random.default_rng(seed)
    return lambda: random.bytes(size)
