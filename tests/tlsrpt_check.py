#!/usr/bin/env python3
"""Checks reports against RFC 8460: the members and types of sections 4.4 and 4.5, in I-JSON (RFC
7493), the result types of section 4.3, the names and compression of files of sections 5.1 and 5.2.
What is wrong is told, a line each.

tests/tlsrpt_check.py FILE...
"""
import datetime
import gzip
import ipaddress
import json
import os
import re
import sys

import jsonschema

COUNT = {"type": "integer", "minimum": 0}
TEXT = {"type": "string", "minLength": 1}
LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
DOMAIN = {"type": "string", "pattern": rf"^{LABEL}(?:\.{LABEL})*$"}  # A-labels, section 4.4
SECOND = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$"}

# Section 4.3: the initial set, as IANA registers it (section 6.6).
RESULTS = [
    "starttls-not-supported", "certificate-host-mismatch", "certificate-expired",
    "certificate-not-trusted", "validation-failure",
    "tlsa-invalid", "dnssec-invalid", "dane-required",
    "sts-policy-fetch-error", "sts-policy-invalid", "sts-webpki-invalid",
]
# Those that are of a policy and not of a connection: nobody was connected to.
OF_POLICY = RESULTS[5:]

FAILURE = {
    "type": "object",
    "required": ["result-type", "failed-session-count"],
    "properties": {
        "result-type": {"enum": RESULTS},
        "sending-mta-ip": TEXT,
        "receiving-mx-hostname": TEXT,
        "receiving-mx-helo": TEXT,
        "receiving-ip": TEXT,
        "failed-session-count": {"type": "integer", "minimum": 1},
        "additional-information": {"type": "string", "format": "uri"},
        "failure-reason-code": TEXT,
    },
    "additionalProperties": False,
    "if": {"properties": {"result-type": {"not": {"enum": OF_POLICY}}}},
    "then": {"required": ["sending-mta-ip", "receiving-mx-hostname", "receiving-ip"]},
}

STRINGS = {"type": "array", "items": TEXT, "minItems": 1}
POLICY = {
    "type": "object",
    "required": ["policy-type", "policy-domain"],
    "properties": {
        "policy-type": {"enum": ["tlsa", "sts", "no-policy-found"]},
        "policy-string": STRINGS,
        "policy-domain": DOMAIN,
        "mx-host": {"type": "array", "items": TEXT},
    },
    "additionalProperties": False,
    "allOf": [
        {  # Section 4.5: RDATA in presentation format, without blanks or parentheses inside.
            "if": {"properties": {"policy-type": {"const": "tlsa"}}},
            "then": {
                "required": ["policy-string"],
                "not": {"required": ["mx-host"]},  # of "sts" alone, section 4.4
                "properties": {"policy-string": {
                    "items": {"pattern": r"^\d{1,3} \d{1,3} \d{1,3} (?:[0-9A-Fa-f]{2})+$"}}},
            },
        },
        {  # Section 4.5: a string for each line, each mx by itself.
            "if": {"properties": {"policy-type": {"const": "sts"}}},
            "then": {
                "required": ["policy-string", "mx-host"],
                "properties": {"policy-string": {"contains": {"pattern": "^version: *STSv1"}}},
            },
        },
        {
            "if": {"properties": {"policy-type": {"const": "no-policy-found"}}},
            "then": {"not": {"anyOf": [{"required": ["policy-string"]}, {"required": ["mx-host"]}]}},
        },
    ],
}

REPORT = {
    "type": "object",
    "required": ["organization-name", "date-range", "contact-info", "report-id", "policies"],
    "properties": {
        "organization-name": TEXT,
        "date-range": {
            "type": "object",
            "required": ["start-datetime", "end-datetime"],
            "properties": {"start-datetime": SECOND, "end-datetime": SECOND},
            "additionalProperties": False,
        },
        "contact-info": {"type": "string", "pattern": r"^[^@\s]+@[^@\s]+$"},
        "report-id": TEXT,
        "policies": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["policy", "summary"],
                "properties": {
                    "policy": POLICY,
                    "summary": {
                        "type": "object",
                        "required": ["total-successful-session-count",
                                     "total-failure-session-count"],
                        "properties": {"total-successful-session-count": COUNT,
                                       "total-failure-session-count": COUNT},
                        "additionalProperties": False,
                    },
                    "failure-details": {"type": "array", "items": FAILURE},
                },
                "additionalProperties": False,
            },
        },
    },
    "additionalProperties": False,
}

# Section 5.1: sender "!" policy-domain "!" begin "!" end [ "!" unique-id ] "." extension
NAME = re.compile(rf"^({LABEL}(?:\.{LABEL})*)!({LABEL}(?:\.{LABEL})*)!(\d+)!(\d+)(?:![A-Za-z0-9]+)?"
                  r"\.(json|json\.gz)$")


def moment(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def check_name(name, start, end):
    """The file's name says the same span as the report."""
    match = NAME.match(name)
    if not match:
        yield "the name is not of section 5.1"
        return
    if [int(match[3]), int(match[4])] != [int(start.timestamp()), int(end.timestamp())]:
        yield "the name's span is not the report's"


def check_span(start, end):
    """Section 4.1: a full day, 00:00 to 24:00 UTC."""
    day = start.replace(hour=0, minute=0, second=0, microsecond=0)
    if start.utcoffset() != datetime.timedelta(0) or start != day:
        yield "it does not begin at midnight UTC"
    if not datetime.timedelta(seconds=86399) <= end - start <= datetime.timedelta(days=1):
        yield "it does not cover a day"


def check_addresses(report):
    """Section 4.4: dotted decimal, or as RFC 5952 has it."""
    for policy in report["policies"]:
        for failure in policy.get("failure-details", []):
            for member in ("sending-mta-ip", "receiving-ip"):
                text = failure.get(member)
                if text is not None and str(ipaddress.ip_address(text)) != text:
                    yield f"{member} {text} is not written as RFC 5952 has it"


def members(pairs):
    """I-JSON, RFC 7493 section 2.3: no member comes twice."""
    if len({name for name, _ in pairs}) < len(pairs):
        raise ValueError("a member comes twice")
    return dict(pairs)


def integer(text):
    """I-JSON, RFC 7493 section 2.2: what a double holds."""
    if abs(int(text)) >= 2**53:
        raise ValueError(f"{text} is no number of I-JSON")
    return int(text)


def check(path):
    opened = gzip.open(path, "rb") if path.endswith(".gz") else open(path, "rb")
    with opened as file:
        report = json.loads(file.read().decode("utf-8"), object_pairs_hook=members, parse_int=integer)
    jsonschema.Draft7Validator.check_schema(REPORT)
    errors = list(jsonschema.Draft7Validator(REPORT).iter_errors(report))
    if errors:
        return [f"{'/'.join(map(str, e.absolute_path))}: {e.message}" for e in errors]
    start, end = (moment(report["date-range"][m]) for m in ("start-datetime", "end-datetime"))
    return [*check_span(start, end), *check_name(os.path.basename(path), start, end),
            *check_addresses(report)]


def main():
    failed = not sys.argv[1:]
    for path in sys.argv[1:]:
        try:
            wrong = check(path)
        except (ValueError, OSError, EOFError) as e:
            wrong = [str(e)]
        for line in wrong:
            print(f"{path}: {line}")
        failed = failed or bool(wrong)
    sys.exit(failed)


main()
