"""The report as one page for a browser: the verdict in words, charts, and tables that sort and filter.

One self-contained file: style, program and data are in it, it loads nothing, and a content security policy keeps it so
(only the two scripts and the style whose hashes it names run). Everything from outside goes through `text`. Bounded:
what the charts show is binned below this layer, tables hold the first rows of what the report lists and say what they
leave out. The charts are uPlot's (MIT, assets/uPlot-LICENSE.txt). All arrangement; the page computes pixels only.
"""

from __future__ import annotations

import json
from typing import BinaryIO

from seqcheck.model import Report
from seqcheck.outputs import Page
from seqcheck.outputs.html.data import data
from seqcheck.outputs.html.document import asset, document
from seqcheck.outputs.html.parts import parts
from seqcheck.outputs.html.text import text
from seqcheck.outputs.wording import headline


def write(report: Report, out: BinaryIO, page: Page) -> None:
    """The whole document."""
    style = asset("uPlot.min.css") + "\n" + asset("page.css")
    program = asset("page.js")
    library = asset("uPlot.iife.min.js")
    places = {
        "library": library,
        "program": program,
        "data": embedded(json.dumps(data(report), allow_nan=False, separators=(",", ":"))),
        "license": text(asset("uPlot-LICENSE.txt")),
        **parts(report, page.demands),
    }
    out.write(document("page.html", f"seqcheck: {headline(report)}", (style, (library, program)), places))


def embedded(data: str) -> str:
    """JSON that cannot end the element it is in."""
    return data.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
