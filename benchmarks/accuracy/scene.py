"""What every case has, whatever happens in it: a ring, what else goes through it, a rate, a capture."""

from __future__ import annotations

import numpy as np

from benchmarks.accuracy.spaces import SEED, Flat, Log, Mostly, Pick, Spaces, Whole

KNOWN_RINGS = (
    32, 48, 64, 96, 128, 128, 256, 256, 256, 512, 512, 512, 512, 1024, 1024, 1024, 1024, 1600, 2048, 2048, 4088, 4096,
    4096, 4096, 8160, 8192, 16384,
)  # fmt: skip
MOST_SLOTS = 200_000


class Ring:
    """Half of the rings have a size that drivers use; the others any from 24 to 16,384."""

    any_size = Whole(24, 16_384)

    def draw(self, rng: np.random.Generator) -> int:
        return int(rng.choice(KNOWN_RINGS)) if rng.random() < 0.5 else self.any_size.draw(rng)

    def near(self, value: int, rng: np.random.Generator) -> int:
        return self.draw(rng) if rng.random() < 0.2 else self.any_size.near(value, rng)


SCENE: Spaces = {
    "ring": Ring(),
    "slots": Whole(2_500, 40_000),  # at least; more if the laps ask for it
    "laps": Flat(2.5, 12),
    "host": Mostly(0.0, 0.75, Log(0.0005, 0.4)),  # share of the slots with frames that carry no number
    "host_run": Pick(1, 1, 1, 4, 20),  # they come one by one, or this many together
    "queues": Mostly(0.0, 0.15, Log(0.002, 0.5)),  # frames of the source that use no slot of the ring, by slots
    "wide": Mostly(0.0, 0.1, Log(0.001, 0.3)),  # share of the frames that take two to four slots
    "streams": Pick(1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 5, 5, 12, 40),
    "turns": Pick("random", "random", "in turn", "uneven"),
    "queue_streams": Pick(0, 0, 0, 0, 0, 0, 0, 0, 0, 1),  # numbered streams that leave by another queue
    "gap": Log(1e2, 1e7),  # ns from slot to slot
    "rate": Pick("steady", "jitter", "jitter", "random", "varying", "varying", "varying", "bursts", "ramp", "tide"),
    "rate_width": Log(0.01, 1.0),
    "loss": Mostly(0.0, 0.5, Log(1e-4, 0.05)),
    "heavy_loss": Pick(*[1.0] * 19, 6.0),
    "loss_run": Pick(1, 1, 1, 3, 15),
    "late": Mostly(0.0, 0.25, Log(1e-4, 0.05)),  # share of the frames that are overtaken
    "late_by": Whole(1, 30),  # by how many frames
    "filter": Pick(False, False, False, True),  # only what carries a number was captured
    "aliens": Mostly(0.0, 0.3, Log(0.001, 0.5)),  # frames of other machines
    "link": Mostly("ethernet", 0.05, Pick("cooked")),
    "stamps": Mostly("true", 0.12, Pick("to the ms", "all alike", "set back")),  # the capture's clock
    "begins": Mostly(0.0, 0.15, Log(0.01, 0.4)),  # the capture begins with this share of the traffic gone by
    "given": Mostly("", 0.1, Pick("ring", "ring", "other")),  # --ring-size as the user gives it
    "header": SEED,
    "noise": SEED,
}
