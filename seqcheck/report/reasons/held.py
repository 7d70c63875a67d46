"""Why a verdict is weaker than its odds: a sentence for each doubt that held it back."""

from __future__ import annotations

from collections.abc import Callable

from ...diagnose.result import Account, Doubt, Ring
from ..words import number, plural, span


def held_back(one: Account) -> tuple[str, ...]:
    """The doubts, in words; none where the odds alone gave the strength."""
    return tuple(f"Why not more than {one.strength}: {WORDS[doubt](one)}" for doubt in one.doubts)


def _says(sentence: str) -> Callable[[Account], str]:
    return lambda one: sentence


def _ring(one: Account) -> Ring:
    assert one.ring is not None
    return one.ring


WORDS: dict[Doubt, Callable[[Account], str]] = {
    "slice": _says("other duplicates lie beside these nearly as densely, as in a slice of a smooth spread."),
    "astray": _says("many numbers came far behind their time, so the distances may be off."),
    "most-numbers": _says("most of the numbers came again, and a fault strikes now and then."),
    "keeps-time": _says("the sender keeps time, so a constant delay would look the same."),
    "scatter": _says("the copies do not lie at one count, and much else scatters like this."),
    "some-scatter": _says("the copies scatter a little around one count."),
    "blocks": _says(
        "most runs are as long as their distance, or end with the newest number; a window or a history that is sent "
        "again does, too."
    ),
    "few": lambda one: f"there {'is' if one.figures.count == 1 else 'are'} only {plural(one.figures.count, 'copy')}.",
    "no-lap": _says("no lap can be measured."),
    "passed-over": _says("numbers are passed over all the time, so one that is missing beside a copy means little."),
    "wide": lambda one: f"any ring of {span((_ring(one).low, _ring(one).high))} slots remains possible.",
    "small": lambda one: f"hardly any NIC has a ring of {number(_ring(one).best)}.",
    "beside": _says("what came again took no slot itself; a program or a queue that counts does this, too."),
    "many-counts": _says("other duplicates lie at other counts as often as these at theirs."),
    "clockwork": _says("they come at regular intervals, and not once a lap; a program does that."),
    "clock": _says("the capture's clock is too coarse: within a tick of it every delay looks constant."),
    "one-run": _says("all of it is one run, and one distance settles little."),
    "as-many": _says("as many numbers are missing as came early, and slots filled again too early leave the same."),
    "leftover": _says("far more duplicates are left unexplained, and chance may bring a few to one count."),
    "single": _says("one distance may be a ring's size by chance."),
    "size": lambda one: f"the size is sure to {100 * min(_ring(one).certainty, 0.9989):.3g} %.",
}
