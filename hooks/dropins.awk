# SPDX-License-Identifier: Apache-2.0
# Makes dropins.h of the files under hooks/: awk -v sbindir=DIR -v sysconfdir=DIR -f dropins.awk FILE.in...
# hooks/docker/daemon.json.in becomes dropin_docker_daemon_json.
BEGIN { print "/* Made from the files under hooks/; change them instead. */\n#ifndef HOSTNET_DROPINS_H\n#define HOSTNET_DROPINS_H" }
FNR == 1 {
  if (NR > 1) print "  ;"
  name = FILENAME
  sub (/^.*hooks\//, "", name); sub (/\.in$/, "", name); gsub (/[^a-z0-9]/, "_", name)
  print "\nstatic const char dropin_" name "[] ="
}
{
  # by hand: in the new text of sub() an & of a path would be the old one
  $0 = put($0, "@sbindir@", sbindir); $0 = put($0, "@sysconfdir@", sysconfdir)
  gsub (/\\/, "&&"); gsub (/"/, "\\\"")
  print "  \"" $0 "\\n\""
}
END { print "  ;\n\n#endif" }
function put(line, mark, value,    at, done)
{
  while ((at = index (line, mark)) > 0)
    {
      done = done substr (line, 1, at - 1) value
      line = substr (line, at + length (mark))
    }
  return done line
}
