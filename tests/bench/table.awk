# SPDX-License-Identifier: Apache-2.0
# awk -f table.awk goals.tsv results - the table that `make bench` ends with: the results (name, value,
# unit) with the goal of goals.tsv and whether it is met. Of a name that is there twice the last.
BEGIN { FS = OFS = "\t"; print "# name", "value", "unit", "goal", "met" }
/^#/ || NF == 0 { next }
FNR == NR {
	if (NF < 4 || ($2 != "<=" && $2 != ">=") || $3 !~ /^[0-9.]+$/) {
		print FILENAME ":" FNR ": not a name, a comparison, a goal and a source" >"/dev/stderr"
		exit failed = 1
	}
	glob = $1
	gsub(/[][\\.^$+?(){}|]/, "\\\\&", glob)
	gsub(/\*/, ".*", glob)
	pattern[++goals] = "^" glob "$"
	comparison[goals] = $2
	goal[goals] = $3
	next
}
{
	if (!($1 in value)) name[++names] = $1
	value[$1] = $2
	unit[$1] = $3
}
function is_met(v, g) { return comparison[g] == "<=" ? v + 0 <= goal[g] + 0 : v + 0 >= goal[g] + 0 }
END {
	if (failed) exit failed
	for (n = 1; n <= names; n++) {
		g = 1
		while (g <= goals && name[n] !~ pattern[g]) g++
		number = value[name[n]] ~ /^-?[0-9]+(\.[0-9]+)?(e[-+]?[0-9]+)?$/
		# what is no number was not measured, and meets nothing
		print name[n], number ? value[name[n]] : "none", unit[name[n]],
			g <= goals ? comparison[g] " " goal[g] : "",
			g <= goals ? (number && is_met(value[name[n]], g) ? "yes" : "no") : ""
	}
}
