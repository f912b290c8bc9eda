# What tshark printed of one capture, a line a segment, into rows for tests/tshark.sql.
#
# -v set=SET -v file=NAME -v out=PREFIX; three files, whose columns are those of the tables there:
#   PREFIX.segment  a segment
#   PREFIX.line     a command line, or a line of a reply; numbered within its segment
#   PREFIX.hello    a ClientHello (1), a ServerHello (2), a certificate (11)
#
# tshark names a reply once, by its first line, and lists the parameters of all lines of all
# replies of a segment; which begins a reply is told by comparing the two.
BEGIN {
	FS = OFS = "\t"
	LIST = "\037"
}

# The address of the innermost IP header, of which there may be several.
function inner(four, six,    n, i, names, is_six, list) {
	n = split($3, names, ":")
	for (i = 1; i <= n && names[i] != "tcp"; i++)
		if (names[i] == "ip" || names[i] == "ipv6")
			is_six = names[i] == "ipv6"
	n = split(is_six ? six : four, list, LIST)
	return list[n]
}

function emit(kind, code, more, text) {
	print set, file, $4, $1, ++place, kind, code, more, text >(out ".line")
}

function commands(    n, i, list) {
	n = split($17, list, LIST)
	for (i = 1; i <= n; i++) {
		sub(/(\\r)?\\n$/, "", list[i])
		emit("command", "", 0, list[i])
	}
}

function replies(    n, m, i, k, first, text) {
	n = split($18, first, LIST)
	m = split($19, text, LIST)
	for (i = 1; i <= n; i++)
		sub(/(\\r)?\\n$/, "", first[i])
	i = 0
	for (k = 1; k <= m; k++) {
		while (i < n && length(first[i + 1]) <= 4)
			begin(first[++i])
		if (i < n && substr(first[i + 1], 5) == text[k])
			begin(first[++i])
		else
			emit("more", substr(first[i], 1, 3), 0, text[k])
	}
	while (i < n)
		begin(first[++i])
}

function begin(line) {
	emit("reply", substr(line, 1, 3), substr(line, 4, 1) == "-", substr(line, 5))
}

# A segment has hellos of one side only, and of each kind one.
function hellos(    n, i, list, seen) {
	n = split($20, list, LIST)
	for (i = 1; i <= n; i++)
		if (list[i] ~ /^(1|2|11)$/ && !(list[i] in seen)) {
			seen[list[i]] = 1
			print set, file, $4, $1, list[i], $21, $22, $23, $24, $25, $26, $27, $28, $29, $30 \
			    >(out ".hello")
		}
}

{
	place = 0
	# Bits of the flags: SYN is 0x02, ACK 0x10.
	print set, file, $4, $1, $2, inner($5, $7), $9, inner($6, $8), $10, $11 ~ /[2367abef]$/, \
	    $11 ~ /[13579bdf].$/, $12, ($13 > $14), $15 != "" || $16 != "" >(out ".segment")
	commands()
	replies()
	hellos()
}
