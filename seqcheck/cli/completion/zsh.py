"""Completion for zsh, by its own _arguments: it knows which options may come again, and shows what they are for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from seqcheck.cli.shape import Option, Value, Verb, sentence

HEAD = """\
#compdef seqcheck
# zsh completion for seqcheck: source <(seqcheck completion zsh), or as _seqcheck in a folder of $fpath

_seqcheck_reports() {  # the words
    if compset -P '*='; then _files; else compadd -S '' -- "$@"; fi
}
_seqcheck_causes() {
    if compset -P '*:'; then compadd -- none weak moderate strong; else compadd -S '' -- "$@"; fi
}
_seqcheck_words_or_files() {
    _alternative "words:word:($*)" 'files:file:_files'
}
"""

TAIL = """\
if [ "$funcstack[1]" = _seqcheck ]; then
    _seqcheck "$@"
else
    compdef _seqcheck seqcheck
fi"""


def lines(top: Verb, verbs: Sequence[Verb]) -> Iterator[str]:
    """The script."""
    yield HEAD
    yield "_seqcheck() {"
    yield "    local curcontext=$curcontext state line"
    yield "    typeset -A opt_args"
    yield "    _arguments -C -S \\"
    for option in top.flagged:
        yield from (f"        {spec} \\" for spec in specs(option))
    yield "        '1:verb:->verb' '*::argument:->argument'"
    yield "    case $state in"
    yield "        verb)"
    yield "            local -a verbs=("
    for verb in verbs:
        yield f"                {quoted(escaped(verb.name, ':') + ':' + verb.summary)}"
    yield "            )"
    yield "            _describe verb verbs ;;"
    yield "        argument)"
    yield "            case $line[1] in"
    for verb in verbs:
        yield f"                {verb.name})"
        yield "                    _arguments -S \\"
        parts = [spec for option in verb.flagged for spec in specs(option)] + [
            quoted(f"{'*' if each.repeats else ''}:{each.name.strip('[].').lower()}:{action(each.value)}")
            for each in verb.arguments
        ]
        yield " \\\n".join(f"                        {part}" for part in parts) + " ;;"
    yield "            esac ;;"
    yield "    esac"
    yield "}"
    yield TAIL


def specs(option: Option) -> Iterator[str]:
    """An option for _arguments, once for each of its flags."""
    text = escaped(sentence(option.help), "[]:")
    for flag in option.flags:
        others = " ".join(option.flags)
        before = "*" if option.repeats else f"({others})"
        equals = "=" if option.name and flag.startswith("--") else ""
        value = f":{escaped(option.name, '[]:')}:{action(option.value)}" if option.name else ""
        yield quoted(f"{before}{flag}{equals}[{text}]{value}")


def action(value: Value) -> str:
    """What completes it."""
    words = " ".join(escaped(word, ":()") for word in value.words)
    if value.mark:
        return f"{{_seqcheck_{'causes' if value.then else 'reports'} {words}}}"
    if value.kind == "interfaces":
        return "{_net_interfaces}"
    if value.kind == "files":
        return f"{{_seqcheck_words_or_files {words}}}" if words else "_files"
    return f"({words})" if words else " "


def escaped(text: str, marks: str) -> str:
    """`text` with a backslash before what means something there."""
    return "".join(f"\\{character}" if character in marks + "\\" else character for character in text)


def quoted(text: str) -> str:
    """In single quotes."""
    return "'" + text.replace("'", "'\\''") + "'"
