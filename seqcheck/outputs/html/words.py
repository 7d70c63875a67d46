"""What each cause means, for a reader who has never heard of rings."""

from __future__ import annotations

LAP = (
    "A sender fills the slots of its network card's transmit ring one after the other, lap after lap. If a slot is sent"
    " without having been refilled, what goes out is what it held one lap before, once more. The"
    " distance between the two copies is then the size of the ring, less the slots that other frames took in that lap."
)
RINGS = ("stale-slot", "ring-replay", "early-overwrite")  # causes that a ring has
MEANING = {
    "clean": "Every number came once, and all that came between the first and the highest are here.",
    "loss": "No number came twice, but some never came: they were lost on the way, or never sent.",
    "stale-slot": LAP,
    "ring-replay": LAP + " Here not one slot but a stretch of neighbouring ones was sent again.",
    "early-overwrite": (
        "A slot was refilled before it had been sent: the old content was lost, and the new one, which belongs one"
        " lap later, went out early and then again in its place."
    ),
    "path-copy": (
        "The frames were copied on their way, not by the sender's ring: by a mirror port, a bond, capturing on `any`,"
        " or a tap that delays. Such copies follow at once, or after a constant time."
    ),
    "loop": "The frames went round in a circle: copies of one frame differ in what every hop counts down.",
    "retransmission": "The sender, or something on the way, sends what it takes for lost once more, on purpose.",
    "sender-repeat": "The sender sends everything several times, on purpose.",
    "redundancy": (
        "The sender puts every frame on two paths on purpose, and both were captured. What matters is what came on"
        " neither."
    ),
    "unexplained": "Frames came more than once, and nothing that seqcheck knows explains how. It accuses nobody.",
    "no-counter": (
        "The field that was read as a number does not count, so nothing can be said of duplicates and losses. Most"
        " often the layout is wrong."
    ),
    "not-judged": "The numbers were counted; what they point at was not judged.",
}

UNNUMBERED = MEANING | {"clean": "No frame came twice, as far as frames can be told apart."}  # told by their bytes
