# Lines "seconds role kilobytes descriptors", in their order; seconds: of the whole run. The last of each
# role beside the most that it had in the middle third, readers together: a little more than that is
# noise, as of what is open to a sink just then. Of each server, client or pair that is new since the
# keeper keeps what it knows, up to a bound of its own (monitor/baseline): "subjects" has how many.
{
	key = $1 " " $2
	if (!(key in memory))
		order[++count] = key
	memory[key] += $3
	files[key] += $4
}
END {
	for (i = 1; i <= count; i++) {
		split(order[i], at, " ")
		role = at[2]
		last[role] = order[i]
		if (at[1] < seconds / 3 || at[1] > seconds * 2 / 3)
			continue
		if (memory[order[i]] > most[role])
			most[role] = memory[order[i]]
		if (files[order[i]] > open[role])
			open[role] = files[order[i]]
	}
	for (role in last) {
		now = memory[last[role]]
		if (!(role in most)) {
			printf "%s: %d kB and %d descriptors at the end\n", role, now, files[last[role]]
			continue
		}
		if (role == "subjects") {
			printf "subjects: %d in the middle, %d at the end\n", most[role], now
			continue
		}
		printf "%s: at most %d kB and %d descriptors in the middle, %d and %d at the end\n",
		    role, most[role], open[role], now, files[last[role]]
		if (role == "keeper") # a kilobyte each
			now -= memory[last["subjects"]] - most["subjects"]
		if (now > most[role] * 1.05 + 256)
			printf "BAD: memory of the %s grows\n", role
		if (files[last[role]] > open[role] + (role ~ /courier|runner|checker|exporter/ ? 4 : 0))
			printf "BAD: descriptors of the %s grow\n", role
	}
}
