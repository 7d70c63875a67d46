"""A page for a browser as one document: its head, with the policy, and the body's places filled."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from seqcheck.outputs.html.text import text

_PLACE = re.compile(r"\{\{([a-z_]+)\}\}")


def document(body: str, title: str, policed: tuple[str, tuple[str, ...]], places: Mapping[str, str]) -> bytes:
    """The whole page: `body` is the asset that has the `places`, `policed` its style and the scripts that may run, as
    they stand in it."""
    style, scripts = policed
    values = {**places, "title": text(title), "policy": policy(style, scripts), "style": style}
    filled = _PLACE.sub(lambda match: values[match[1]], asset("head.html") + asset(body))
    return filled.encode("utf-8", "backslashreplace")


@cache
def asset(name: str) -> str:
    """A file that is shipped beside this one; read once, since later it may be out of reach."""
    return files("seqcheck.outputs").joinpath("assets", name).read_text("utf-8")


def policy(style: str, scripts: tuple[str, ...]) -> str:
    """What the page may do: run what is in it, and nothing else."""
    allowed = " ".join(digest(script) for script in scripts)
    return f"default-src 'none'; script-src {allowed}; style-src {digest(style)}; base-uri 'none'; form-action 'none'"


def digest(content: str) -> str:
    """How a policy names an inline script or style."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode('ascii')}'"
