# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# bash completion for oci-hostnet(1) and oci-hostnet-runtime(8).
# Commands, their options and what they take are read from `--help`: a new one needs no line here.

# _oci_hostnet_usage PROGRAM - each command's usage, on one line
_oci_hostnet_usage() {
	local line usage=''
	while IFS= read -r line; do
		line=${line/#Usage:/ }
		[[ $line == ' '* ]] || break
		line=${line#"${line%%[! ]*}"}
		case $line in
		oci-hostnet\ *)
			[ -z "$usage" ] || printf '%s\n' "$usage"
			usage=${line#oci-hostnet }
			usage=${usage%%  *}
			;;
		\[*) usage+=" ${line%%  *}" ;;
		esac
	done < <("$1" --help 2>/dev/null)
	[ -z "$usage" ] || printf '%s\n' "$usage"
}

# _oci_hostnet_offer KIND - what may stand for a word of the usage in capitals
_oci_hostnet_offer() {
	case $1 in
	BUNDLE | DIR)
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -d -- "$cur")
		;;
	CONFIG | FILE | TABLE)
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		;;
	PID) mapfile -t COMPREPLY < <(compgen -W "$(cd /proc && echo [0-9]*)" -- "$cur") ;;
	ENGINE) mapfile -t COMPREPLY < <(compgen -W "crio containerd podman docker" -- "$cur") ;;
	COMMAND) mapfile -t COMPREPLY < <(compgen -W "create run restore precreate createRuntime apply" -- "$cur") ;;
	TIME) mapfile -t COMPREPLY < <(compgen -W "today yesterday" -- "$cur") ;;
	esac
}

# _oci_hostnet_of USAGE-WORD... - behind the command; TYPED is what stands there already
_oci_hostnet_of() {
	local word each option='' kinds='' words='' options=''
	local -A takes=()
	for word; do
		if [[ $word == '['* || -z $option || $word != [A-Z]* ]]; then
			option=''
			word=${word//[\[\]]/}
			case $word in
			--*) option=$word takes[$word]='' ;;
			*)
				for each in ${word//|/ }; do
					case $each in
					--*) takes[$each]='' ;;
					[A-Z]*) kinds+=" $each" ;;
					-) ;;
					*) words+=" $each" ;;
					esac
				done
				;;
			esac
		else
			takes[$option]=${word//]/}
			option=''
		fi
	done
	local i operands=0 given=' '
	for ((i = 0; i < ${#typed[@]}; i++)); do
		word=${typed[i]}
		if [[ $word == --* && -n ${takes[$word]-} ]]; then
			if ((i + 1 == ${#typed[@]})); then
				_oci_hostnet_offer "${takes[$word]}"
				return
			fi
			((i++))
		elif [[ $word != -?* ]]; then
			((operands++))
		fi
		given+="$word "
	done
	if [[ $cur == -* ]] || ((operands > 0)) || [ -z "$kinds$words" ]; then
		for option in "${!takes[@]}"; do
			[[ $given == *" $option "* ]] || options+=" $option"
		done
		mapfile -t COMPREPLY < <(compgen -W "$options" -- "$cur")
	elif [ -n "$kinds" ]; then
		_oci_hostnet_offer "${kinds# }"
	else
		mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
	fi
}

_oci_hostnet() {
	local cur=${COMP_WORDS[COMP_CWORD]} usage next=''
	local -a typed=() words
	COMPREPLY=()
	while read -r usage; do
		local count=0
		read -ra words <<<"$usage"
		while [[ ${words[count]-} =~ ^([a-z]+|--version|--help)$ ]]; do ((count++)); done
		typed=("${COMP_WORDS[@]:1:COMP_CWORD - 1}")
		if ((${#typed[@]} < count)); then
			[[ "${typed[*]}" != "${words[*]:0:${#typed[@]}}" ]] || next+=" ${words[${#typed[@]}]}"
		elif [[ "${typed[*]:0:count}" == "${words[*]:0:count}" ]]; then
			typed=("${typed[@]:count}")
			_oci_hostnet_of "${words[@]:count}"
			return
		fi
	done < <(_oci_hostnet_usage "$1")
	mapfile -t COMPREPLY < <(compgen -W "$next" -- "$cur" | sort -u)
}

# The low-level runtime's own commands, which its --help lists behind COMMANDS:.
_oci_hostnet_runtime() {
	local cur=${COMP_WORDS[COMP_CWORD]} i command='' before=''
	COMPREPLY=()
	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		--root | --log | --log-format | --log-level | --cgroup-manager | --rootless | --criu) ((i++)) ;;
		-*) ;;
		*)
			command=${COMP_WORDS[i]}
			break
			;;
		esac
	done
	if [ -z "$command" ]; then
		((i == COMP_CWORD)) || return # a value of the runtime's
		case $cur in
		-*) before="--root --log --log-format --debug --systemd-cgroup --rootless --version --help" ;;
		*) before=$("$1" --help 2>/dev/null | sed -n '/^COMMANDS:/,/^$/s/^[[:space:]]\{1,\}\([a-z]*\).*/\1/p') ;;
		esac
		mapfile -t COMPREPLY < <(compgen -W "$before" -- "$cur")
	elif [[ ${COMP_WORDS[COMP_CWORD - 1]} == @(-b|--bundle) ]]; then
		_oci_hostnet_offer BUNDLE
	fi
}

complete -F _oci_hostnet oci-hostnet
complete -o default -F _oci_hostnet_runtime oci-hostnet-runtime oci-hostnet-crun oci-hostnet-runc
