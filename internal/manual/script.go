package manual

import (
	"fmt"
	"io"
	"strings"
)

// Shells are those that Script knows.
var Shells = [...]string{"bash", "zsh", "fish"}

// PathsLine is the line by which the program asks the shell to complete paths.
const PathsLine = ":paths"

// Print writes c as the scripts read it: a candidate a line, its usage behind a tab.
func (c *Completion) Print(w io.Writer) error {
	var text strings.Builder
	for _, x := range c.Candidates {
		text.WriteString(oneLine(x.Word))
		if x.Usage != "" {
			text.WriteString("\t" + oneLine(x.Usage))
		}
		text.WriteByte('\n')
	}
	if c.Paths {
		text.WriteString(PathsLine + "\n")
	}
	_, err := io.WriteString(w, text.String())
	return err
}

func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, s)
}

// Script returns what a shell is to read so that program's lines are completed. The
// script asks `PROGRAM complete -- WORDS`.
func Script(shell, program string) (string, error) {
	text, ok := scripts[shell]
	if !ok {
		return "", fmt.Errorf("shell %q: want one of %s", shell, strings.Join(Shells[:], ", "))
	}
	return strings.ReplaceAll(text, "PROGRAM", program), nil
}

var scripts = map[string]string{
	"bash": `# bash completion for PROGRAM
_PROGRAM() {
	local IFS=$'\n' line cur=${COMP_WORDS[COMP_CWORD]}
	COMPREPLY=()
	for line in $("${COMP_WORDS[0]}" complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null); do
		if [ "$line" = :paths ]; then
			[ "$cur" = = ] && cur=
			compopt -o filenames 2>/dev/null
			COMPREPLY+=($(compgen -f -- "$cur"))
			continue
		fi
		line=${line%%$'\t'*}
		# bash parts words at "="; what is before it stands already.
		case $cur in --*) ;; *) line=${line#--*=} ;; esac
		COMPREPLY+=("$(printf %q "$line")")
	done
}
complete -F _PROGRAM PROGRAM
`,
	"zsh": `#compdef PROGRAM
_PROGRAM_lines() {
	"$1" complete -- "${@:2}" 2>/dev/null
}
_PROGRAM() {
	local line word usage ret=1
	local -a candidates
	for line in "${(@f)$(_PROGRAM_lines "${(@)words[1,CURRENT]}")}"; do
		case $line in
		'') ;;
		:paths) _files && ret=0 ;;
		*)
			word=${line%%$'\t'*} usage=
			[[ $line == *$'\t'* ]] && usage=${line#*$'\t'}
			candidates+=("${word//:/\\:}:$usage")
			;;
		esac
	done
	(( ${#candidates} )) && _describe PROGRAM candidates && ret=0
	return ret
}
if [ "$funcstack[1]" = _PROGRAM ]; then
	_PROGRAM "$@"
elif (( $+functions[compdef] )); then
	compdef _PROGRAM PROGRAM
fi
`,
	"fish": `# fish completion for PROGRAM
function __PROGRAM_candidates
	set -l words (commandline -opc) (commandline -ct)
	set -l program $words[1]
	set -e words[1]
	for line in ($program complete -- $words 2>/dev/null)
		if test "$line" = :paths
			__fish_complete_path (commandline -ct)
		else
			echo $line
		end
	end
end
complete -c PROGRAM -f -a '(__PROGRAM_candidates)'
`,
}
