# SPDX-License-Identifier: MIT
#
# Draws the tables that "report --tables=DIRECTORY" has written, as SVG beside them:
#	gnuplot -c plot.gp DIRECTORY
# bench/report tells their columns. Ours have one colour in all plots.

directory = ARG1
colour(kind) = kind == 1 ? 0xd1495b : kind == 0 ? 0xa8a8a8 : 0x30638e
comment(file, number) = system(sprintf("sed -n '%ds/^# //p' '%s'", number, file))
tables(kind) = system("cd '".directory."' && ls *.".kind.".tsv 2>/dev/null")
key_of(file) = file[1:strstrt(file, ".") - 1]

set datafile separator "\t"
set datafile missing "?"
set encoding utf8
set style fill solid 1.0 noborder
set border 3 lc rgb 0x606060
set grid x lc rgb 0xe0e0e0 lt 1
set tics nomirror out

# One panel: a competitor a row, the first on top; names only where there is room for them.
LEFT = 0.29
panel(number) = sprintf("set lmargin at screen %f; set rmargin at screen %f", \
	LEFT + number * 0.36, LEFT + 0.33 + number * 0.36)
name(number) = number == 0 ? strcol(1) : ""
pass_title(number) = number == 0 ? "all on one CPU" : "the servers on another CPU"

# Column of the median; p99, p99.9 and the ratio follow it.
column_of(number) = 3 + 4 * number

do for [file in tables("times")] {
	path = directory."/".file
	set autoscale
	stats path using (column(0)) nooutput
	rows = STATS_records
	panels = int(comment(path, 3))

	# Ratios. On a logarithmic scale a bar has no natural foot: it stands on the base, at 1.
	height = 125 + 26 * rows
	set terminal svg size 1000, height font "sans,13" noenhanced background 0xffffff
	set output directory."/".key_of(file)."-ratio.svg"
	set multiplot title comment(path, 1)."\nhow many times as long as \"".comment(path, 2)."\"" \
		noenhanced
	set tmargin at screen 1 - 80.0 / height
	set bmargin at screen 45.0 / height
	set logscale x 2
	unset key
	do for [number = 0:panels - 1] {
		c = column_of(number) + 3
		set autoscale # stats sees the ranges
		stats path using c nooutput
		eval panel(number)
		set title pass_title(number) offset 0, -0.5
		set yrange [rows - 0.4:-0.6]
		set xrange [STATS_min / 1.5:STATS_max * 1.9]
		set xtics 2 format "%g"
		set arrow 1 from 1, graph 0 to 1, graph 1 nohead lc rgb 0x606060
		plot path using c:0:(1):c:($0 - 0.36):($0 + 0.36):(colour($2)):ytic(name(number)) \
			with boxxyerror lc rgb variable, \
			path using (column(c) > 1 ? column(c) : 1):0:(sprintf("%.2f", column(c))) \
			with labels left offset 0.4, 0
	}
	unset multiplot
	unset arrow 1

	# Times: the median, and by a line, the 99 % and the 99.9 %.
	set output directory."/".key_of(file)."-latency.svg"
	set multiplot title comment(path, 1)."\nmicroseconds: median ●, 99 % ○, 99.9 % ×" noenhanced
	set logscale x 10
	do for [number = 0:panels - 1] {
		c = column_of(number)
		eval panel(number)
		set title pass_title(number) offset 0, -0.5
		set autoscale # stats sees the ranges
		stats path using c nooutput
		least = STATS_min
		stats path using c + 2 nooutput
		set yrange [rows - 0.4:-0.6]
		set xrange [least / 1.6:STATS_max * 1.6]
		set xtics 10 format "%g"
		plot path using c:0:(column(c + 2) - column(c)):(0):(colour($2)):ytic(name(number)) \
			with vectors nohead lw 2 lc rgb variable, \
			path using c:0:(colour($2)) with points pt 7 ps 0.8 lc rgb variable, \
			path using (column(c + 1)):0:(colour($2)) with points pt 6 ps 0.8 lc rgb variable, \
			path using (column(c + 2)):0:(colour($2)) with points pt 2 ps 0.7 lc rgb variable, \
			path using c:($0 - 0.38):(sprintf("%.1f", column(c))) \
			with labels left font "sans,9" offset -0.5, 0
	}
	unset multiplot
}

# Series of the sections: ours differ by their points.
set tmargin
set bmargin
set lmargin
set rmargin
unset yrange
set autoscale
set ytics auto format "%g"
set grid x y lc rgb 0xe0e0e0 lt 1
set logscale y 10
set key outside right top Left reverse
set xtics ()
bytes(x) = x < 2**20 ? sprintf("%g KiB", x / 2**10) : x < 2**30 ? sprintf("%g MiB", x / 2**20) \
	: sprintf("%g GiB", x / 2**30)
tic(x) = are_bytes ? bytes(x) : sprintf("%.0f", x)
do for [file in tables("points")] {
	path = directory."/".file
	set autoscale
	stats path using 1 nooutput
	blocks = STATS_blocks
	set terminal svg size 1000, 480 font "sans,13" noenhanced background 0xffffff
	set output directory."/".key_of(file).".svg"
	set title comment(path, 1) noenhanced
	set xrange [STATS_min / 1.5:STATS_max * 1.5]
	are_bytes = int(STATS_min) % 1024 == 0
	set logscale x are_bytes ? 2 : 10
	plot for [i = 0:blocks - 1] path index i using 1:2:(colour($3)):xtic(tic($1)) \
		with linespoints pt i + 4 lw 2 lc rgb variable title columnheader(1)
}
