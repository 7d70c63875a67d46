"""What somebody meant who wrote almost a spec: `udp/5000 seq=u32be@0`, `udp port 5000 …`, `udp:5000,seq=u32be@0`.

Only what can be read after a change or two is offered; nothing is ever taken for something else in silence.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from seqcheck.errors import UsageError
from seqcheck.layout.model import ANCHORS

PLACE = "seq=u32be@0"  # offered where the number's place is missing
_ANCHOR = "|".join(ANCHORS)
# Applied one after the other, as often as they fit.
_CHANGES: tuple[tuple[str, str], ...] = (
    (r"^(?:upd|dup|pud|udt)(?=[\s:/.0-9])", "udp"),
    (r"^(?:tpc|ctp)(?=[\s:/.0-9])", "tcp"),
    (r"^ipv?[46](?=[\s:])", "ip"),
    (r"^ether(?:net)?(?=[\s:])", "eth"),
    (r"(?<=\s)(?:sequence|seq_?no|seq_?num|number|counter)\s*=\s*", "seq="),
    (rf"^({_ANCHOR})\s+(?:dst |src )?(?:port|proto|type)\s+(\S+)", r"\1:\2"),  # as a capture filter says it
    (r"^(?:dst |src )?port\s+([0-9]+)", r"udp:\1"),
    (rf"^({_ANCHOR})\s+(?:dst |src )?portrange\s+(\S+)", r"\1:\2"),
    (r"(?<=[0-9])(?:\.\.\.?|–)(?=[0-9])", "-"),  # ranges, as people write them
    (r"(?<=[0-9])\s*[,;]\s*(?=[0-9]+(?:[\s,;-]|$))", ","),
    (r"^([0-9]+)(?=\s)", r"udp:\1"),
    (rf"^({_ANCHOR})\.port\s*==?\s*", r"\1:"),  # as a display filter says it
    (rf"^({_ANCHOR})\s+(?=[0-9])", r"\1:"),
    (rf"^({_ANCHOR})(0x[0-9a-f]+|[0-9]+)", r"\1:\2"),
    (rf"^({_ANCHOR})\s*[/.=@-]\s*(0x[0-9a-f]+|[0-9]+)", r"\1:\2"),
    (rf"^({_ANCHOR})\s*:\s+(\S)", r"\1:\2"),
    (r"[,;]\s*(?![0-9])", " "),
    (r"\bu?int(8|16|24|32|48|64)(?:_t)?(?=@|:|[bl]e)", r"u\1"),
    (r"\b([bl]e)(8|16|24|32|48|64)(?=@|:)", r"u\2\1"),
    (r"\bu(8|(?:16|24|32|48|64)(?:[bl]e)?):(?=[0-9-])", r"u\1@"),
    (r"(^|\s)(u(?:8|(?:16|24|32|48|64)[bl]e)@)", r"\1seq=\2"),  # a word without its role
    (r"\s*(==|!=)\s*", r"\1"),
    (r"(\bseq|\bstream|\bmagic|\btime|\bslot|\bbuf)\s*[:=]\s*(?=u)", r"\1="),
    (r"\bu(16|24|32|48|64)@", r"u\1be@"),  # without a byte order, that of the network
    (r"@\+", "@"),
)


def meant(text: str, read: Callable[[str], object]) -> str:
    """A spec near `text` that `read` takes, empty if there is none."""
    changed = " ".join(text.split()).lower()
    for pattern, change in _CHANGES:
        changed = re.sub(pattern, change, changed, flags=re.ASCII)
    for near in (changed, f"{changed} {PLACE}"):
        if near != text and _reads(near, read):
            return near
    return ""


def _reads(text: str, read: Callable[[str], object]) -> bool:
    try:
        read(text)
    except UsageError:
        return False
    return True
