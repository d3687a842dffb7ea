# SPDX-License-Identifier: Apache-2.0
# Makes refusals.h of refusals.tsv: awk -f refusals.awk refusals.tsv
BEGIN { FS = "\t"; print "/* Made from oci-specs/refusals.tsv; change that file instead. */" }
/^#/ || NF < 3 { next }
{
  for (i = 3; i <= 4; i++) { gsub (/\\/, "\\\\", $i); gsub (/"/, "\\\"", $i) }
  ids[++n] = $1; status[n] = $2; sentence[n] = $3
  author[n] = $4 == "" ? "NULL" : "\"" $4 "\""
}
END {
  print "#ifndef HOSTNET_REFUSALS_H\n#define HOSTNET_REFUSALS_H\n\nenum refusal\n{\n  REFUSAL_NONE,"
  for (i = 1; i <= n; i++) printf "  REFUSAL_%s,\n", ids[i]
  print "};\n\n/* X macro: id, exit status of the command line program, sentence for the author of a pod. */\n#define REFUSAL_TABLE \\"
  for (i = 1; i <= n; i++) printf "  REFUSAL (%s, %s, %s)%s\n", ids[i], status[i], author[i], i < n ? " \\" : ""
  print "\n/* The two arguments that error_refuse() wants. */"
  for (i = 1; i <= n; i++) printf "#define SENTENCE_%s REFUSAL_%s, \"%s\"\n", ids[i], ids[i], sentence[i]
  print "\n#endif"
}
