"""Completion for fish: one `complete` for each option and each word."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from seqcheck.cli.shape import Option, Value, Verb, sentence


def lines(top: Verb, verbs: Sequence[Verb]) -> Iterator[str]:
    """The script."""
    names = " ".join(verb.name for verb in verbs)
    yield "# fish completion for seqcheck: seqcheck completion fish | source"
    yield "function __seqcheck_interfaces"
    yield "    command ls /sys/class/net 2>/dev/null"
    yield "end"
    yield "complete -c seqcheck -f"
    first = f"not __fish_seen_subcommand_from {names}"
    for option in top.flagged:
        yield complete(first, option)
    for verb in verbs:
        yield f"complete -c seqcheck -n {quoted(first)} -a {verb.name} -d {quoted(verb.summary)}"
    for verb in verbs:
        here = f"__fish_seen_subcommand_from {verb.name}"
        for option in verb.options:
            yield complete(here, option)


def complete(condition: str, option: Option) -> str:
    """An option or an argument."""
    words = ["complete", "-c", "seqcheck", "-n", quoted(condition)]
    for flag in option.flags:
        words += ["-l", flag[2:]] if flag.startswith("--") else ["-s", flag[1:]]
    if option.name and option.flags:
        words.append("-r")
    with_path = option.value.mark == "=" and not option.value.then
    if option.value.kind == "files" or with_path:
        words.append("-F")
    elif option.name and option.flags:
        words.append("-f")
    if listed := candidates(option.value):
        words += ["-a", quoted(listed)]
    if option.flags or listed:
        words += ["-d", quoted(sentence(option.help))]
    return " ".join(words)


def candidates(value: Value) -> str:
    """The words, and each with what may follow it."""
    if value.kind == "interfaces":
        return "(__seqcheck_interfaces)"
    behind = (
        [f"{word}{value.mark}{then}" for word in value.words for then in (value.then or ("",))] if value.mark else []
    )
    return " ".join([*value.words, *behind])


def quoted(text: str) -> str:
    """In single quotes, where only backslash and quote mean something."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
