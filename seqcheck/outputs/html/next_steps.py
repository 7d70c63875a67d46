"""What the sender's owner does with the page: what was required and whether it is met, and what to check next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seqcheck.diagnose.causes import find
from seqcheck.model import Report
from seqcheck.outputs.html.text import text, worded

if TYPE_CHECKING:
    from seqcheck.demands import Demands

SIZE = "--ring-size"  # a step that names this option asks for it


def requirements(report: Report, demands: Demands | None) -> str:
    """Each requirement, and whether it holds; nothing if there is none."""
    if demands is None:
        return ""
    rows = "".join(
        f'<tr><td class="{"met" if check.met else "unmet"}">{"passed" if check.met else "failed"}</td>'
        f"<td>{text(check.what)}</td><td>{text(check.demanded)}</td><td>{text(check.found)}</td></tr>\n"
        for check in demands.checks(report)
    )
    heads = "".join(f'<th scope="col">{name}</th>' for name in ("result", "what", "required", "found"))
    table = f"<caption>What was required</caption><thead><tr>{heads}</tr></thead><tbody>\n{rows}</tbody>"
    return (
        '<section id="requirements"><h2>Requirements</h2><div class="scroll" role="region" aria-label="Requirements"'
        f' tabindex="0"><table>{table}</table></div></section>'
    )


def steps(cause: str, *, ring_given: bool = False) -> str:
    """What to check next, as `seqcheck explain` says it, but for the ring's size if it was given; nothing if there is
    nothing to do."""
    found = find("missing" if cause == "loss" else cause)
    left = [step for step in found.steps if not (ring_given and SIZE in step.do + step.command)] if found else []
    if found is None or not left or cause == "clean":
        return ""
    items = "".join(
        f"<li>{worded(step.do)}" + (f"<pre>{text(step.command)}</pre>" if step.command else "") + "</li>"
        for step in left
    )
    return (
        f'<section id="next"><h2>What to check next</h2><ol>{items}</ol>'
        f"<p>More: <code>seqcheck explain {text(found.name)}</code></p></section>"
    )
