"""What a live capture keeps of its frames: evidence (`--evidence`), and the most recent traffic (`--recorder`).

Opened before privileges are given up; see series.py for numbered files.
"""

from __future__ import annotations

import argparse
from collections.abc import Generator
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING

from seqcheck.cli.growing import Growing
from seqcheck.cli.live_output import opened
from seqcheck.cli.output import Output
from seqcheck.cli.series import Numbered, Series
from seqcheck.errors import OutputError, UsageError
from seqcheck.version import VERSION

if TYPE_CHECKING:
    from seqcheck.cli.saver import Saver
    from seqcheck.interfaces.evidence_file import EvidenceFile
    from seqcheck.interfaces.ongoing import Ongoing
    from seqcheck.interfaces.recorder import Recorder
    from seqcheck.linux.privilege import User
    from seqcheck.sink import Keeper

PROGRAM = f"seqcheck {VERSION}"
SECOND = 1_000_000_000
# What says nothing without another option.
NEEDED = {
    "evidence_files": "evidence", "evidence_time": "evidence_files",
    "recorder_files": "recorder", "recorder_file": "recorder", "recorder_pause": "recorder",
}  # fmt: skip
RECORDING, RECORDINGS, PAUSE_S = "recording.pcapng", 10, 10.0


def checked(args: argparse.Namespace) -> None:
    """UsageError if one option is missing to another."""
    for name, other in NEEDED.items():
        if getattr(args, name) is not None and getattr(args, other) is None:
            raise UsageError(f"--{name.replace('_', '-')} needs --{other.replace('_', '-')}")


class Keeping:
    """Where frames go. A context; leaving it takes away what has no name."""

    def __init__(self, args: argparse.Namespace, heir: User | None) -> None:
        self._args = args
        self._stack = ExitStack()
        self._evidence: Output | None = None
        self._numbered: Series | None = None
        self._recordings: Series | None = None
        self._growing: Growing | None = None
        self._recorder: Recorder | None = None
        self._saver: Saver | None = None
        with ExitStack() as stack:
            if args.evidence and args.evidence_files:
                series = Series(args.evidence, most=args.evidence_files, force=args.force, heir=heir)
                self._numbered = stack.enter_context(closing(series))
            elif args.evidence:
                self._evidence = stack.enter_context(opened(args.evidence, force=args.force, heir=heir))
            if args.recorder:
                path, most = args.recorder_file or RECORDING, args.recorder_files or RECORDINGS
                series = Series(path, most=most, force=args.force, heir=heir)
                self._recordings = stack.enter_context(closing(series))
            self._stack = stack.pop_all()

    @property
    def outputs(self) -> list[Output]:
        """Those that have to be named."""
        return [self._evidence] if self._evidence else []

    @property
    def series(self) -> list[Series]:
        """Those whose files have to be named."""
        return [one for one in (self._numbered, self._recordings) if one]

    def keepers(self, reader: Ongoing) -> list[Keeper]:
        """What sees the frames. OutputError if the first file cannot be made."""
        from seqcheck.interfaces.recorder import Around, Recorder

        args, name, made = self._args, ",".join(reader.inputs), list["Keeper"]()
        around = Around(before=args.evidence_around, after=args.evidence_around)
        if self._evidence or self._numbered:
            if self._evidence:
                self._growing = Growing(self._evidence, silent=1, hurried=lambda: reader.hurried)
            files = self._files(name)
            self._stack.callback(files.close)
            lasting = int(args.evidence_time * SECOND) if args.evidence_time else None
            self._recorder = Recorder(files, around=around, lasting_ns=lasting, kept=args.evidence_files or 0)
            made.append(self._recorder)
        if self._recordings:
            from seqcheck.cli.saver import Saver
            from seqcheck.interfaces.recording import Recording

            self._saver = Saver(
                self._recordings, pause_s=args.recorder_pause or PAUSE_S, hurried=lambda: reader.hurried
            )
            made.append(Recording(args.recorder, self._saver, program=PROGRAM, name=name))
        return made

    def settle(self) -> list[Exception]:
        """All is written; what went wrong."""
        failed: list[Exception] = []
        if self._recorder is not None and self._recorder.failure:
            failed.append(OutputError(f"cannot finish writing {self._args.evidence}: {self._recorder.failure}"))
        if self._saver is not None and self._saver.failed is not None:
            failed.append(self._saver.failed)
        try:
            if self._growing is not None and self._growing.broken is None:
                self._growing.settle()
        except OSError as error:
            failed.append(OutputError(f"cannot finish writing {self._args.evidence}: {error.strerror}"))
        try:
            if self._evidence and self._evidence.appeared:  # without a duplicate there is nothing to keep
                self._evidence.commit()
        except OutputError as error:
            failed.append(error)
        return failed

    def close(self) -> None:
        """Let go of everything."""
        self._stack.close()

    def _files(self, name: str) -> Generator[EvidenceFile, None, None]:
        from seqcheck.interfaces.evidence_file import EvidenceFile

        limit = self._args.evidence_limit
        if self._evidence:
            assert self._growing is not None
            yield EvidenceFile(self._growing, program=PROGRAM, name=name, limit=limit)
            return
        assert self._numbered is not None
        while True:
            with closing(Numbered(self._numbered)) as one:
                yield EvidenceFile(Growing(one, silent=1), program=PROGRAM, name=name, limit=limit)
