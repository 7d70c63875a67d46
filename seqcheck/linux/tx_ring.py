"""A transmit ring of the kernel (PACKET_TX_RING, TPACKET_V2) with any number of slots.

A slot is its header and a frame; `slots` shows all of them as one array. What a slot holds when its turn comes goes
out: the kernel copies the whole frame at that moment, as an adapter's DMA does (it would otherwise go on looking at the
slot until the frame was received, and what is put in later would change frames on their way; the virtio header asks for
the copy). It keeps what it held until something else is put in. Source: Linux Documentation/networking/packet_mmap.rst,
net/packet/af_packet.c, tpacket_snd.
"""

from __future__ import annotations

import errno
import mmap
import os
import socket
import struct
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from seqcheck.errors import InputError, OutputError, PrivilegeError, UsageError
from seqcheck.escape import visible
from seqcheck.linux.interface import ETHERNET, Interface
from seqcheck.linux.interface import mtu as interface_mtu
from seqcheck.linux.packet_socket import SOL_PACKET, VERSION
from seqcheck.linux.privilege import advice

TX_RING, VNET_HEADER = 13, 15
TPACKET_V2 = 1
AVAILABLE, SEND_REQUEST, SENDING, WRONG_FORMAT = 0, 1, 2, 4
PAGE = 4096
DATA = 32  # where a slot's data begin: behind struct tpacket2_hdr
VNET = 10  # bytes of struct virtio_net_hdr, before the frame
FRAME = DATA + VNET
SLOT_SIZES = (256, 512, 1024, 2048, 4096, 8192, 16_384)
HEADER = 14  # of Ethernet, which an MTU does not count
FEWEST, MOST = 2, 65_536  # slots
WAIT_US = 100_000  # that the kernel may wait for what it sends, before signals and the clock are looked at
AGAIN_S = 0.001  # until a full queue is tried again
CONGESTION = (0, errno.ENOBUFS, errno.EAGAIN, errno.EINTR, errno.ETIMEDOUT)


class SendError(OutputError):
    """No more can be sent; `sent` of the slots in question were."""

    def __init__(self, message: str, *, sent: int) -> None:
        super().__init__(message)
        self.sent = sent


def slot_type(size: int) -> np.dtype[np.void]:
    """A slot of `size` bytes: status, length of the data, virtio header's hdr_len, and the frame's bytes."""
    return np.dtype(
        {
            "names": ["status", "length", "copied", "frame"],
            "formats": ["<u4", "<u4", "<u2", ("u1", size - FRAME)],
            "offsets": [0, 4, DATA + 2, FRAME],
            "itemsize": size,
        }
    )


def in_block(size: int) -> int:
    """How many slots of that size a block of the ring has: the kernel takes whole pages."""
    return max(PAGE // size, 1)


def slot_size(count: int, frame: int) -> int:
    """Bytes of each of `count` slots for frames of up to `frame` bytes."""
    return next(size for size in SLOT_SIZES if size >= FRAME + frame and count % in_block(size) == 0)


class TxRing:
    """`count` slots on an interface, for frames of up to `frame` bytes. The caller fills and marks slots; `send` makes
    the kernel take all marked ones from its own place on, in order."""

    def __init__(self, interface: Interface, count: int, frame: int, *, patience_s: float = 5.0) -> None:
        """`patience_s`: how long it may send nothing before that is an error."""
        if not FEWEST <= count <= MOST:
            raise UsageError(f"a ring of {count} slots: it may have {FEWEST} to {MOST}")
        if interface.link != ETHERNET:
            raise UsageError(f"{visible(interface.name)} is not an Ethernet interface")
        if (mtu := interface_mtu(interface.name)) and frame > mtu + HEADER:
            raise UsageError(
                f"frames of {frame} bytes are too long for the MTU of {visible(interface.name)}, {mtu}",
                hint=f"at most: --size {mtu + HEADER}",
            )
        size = slot_size(count, frame)
        self.count = count
        self._name, self._patience_s = interface.name, patience_s
        try:
            self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        except PermissionError:
            raise PrivilegeError(
                f"sending on {visible(interface.name)} needs the privilege CAP_NET_RAW", hint=advice()
            ) from None
        try:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", 0, WAIT_US))
            self._socket.setsockopt(SOL_PACKET, VERSION, TPACKET_V2)
            self._socket.setsockopt(SOL_PACKET, VNET_HEADER, 1)
            request = struct.pack("4I", in_block(size) * size, count // in_block(size), size, count)
            try:
                self._socket.setsockopt(SOL_PACKET, TX_RING, request)
            except OSError as error:
                if error.errno != errno.ENOMEM:
                    raise
                raise InputError(
                    f"the kernel cannot allocate {count * size >> 20} MiB for a ring on {visible(interface.name)}",
                    hint="Reduce --ring-size, --size or --rings.",
                ) from error
            memory = mmap.mmap(self._socket.fileno(), count * size, mmap.MAP_SHARED, mmap.PROT_READ | mmap.PROT_WRITE)
            self._socket.bind((interface.name, 0))
        except BaseException:
            self._socket.close()
            raise
        self.slots = np.frombuffer(memory, slot_type(size))

    def send(self, marked: slice, over: Callable[[], bool]) -> int:
        """Send the slots `marked`. How many of them went out: all, unless `over` says that it is to end; the others are
        no longer marked then. SendError, likewise, where no more can be sent."""
        status = self.slots["status"][marked]
        moved_at, waiting = time.monotonic(), len(status)
        while True:
            trouble = self._ask()
            left = int(np.count_nonzero((status == SEND_REQUEST) | (status == SENDING)))
            if trouble == 0 and not left:
                break
            if left != waiting:
                moved_at, waiting = time.monotonic(), left
            if (status & WRONG_FORMAT).any():
                raise self._given_up(status, "the kernel refuses a frame")
            if trouble not in CONGESTION:
                raise self._given_up(status, os.strerror(trouble))
            if over():
                return self._take_back(status)
            if time.monotonic() - moved_at > self._patience_s:
                why = f"{visible(self._name)} takes no more frames (a full queue, or frames longer than its peer's MTU)"
                raise self._given_up(status, why)
            if trouble == errno.ENOBUFS:  # the queue is full: the slot stays marked, and is sent later
                time.sleep(AGAIN_S)
        return len(status)

    def _ask(self) -> int:
        """Have the kernel send; the error it gives, 0 if all is sent."""
        try:
            self._socket.send(b"")
        except OSError as error:
            return error.errno or errno.EIO
        return 0

    def _given_up(self, status: NDArray[np.uint32], why: str) -> SendError:
        return SendError(f"cannot send: {why}", sent=self._take_back(status))

    def _take_back(self, status: NDArray[np.uint32]) -> int:
        """Unmark what was not sent; how many were. What the adapter holds counts as sent."""
        sent = int(np.count_nonzero((status == AVAILABLE) | (status == SENDING)))
        status[status == SEND_REQUEST] = AVAILABLE
        return sent

    def close(self) -> None:
        """The memory goes with its last view."""
        self._socket.close()
