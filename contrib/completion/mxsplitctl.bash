# Completion of mxsplitctl for bash: into /usr/share/bash-completion/completions/mxsplitctl.
# Commands and options come from the program's own help, domains from the daemon when it answers.

_mxsplitctl() {
	local program=${COMP_WORDS[0]} word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} command words
	COMPREPLY=()
	command=${COMP_WORDS[1]-}
	if [ "$COMP_CWORD" -eq 1 ]; then
		words="$("$program" --help 2>/dev/null | sed -n 's/^  \([a-z-]*\)  *[^ ].*/\1/p') --help --version"
		mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
		return
	fi
	case $before in
	--format) words="auto postfix exim sendmail opensmtpd qmail" ;;
	--role) words="read operate push" ;;
	--for) words="30m 2h 8h 1d" ;;
	--db | --file | --plot | --socket | --token-file | --config | -c | --sts-policy)
		mapfile -t COMPREPLY < <(compgen -f -- "$word")
		return
		;;
	--from | --to | --reason | --by | --year | --zone | --source | --period | --every | --count | --after | --limit | \
		--url | --rcpt | --resolver | --default-domain) return ;;
	*) words= ;;
	esac
	if [ -z "$words" ] && [[ $word == -* ]]; then
		words="$("$program" "$command" --help 2>/dev/null | grep -o -e '--[a-z][a-z-]*' | sort -u) --help"
	elif [ -z "$words" ]; then
		case $command in
		status | watch | split | normal | auto | restore | preflight | explain-surge | survival | counts)
			words=$("$program" status --json 2>/dev/null | sed -n '/^  "domains"/,/^  \]/ s/^      "name": "\(.*\)",*$/\1/p') ;;
		hooks)
			words="test resend"
			[ "$COMP_CWORD" -gt 2 ] && words=$("$program" hooks --json 2>/dev/null |
				sed -n 's/^      "name": "\(.*\)",*$/\1/p') ;;
		dns) words=check ;;
		token) words=add ;;
		classify | check-config | backtest | import)
			mapfile -t COMPREPLY < <(compgen -f -- "$word")
			return
			;;
		esac
	fi
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}

complete -o filenames -F _mxsplitctl mxsplitctl
