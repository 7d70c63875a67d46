"""Counters that step or cycle are told as such."""

from __future__ import annotations

import io

import pytest

import seqcheck
from seqcheck.simulate import parse, simulate
from seqcheck.simulate.run import write


def caveats(text: str, layout: str) -> str:
    stream = io.BytesIO()
    write(simulate(parse(text)), stream)
    stream.seek(0)
    return " ".join(seqcheck.analyze(stream, layout=layout).verdict.caveats)


@pytest.mark.parametrize("step", [2, 5])
def test_a_counter_that_steps(step: int) -> None:
    said = caveats(f"[ring]\nframes = 2000\n[layout]\nstep = {step}\n", "seqcheck")
    assert f"step by {step}" in said


def test_a_counter_that_cycles() -> None:
    text = '[ring]\nframes = 8000\n[traffic]\nsizes = [90]\n[layout]\nname = "republic"\nmodulus = 1500\n'
    assert "NAME%1500" in caveats(text, "republic")
    assert "NAME%1500" not in caveats(text, "republic%1500")


def test_loss_is_no_step() -> None:
    assert "step by" not in caveats('[ring]\nframes = 4000\n[[fault]]\nkind = "loss"\nrate = 0.5\n', "seqcheck")
