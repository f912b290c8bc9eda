-- A month of mail for `make bench-lists`, in place of what the database holds: temp.held has the
-- number of sessions. 200,000 clients, 20,000 servers, 50,000 domains; what varies is a hash of the
-- session's number. 72 of 100 are encrypted, 20 in clear, 1 fails, 5 take no mail, 2 are partial.
-- What is found is of every frequency: starttls-missing in most that are in clear, and down to one
-- session in 200,000; some kinds are muted, and no incident is of a session without mail.
DELETE FROM findings;
DELETE FROM evidence;
DELETE FROM kept;
DELETE FROM incidents;
DELETE FROM sessions;
DELETE FROM servers;
DELETE FROM subjects;
DELETE FROM mentions;
DELETE FROM domains;
DELETE FROM hourly;
DELETE FROM hourly_clients;
DELETE FROM hourly_tls;

CREATE TEMP TABLE made AS
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < (SELECT n FROM held))
SELECT i, (i * 2654435761) % 4294967296 >> 8 AS a, (i * 2246822519) % 4294967291 >> 8 AS b,
    (i * 3266489917) % 4294967279 >> 8 AS c FROM n;

INSERT INTO sessions (id, sensor_id, start, "end", service, client, client_port, server,
    server_port, complete, gap_bytes, seen, outcome, ending, packets, client_bytes,
    server_bytes, banner, helo, extended, starttls_offered, starttls_requested,
    starttls_accepted, tls_version, tls_cipher, mail_count, mail_from_domains,
    mail_rcpt_domains, domain)
SELECT i, 1, 1790000000000000 + i * 259200, 1790000000900000 + i * 259200, 'smtp',
    '10.' || (a % 200000 / 50000) || '.' || (a % 200000 / 250 % 200) || '.' || (a % 250 + 1),
    1024 + c % 60000, '198.51.' || (b % 20000 / 200) || '.' || (b % 200 + 1), 25, 1, 0, 'both',
    CASE WHEN c % 100 < 72 THEN 'encrypted' WHEN c % 100 < 92 THEN 'plaintext'
    WHEN c % 100 < 93 THEN 'tls-failed' WHEN c % 100 < 98 THEN 'no-mail' ELSE 'partial' END,
    'fin', 24, 2100, 5300, 'mx' || (b % 20000) || '.example.net ESMTP Postfix',
    'out' || (a % 200000) || '.example.org', 1, c % 100 < 80, c % 100 < 73, c % 100 < 73,
    iif(c % 100 < 72, 'TLSv1.3', NULL), iif(c % 100 < 72, 'TLS_AES_256_GCM_SHA384', NULL),
    iif(c % 100 BETWEEN 72 AND 91, 1, 0),
    iif(c % 100 BETWEEN 72 AND 91, '["from' || (a % 50000) || '.example.org"]', '[]'),
    iif(c % 100 BETWEEN 72 AND 91, '["to' || (b % 50000) || '.example.com"]', '[]'),
    iif(c % 100 BETWEEN 72 AND 91, 'to' || (b % 50000) || '.example.com', '')
FROM made;

INSERT INTO domains (name, reversed)
WITH RECURSIVE named (name) AS (SELECT 'from' || (i % 50000) || '.example.org' FROM made
    GROUP BY i % 50000 UNION ALL SELECT 'to' || (i % 50000) || '.example.com' FROM made
    GROUP BY i % 50000),
turned (name, rest, text) AS (SELECT name, name, '' FROM named UNION ALL
    SELECT name, substr(rest, 2), substr(rest, 1, 1) || text FROM turned WHERE rest <> '')
SELECT name, text FROM turned WHERE rest = '';

CREATE TEMP TABLE of_domain AS SELECT name, id FROM domains ORDER BY name;
CREATE UNIQUE INDEX temp.of_domain_name ON of_domain (name);
INSERT OR IGNORE INTO mentions SELECT * FROM (
    SELECT d.id, s.start, s.id FROM sessions s JOIN of_domain d
        ON d.name = json_extract(s.mail_rcpt_domains, '$[0]') WHERE s.outcome = 'plaintext'
    UNION ALL SELECT d.id, s.start, s.id FROM sessions s JOIN of_domain d
        ON d.name = json_extract(s.mail_from_domains, '$[0]') WHERE s.outcome = 'plaintext'
    ORDER BY 1, 2, 3);

INSERT INTO mutes (id, kinds, clients, servers, domains, severity, why, added) VALUES
    (1, 'tls-obsolete', '', '', '', 1, 'old machines', 0),
    (2, '', '10.3.0.0/16', '', '', 1, 'a guest network', 0);
CREATE TEMP TABLE found AS SELECT id AS session, CASE outcome
    WHEN 'plaintext' THEN iif(id % 997 = 0, 'starttls-stripped', 'starttls-missing')
    WHEN 'tls-failed' THEN 'tls-handshake-failed' WHEN 'encrypted' THEN 'tls-obsolete'
    ELSE 'reset-injected' END AS kind, CASE outcome WHEN 'plaintext' THEN iif(id % 997 = 0, 3, 0)
    WHEN 'partial' THEN 2 ELSE 1 END AS severity, client, server, service, start, "end",
    iif(outcome = 'plaintext' AND id % 997 <> 0, '', domain) AS domain,
    substr(client, 1, length(rtrim(client, '0123456789'))) || '0/24' AS net,
    CASE WHEN outcome = 'encrypted' THEN 1
    WHEN client LIKE '10.3.%' AND (outcome <> 'plaintext' OR id % 997 <> 0) THEN 2 END AS mute_id
    FROM sessions WHERE outcome = 'plaintext' OR (outcome = 'tls-failed' AND id % 3 = 0) OR
    (outcome = 'encrypted' AND id % 1009 = 0) OR (outcome = 'partial' AND id % 4001 = 0);
INSERT INTO incidents (kind, server, server_port, client_net, domain, sensor_id, service, client,
    severity, certainty, state, first_seen, last_seen, sessions, pruned, "where", summary,
    refuted_by, opened, mute_id)
SELECT kind, server, 25, net, domain, 1, min(service), min(client), max(severity), 0,
    CASE WHEN session % 7 = 0 THEN 'closed' WHEN session % 50021 = 0 THEN 'acked' ELSE 'open' END,
    min(start), max("end"), count(*), 0, 'unknown', 'STARTTLS is not offered', 'nothing', min(start),
    min(mute_id)
FROM found GROUP BY kind, server, net, domain ORDER BY min(start);
CREATE INDEX temp.of_key ON found (server, net, kind, domain);
CREATE TEMP TABLE key_of AS SELECT server, client_net, kind, domain, id FROM incidents
    ORDER BY 1, 2, 3, 4;
CREATE INDEX temp.key_of_all ON key_of (server, client_net, kind, domain, id);
INSERT INTO findings (session_id, incident_id, kind, severity, certainty, "where", detail, mute_id)
SELECT f.session, i.id, f.kind, f.severity, 0, 'unknown', 'STARTTLS is not offered', f.mute_id
FROM key_of i CROSS JOIN found f ON i.server = f.server AND i.client_net = f.net
    AND i.kind = f.kind AND i.domain = f.domain ORDER BY f.session;

INSERT INTO servers SELECT server, 25, 'smtp', min(start), max("end"), count(*),
    sum(starttls_offered), 0, sum(starttls_accepted), 0, sum(outcome = 'encrypted'),
    sum(outcome = 'plaintext'), sum(outcome = 'tls-failed'), 'TLSv1.3', max(banner), max("end")
    FROM sessions GROUP BY server;

INSERT INTO hourly SELECT start - start % 3600000000, CASE WHEN server < '198.51.27.' THEN server
    ELSE '(other)' END, service, CASE WHEN domain = '' OR domain < 'to14' THEN domain
    ELSE '(other)' END, count(*), sum(outcome = 'encrypted'), sum(outcome = 'plaintext'),
    sum(outcome = 'tls-failed'), sum(outcome = 'no-mail'), sum(outcome = 'partial')
    FROM sessions GROUP BY 1, 2, 3, 4;

INSERT INTO subjects (key, first_seen, last_seen, sessions, marks)
SELECT 'server ' || server || ' ' || server_port, first_seen, last_seen, sessions,
    '[["offered","",' || sessions || ',0,0,0,7,3,' || first_seen || ',0,0,null,0],' ||
    '["node","' || substr(banner, 1, instr(banner, ' ') - 1) || ' a0b632e1",1,0,0,0,1,1,' ||
    first_seen || ',0,0,null,0],["extension","pipelining",1,0,0,0,1,1,' || first_seen ||
    ',0,0,null,0],["extension","size",1,0,0,0,1,1,' || first_seen || ',0,0,null,0],' ||
    '["extension","8bitmime",1,0,0,0,1,1,' || first_seen || ',0,0,null,0],["extension",' ||
    '"enhancedstatuscodes",1,0,0,0,1,1,' || first_seen || ',0,0,null,0]]' FROM servers;
INSERT OR IGNORE INTO subjects (key, first_seen, last_seen, sessions, marks)
SELECT 'pair ' || client || ' ' || server || ' 25', start, "end", 1, '[["offered","",1,0,0,0,1,1,' ||
    start || ',0,0,null,0],["used","",1,0,0,0,1,1,' || start || ',0,0,null,0]]' FROM sessions
    WHERE id % 10 = 0;
