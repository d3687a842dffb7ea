# SPDX-License-Identifier: Apache-2.0
# Makes oci-hostnet-refusals(7): awk -f refusals.awk refusals.tsv ../oci-specs/refusals.tsv
BEGIN { FS = "\t" }
/^#/ || NF < 3 { next }
FILENAME == ARGV[1] {
  title[++groups] = $1; when[groups] = $2
  n = split ($3, words, " ")
  for (i = 1; i <= n; i++) group_of[words[i]] = groups
  next
}
{
  group = longest = 0
  for (word in group_of)
    if (index ($1 "_", word "_") == 1 && length (word) > longest)
      { group = group_of[word]; longest = length (word) }
  if (!group)
    { print "refusals.awk: " $1 " is of no group of refusals.tsv" > "/dev/stderr"; failed = 1; exit 1 }
  items[group] = items[group] ".TP\n.BR " roff($1) " \" (" $2 ")\"\n" sentence($3)
  if ($4 == "")
    next
  if (!($4 in ids))
    author[++authors] = $4
  ids[$4] = ids[$4] (ids[$4] == "" ? "" : ", ") roff($1)
}
# Conversions of printf(3) stand for what is named.
function sentence(text) {
  gsub (/%%/, "\001", text)
  gsub (/%[a-z]+/, "...", text)
  gsub (/\001/, "%", text)
  return lines(roff(text))
}
function roff(text) {
  gsub (/\\/, "\\e", text)
  gsub (/-/, "\\-", text)
  gsub (/'/, "\\(aq", text)
  gsub (/`/, "\\(ga", text)
  return text
}
# Of at most 78 bytes; none begins like a request.
function lines(text,   n, i, words, line, all) {
  n = split (text, words, " ")
  for (i = 1; i <= n; i++)
    if (line == "")
      line = words[i]
    else if (length (line) + length (words[i]) < 77)
      line = line " " words[i]
    else
      { all = all guarded(line); line = words[i] }
  return all guarded(line)
}
function guarded(line) { return (line ~ /^[.']/ ? "\\&" : "") line "\n" }
END {
  if (failed)
    exit 1
  print ".\\\" SPDX-License-Identifier: Apache-2.0\n.\\\" Made from oci-specs/refusals.tsv and man/refusals.tsv; change these files instead."
  print ".TH OCI-HOSTNET-REFUSALS 7 2026-11-28 \"oci-hostnet 0.1.0\" \"Miscellaneous\""
  print ".SH NAME\noci\\-hostnet\\-refusals \\- every sentence with which oci\\-hostnet refuses"
  print ".SH DESCRIPTION"
  printf "%s", lines("Each sentence says what is wrong, where it was found, and behind the last colon what to do instead. It goes to standard error behind \"oci\\-hostnet:\", and to the trail.")
  print "Here \"...\" stands for what is named, and what the system said may follow."
  print "In front is the id, which stays when the words change: the member reason_id of\n.BR \\-\\-json ,\nand the field OCI_HOSTNET_REASON of\n.BR oci\\-hostnet\\-records (7)."
  print "In brackets is the exit status of\n.BR oci\\-hostnet (1);\nthe runtime and the hooks have their own."
  print "Some sentences are no refusal but what is recorded of a container that starts."
  for (g = 1; g <= groups; g++)
    printf ".SH %s\n%s%s", roff(title[g]), lines(roff(when[g])), items[g]
  print ".SH IN KUBERNETES"
  printf "%s", lines("The author of a pod is not told what is the node\\(aqs own. He sees one of these, and the trail on the node has the whole sentence, under one of the ids behind it.")
  for (a = 1; a <= authors; a++)
    printf ".PP\n%s.RS\n%s.RE\n", sentence(author[a]), lines(ids[author[a]])
  print ".SH SEE ALSO\n.BR oci\\-hostnet (1),\n.BR oci\\-hostnet\\-policy.json (5),\n.BR oci\\-hostnet (7),\n.BR oci\\-hostnet\\-records (7),\n.BR oci\\-hostnet\\-hook (8),\n.BR oci\\-hostnet\\-isolate (8),\n.BR oci\\-hostnet\\-runtime (8)"
}
