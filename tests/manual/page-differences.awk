# SPDX-License-Identifier: MIT
#
# The section DIFFERENCES FROM NSPR of prshm(7) in the form of expected-differences.txt. An item
# begins with the reason; its literal part has lines of three depths: the case, the call, and what
# NSPR and prshm do.

function end_reason() {
	if (reason != "")
		print "reason\t" reason
	reason = ""
	in_reason = 0
}

/^\.Sh / {
	inside = $0 == ".Sh DIFFERENCES FROM NSPR"
}

!inside {
	next
}

/^\.It$/ {
	in_reason = 1
	next
}

/^\./ {
	end_reason()
	literal = $1 == ".Bd" || (literal && $1 != ".Ed")
	next
}

in_reason {
	reason = reason (reason == "" ? "" : " ") $0
}

literal && /^[^ ]/ {
	situation = $0
}

literal && /^    [^ ]/ {
	call = substr($0, 5)
}

literal && /^        [^ ]/ {
	arrow = index($0, " -> ")
	print situation " | " call "\t" substr($0, 9, arrow - 9) "\t" substr($0, arrow + 4)
}
