# SPDX-License-Identifier: MIT
#
# What a page marks as an example, into the directory OUT. A comment says what the display after it
# is: `example file NAME`; `example sh`, all of which become one script; `example output`, which is
# what the script prints; `example request` and `example reply`, which become lines of hex.

/^\.\\" example / {
	kind = $3
	name = kind == "file" ? $4 : kind == "request" || kind == "reply" ? "exchange" : kind
	next
}

/^\.Bd -literal/ && kind != "" {
	inside = 1
	line = kind
	next
}

/^\.Ed/ && inside {
	if (name == "exchange")
		print line >>(OUT "/" name)
	inside = 0
	kind = ""
	next
}

inside {
	gsub(/\\&/, "")
	gsub(/\\e/, "\\")
	if (name == "exchange")
		line = line " " $0
	else
		print >>(OUT "/" name)
}
