# SPDX-License-Identifier: MIT
#
# The verdict on each row, as TAP. Three inputs, told apart by the variable part: the list of
# differences, the rows of NSPR, the rows of prshm. A row that was not run (`# needs ...`) is
# skipped if the other side did not run it either, or is a recording.

BEGIN {
	FS = "\t"
}

/^#/ || /^$/ || (part == "differences" && $1 == "reason") {
	next
}

function remember(key) {
	if (!(key in known)) {
		known[key] = 1
		keys[++total] = key
	}
}

part == "differences" {
	if (NF != 3 || $1 in listed)
		complaint[$1] = NF != 3 ? "is not listed as three fields" : "is listed twice"
	listed[$1] = 1
	listed_nspr[$1] = $2
	listed_prshm[$1] = $3
	next
}

# The result is what follows the last separator.
{
	match($0, / \| [^|]*$/)
	key = substr($0, 1, RSTART - 1)
	value = substr($0, RSTART + 3)
	if ((part, key) in result)
		complaint[key] = "was printed twice"
	result[part, key] = value
	printed[part, key] = 1
	remember(key)
}

# What is wrong; the empty string if all is well.
function judge(key, nspr, prshm) {
	if (key in complaint)
		return complaint[key]
	if (!(("nspr", key) in printed))
		return "is missing on NSPR's side"
	if (!(("prshm", key) in printed))
		return "is missing on prshm's side"
	if (!(key in listed))
		return nspr == prshm ? "" : "differs, and is not listed"
	if (nspr == prshm)
		return "is listed, but does not differ any more"
	if (nspr != listed_nspr[key] || prshm != listed_prshm[key])
		return "does not differ as listed"
	return ""
}

function report(number, key, nspr, prshm, why) {
	if (prshm ~ /^# / && (recorded || nspr == prshm)) {
		printf "ok %d - %s # SKIP %s\n", number, key, substr(prshm, 3)
		return
	}
	why = judge(key, nspr, prshm)
	if (why == "") {
		printf "ok %d - %s%s\n", number, key, key in listed ? " (differs as listed)" : ""
		return
	}
	failed++
	printf "not ok %d - %s\n#   %s\n", number, key, why
	printf "#   NSPR:  %s\n#   prshm: %s\n", nspr, prshm
	if (key in listed)
		printf "#   listed: %s, %s\n", listed_nspr[key], listed_prshm[key]
}

END {
	for (key in listed)
		remember(key)
	printf "1..%d\n", total
	for (i = 1; i <= total; i++)
		report(i, keys[i], result["nspr", keys[i]], result["prshm", keys[i]])
	exit failed > 0
}
