"""The report as one page for a browser: the verdict in words, charts, and tables that sort and filter.

One self-contained file: style, program and data are in it, it loads nothing, and a content security policy keeps it so
(only the two scripts and the style whose hashes it names run). Everything from outside goes through `text`. Bounded:
what the charts show is binned below this layer, tables hold the first rows of what the report lists and say what they
leave out. The charts are uPlot's (MIT, assets/uPlot-LICENSE.txt). All arrangement; the page computes pixels only.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from functools import cache
from importlib.resources import files
from typing import BinaryIO

from seqcheck.model import Report
from seqcheck.reporters import Page
from seqcheck.reporters.html_data import data
from seqcheck.reporters.html_parts import parts
from seqcheck.reporters.html_text import text
from seqcheck.reporters.wording import headline

_PLACE = re.compile(r"\{\{([a-z_]+)\}\}")


def write(report: Report, out: BinaryIO, page: Page) -> None:
    """The whole document."""
    style = asset("uPlot.min.css") + "\n" + asset("page.css")
    program = asset("page.js")
    library = asset("uPlot.iife.min.js")
    values = {
        "title": text(f"seqcheck: {headline(report)}"),
        "policy": policy(style, (library, program)),
        "style": style,
        "library": library,
        "program": program,
        "data": embedded(json.dumps(data(report), allow_nan=False, separators=(",", ":"))),
        "license": text(asset("uPlot-LICENSE.txt")),
        **parts(report, page.demands),
    }
    filled = _PLACE.sub(lambda match: values[match[1]], asset("page.html"))
    out.write(filled.encode("utf-8", "backslashreplace"))


@cache
def asset(name: str) -> str:
    """A file that is shipped beside this one; read once, since later it may be out of reach."""
    return files("seqcheck.reporters").joinpath("assets", name).read_text("utf-8")


def policy(style: str, scripts: tuple[str, ...]) -> str:
    """What the page may do: run what is in it, and nothing else."""
    allowed = " ".join(digest(script) for script in scripts)
    return f"default-src 'none'; script-src {allowed}; style-src {digest(style)}; base-uri 'none'; form-action 'none'"


def digest(content: str) -> str:
    """How a policy names an inline script or style."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode('ascii')}'"


def embedded(data: str) -> str:
    """JSON that cannot end the element it stands in."""
    return data.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
