# SPDX-License-Identifier: MIT
#
# The tables of prshm-protocol(7) in the form of wire-tables.c: after each comment that announces
# one, its items, without their last column where that is for people.

/^\.\\" (struct|ops|statuses|limits|enum)/ {
	sub(/^\.\\" /, "")
	print
	table = $1
	next
}

table == "" || /^\.It Sy / {
	next
}

/^\.El/ {
	table = ""
	next
}

!sub(/^\.It /, "") {
	next
}

table == "struct" || table == "enum" {
	sub(/ Ta [^T]*$/, "")
}

{
	columns = split($0, column, / Ta /)
	if (table == "struct")
		print column[1], column[2], column[3]
	else if (table == "enum")
		print column[1], column[2]
	else if (table == "limits")
		print $1
	else if (table == "ops")
		print column[1], column[2], column[3], column[4], toupper(column[5])
	else
		print
}
