# SPDX-License-Identifier: Apache-2.0
# awk -f chart.awk bench.tsv - an SVG chart of the table that table.awk makes. First what has a goal: the
# line is the goal, and a bar that ends at it has just reached it. Then the rest by unit, beside the
# greatest of its unit. On a panel of its own, so that it can be read on any background.
BEGIN {
	FS = "\t"
	GOAL = 300; FULL = 400; LEFT = 330; ROW = 22; TEXT = 320
}
/^#/ || NF == 0 { next }
{
	name[++count] = $1
	value[count] = $2
	unit[count] = $3
	goal[count] = $4
	met[count] = $5
	if ($4 == "") {
		if (!($3 in most)) { most[$3] = 0; units[++unit_count] = $3 }
		if ($2 + 0 > most[$3]) most[$3] = $2 + 0
	}
}
function escaped(text) {
	gsub(/&/, "\\&amp;", text)
	gsub(/</, "\\&lt;", text)
	gsub(/>/, "\\&gt;", text)
	return text
}
function shown(v) { return v !~ /^[-0-9.e+]+$/ ? v : v + 0 >= 100 ? sprintf("%.0f", v) : sprintf("%.4g", v) }
function heading(text) {
	y += ROW * 1.2
	body = body sprintf("<text class=\"heading\" x=\"12\" y=\"%.1f\">%s</text>\n", y + 15, escaped(text))
	y += ROW
}
function bar(i, length_, class, label) {
	if (length_ > FULL) length_ = FULL
	if (!(length_ > 0)) length_ = 0
	body = body sprintf("<text class=\"name\" x=\"%d\" y=\"%.1f\">%s</text>\n", LEFT - 8, y + 15, escaped(name[i]))
	body = body sprintf("<rect class=\"%s\" x=\"%d\" y=\"%.1f\" width=\"%.1f\" height=\"%d\"/>\n", class, LEFT, y + 3, length_, ROW - 6)
	if (goal[i] != "")
		body = body sprintf("<line class=\"goal\" x1=\"%d\" y1=\"%.1f\" x2=\"%d\" y2=\"%.1f\"/>\n", LEFT + GOAL, y, LEFT + GOAL, y + ROW)
	body = body sprintf("<text x=\"%d\" y=\"%.1f\">%s</text>\n", LEFT + FULL + 10, y + 15, escaped(label))
	y += ROW
}
END {
	y = 8
	body = "<text class=\"title\" x=\"12\" y=\"26\">oci-hostnet: make bench</text>\n"
	y += ROW * 0.6
	for (i = 1; i <= count; i++)
		if (goal[i] != "") {
			if (!headed++) heading("Goals (the line; <= left of it, >= right of it)")
			split(goal[i], parts, " ")
			bar(i, value[i] / parts[2] * GOAL, met[i] == "yes" ? "bar met" : "bar missed",
				shown(value[i]) (unit[i] == "ratio" ? "" : " " unit[i]) ", goal " goal[i] (met[i] == "yes" ? "" : ": missed"))
		}
	for (u = 1; u <= unit_count; u++) {
		heading("In " units[u])
		for (i = 1; i <= count; i++)
			if (goal[i] == "" && unit[i] == units[u])
				bar(i, most[units[u]] > 0 ? value[i] / most[units[u]] * FULL : 0, "bar", shown(value[i]))
	}
	width = LEFT + FULL + 10 + TEXT
	y += 12
	printf "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" font-family=\"sans-serif\" font-size=\"13\">\n", width, y, width, y
	print "<style>text { fill: #1f2328 } .name { text-anchor: end } .title { font-size: 16px; font-weight: bold } .heading { font-weight: bold } .panel { fill: #ffffff; stroke: #8c959f } .bar { fill: #6e7fb5 } .met { fill: #2e8540 } .missed { fill: #c22f2f } .goal { stroke: #1f2328; stroke-width: 2 }</style>"
	printf "<rect class=\"panel\" x=\"0.5\" y=\"0.5\" width=\"%d\" height=\"%d\" rx=\"6\"/>\n", width - 1, y - 1
	printf "%s</svg>\n", body
}
