"""Completion in bash, zsh and fish: `ptcrm completion`, and what their scripts ask for with each TAB.

A script hands over the line up to the cursor as it stands; nothing of it, nor of the answer, is ever evaluated.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import click
from click.shell_completion import CompletionItem, ShellComplete, add_completion_class

from ptcrm.cli.shellwords import Line, quoted, read_line
from ptcrm.text.fold import fold
from ptcrm.text.safe import for_terminal, one_line

if TYPE_CHECKING:
    from ptcrm.cli.completing import Candidate
    from ptcrm.views.words import Words

SHELLS = ("bash", "zsh", "fish")
VARIABLE = "_PTCRM_COMPLETE"
_LINE, _BREAKS = "_PTCRM_LINE", "_PTCRM_BREAKS"
_ENOUGH = 80  # letters of a meaning

_BASH = """\
_ptcrm_completion() {
    local kind text
    COMPREPLY=()
    while IFS=' ' read -r kind text; do
        case $kind in
            word) COMPREPLY+=("$text") ;;
            open) COMPREPLY+=("$text"); compopt -o nospace 2>/dev/null ;;
            file) compopt -o default 2>/dev/null ;;
            dir) compopt -o dirnames 2>/dev/null ;;
        esac
    done < <(_PTCRM_COMPLETE=bash_complete _PTCRM_LINE="${COMP_LINE:0:COMP_POINT}" \\
        _PTCRM_BREAKS="$COMP_WORDBREAKS" command "$1" 2>/dev/null)
}
complete -o nosort -F _ptcrm_completion ptcrm 2>/dev/null || complete -F _ptcrm_completion ptcrm
"""

_ZSH = """\
#compdef ptcrm
_ptcrm() {
    local kind word shown
    local -a answer words_closed words_open shown_closed shown_open
    answer=("${(@f)$(_PTCRM_COMPLETE=zsh_complete _PTCRM_LINE="${(j: :)words[1,CURRENT-1]} ${QIPREFIX}${PREFIX}" \\
        command "${(Q)words[1]}" 2>/dev/null)}")
    for kind word shown in "${(@)answer}"; do
        case $kind in
            word) words_closed+=("$word"); shown_closed+=("$shown") ;;
            open) words_open+=("$word"); shown_open+=("$shown") ;;
            file) _files ;;
            dir) _files -/ ;;
        esac
    done
    (( $#words_closed )) && compadd -U -V ptcrm -l -d shown_closed -a -- words_closed
    (( $#words_open )) && compadd -U -S '' -V ptcrm -l -d shown_open -a -- words_open
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    _ptcrm "$@"
else
    compdef _ptcrm ptcrm
fi
"""

_FISH = """\
function __ptcrm_complete
    set -lx _PTCRM_COMPLETE fish_complete
    set -lx _PTCRM_LINE (commandline -cp | string collect)
    set -l program (commandline -opc)[1]
    for line in (command $program 2>/dev/null)
        switch $line
            case file
                __fish_complete_path (commandline -ct)
            case dir
                __fish_complete_directories (commandline -ct) ''
            case '*'
                string sub --start 2 -- $line
        end
    end
end
complete --command ptcrm --no-files --keep-order --arguments '(__ptcrm_complete)'
"""


class _Completion(ShellComplete):
    """What the three have in common: the line, and what may stand at its end."""

    escapes: ClassVar[str] = '"'

    def source(self) -> str:
        """The script, which takes no value."""
        return self.source_template

    def get_completion_args(self) -> tuple[list[str], str]:
        """The whole words behind the command's name, and the part of a word at the cursor."""
        line = self.line()
        return list(line.words[1:]), line.last

    def line(self) -> Line:
        """The line up to the cursor."""
        breaks = os.environ.get(_BREAKS, "")
        return read_line(os.environ.get(_LINE, ""), breaks=breaks, escapes=self.escapes)

    def get_completions(self, args: list[str], incomplete: str) -> list[CompletionItem[str]]:
        """What may stand there; nothing, whatever goes wrong."""
        try:
            return self._completions(args, incomplete)
        except Exception:  # a TAB is no place for messages
            if "PTCRM_DEBUG" in os.environ:
                raise
            return []

    def _completions(self, args: list[str], incomplete: str) -> list[CompletionItem[str]]:
        from ptcrm.cli.cursor import candidates, cursor_at

        assert isinstance(self.cli, click.Group)  # noqa: S101  # it is ours
        cursor = cursor_at(self.cli, args)
        kept, found = candidates(cursor, incomplete, lambda: _words(cursor.vault))
        part = incomplete[len(kept) :]
        return [
            CompletionItem(kept + self.spelt(one, part), "open" if one.open else one.kind, one.meaning)
            for one in _agreeing(found, part)
        ]

    def spelt(self, one: Candidate, part: str) -> str:  # noqa: ARG002  # fish needs it
        """The candidate as the shell takes it behind the `part` that is typed."""
        return one.word

    def format_completion(self, item: CompletionItem[str]) -> str:
        """A line or more for the script."""
        raise NotImplementedError


def _agreeing(found: list[Candidate], part: str) -> list[Candidate]:
    """Those that go on from what is typed: shells put the common beginning, if there is any, in its place."""
    common = os.path.commonprefix([one.word for one in found])  # noqa: RUF071  # they are no paths
    if not common or fold(common).startswith(fold(part)):
        return found
    first = next((one for one in found if one.word.startswith(part)), found[0]).word[: len(part)]
    return [one for one in found if one.word.startswith(first)]


@cache
def _words(vault: str | None) -> Words:
    """The words of the vault that the line means."""
    from ptcrm.cli.options import Session, state_folder
    from ptcrm.cli.words import known_words
    from ptcrm.vault.places import user_folder

    return known_words(Session(vault, None).folder(), Path(user_folder("cache")), state_folder())


@add_completion_class
class Bash(_Completion):
    """bash replaces the word from its last break on, and writes what it is given as it stands."""

    name = "bash"
    source_template = _BASH

    def format_completion(self, item: CompletionItem[str]) -> str:
        """`word TEXT`, quoted as the line has it."""
        line = self.line()
        if item.type in ("file", "dir"):
            return item.type
        kept = len(line.kept)
        if item.value[:kept].casefold() != line.kept.casefold():
            return ""
        text = quoted(item.value[kept:], line.quote)
        # readline takes a last quote for the closing one, and adds none
        return f"{item.type} {text}{line.quote if line.quote and text.endswith(line.quote) else ''}"


@add_completion_class
class Zsh(_Completion):
    """zsh quotes what it is given, and shows a line of its own for each."""

    name = "zsh"
    source_template = _ZSH

    def format_completion(self, item: CompletionItem[str]) -> str:
        """Three lines: what it is, the word, and how it is shown."""
        return f"{item.type}\n{item.value or '-'}\n{_shown(item)}"


@add_completion_class
class Fish(_Completion):
    """fish quotes what it is given, and shows what it means beside it."""

    name = "fish"
    source_template = _FISH
    escapes = "'\""

    def spelt(self, one: Candidate, part: str) -> str:
        """In folded letters, if fish would not see that they go on from the part."""
        folded = fold(one.word)
        unlike = one.loose and not one.word.casefold().startswith(part.casefold())
        return folded if unlike and folded.startswith(part.casefold()) else one.word

    def format_completion(self, item: CompletionItem[str]) -> str:
        """`=TEXT`, a tab, and what it means."""
        if item.type in ("file", "dir"):
            return item.type
        meaning = _meaning(item)
        return f"={item.value}\t{meaning}" if meaning else f"={item.value}"


def _meaning(item: CompletionItem[str]) -> str:
    text = for_terminal(one_line(item.help or ""))
    return text if len(text) <= _ENOUGH else f"{text[: _ENOUGH - 1]}…"


def _shown(item: CompletionItem[str]) -> str:
    meaning = _meaning(item)
    return f"{item.value}  -- {meaning}" if meaning and meaning != item.value else item.value


@click.command("completion")
@click.argument("shell", metavar="SHELL", type=click.Choice(SHELLS))
def completion_command(shell: str) -> None:
    """Print what makes TAB complete commands, options, customers and queries, for bash, zsh or fish.

    \b
    Examples:
      ptcrm completion bash > ~/.local/share/bash-completion/completions/ptcrm
      ptcrm completion zsh > ~/.zfunc/_ptcrm
      ptcrm completion fish > ~/.config/fish/completions/ptcrm.fish
    """
    scripts = {"bash": _BASH, "zsh": _ZSH, "fish": _FISH}
    click.echo(scripts[shell], nl=False)
