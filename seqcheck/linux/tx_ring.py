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
import select
import socket
import struct

import numpy as np

from seqcheck.errors import OutputError, PrivilegeError, UsageError
from seqcheck.escape import visible
from seqcheck.linux.interface import ETHERNET, Interface
from seqcheck.linux.packet_socket import SOL_PACKET, VERSION
from seqcheck.linux.privilege import advice

TX_RING, VNET_HEADER = 13, 15
TPACKET_V2 = 1
AVAILABLE, SEND_REQUEST, SENDING, WRONG_FORMAT = 0, 1, 2, 4
PAGE = 4096
DATA = 32  # where a slot's data begin: behind struct tpacket2_hdr
VNET = 10  # bytes of struct virtio_net_hdr, in front of the frame
FRAME = DATA + VNET
SLOT_SIZES = (256, 512, 1024, 2048, 4096)
LARGEST = 1514
FEWEST, MOST = 2, 65_536  # slots
WAIT_MS = 1000  # for a full queue to drain, before it is looked at again


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


class TxRing:
    """`count` slots on an interface, for frames of up to `frame` bytes. The caller fills and marks slots; `send` makes
    the kernel take all marked ones from its own place on, in order."""

    def __init__(self, interface: Interface, count: int, frame: int) -> None:
        if not FEWEST <= count <= MOST:
            raise UsageError(f"a ring of {count} slots: it may have {FEWEST} to {MOST}")
        if interface.link != ETHERNET:
            raise UsageError(f"{visible(interface.name)} is no Ethernet interface")
        per_page = {size: PAGE // size for size in SLOT_SIZES}
        size = next(size for size in SLOT_SIZES if size >= FRAME + frame and count % per_page[size] == 0)
        self.count = count
        try:
            self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        except PermissionError:
            raise PrivilegeError(
                f"sending on {visible(interface.name)} needs the privilege CAP_NET_RAW", hint=advice()
            ) from None
        try:
            self._socket.setsockopt(SOL_PACKET, VERSION, TPACKET_V2)
            self._socket.setsockopt(SOL_PACKET, VNET_HEADER, 1)
            request = struct.pack("4I", PAGE, count // per_page[size], size, count)
            self._socket.setsockopt(SOL_PACKET, TX_RING, request)
            memory = mmap.mmap(self._socket.fileno(), count * size, mmap.MAP_SHARED, mmap.PROT_READ | mmap.PROT_WRITE)
            self._socket.bind((interface.name, 0))
        except BaseException:
            self._socket.close()
            raise
        self.slots = np.frombuffer(memory, slot_type(size))

    def send(self) -> None:
        """Send what is marked. Returns when the kernel is done with it; OutputError where it cannot be sent."""
        while True:
            try:
                self._socket.send(b"")
                break
            except OSError as error:
                if error.errno not in (errno.ENOBUFS, errno.EAGAIN, errno.EINTR):
                    raise OutputError(f"cannot send: {error.strerror}") from error
                ready = select.poll()  # the queue is full: the slot stays marked, and is sent later
                ready.register(self._socket, select.POLLOUT)
                ready.poll(WAIT_MS)
        if (self.slots["status"] == WRONG_FORMAT).any():
            raise OutputError("the kernel refuses a frame: it is longer than the interface's MTU allows")

    def close(self) -> None:
        """The memory goes with its last view."""
        self._socket.close()
