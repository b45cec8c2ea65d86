"""`completions`: scripts for shells, which ask the program itself what can be typed next.

The answer comes from the declarations of the commands: names, options, choices, and the values
of `completion_values`.
"""

import json
import os
from typing import ClassVar

import click
from click.shell_completion import (
    CompletionItem,
    FishComplete,
    ShellComplete,
    ZshComplete,
    add_completion_class,
    get_completion_class,
    split_arg_string,
)

from fakegpt_tui.cli.options import json_option
from fakegpt_tui.cli.output import PROGRAM, echo_json

VARIABLE = "_FAKEGPT_TUI_COMPLETE"
SHELLS = ("bash", "zsh", "fish", "nu", "powershell")

_BASH = r"""# Completion of %(prog_name)s for bash; in ~/.bashrc:
#   eval "$(%(prog_name)s completions bash)"
%(complete_func)s() {
    local line=${COMP_LINE:0:COMP_POINT} word=${COMP_WORDS[COMP_CWORD]} kind value about head
    local form=%%q
    # Bash ends a word at : and =, so that only what is behind them is replaced.
    [[ $word == [:=] ]] && word=
    head=${line##*[[:space:]]}
    head=${head%%"$word"}
    [[ $word == [\"\']* ]] && form=%%s  # Within quotes blanks are themselves.
    local -a about_values=()
    COMPREPLY=()
    while IFS=$'\t' read -r kind value about; do
        case $kind in
            dir) compopt -o dirnames ;;
            file) compopt -o default ;;
            plain)
                [[ $value == *= ]] && compopt -o nospace
                value=${value#"$head"}
                about_values+=("$value${about:+  ($about)}")
                printf -v value "$form" "$value"
                COMPREPLY+=("$value") ;;
        esac
    done < <(COMP_LINE=$line %(complete_var)s=bash_complete "$1")
    # A list that is only looked at says more.
    if [[ $COMP_TYPE == 63 && ${#COMPREPLY[@]} -gt 1 ]]; then
        COMPREPLY=("${about_values[@]}")
    fi
}
complete -o nosort -F %(complete_func)s %(prog_name)s
"""

_ZSH = r"""#compdef %(prog_name)s
# Completion of %(prog_name)s for zsh; in ~/.zshrc, after compinit:
#   source <(%(prog_name)s completions zsh)
%(complete_func)s() {
    local kind value about paths= head=
    local -a values lines suffix
    [[ $PREFIX == --*=* ]] && head=${PREFIX%%%%=*}=
    while IFS=$'\t' read -r kind value about; do
        case $kind in
            dir) paths=-/ ;;
            file) paths=-f ;;
            plain)
                [[ $value == *= ]] && suffix=(-S '')
                values+=("$head$value")
                lines+=("$value${about:+  ($about)}") ;;
        esac
    done < <(COMP_WORDS="${words[*]}" COMP_CWORD=$((CURRENT - 1)) \
        %(complete_var)s=zsh_complete %(prog_name)s)
    [[ -n $paths ]] && { compset -P '--*='; _path_files $paths }
    (( $#values )) && compadd -U -V found "${suffix[@]}" -l -d lines -a values
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    %(complete_func)s "$@"
else
    compdef %(complete_func)s %(prog_name)s
fi
"""

_FISH = r"""# Completion of %(prog_name)s for fish; as a file:
#   %(prog_name)s completions fish > ~/.config/fish/completions/%(prog_name)s.fish
function %(complete_func)s
    set -l word (commandline -t)
    set -l head (string match --regex -- '^--[^=]+=' $word)
    set -l path (string replace --regex -- '^--[^=]+=' '' $word)
    for line in (env %(complete_var)s=fish_complete COMP_WORDS=(commandline -cp) \
            COMP_CWORD=$word %(prog_name)s)
        set -l found (string split -m 1 \t -- $line)
        switch $found[1]
            case dir
                for found in (__fish_complete_directories $path)
                    echo "$head$found"
                end
            case file
                for found in (__fish_complete_path $path)
                    echo "$head$found"
                end
            case plain
                echo "$head$found[2]"
        end
    end
end
complete --no-files --keep-order --command %(prog_name)s --arguments "(%(complete_func)s)"
"""

_NU = """# Completion of %(prog_name)s for nu: save it as a file, and source that in config.nu.
let %(complete_func)s_before = $env.config?.completions?.external?.completer?
$env.config.completions.external.enable = true
$env.config.completions.external.completer = {|spans|
    if ($spans | first) == "%(prog_name)s" {
        let words = ($spans | to json --raw)
        with-env { %(complete_var)s: "nu_complete", COMP_WORDS: $words } {
            ^%(prog_name)s | from json
        }
    } else if $%(complete_func)s_before != null {
        do $%(complete_func)s_before $spans
    }
}
"""

_POWERSHELL = """# Completion of %(prog_name)s for PowerShell; in $PROFILE:
#   %(prog_name)s completions powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName '%(prog_name)s' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $words = @($commandAst.CommandElements |
        Where-Object { $_.Extent.StartOffset -lt $cursorPosition } |
        ForEach-Object { $_.ToString() })
    if ($wordToComplete -eq '') { $words += '' }
    $env:%(complete_var)s = 'powershell_complete'
    $env:COMP_WORDS = ConvertTo-Json -Compress -InputObject $words
    try {
        $found = %(prog_name)s | Out-String | ConvertFrom-Json
    } finally {
        Remove-Item Env:%(complete_var)s, Env:COMP_WORDS
    }
    foreach ($item in $found) {
        [System.Management.Automation.CompletionResult]::new(
            $item.value, $item.value, 'ParameterValue', $item.description)
    }
}
"""


class WithTitles(ShellComplete):
    """A shell that lists each value with a description, which may have commas in it."""

    def format_completion(self, item: CompletionItem) -> str:
        return f"{item.type}\t{item.value}\t{item.help or ''}".rstrip("\t")


class BashWithTitles(WithTitles):
    """Bash."""

    name: ClassVar[str] = "bash"
    source_template: ClassVar[str] = _BASH

    def get_completion_args(self) -> tuple[list[str], str]:
        line = os.environ.get("COMP_LINE", "")
        words = split_arg_string(line)[1:]
        return (words, "") if not words or line[-1:].isspace() else (words[:-1], words[-1])


class ZshWithTitles(WithTitles, ZshComplete):
    """Zsh."""

    source_template: ClassVar[str] = _ZSH


class FishWithTitles(WithTitles, FishComplete):
    """Fish."""

    source_template: ClassVar[str] = _FISH


class JsonComplete(ShellComplete):
    """A shell that gives its words as JSON, the last one unfinished, and reads JSON."""

    def get_completion_args(self) -> tuple[list[str], str]:
        words = [str(word) for word in json.loads(os.environ["COMP_WORDS"])]
        return words[1:-1], words[-1]

    def complete(self) -> str:
        found = self.get_completions(*self.get_completion_args())
        if any(item.type != "plain" for item in found):
            return "null"  # The shell completes files itself.
        # PowerShell takes no empty description.
        return json.dumps(
            [{"value": item.value, "description": item.help or item.value} for item in found]
        )


class NuComplete(JsonComplete):
    """Nushell."""

    name: ClassVar[str] = "nu"
    source_template: ClassVar[str] = _NU


class PowerShellComplete(JsonComplete):
    """PowerShell, from 5.1 on."""

    name: ClassVar[str] = "powershell"
    source_template: ClassVar[str] = _POWERSHELL


for _class in (BashWithTitles, ZshWithTitles, FishWithTitles, NuComplete, PowerShellComplete):
    add_completion_class(_class)


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
@json_option
@click.pass_context
def completions(context: click.Context, *, shell: str, as_json: bool) -> None:
    """Print a script that teaches SHELL to complete commands, options and values.

    For bash add to ~/.bashrc: eval "$(fakegpt-tui completions bash)"
    """
    kind = get_completion_class(shell)
    assert kind is not None  # noqa: S101 - there is one for each of SHELLS
    script = kind(context.find_root().command, {}, PROGRAM, VARIABLE).source()
    if as_json:
        echo_json({"version": 1, "shell": shell, "script": script})
    else:
        click.echo(script, nl=False)
