# For alert_killed.t: what became of each watch that was killed, as its database and the sinks' logs say.
# killed.py FOLDER PREFIX: of the watches whose sensor begins so. FOLDER/db has of each its database, called like
# its sensor, and beside it with ".then" what stood there when it was dead: lines "ALERT|SINK|STATE|TRIES", then
# "/LOG BYTES" of each log. Prints what is wrong, and a summary.
import collections, glob, os, re, sqlite3, sys

folder, prefix = sys.argv[1:]
sinks = {"16": "udp", "17": "tcp", "18": "tls", "19": "local"}
syslog = re.compile(rb'^(1[6-9])\.\d\|waxseal\|\[waxseal@32473 event="\w+" alert="(\d+)" sensor="([^"]+)"')
posted = re.compile(rb'"waxseal":1,"event":"\w+".*"alert":(\d+)')
sensor = re.compile(rb'"sensor":"([^"]+)"')


def read(log, sink):
    """All lines of a log: where it ends, whose it is, what came to which sink."""
    at = 0
    for line in open(os.path.join(folder, log), "rb"):
        at += len(line)
        if sink is None:
            found = syslog.match(line)
            if found:
                yield at, found[3].decode(), (int(found[2]), sinks[found[1].decode()])
        else:
            found, whose = posted.search(line), sensor.search(line)
            if found and whose:
                yield at, whose[1].decode(), (int(found[1]), sink)


came = collections.defaultdict(list)
for log, sink in ("rsyslog.log", None), ("web.log", "hook"), ("out/taken", "run"), ("out/file", "file"):
    for at, whose, what in read(log, sink):
        came[whose].append((what, log, at))

wrong = twice = 0
names = [os.path.basename(n)[:-5] for n in glob.glob(os.path.join(folder, "db", prefix + "*.then"))]
for name in names:
    rows = sqlite3.connect(os.path.join(folder, "db", name)).execute("SELECT id, sink, state FROM v_alerts").fetchall()
    then, sizes = {}, {}
    for line in open(os.path.join(folder, "db", name + ".then")):
        if line[0] == "/":
            log, size = line[1:].split()
            sizes[log] = int(size)
        else:
            alert, sink, state, tries = line.strip().split("|")
            then[int(alert), sink] = state, int(tries)
    times = collections.Counter(what for what, _, _ in came[name])
    early = {what for what, log, at in came[name] if at <= sizes[log]}
    if len(rows) != 12 or set(times) - {(a, s) for a, s, _ in rows}:
        wrong += 1
        print(name, "has not what is to be alerted of:", rows, times)
    for alert, sink, state in rows:
        what, n = (alert, sink), times[alert, sink]
        state_then, tries = then.get(what, ("", 0))
        # Sent and not marked; or lost with its process and sent again by the same watch.
        may_be_twice = (state_then == "waiting" and what in early) or (state_then == "sent" and tries > 1)
        twice += n == 2
        if state != "sent" or not 1 <= n <= 1 + may_be_twice:
            wrong += 1
            print(name, what, state, "came", n, "times; when it was dead:", state_then, tries, what in early)
print("# %d kills, %d came twice, %d wrong" % (len(names), twice, wrong))
sys.exit(wrong > 0 or not names)
