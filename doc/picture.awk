# SPDX-License-Identifier: Apache-2.0
# Makes an SVG of boxes and arrows; doc/pipeline.txt says how they are written. On a ground of its own,
# since a page may be dark.
function escaped(text) { gsub (/&/, "\\&amp;", text); gsub (/</, "\\&lt;", text); gsub (/>/, "\\&gt;", text); return text }
function trimmed(text) { gsub (/^ +| +$/, "", text); return text }
function give_up(what) { print "picture.awk: line " NR ": " what > "/dev/stderr"; failed = 1; exit 1 }
# Sets at_x and at_y to a place on the side of a box.
function place(id, side,   parts, share) {
  if (!(id in left)) give_up("there is no box " id)
  share = split (side, parts, ":") > 1 ? parts[2] / 100 : 0.5
  if (parts[1] == "left" || parts[1] == "right")
    { at_x = left[id] + (parts[1] == "right" ? width[id] : 0); at_y = top[id] + height[id] * share }
  else if (parts[1] == "top" || parts[1] == "bottom")
    { at_x = left[id] + width[id] * share; at_y = top[id] + (parts[1] == "bottom" ? height[id] : 0) }
  else give_up("there is no side " side)
}
function text(x, y, class, what) {
  body = body sprintf ("<text x=\"%g\" y=\"%g\" class=\"%s\">%s</text>\n", x, y, class, escaped(what))
}
/^#/ || NF == 0 { next }
{ fields = split ($0, column, "|"); split (column[1], word, " ") }
word[1] == "size" { all_width = word[2]; all_height = word[3]; next }
word[1] == "describe" { about = trimmed(substr ($0, length ("describe") + 1)); next }
word[1] == "box" {
  id = word[2]; left[id] = word[4]; top[id] = word[5]; width[id] = word[6]; height[id] = word[7]
  body = body sprintf ("<rect x=\"%g\" y=\"%g\" width=\"%g\" height=\"%g\" rx=\"8\" class=\"%s\"/>\n", word[4], word[5], word[6], word[7], word[3])
  y = word[5] + word[7] / 2 - (fields - 2) * 9 + 5
  for (i = 2; i <= fields; i++)
    text(word[4] + word[6] / 2, y + (i - 2) * 18 + (i > 2 ? 2 : 0), i == 2 ? "title" : "line", trimmed(column[i]))
  next
}
word[1] == "arrow" {
  place(word[2], word[3]); x1 = at_x; y1 = at_y
  place(word[4], word[5])
  body = body sprintf ("<line x1=\"%g\" y1=\"%g\" x2=\"%g\" y2=\"%g\" class=\"arrow\"/>\n", x1, y1, at_x, at_y)
  if (fields > 1)
    text((x1 + at_x) / 2 + (x1 == at_x ? 22 : 0), (y1 + at_y) / 2 + (x1 == at_x ? 4 : -8), "label", trimmed(column[2]))
  next
}
{ give_up("neither size, describe, box nor arrow") }
END {
  if (failed) exit 1
  printf "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %g %g\" width=\"%g\" height=\"%g\" role=\"img\">\n", all_width, all_height, all_width, all_height
  print "<!-- Made from doc/pipeline.txt by doc/picture.awk; change these instead. -->"
  print "<title>" escaped(about) "</title>"
  print "<defs><marker id=\"head\" viewBox=\"0 0 10 10\" refX=\"9\" refY=\"5\" markerWidth=\"8\" markerHeight=\"8\" orient=\"auto\"><path d=\"M0 0L10 5L0 10z\" fill=\"#444\"/></marker></defs>"
  print "<style>\ntext { font-family: system-ui, 'DejaVu Sans', Helvetica, Arial, sans-serif; text-anchor: middle; fill: #1b1f24 }"
  print ".title { font-size: 15px; font-weight: 600 } .line { font-size: 13px } .label { font-size: 13px; fill: #444 }"
  print "rect { stroke-width: 1.5 } .ground { fill: #ffffff; stroke: #d0d7de } .ours { fill: #dbeafe; stroke: #2563eb }"
  print ".theirs { fill: #f3f4f6; stroke: #6b7280 } .end { fill: #ecfccb; stroke: #4d7c0f } .stop { fill: #fee2e2; stroke: #b91c1c }"
  print ".arrow { stroke: #444; stroke-width: 1.5; marker-end: url(#head) }\n</style>"
  printf "<rect x=\"1\" y=\"1\" width=\"%g\" height=\"%g\" rx=\"12\" class=\"ground\"/>\n%s</svg>\n", all_width - 2, all_height - 2, body
}
