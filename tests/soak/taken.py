"""
What a sink took, a line each, as rows: sink, how, line, alert, at, incident, event.

	taken.py SINK [HOW]

A line that cannot be read is how "cut". Alertmanager is not told an alert's number: there "at" is
when the incident was first seen.
"""

import datetime
import json
import re
import sys

EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
LOG = re.compile(r'<\d+>1 (\S+) \S+ waxseal - \S+ \[waxseal@32473 event="(\w+)" alert="(\d+)"(.*)')


def moment(text):
    return (datetime.datetime.fromisoformat(text.replace("Z", "+00:00")) - EPOCH) // datetime.timedelta(
        microseconds=1)


def of_json(line):
    alert = json.loads(line)
    if isinstance(alert, list):
        alert = alert[-1]
        return 0, moment(alert["startsAt"]), alert["labels"].get("incident", 0), "-"
    incident = alert.get("incident") or {}
    return alert["alert"], moment(alert["at"]), incident.get("id", 0), alert["event"]


def of_syslog(line):
    at, event, alert, rest = LOG.match(line).groups()
    incident = re.search(r' incident="(\d+)"', rest)
    return alert, moment(at), incident.group(1) if incident else 0, event


sink, how = sys.argv[1], (sys.argv[2:] or ["taken"])[0]
for number, line in enumerate(sys.stdin.buffer, 1):
    line = line.decode(errors="replace").strip()
    try:
        row = of_syslog(line) if sink == "siem" else of_json(line)
        print(sink, how, number, *row)
    except (ValueError, KeyError, AttributeError, IndexError):
        print(sink, "cut", number, 0, 0, 0, "-")
