"""Giving up privileges: every capability, and root itself, irrevocably.

Called when all sockets and outputs are open and before the first byte of traffic is read. Changes the whole process and
checks that it did. Source: capabilities(7), prctl(2), credentials(7).
"""

from __future__ import annotations

import ctypes
import os
import pwd
import shlex
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from seqcheck.errors import PrivilegeError

PR_SET_NO_NEW_PRIVS, PR_CAPBSET_DROP, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL = 38, 24, 47, 4
CAPABILITY_VERSION_3 = 0x20080522
MAX_CAPABILITY = 64
SETS = (b"CapInh:", b"CapPrm:", b"CapEff:", b"CapAmb:")
KEEP = "This needs CAP_SETUID, CAP_SETGID and CAP_CHOWN, for that user. With --keep-privileges seqcheck stays root."


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """Who to be instead of root."""

    name: str
    uid: int
    gid: int


def heir(environ: Mapping[str, str] = os.environ) -> User | None:
    """Whom root becomes: the one who ran sudo, else nobody. None if this is not root."""
    if os.geteuid():
        return None
    uid, gid = environ.get("SUDO_UID", ""), environ.get("SUDO_GID", "")
    if uid.isascii() and uid.isdigit() and gid.isascii() and gid.isdigit() and int(uid):
        return User(name=environ.get("SUDO_USER", uid), uid=int(uid), gid=int(gid))
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        return User(name="nobody", uid=65534, gid=65534)
    return User(name="nobody", uid=nobody.pw_uid, gid=nobody.pw_gid)


def drop(user: User | None) -> None:
    """Become `user`, if any, and give up every capability. PrivilegeError if some of it stayed."""
    if sys.platform != "linux":
        if user is not None:
            _become(user)
        return
    libc = ctypes.CDLL(None, use_errno=True)
    for capability in range(MAX_CAPABILITY):  # what a child could regain; refused to all but root, who needs it
        if libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0):
            break
    if user is not None:
        _become(user)
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    libc.capset(ctypes.byref(header), ctypes.byref((ctypes.c_uint32 * 6)()))
    left = held()
    if left or (user is not None and os.geteuid() != user.uid):
        raise PrivilegeError(f"cannot give up privileges ({', '.join(left) or 'still root'})", hint=KEEP)


def _become(user: User) -> None:
    try:
        os.setgroups([])
        if sys.platform == "linux":
            os.setresgid(user.gid, user.gid, user.gid)
            os.setresuid(user.uid, user.uid, user.uid)
        else:
            os.setgid(user.gid)
            os.setuid(user.uid)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or error
        raise PrivilegeError(
            f"cannot give up root and become {user.name} (user {user.uid}): {reason}",
            hint=KEEP,
        ) from error


def give(number: int, user: User) -> None:
    """The file of this descriptor belongs to `user`, who will write to it. PrivilegeError if it cannot."""
    try:
        os.fchown(number, user.uid, user.gid)
    except OSError as error:
        raise PrivilegeError(
            f"cannot give a file to {user.name} (user {user.uid}): {error.strerror}", hint=KEEP
        ) from error


def held() -> list[str]:
    """The capability sets of this process, over all its threads, that are not empty."""
    found = []
    for task in sorted(Path("/proc/self/task").iterdir()):
        # Bytes, since the module that decodes text may be out of reach by now.
        rows = [line.split() for line in (task / "status").read_bytes().splitlines()]
        found += [b" ".join(row) for row in rows if row and row[0] in SETS and int(row[1], 16)]
    return [str(each) for each in dict.fromkeys(found)]


def advice() -> str:
    """The one command that gives the privilege: this one again, by sudo. seqcheck keeps of it what is open and gives
    up the rest before it reads a byte."""
    program = Path(sys.argv[0])
    own = [str(program.absolute())] if program.name == "seqcheck" else [sys.executable, "-m", "seqcheck"]
    return "Run: sudo " + shlex.join([*own, *sys.argv[1:]])
