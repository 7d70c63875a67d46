"""Completion for bash, 3.2 and newer; needs nothing else (not even the package bash-completion).

bash splits words at = and :, so the script looks at the line itself, and returns only what follows the last split.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence

from seqcheck.cli.shape import Value, Verb

HEAD = """\
# bash completion for seqcheck: source <(seqcheck completion bash)
_seqcheck_files() {
    local IFS=$'\\n'
    compopt -o filenames 2>/dev/null
    COMPREPLY+=($(compgen -f -- "$1"))
}
_seqcheck_words() {
    COMPREPLY+=($(compgen -W "$1" -- "$2"))
}
_seqcheck_marked() {  # words, mark, what follows it (files if nothing), current word
    if [[ $4 == *"$2"* ]]; then
        local begin=${4%%"$2"*}$2
        if [[ -n $3 ]]; then COMPREPLY+=($(compgen -P "$begin" -W "$3" -- "${4#*"$2"}"))
        else
            local IFS=$'\\n'
            compopt -o filenames 2>/dev/null
            COMPREPLY+=($(compgen -P "$begin" -f -- "${4#*"$2"}"))
        fi
    else
        compopt -o nospace 2>/dev/null
        _seqcheck_words "$1" "$4"
    fi
}
_seqcheck_interfaces() {
    _seqcheck_words "$(command ls /sys/class/net 2>/dev/null)" "$1"
}
_seqcheck() {
    local line=${COMP_LINE:0:COMP_POINT} cur="" prev="" verb="" word options="" index
    local -a words
    COMPREPLY=()
    read -ra words <<<"$line"
    [[ $line == *[[:space:]] ]] || cur=${words[${#words[@]}-1]}
    local last=${#words[@]}
    [[ -n $cur ]] && last=$((last - 1))
    for ((index = 1; index < last; index++)); do
        word=${words[index]}
        prev=$word
        [[ -z $verb && $word != -* ]] && verb=$word
    done
    if [[ $cur == --*=* ]]; then
        prev=${cur%%=*}
        cur=${cur#*=}
    fi
    case $verb:$prev in"""

TAIL = """\
    esac
    if [[ $cur == -* ]]; then
        COMPREPLY=()
        _seqcheck_words "$options" "$cur"
    fi
    # what bash has cut off already must not come again
    local whole=${line##*[[:space:]]}
    local kept=${whole%"${whole##*[=:]}"}
    local given=${whole%"$cur"}
    if [[ -n $kept && ( $COMP_WORDBREAKS == *=* || $COMP_WORDBREAKS == *:* ) ]]; then
        for index in "${!COMPREPLY[@]}"; do
            word=$given${COMPREPLY[index]}
            COMPREPLY[index]=${word#"$kept"}
        done
    fi
}
complete -F _seqcheck seqcheck"""


def lines(top: Verb, verbs: Sequence[Verb]) -> Iterator[str]:
    """The script."""
    yield HEAD
    for verb in verbs:
        for option in verb.flagged:
            if option.name:
                places = "|".join(f"{verb.name}:{flag}" for flag in option.flags)
                yield f"        {places}) {complete(option.value)}; {DONE} ;;"
    yield "    esac"
    yield "    case $verb in"
    yield f"        '') options={quoted(flags(top))}; _seqcheck_words {quoted([v.name for v in verbs])} \"$cur\" ;;"
    for verb in verbs:
        arguments = [complete(option.value) for option in verb.arguments]
        yield f"        {verb.name}) options={quoted(flags(verb))}; {'; '.join(dict.fromkeys(arguments)) or ':'} ;;"
    yield TAIL


DONE = 'verb=" "'  # a value is due: nothing of the verb's


def complete(value: Value) -> str:
    """The command that adds what may be there."""
    if value.mark:
        return f'_seqcheck_marked {quoted(value.words)} "{value.mark}" {quoted(value.then)} "$cur"'
    parts = [f'_seqcheck_words {quoted(value.words)} "$cur"'] if value.words else []
    if value.kind in ("files", "interfaces"):
        parts.append(f'_seqcheck_{value.kind} "$cur"')
    return "; ".join(parts) or ":"


def flags(verb: Verb) -> list[str]:
    """Every way to write its options."""
    return [flag for option in verb.flagged for flag in option.flags]


def quoted(words: Sequence[str]) -> str:
    """Words as one."""
    return shlex.quote(" ".join(words))
