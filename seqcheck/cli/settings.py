"""Settings from files, for options of analyze and live that are not on the command line.

The first of these that says something wins: the profile that --profile names, `seqcheck.toml` in the current folder
(or, if there is none, the table [tool.seqcheck] of its pyproject.toml), and `~/.config/seqcheck/config.toml`. A file
that belongs neither to root nor to the user who runs this is not read, because the folder may be somebody else's. No
setting can name a file to be written.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from seqcheck.cli.nearest import did_you_mean
from seqcheck.cli.stdio import say
from seqcheck.dataclass import dataclass
from seqcheck.errors import UsageError

KEYS = (
    "layout", "ring-size", "listed", "max-duplicates", "max-missing", "max-late", "fail-on", "allow-damage",
)  # fmt: skip
TABLES = ("layouts", "profile")
PROJECT, SHARED, SECTION = "seqcheck.toml", "pyproject.toml", b"[tool.seqcheck"
LARGEST = 1 << 20  # bytes of a file


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """`name` is the option's, without dashes; `words` what the command line would say; `origin` the file."""

    name: str
    words: tuple[str, ...]
    origin: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All that holds: by name, the layouts that have names, and the names of the profiles."""

    by_name: Mapping[str, Setting]
    layouts: Mapping[str, tuple[str, str]]  # spec and origin
    profiles: tuple[str, ...]
    files: tuple[str, ...]


def load(profile: str | None = None) -> Settings:
    """What the files say. UsageError if they say something that cannot be, or there is no such profile."""
    tables = list(_tables())
    by_name: dict[str, Setting] = {}
    layouts: dict[str, tuple[str, str]] = {}
    profiles: list[str] = []
    chosen: list[tuple[Mapping[str, Any], str]] = []
    for table, origin in tables:
        _known(table, (*KEYS, *TABLES), origin)
        for name, spec in _table(table, "layouts", origin).items():
            layouts.setdefault(name, (_text(spec, f"{origin}: layouts: {name}"), origin))
        for name, inner in _table(table, "profile", origin).items():
            _known(_table(table["profile"], name, origin), KEYS, f"{origin}: profile.{name}")
            profiles.append(name)
            if name == profile:
                chosen.append((inner, f"{origin}, profile {name}"))
    if profile is not None and not chosen:
        raise UsageError(
            f"there is no profile {profile!r}{did_you_mean(profile, profiles)}", hint="try: seqcheck config"
        )
    for table, origin in (*chosen, *tables):
        for name in KEYS:
            if name in table and name not in by_name:
                by_name[name] = Setting(name=name, words=_words(name, table[name], origin), origin=origin)
    return Settings(
        by_name=by_name,
        layouts=layouts,
        profiles=tuple(dict.fromkeys(profiles)),
        files=tuple(origin for _, origin in tables),
    )


def extend(argv: Sequence[str], verb: str) -> tuple[list[str], Settings | None]:
    """The command line with what the files add to it, and these."""
    end = argv.index("--") if "--" in argv else len(argv)
    if "--no-config" in argv[:end]:
        return list(argv), None
    settings = load(_profile(argv[:end]))
    at = argv.index(verb) + 1
    said = {word.partition("=")[0] for word in argv[:end]}
    added = [word for name, each in settings.by_name.items() if f"--{name}" not in said for word in each.words]
    made = [*argv[:at], *added, *argv[at:]]
    named = {f"--layout={name}": f"--layout={spec}" for name, (spec, _) in settings.layouts.items()}
    for place, word in enumerate(made):
        if word == "--":
            break
        if place and made[place - 1] == "--layout" and word in settings.layouts:
            made[place] = settings.layouts[word][0]
        made[place] = named.get(made[place], made[place])
    return made, settings


def blame(error: UsageError, settings: Settings | None) -> UsageError:
    """The same error; where the option is from a file, with the file's name."""
    for name, each in (settings.by_name if settings else {}).items():
        if f"argument --{name}:" in error.message:
            return UsageError(error.message, hint=f"--{name} is from {each.origin}; --no-config reads no such file.")
    return error


def _profile(argv: Sequence[str]) -> str | None:
    for place, word in enumerate(argv):
        if word.startswith("--profile="):
            return word.partition("=")[2]
        if word == "--profile" and place + 1 < len(argv):
            return argv[place + 1]
    return None


def _tables() -> Iterator[tuple[Mapping[str, Any], str]]:
    """Each file's settings, with the file's name, the nearest first."""
    if (data := _read(PROJECT)) is not None:
        yield _parsed(data, PROJECT), PROJECT
    elif (data := _read(SHARED)) is not None and SECTION in data:
        tool = _table(_parsed(data, SHARED), "tool", SHARED)
        yield _table(tool, "seqcheck", SHARED), SHARED
    home = os.environ.get("XDG_CONFIG_HOME") or os.path.join(os.path.expanduser("~"), ".config")
    path = os.path.join(home, "seqcheck", "config.toml")
    if (data := _read(path)) is not None:
        yield _parsed(data, path), path


def _read(path: str) -> bytes | None:
    """A file's bytes; None if there is none that may be heeded."""
    try:
        number = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))  # a pipe would make us wait
        with os.fdopen(number, "rb") as file:
            if not _trusted(os.fstat(number).st_uid):
                say(f"seqcheck: note: {path} belongs to somebody else and is not read")
                return None
            return file.read(LARGEST + 1)
    except OSError:
        return None


def _trusted(owner: int) -> bool:
    if not hasattr(os, "geteuid"):
        return True
    caller = os.environ.get("SUDO_UID", "")
    return owner in (0, os.geteuid()) or (caller.isdecimal() and os.geteuid() == 0 and owner == int(caller))


def _parsed(data: bytes, origin: str) -> Mapping[str, Any]:
    from seqcheck import documents

    try:
        if len(data) > LARGEST:
            raise documents.DocumentError(f"more than {LARGEST} bytes")
        return documents.toml(data)
    except documents.DocumentError as error:
        raise UsageError(f"{origin}: {error}", hint="--no-config reads no such file.") from error


def _table(table: Mapping[str, Any], name: str, origin: str) -> Mapping[str, Any]:
    found = table.get(name, {})
    if not isinstance(found, dict):
        raise UsageError(f"{origin}: {name} is not a table")
    return found


def _known(table: Mapping[str, Any], names: Sequence[str], origin: str) -> None:
    for name in table:
        if name not in names:
            near = did_you_mean(name, names) or f"; there are: {', '.join(names)}"
            raise UsageError(f"{origin}: there is no setting {name!r}{near}")


def _words(name: str, value: Any, origin: str) -> tuple[str, ...]:
    """What the command line would say."""
    if name == "allow-damage":
        if not isinstance(value, bool):
            raise UsageError(f"{origin}: {name}: {value!r} is neither true nor false")
        return (f"--{name}",) if value else ()
    several = value if isinstance(value, list) and name in ("ring-size", "fail-on", "layout") else [value]
    return tuple(f"--{name}={_text(each, f'{origin}: {name}')}" for each in several)


def _text(value: Any, where: str) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise UsageError(f"{where}: {value!r} is neither text nor a number")
    return str(value)
