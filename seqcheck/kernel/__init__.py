"""Which kernel does the work: the native one where it was built, else the reference; and why.

`choice()` decides without importing NumPy, so that `seqcheck --version` can name the kernel and stay quick; `load()`
gives the kernel itself. Nothing is printed here: `Choice.fallback` is what the caller has to say, once, on stderr.

Environment: SEQCHECK_KERNEL=native|reference forces one of them; native is then an error where it cannot be loaded.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal, cast

from seqcheck.dataclass import dataclass
from seqcheck.errors import UsageError

if TYPE_CHECKING:
    from seqcheck.kernel.protocols import Kernel

VARIABLE = "SEQCHECK_KERNEL"
Name = Literal["native", "reference"]
MODULES: dict[Name, str] = {"native": "seqcheck.kernel.binding.kernel", "reference": "seqcheck.kernel.portable.kernel"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The kernel in use. `fallback` says why it is not the native one, and is empty if nothing has to be said: it is
    the native one, or the reference was asked for."""

    name: Name
    fallback: str = ""


def choice(environ: Mapping[str, str] = os.environ) -> Choice:
    """The kernel to use. UsageError if SEQCHECK_KERNEL asks for one that is not there."""
    wanted = environ.get(VARIABLE, "")
    if wanted not in ("", *MODULES):
        raise UsageError(f"{VARIABLE} is {wanted!r}", hint=f"It may be {' or '.join(MODULES)}.")
    if wanted == "reference":
        return Choice(name="reference")
    try:
        importlib.import_module(MODULES["native"])
    except ImportError as error:
        if wanted == "native":
            raise UsageError(
                f"{VARIABLE} asks for the native kernel, which cannot be loaded: {error}",
                hint="Reinstall seqcheck on a machine with a C compiler.",
            ) from error
        return Choice(
            name="reference",
            fallback=f"the native kernel cannot be loaded ({error}); using the reference kernel, which is far slower",
        )
    return Choice(name="native")


def load(name: Name | None = None) -> Kernel:
    """The kernel of that name, or the one that `choice` names. ImportError if a named one is not there."""
    return cast("Kernel", importlib.import_module(MODULES[name or choice().name]))
