"""The system's limit of open files, raised as far as a run needs."""

from __future__ import annotations

import sys

FEW_FILES = 100


def allow_files(count: int) -> None:
    """Have the system let us open that many files, beside others, as far as it will."""
    if count < FEW_FILES or sys.platform == "win32":
        return
    import resource  # here, since few runs need it, and Windows has none

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = count + FEW_FILES
    if soft != resource.RLIM_INFINITY and soft < wanted:
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, most), hard))
