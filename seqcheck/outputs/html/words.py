"""What each cause means, for a reader who has never heard of rings."""

from __future__ import annotations

LAP = (
    "A sender fills the slots of its network card's transmit ring one after the other, lap after lap. If a slot is "
    "sent without being refilled, its old content goes out again, one lap later. The distance between the two copies "
    "is then the size of the ring, minus the slots that other frames used in that lap."
)
RINGS = ("stale-slot", "ring-replay", "early-overwrite")  # causes that a ring has
MEANING = {
    "clean": "Every number between the first and the highest arrived exactly once.",
    "loss": "No number came twice, but some never arrived: they were lost on the path, or never sent.",
    "stale-slot": LAP,
    "ring-replay": LAP + " Here a whole run of neighbouring slots was sent again, not just one.",
    "early-overwrite": (
        "A slot was refilled before it had been sent. The old content was lost; the new content, which was due one lap "
        "later, went out early, and again when it was due."
    ),
    "path-copy": (
        "The frames were copied on the path, not by the sender's ring: by a mirror port, a bond, a capture on `any`, "
        "or a delayed tap. Such copies follow immediately, or after a constant time."
    ),
    "loop": (
        "The frames circled in the network, through switches or routers that form a loop, and passed the receiver once"
        " each round."
    ),
    "retransmission": "The sender, or a device on the path, deliberately sends again what it believes was lost.",
    "sender-repeat": "The sender sends each frame several times on purpose.",
    "redundancy": (
        "The sender sends every frame on two paths on purpose, and both were captured. Only frames that arrived on "
        "neither path are a problem."
    ),
    "unexplained": "Some frames came more than once, and no known cause explains it. So seqcheck names none.",
    "no-counter": (
        "The field that was read as a sequence number does not count up, so nothing can be said about duplicates and "
        "losses. Usually the layout is wrong."
    ),
    "not-judged": "The numbers were counted, but the cause was not judged.",
}

UNNUMBERED = MEANING | {"clean": "No frame came twice, as far as the frames can be told apart."}  # told by their bytes
