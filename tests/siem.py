"""What siem.t asks of a file: siem.py QUESTION FILE [FILE]; exits with 1 after a word of why not."""
import base64
import email
import email.policy
import hashlib
import ipaddress
import json
import re
import struct
import subprocess
import sys


def community_id(source, source_port, target, target_port):
    """Community ID version 1 of TCP, seed 0."""
    ends = sorted([(ipaddress.ip_address(source).packed, source_port),
                   (ipaddress.ip_address(target).packed, target_port)])
    text = struct.pack("!H", 0) + ends[0][0] + ends[1][0] + bytes([6, 0])
    text += struct.pack("!HH", ends[0][1], ends[1][1])
    return "1:" + base64.b64encode(hashlib.sha1(text).digest()).decode()


def lines(path):
    with open(path, encoding="utf-8", errors="strict") as file:
        return [json.loads(line) for line in file.read().splitlines()]


def pairs(path, own_path):
    rows, own = lines(path), lines(own_path)
    assert rows and len(rows) == len(own), "as many lines as rows"
    for row, object_ in zip(rows, own):
        kept = row["waxseal"].get("session") or row["waxseal"]["incident"]
        assert kept == object_, "the object of --json is whole"
        yield row, object_


# Elastic Common Schema 8.11: the fields that are used, and of which type each is; "[]" behind it
# where the schema has an array. Behind it what a value must be like.
ECS = {
    "@timestamp": "date",
    "message": "text",
    "ecs.version": ("keyword", "8\\.11\\.0"),
    "event.kind": ("keyword", "alert|event"),
    "event.category": ("keyword[]", "network|intrusion_detection"),
    # network and intrusion_detection expect these, and others.
    "event.type": ("keyword[]", "connection|protocol|info"),
    "event.outcome": ("keyword", "success|failure|unknown"),
    "event.module": "keyword",
    "event.dataset": ("keyword", "waxseal\\.(incident|session)"),
    "event.provider": "keyword",
    "event.action": "keyword",
    "event.code": "keyword",
    "event.id": "keyword",
    "event.reason": "keyword",
    "event.start": "date",
    "event.end": "date",
    "event.severity": "long",
    "network.transport": ("keyword", "tcp"),
    "network.type": ("keyword", "ipv[46]"),
    "network.protocol": ("keyword", "[a-z]+"),
    "network.application": ("keyword", "[a-z0-9-]+"),
    "network.community_id": ("keyword", "1:[A-Za-z0-9+/]{27}="),
    "tls.version": ("keyword", "[0-9.]+"),
    "tls.version_protocol": ("keyword", "tls|ssl"),
    "tls.cipher": "keyword",
    "tls.next_protocol": "keyword",
    "tls.established": "boolean",
    "tls.resumed": "boolean",
    "tls.client.server_name": "keyword",
    "tls.client.ja3": ("keyword", "[0-9a-f]{32}"),
    "tls.server.hash.sha256": ("keyword", "[0-9A-F]{64}"),
    "rule.id": "keyword",
    "rule.name": "keyword",
    "rule.description": "keyword",
    "rule.reference": ("keyword", r"https://www\.rfc-editor\.org/rfc/rfc\d+#section-[\d.]*\d"),
    "rule.ruleset": "keyword",
    "observer.vendor": "keyword",
    "observer.product": "keyword",
    "observer.type": ("keyword", "ids"),
    "observer.version": "keyword",
    "observer.name": "keyword",
    "observer.hostname": "keyword",
    "related.ip": "ip[]",
    "related.hosts": "keyword[]",
}
ECS_NEEDED = {"@timestamp", "ecs.version", "event.kind", "event.category", "event.type"}
for end in ("source", "destination", "client", "server"):
    ECS |= {end + ".address": "keyword", end + ".ip": "ip", end + ".port": "long"}
ECS |= {"destination.domain": "keyword", "server.domain": "keyword"}

# Suricata 7's EVE: likewise. What a rule's metadata are named is its author's to say.
EVE = {
    "timestamp": ("keyword", r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+[+-]\d{4}"),
    "event_type": ("keyword", "alert|smtp"),
    "flow_id": "long",
    "community_id": ("keyword", "1:[A-Za-z0-9+/]{27}="),
    "src_ip": "ip",
    "src_port": "long",
    "dest_ip": "ip",
    "dest_port": "long",
    "proto": ("keyword", "TCP"),
    "app_proto": ("keyword", "smtp"),
    "host": "keyword",
    "alert.action": ("keyword", "allowed"),
    "alert.gid": "long",
    "alert.rev": "long",
    "alert.severity": "long",
    "alert.signature": "keyword",
    "alert.signature_id": "long",
    # Of classification.config.
    "alert.category": ("keyword", "Potentially Bad Traffic|Potential Corporate Privacy Violation"),
    "alert.metadata.kind": "keyword[]",
    "alert.metadata.certainty": "keyword[]",
    "alert.metadata.incident": "keyword[]",
    "smtp.helo": "keyword",
    "tls.version": ("keyword", "SSLv[23]|TLSv1|TLS 1\\.[123]"),
    "tls.sni": "keyword",
    "tls.session_resumed": "boolean",
    "tls.ja3.hash": ("keyword", "[0-9a-f]{32}"),
    "tls.ja4": "keyword",
}
EVE_NEEDED = {"timestamp", "event_type"}


def fields(value, name=""):
    """Names with their dots, but for what is our own."""
    for key, part in value.items():
        if name + key == "waxseal":
            continue
        if isinstance(part, dict):
            yield from fields(part, name + key + ".")
        else:
            yield name + key, part


def is_of(type_, value):
    if type_ == "ip":
        return isinstance(value, str) and ipaddress.ip_address(value) is not None
    if type_ == "date":
        return re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", value) is not None
    # A keyword that is longer is kept and not found.
    if type_ == "keyword":
        return isinstance(value, str) and len(value) <= 1024
    return type(value) is {"text": str, "long": int, "boolean": bool}[type_]


def conforms(schema, needed, row, is_hostile=False):
    """What is hostile keeps to names and types; words of waxseal's own may be any."""
    seen = set()
    for name, value in fields(row):
        assert name in schema, name + ": no field of the schema"
        type_, form = schema[name] if isinstance(schema[name], tuple) else (schema[name], ".*")
        assert type_.endswith("[]") == isinstance(value, list), name + ": array or none"
        for part in value if isinstance(value, list) else [value]:
            assert is_of(type_.removesuffix("[]"), part), (name, part)
            assert is_hostile or re.fullmatch(form, str(part), re.DOTALL), (name, part)
        seen.add(name)
    assert needed <= seen, needed - seen
    return seen


def all_conform(path, schema, needed, unused):
    """Every line; and every field of the schema is there in one of them, or is known not to be."""
    rows, seen = lines(path), set()
    assert rows
    for row in rows:
        seen |= conforms(schema, needed, row)
    assert seen | unused == set(schema), set(schema) ^ (seen | unused)


def ecs_schema(path):
    # Two are of alerts; and no capture has ALPN, which mail does not use.
    all_conform(path, ECS, ECS_NEEDED, {"event.action", "observer.hostname", "tls.next_protocol"})


def eve_schema(path):
    all_conform(path, EVE, EVE_NEEDED, set())


def alerts(path, schema, needed):
    for row in lines(path):
        seen = conforms(schema, needed, row)
        assert row["waxseal"]["event"] == "opened" and row["waxseal"]["incident"]["id"] > 0
        assert schema is EVE or {"event.action", "observer.hostname", "source.ip"} <= seen, seen


def ecs_alerts(path):
    alerts(path, ECS, ECS_NEEDED)


def eve_alerts(path):
    alerts(path, EVE, EVE_NEEDED)


def ecs(path, own_path):
    for row, own in pairs(path, own_path):
        is_incident = "kind" in own
        source, target = row["source"], row["destination"]
        assert row["ecs"]["version"] == "8.11.0"
        assert row["@timestamp"] == own["last_seen" if is_incident else "start"]
        assert row["event"]["kind"] == ("alert" if is_incident else "event")
        assert source == row["client"] and target["ip"] == row["server"]["ip"]
        assert source["ip"] == own["client"] and target["port"] == own["server_port"]
        assert row["network"]["community_id"] == community_id(
            source["ip"], source["port"], target["ip"], target["port"])
        assert row["observer"]["name"] == "tap1"
        if is_incident:
            grades = {"info": 21, "notice": 47, "warning": 73, "critical": 99}
            assert row["event"]["severity"] == grades[own["severity"]]
            assert row["rule"]["name"] == own["kind"]
            continue
        seen = own["tls"]
        if seen["version"]:
            assert "TLSv" + row["tls"]["version"] == seen["version"]
            assert row["tls"]["version_protocol"] == "tls"
            assert row["tls"]["cipher"] == seen["cipher"]
        if seen["cert_sha256"]:
            assert row["tls"]["server"]["hash"]["sha256"] == seen["cert_sha256"].upper()
        assert row["tls"]["established"] if own["outcome"] == "encrypted" else True
        assert not row.get("tls", {}).get("established") or own["outcome"] == "encrypted"


def eve(path, own_path):
    flows = {}
    for row, own in pairs(path, own_path):
        is_incident = "kind" in own
        at = own["last_seen" if is_incident else "start"]
        assert row["timestamp"] == at.replace("Z", "+0000")
        assert row["event_type"] == ("alert" if is_incident else "smtp")
        assert row["community_id"] == community_id(
            row["src_ip"], row["src_port"], row["dest_ip"], row["dest_port"])
        assert flows.setdefault(row["community_id"], row["flow_id"]) == row["flow_id"]
        assert 0 <= row["flow_id"] < 2 ** 53
        if is_incident:
            ranks = {"info": 4, "notice": 3, "warning": 2, "critical": 1}
            assert row["alert"]["severity"] == ranks[own["severity"]]
            assert 1000000 <= row["alert"]["signature_id"] < 2000000
        elif own["tls"]["version"]:
            assert row["tls"]["version"] == own["tls"]["version"].replace("v", " ")
    assert len(set(flows.values())) == len(flows)


def is_shown(text):
    """Nothing that moves a cursor or turns a line."""
    return not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]", text)


def texts(value):
    if isinstance(value, str):
        yield value
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else []:
        yield from texts(part)


def hostile_json(path):
    rows = lines(path)
    assert len(rows) == 1, "one line"
    assert all(is_shown(text) for text in texts(rows[0]))
    return rows[0]


def hostile(name, path):
    size = len(open(path, "rb").read())
    assert 0 < size < 256 << 10, "within what a sink takes"
    if name == "mail":
        return hostile_mail(path)
    if name == "syslog":
        return hostile_syslog(path)
    row = hostile_json(path)
    if name == "chat":
        assert set(row) == {"text"} and len(row["text"]) < 4000
        assert row["text"].count("```") == 2 and "<" not in row["text"]
    if name == "alertmanager":
        assert [set(a) for a in row] == 2 * [
            {"labels", "annotations", "startsAt", "endsAt", "generatorURL"}]
        assert re.fullmatch(r"[a-z]+://[A-Za-z0-9._%-]*/incidents/3", row[0]["generatorURL"])
    if name in ("ecs", "eve"):
        conforms(*((ECS, ECS_NEEDED) if name == "ecs" else (EVE, EVE_NEEDED)), row, True)
        assert row["waxseal"]["incident"]["id"] == 3
    return None


def hostile_mail(path):
    with open(path, "rb") as file:
        raw = file.read()
    assert all(len(line) <= 998 for line in raw.split(b"\n")) and b"\r" not in raw
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert not message.defects, message.defects
    assert sorted(message.keys()) == sorted([
        "Date", "From", "To", "Subject", "Message-ID", "References", "Auto-Submitted",
        "MIME-Version", "Content-Type", "Content-Transfer-Encoding"])
    for field in message.values():
        assert not field.defects, (field, field.defects)
    assert message["Subject"].startswith("[waxseal] critical: a\"b\\c]d[e  Bcc: x@example.com ")
    assert message["Date"].datetime.isoformat() == "2026-03-09T09:07:00+00:00"
    body = message.get_content()
    assert is_shown(body) and "Stra\u00dfe \U0001f4e7" in body and "\nBcc" not in body
    assert body.count("\n- ") == 65, "64 lines of evidence, and that they may be cut"


def hostile_syslog(path):
    with open(path, encoding="utf-8", errors="strict", newline="") as file:
        text = file.read()
    assert len(text.encode()) <= 2048 and is_shown(text) and "\n" not in text
    value = r'"(?:[^"\\\]]|\\["\\\]])*"'
    form = (r"<26>1 2026-03-09T09:07:00\.006760Z [!-~]{1,255} waxseal - [!-~]{1,32} "
            r"\[waxseal@32473((?: [a-z_]+=" + value + r")+)\] \ufeffcritical: .*\.\.\.")
    found = re.fullmatch(form, text)
    assert found, text
    names = re.findall(r" ([a-z_]+)=" + value, found.group(1))
    assert len(names) == len(set(names)) and "domain" in names


def holds(row, shown):
    """Whether what is shown is there; members may be left out."""
    if isinstance(shown, dict):
        return all(key in row and holds(row[key], shown[key]) for key in shown)
    return row == shown


def readme(path, program):
    with open(path, encoding="utf-8") as file:
        page = file.read().split("## For a SIEM")[1].split("\n## ")[0]
    shown = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", page, re.DOTALL)]
    assert len(shown) == 2
    for sample, name in zip(shown, ("ecs", "eve")):
        out = subprocess.run([program, "--config", "/dev/null", "incidents", "--format", name],
                             check=True, capture_output=True, text=True).stdout
        sample["waxseal"]["incident"].pop("id")
        for part in (sample.get("event", {}), sample.get("alert", {}).get("metadata", {})):
            part.pop("id", None)
        assert any(holds(json.loads(row), sample) for row in out.splitlines()), sample


question, arguments = sys.argv[1], sys.argv[2:]
if question.startswith("hostile-"):
    hostile(question[len("hostile-"):], *arguments)
else:
    {"ecs": ecs, "eve": eve, "ecs-schema": ecs_schema, "eve-schema": eve_schema,
     "ecs-alerts": ecs_alerts, "eve-alerts": eve_alerts,
     "readme": readme}[question](*arguments)
