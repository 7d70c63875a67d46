"""Duplicates by what the bytes of their two copies say: those that are judged together, since they say the same.

alike   identical as captured, or old content at another length
new     a new packet: an IP identification or a time stamp of the sender is new
way     the same packet by another way: only addresses, VLAN, hop count, ToS, their checksums or a redundancy tag's
        path differ
other   the payload differs beyond that: two packets that share a number, which is no resend at all

Only a sample is compared. What was not compared follows the compared ones of its stream and of its order of magnitude
of distance; where those do not agree, the nearest in time. Pure.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .facts import Evidence, Facts
from .keys import Ints
from .table import Table

ALIKE, NEW, WAY, OTHER = range(4)
_CONTENT = frozenset({"length", "padding"})
_PATH = frozenset({"prp.lan", "hsr.path"})
_NEW = frozenset({"ip.id", "time"})
_WAY = frozenset({
    "eth.src", "eth.dst", "vlan", "sll.ifindex", "sll.pkttype", "sll.hatype", "sll.src", "sll.unused", "null.family",
    "ip.ttl", "ip.tos", "ip.checksum", "ip.src", "ip.dst", "ip.flow", "udp.sport", "udp.dport", "udp.checksum",
    "tcp.sport", "tcp.dport", "tcp.checksum",
}) | _PATH  # fmt: skip
_SENT_ANEW = _NEW | _WAY | frozenset({"ip.flags"})  # what else may change with a new packet


def kind(evidence: Evidence) -> int:
    """Of one pair."""
    differs = set(evidence.differs) - _CONTENT
    if not differs:
        return ALIKE
    if differs <= _WAY:
        return WAY
    if evidence.fresh_id and differs & _NEW == {"time"}:
        return OTHER  # a packet sent again would have an IP identification of its own: this one is partly old
    return NEW if differs & _NEW and differs <= _SENT_ANEW else OTHER


def redundant(evidence: Evidence) -> bool:
    """The two copies name two ways."""
    return bool(_PATH & set(evidence.differs))


def kinds(table: Table, facts: Facts) -> NDArray[np.int8]:
    """The kind of every row."""
    frames = table.rows["frame"]
    result = np.full(len(table), ALIKE, np.int8)
    if not facts.evidence or not len(table):
        return result
    known = np.array([frame in facts.evidence for frame in frames.tolist()])
    at = np.flatnonzero(known)
    if not len(at):
        return result
    found = np.array([kind(facts.evidence[frame]) for frame in frames[at].tolist()], np.int8)
    result[at] = found
    if (found == found[0]).all():
        result[:] = found[0]
        return result
    rest = np.flatnonzero(~known)
    if not len(rest):
        return result
    stratum = _strata(table)
    order = at[np.lexsort((frames[at], stratum[at]))]
    keys = stratum[order].astype(np.float64) * 2.0**44 + frames[order]
    near = np.searchsorted(keys, stratum[rest].astype(np.float64) * 2.0**44 + frames[rest])
    near = np.clip(near, 0, len(order) - 1)
    before = np.maximum(near - 1, 0)
    same, same_before = stratum[order[near]] == stratum[rest], stratum[order[before]] == stratum[rest]
    result[rest] = result[order[np.where(same | ~same_before, near, before)]]
    return result


def _strata(table: Table) -> Ints:
    """Stream and order of magnitude of the distance, as one number."""
    bits = np.frexp(np.maximum(table.distance, 0).astype(np.float64))[1]
    result: Ints = table.rows["stream"].astype(np.int64) * 64 + bits
    return result
