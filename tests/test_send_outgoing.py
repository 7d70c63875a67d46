"""What `send` puts into its slots, without a ring of the kernel: the truth is what a tracker finds in what went out."""

from itertools import zip_longest

import numpy as np
import pytest

import seqcheck
from seqcheck.cli import send as verb
from seqcheck.cli.main import main, parse
from seqcheck.errors import UsageError
from seqcheck.linux.tx_ring import SLOT_SIZES, slot_type
from seqcheck.simulate.outgoing import LARGEST, SMALLEST, VNET, Orders, Outgoing
from seqcheck.simulate.several import NAMES, dealt, document
from seqcheck.wire import pcap

SOURCE = bytes.fromhex("02000000000a")


def play(orders: Orders, batch: int) -> tuple[Outgoing, list[bytes]]:
    """All frames that the ring sends, when it is filled `batch` slots at a time."""
    slots = np.zeros(orders.ring_size, slot_type(256))
    outgoing = Outgoing(orders, slots, SOURCE)
    sent: list[bytes] = []
    while outgoing.truth.sent < orders.frames:
        rows = outgoing.fill(batch, 1_700_000_000_000_000_000 + outgoing.truth.sent)
        assert 0 < rows.stop - rows.start <= batch
        for row in slots[rows]:
            size = int(row["length"]) - VNET
            assert size == row["copied"]
            sent.append(row["frame"][:size].tobytes())
    return outgoing, sent


def analyse(frames: list[bytes], *, also_content: bool = False) -> seqcheck.Report:
    import io

    records = (pcap.record(number * 1000, frame) for number, frame in enumerate(frames, 1))
    capture = io.BytesIO(pcap.file_header(link=1) + b"".join(records))
    return seqcheck.analyze(capture, layout="seqcheck", also_content=also_content)


@pytest.mark.parametrize(("size", "batch"), [(2, 256), (7, 3), (64, 256), (500, 256)])
def test_the_truth_is_what_is_found(size: int, batch: int) -> None:
    orders = Orders(ring_size=size, frames=5000, other=0.1, stale=0.02, stream=9)
    outgoing, frames = play(orders, batch)
    truth, found = outgoing.truth, analyse(frames)
    assert truth.sent == len(frames) == truth.records + truth.other + truth.stale
    assert found.duplicates.total == truth.duplicates
    assert 0 < truth.duplicates < truth.stale
    assert found.gaps.missing == 0
    assert found.records.sequenced == truth.records + truth.duplicates
    assert found.streams[0].key["stream"] == 9
    assert sum(truth.by_slot.values()) == truth.stale
    assert {duplicate.frame_distance for duplicate in found.duplicates.listed} <= {size, 2 * size, 3 * size, 4 * size}


@pytest.mark.parametrize("unsent", [0, 1, 37, 100])
def test_what_was_filled_and_not_sent_is_not_in_the_truth(unsent: int) -> None:
    orders = Orders(ring_size=100, frames=1000, other=0.2, stale=0.2)
    whole, frames = play(orders, 100)
    cut, _ = play(orders, 100)
    cut.unsent(unsent)
    found = analyse(frames[: 1000 - unsent])
    truth = cut.truth
    assert truth.sent == 1000 - unsent == truth.records + truth.other + truth.stale
    assert sum(truth.by_slot.values()) == truth.stale
    assert (truth.duplicates, truth.records) == (found.duplicates.total, found.streams[0].unique)
    assert (truth == whole.truth) == (unsent == 0)


@pytest.mark.parametrize(("rings", "streams", "count"), [(1, 3, 4000), (3, 1, 4000), (4, 2, 4001), (5, 4, 3)])
def test_several_rings_and_streams(rings: int, streams: int, count: int) -> None:
    """In turn, as they are sent: what is found is the sum, and each stream is as long as the truth says."""
    orders = Orders(ring_size=32, frames=count, other=0.1, stale=0.03, stream=7, streams=streams)
    every = [play(each, 32) for each in dealt(orders, rings) if each.frames]
    batches = [[frames[at : at + 32] for at in range(0, len(frames), 32)] for _, frames in every]
    sent = [frame for turn in zip_longest(*batches, fillvalue=[]) for part in turn for frame in part]
    truth, found = document([outgoing for outgoing, _ in every]), analyse(sent)
    assert truth["sent"] == found.capture.frames == count
    assert truth["duplicates"] == found.duplicates.total
    told = {stream.key["stream"]: (stream.unique, stream.first_seq, stream.last_seq) for stream in found.streams}
    assert told == {one["stream"]: (one["records"], one["first_seq"], one["last_seq"]) for one in truth["streams"]}
    assert found.gaps.missing == 0
    assert sum(truth["by_slot"].values()) == truth["stale"]
    if rings > 1:
        parts = truth["rings"]
        for name in NAMES:
            assert sum(part[name] for part in parts) == truth[name]
    else:
        assert "rings" not in truth


@pytest.mark.parametrize(("streams", "flows"), [(6, 1), (6, 3), (2, 3)])
def test_streams_come_from_as_many_ports_as_are_asked_for(streams: int, flows: int) -> None:
    orders = Orders(ring_size=32, frames=4000, other=0.1, stale=0.03, stream=4, streams=streams, flows=flows)
    outgoing, frames = play(orders, 32)
    own = [frame for frame in frames if frame[36:38] == (5000).to_bytes(2, "big")]
    ports = {frame[42 + 6 : 42 + 10]: int.from_bytes(frame[34:36], "big") for frame in own}
    assert ports == {n.to_bytes(4, "big"): 5000 + n % flows for n in range(4, 4 + streams)}
    found = analyse(frames)
    assert found.duplicates.total == outgoing.truth.duplicates > 0
    assert sorted(each.key["stream"] for each in found.streams) == list(range(4, 4 + streams))
    assert (found.verdict.ring_size, found.gaps.missing) == (32, 0)


def test_stale_slots_hold_what_they_held_a_lap_before() -> None:
    orders = Orders(ring_size=16, frames=4000, stale=0.05)
    _, frames = play(orders, 16)
    seen = {}
    for number, frame in enumerate(frames):
        if frame in seen:
            assert (number - seen[frame]) % 16 == 0
            assert number % 16 == int.from_bytes(frame[42 + 26 : 42 + 30], "big")
        seen[frame] = number


def test_stale_slots_that_held_a_query_are_told_apart() -> None:
    """With several rings, too: each asks from a port of its own."""
    orders = Orders(ring_size=400, frames=12_000, other=0.2, stale=0.02)
    every = [play(each, 200) for each in dealt(orders, 3)]
    truth = document([outgoing for outgoing, _ in every])
    found = analyse([frame for _, frames in every for frame in frames], also_content=True).other_traffic
    assert found is not None
    assert found.same_ring == found.copies == truth["queries"] > 10
    assert truth["duplicates"] + truth["queries"] < truth["stale"]


def test_nothing_is_stale_unless_it_is_asked_for() -> None:
    outgoing, frames = play(Orders(ring_size=32, frames=3000, other=0.3), 256)
    assert (outgoing.truth.stale, outgoing.truth.duplicates, outgoing.truth.by_slot) == (0, 0, {})
    assert analyse(frames).verdict.cause == "clean"


def test_how_slots_are_filled_does_not_change_what_is_sent() -> None:
    orders = Orders(ring_size=100, frames=1000, other=0.1, stale=0.05)
    assert play(orders, 100)[0].truth.sent == play(orders, 1)[0].truth.sent == 1000


def test_frames_of_other_traffic_are_sound() -> None:
    import dpkt

    _, frames = play(Orders(ring_size=8, frames=300, other=0.9), 8)
    kinds = set()
    for frame in frames:
        packet = dpkt.ethernet.Ethernet(frame)
        assert packet.src == SOURCE
        kinds.add(type(packet.data.data).__name__ if isinstance(packet.data, dpkt.ip.IP) else "ARP")
        if isinstance(packet.data, dpkt.ip.IP):
            header = frame[14:34]
            total = sum(int.from_bytes(header[at : at + 2], "big") for at in range(0, 20, 2))
            assert (total & 0xFFFF) + (total >> 16) == 0xFFFF
    assert kinds == {"ARP", "TCP", "UDP"}


@pytest.mark.parametrize("orders", [
    Orders(ring_size=8, frames=1, size=SMALLEST - 1), Orders(ring_size=8, frames=1, size=LARGEST + 1),
    Orders(ring_size=8, frames=1, other=0.6, stale=0.5),
])  # fmt: skip
def test_orders_that_cannot_be(orders: Orders) -> None:
    with pytest.raises(UsageError):
        Outgoing(orders, np.zeros(8, slot_type(4096)), SOURCE)


def test_slots_are_as_the_kernel_wants_them() -> None:
    for size in SLOT_SIZES:
        kind = slot_type(size)
        offsets = {name: entry[1] for name, entry in (kind.fields or {}).items()}
        assert offsets == {"status": 0, "length": 4, "copied": 34, "frame": 42}
        assert kind.itemsize == size


@pytest.mark.parametrize(("text", "value"), [("stale=1%", 0.01), ("stale=0.5", 0.5), ("stale=0", 0.0)])
def test_faults(text: str, value: float) -> None:
    assert verb.fault(text) == value
    assert parse(["send", "veth0", "--inject", text]).inject == value


@pytest.mark.parametrize("argv", [
    [], ["--inject", "0.1"], ["--inject", "loss=0.1"], ["--inject", "stale=2"], ["--inject", "stale=-1"],
    ["--stale", "0.1"], ["--ring-size", "1"], ["--size", "60"], ["--to", "nobody"], ["--rate", "0"],
    ["--size", "16111"], ["--rings", "0"], ["--streams", "0"],
])  # fmt: skip
def test_what_is_not_asked_for_properly_is_refused(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["send", *(["veth0"] if argv else []), *argv]) == 2
    assert capsys.readouterr().err.startswith("seqcheck: ")


def test_an_interface_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["send", "nowhere0"]) == 2
    said = capsys.readouterr().err
    assert "there is no interface nowhere0" in said
    assert "There are: " in said
    assert "--wait" not in said


def test_no_fault_is_injected_by_default() -> None:
    assert parse(["send", "veth0"]).inject == 0.0
