#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What CONTRIBUTING says of who may do what, held against the code: decide() does no I/O, only main()
# prints and exits, nothing is found by PATH, every descriptor is closed on exec.  TAP.
# shellcheck disable=SC2016,SC2317 # of awk and perl; result() calls them
set -u
top=${top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}
build=${top_builddir:-$top}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

count=0 failed=0
# result WHAT FUNCTION ARGUMENT...
result() {
	local what=$1 word=ok
	shift
	"$@" >"$work/said" || { word='not ok'; failed=1; }
	count=$((count + 1))
	sed 's/^/# /' "$work/said"
	echo "$word $count - $what"
}

# --- decide() ------------------------------------------------------------------------

# What decide() may call beside our own: memory, text, yajl's parser on a text. `close` is the cleanup of
# descriptors in alloc.c, which every file is linked with.
CALLS=' __errno_location abort calloc close fnmatch free inet_ntop inet_pton malloc memchr memcmp memcpy memmem
memmove memrchr memset qsort realloc snprintf sprintf stpcpy strcasecmp strchr strcmp strcpy strcspn strdup strerror strlen
strncasecmp strncmp strndup strpbrk strrchr strspn strstr strtok_r strtol strtoul strtoull vasprintf vsnprintf
yajl_alloc yajl_complete_parse yajl_config yajl_free yajl_free_error yajl_get_bytes_consumed yajl_get_error yajl_parse '

# reached LIBRARY FUNCTION - the functions of others that FUNCTION can reach, file by file: "FILE CALLS",
# and "files N". The names of checked versions (__x_chk, __isoc23_x) count as what they check; those of
# sanitizers, of coverage and of the compiler as nothing.
reached() {
	nm -A "$1" | awk -v start="$2" '
	{ split($0, at, ":"); object = at[2]; name = $NF }
	$(NF - 1) == "U" { needs[object] = needs[object] " " name; next }
	$(NF - 1) ~ /^[TDRBVWG]$/ { defined[name] = object }
	END {
		todo[last = 1] = defined[start]; seen[defined[start]] = 1
		for (i = 1; i <= last; i++) {
			n = split(needs[todo[i]], name_of, " ")
			for (k = 1; k <= n; k++) {
				name = name_of[k]
				if (name in defined) {
					if (!(defined[name] in seen)) { seen[defined[name]] = 1; todo[++last] = defined[name] }
					continue
				}
				if (name ~ /^__(asan|ubsan|tsan|sanitizer|gcov|stack_chk|llvm|x86)/ || name ~ /^_GLOBAL_/) continue
				sub(/^__isoc[0-9]+_/, "", name)
				if (name ~ /_chk$/) { sub(/^__/, "", name); sub(/_chk$/, "", name) }
				print todo[i], name
			}
		}
		print "files", last
	}'
}
pure() {
	local file call bad=0
	while read -r file call; do
		if [ "$file" = files ]; then
			# all of the plan is behind it
			[ "$call" -ge 25 ] || { echo "only $call files were looked at"; bad=1; }
		elif [[ ${CALLS//$'\n'/ } != *" $call "* ]]; then
			echo "$file calls $call"
			bad=1
		fi
	done < <(reached "$build/src/libhostnet.a" "$1")
	return "$bad"
}
result "decide() does no I/O, nor does what it calls" pure decide
# the same look finds what judge() does, which reads the system
finds() { [ "$(pure judge | grep -cE ' calls (open|fopen|stat|getenv|readlink)(64)?$')" -ge 4 ]; }
result "and it would be seen" finds

# --- who prints, exits, starts, ... ----------------------------------------------------

# Without comments and strings, in $work/src, line for line.
mkdir -p "$work/src/libhostnet"
perl -0777 -e '
	my ($from, $to, @files) = @ARGV;
	for my $file (@files) {
		open my $in, "<", $file or die; my $text = <$in>;
		$text =~ s{(/\*.*?\*/)|("(?:\\.|[^"\\])*")}{
			my $lines = ($1 // $2) =~ tr/\n//cdr;
			!defined $2 ? $lines : substr ($2, -2, 1) eq "e" ? "\"e\"$lines" : "\"\"$lines" }gse;
		open my $out, ">", $to . substr ($file, length $from) or die; print $out $text;
	}' "$top/src" "$work/src" "$top"/src/*.c "$top"/src/libhostnet/*.[ch]
cd "$work/src" || exit

# only REGEX [FILE...] - stands in these files and no other, and in each of them
only() {
	local regex=$1 file bad=0
	shift
	for file in *.c libhostnet/*.[ch]; do
		if [[ " $* " == *" $file "* ]]; then
			grep -qE "$regex" "$file" || { echo "$file: no longer, take it out of the list"; bad=1; }
		else
			! grep -nHE "$regex" "$file" || bad=1
		fi
	done
	return "$bad"
}
MAINS="oci-hostnet.c oci-hostnet-hook.c oci-hostnet-isolate.c oci-hostnet-runtime.c"
# report.c is what main() calls to say it on standard error
# shellcheck disable=SC2086
result "only main programs know of standard output and standard error" \
	only '\<(stdout|stderr|STDOUT_FILENO|STDERR_FILENO|isatty|report_stderr)\>' $MAINS libhostnet/report.c libhostnet/report.h
result "what prints is told where to" only '\<(v?printf|puts|putchar|perror|psignal|warnx?|errx?) \(' \
	oci-hostnet.c oci-hostnet-hook.c oci-hostnet-isolate.c
# children that were forked and can do nothing else
result "nobody but a child exits" only '\<(exit|_exit|_Exit|quick_exit) \(' \
	libhostnet/audit_child.c libhostnet/idmap.c libhostnet/lowlevel_version.c
result "nothing is started through a shell or PATH" only '\<(system|popen|exec[lv]pe?|posix_spawnp|wordexp) \('
# engine and pipes that the engine made (facts_*), descriptors and places that the runtime itself is told
result "the environment is asked in these files alone" only '\<(secure_)?getenv \(' libhostnet/container_state.c \
	libhostnet/exec_guard.c libhostnet/facts.c libhostnet/facts_engine.c libhostnet/facts_ports.c libhostnet/port_table_declared.c
result "the JSON parser is behind json.h" only '\<yajl_' libhostnet/json.c

# Calls that make a descriptor, without the flag: `flags` and `how` are looked up, an "e" is fopen's.
leaky() {
	perl -0777 -e '
	for my $file (@ARGV) {
		open my $in, "<", $file or die; my $text = <$in>;
		my $flagged = $text =~ /\bflags\s*=[^;]*CLOEXEC/;
		while ($text =~ /\b(open|openat|fopen|freopen|socket|socketpair|accept4?|pipe2?|dup[23]?|memfd_create|epoll_create1?|eventfd|signalfd|timerfd_create|inotify_init1?|mkstemp|mkostemp|creat|open_tree|fsopen|fsmount|syscall|fcntl) (\((?:[^()]++|(?2))*+\))/g) {
			my ($name, $rest) = ($1, $2);
			next if $name eq "syscall" and $rest !~ /SYS_open/ or $name eq "fcntl" and $rest !~ /F_DUPFD/;
			next if $rest =~ /CLOEXEC|"e"/ or $flagged and $rest =~ /\b(flags|how)\b/;
			print "$file: $name\n";
		}
	}' ./*.c libhostnet/*.c
}
# dup2() of a child onto 0, 1 and 2, the one descriptor that the low-level runtime is to read, and an openat2()
# that no kernel takes
INHERITED='libhostnet/doctor_kernel.c: syscall
libhostnet/exec_guard.c: fcntl
libhostnet/lowlevel_version.c: dup2
libhostnet/lowlevel_version.c: dup2
libhostnet/lowlevel_version.c: dup2'
closed() { diff <(echo "$INHERITED") <(leaky); }
result "every descriptor is closed on exec, but for what is handed on" closed

echo "1..$count"
exit $failed
