-- tshark's answer beside waxseal's: TAP without numbers.
.headers off
.mode list

create table service(port integer, file);
insert into service values (24, null), (25, null), (465, null), (587, null), (2525, null),
  (1224, 'arkime-wireshark-bdat.pcap');

-- ---- What tshark says ----

-- The client is who sent the SYN, else who is not at a port of a mail service.
create table talk as
with opening as (
  select suite, file, stream, source, sport, target, dport, is_ack, row_number() over (
    partition by suite, file, stream order by is_ack, number) as nth
  from segment where is_syn),
first as (
  select suite, file, stream, source, sport, target, dport, row_number() over (
    partition by suite, file, stream order by number) as nth
  from segment),
ends as (
  select f.suite, f.file, f.stream,
    case when o.stream is null then f.sport in (select port from service where file is null)
      else o.is_ack end as is_reply,
    coalesce(o.source, f.source) as source, coalesce(o.sport, f.sport) as sport,
    coalesce(o.target, f.target) as target, coalesce(o.dport, f.dport) as dport
  from first f left join opening o on (o.suite, o.file, o.stream, o.nth) =
    (f.suite, f.file, f.stream, 1)
  where f.nth = 1),
named as (
  select suite, file, stream, iif(is_reply, target, source) as client,
    iif(is_reply, dport, sport) as cport, iif(is_reply, source, target) as server,
    iif(is_reply, sport, dport) as sport
  from ends)
select n.*, n.client || ' ' || n.cport || ' ' || n.server || ' ' || n.sport as flow,
  min(s.time) as begins, sum(s.length) as payload,
  -- What is missing, by tshark's own account. Absence cannot be told of such a conversation.
  max(s.is_cut) or max(s.is_after_loss)
    or sum(s.is_syn and not s.is_ack) = 0 or sum(s.is_syn and s.is_ack) = 0
    or sum(s.source = n.client and s.sport = n.cport) in (0, count(*)) as is_lossy
from named n join segment s using (suite, file, stream)
where exists (select 1 from service v where v.port = n.sport and coalesce(v.file, n.file) = n.file)
group by n.suite, n.file, n.stream having payload > 0;

-- Lines in order. Those behind the first hello are what tshark could decrypt, or took for text.
create table said as
select l.*, s.source = t.client and s.sport = t.cport as is_client,
  row_number() over (partition by l.suite, l.file, l.stream order by l.number, l.place) as turn
from line l join segment s using (suite, file, stream, number) join talk t using (suite, file, stream)
where l.number < coalesce((select min(number) from hello h
  where (h.suite, h.file, h.stream) = (l.suite, l.file, l.stream)), 1e9);

create table command as
select suite, file, stream, number, turn, text,
  upper(iif(instr(ltrim(text), ' ') > 0, substr(ltrim(text), 1, instr(ltrim(text), ' ') - 1),
    ltrim(text))) as verb,
  -- Commands that came in the same segment before this one: their replies come first.
  row_number() over (partition by suite, file, stream, number order by place) - 1 as ahead
from said where kind = 'command' and is_client;

-- A reply of several lines that comes in several segments is named anew in each by tshark. It is
-- one as long as the code is the same and the client says nothing.
create table reply as
select suite, file, stream, number, turn, code, row_number() over (
  partition by suite, file, stream order by turn) as nth
from (select *, lag(code) over w as code_before, lag(more) over w as more_before,
    lag(turn) over w as turn_before, lag(number) over w as number_before from said
  where kind = 'reply' and not is_client
  window w as (partition by suite, file, stream order by turn)) r
where not (number_before is not null and number_before < number and more_before
  and code_before = code and not exists (select 1 from command c
    where (c.suite, c.file, c.stream) = (r.suite, r.file, r.stream)
      and c.number between r.number_before and r.number));

-- The greeting answers nothing.
create table answer as
select *, row_number() over w as place, lead(turn, 1, 1e9) over w as turn_after
from reply r
where not (nth = 1 and code = '220' and not exists (select 1 from command c
  where (c.suite, c.file, c.stream) = (r.suite, r.file, r.stream) and c.number < r.number
    and c.verb = 'STARTTLS'))
window w as (partition by suite, file, stream order by turn);

create table answered as
select c.suite, c.file, c.stream, c.number, c.verb, c.turn, a.code, a.number as answered_in,
  (select max(upper(iif(instr(l.text, ' ') > 0, substr(l.text, 1, instr(l.text, ' ') - 1), l.text))
      = 'STARTTLS') from said l
    where (l.suite, l.file, l.stream) = (a.suite, a.file, a.stream) and not l.is_client
      and l.turn >= a.turn and l.turn < a.turn_after) as names_starttls
from command c left join answer a on (a.suite, a.file, a.stream) = (c.suite, c.file, c.stream)
  and a.place = c.ahead + (select min(place) from answer b
    where (b.suite, b.file, b.stream) = (c.suite, c.file, c.stream) and b.number > c.number)
where c.verb in ('EHLO', 'LHLO', 'STARTTLS', 'X-ANONYMOUSTLS');

-- One of each hello: the first, but of ServerHellos the last, since a HelloRetryRequest is one, too.
create table first_hello as
select suite, file, stream, type, min(number) as number, version, cipher, chosen, sni, ja3, ja4,
  sha256 from hello where type in (1, 11) group by 1, 2, 3, 4
union all
select suite, file, stream, type, max(number), version, cipher, chosen, sni, ja3, ja4, sha256
from hello where type = 2 group by 1, 2, 3, 4;

create table theirs as
select t.*,
  row_number() over (partition by t.suite, t.file, t.flow order by t.begins, t.stream) as nth,
  json_object(
    -- The reply in force: to the last EHLO, or the last before the 220 to STARTTLS, after which
    -- everything counts as said inside TLS (RFC 3207 section 4.2).
    'offered', (select names_starttls from answered a
      where (a.suite, a.file, a.stream) = (t.suite, t.file, t.stream)
        and verb in ('EHLO', 'LHLO') and code = '250'
        and turn < coalesce((select min(turn) from answered b
          where (b.suite, b.file, b.stream) = (t.suite, t.file, t.stream)
            and b.verb in ('STARTTLS', 'X-ANONYMOUSTLS') and b.code = '220'), 1e9)
      order by turn desc limit 1),
    -- With TLS from the first byte it is no question.
    'requested', (select iif(count(*) = 0 and c.type is not null, null,
        coalesce(sum(verb in ('STARTTLS', 'X-ANONYMOUSTLS')), 0) > 0) from command a
      where (a.suite, a.file, a.stream) = (t.suite, t.file, t.stream)),
    'accepted', (select max(code = '220') from answered a
      where (a.suite, a.file, a.stream) = (t.suite, t.file, t.stream)
        and verb in ('STARTTLS', 'X-ANONYMOUSTLS')),
    'client_hello', c.type is not null,
    'server_hello', s.type is not null,
    'version', case coalesce(nullif(s.chosen, ''), s.version) when 768 then 'SSLv3'
      when 769 then 'TLSv1.0' when 770 then 'TLSv1.1' when 771 then 'TLSv1.2'
      when 772 then 'TLSv1.3' else coalesce(nullif(s.chosen, ''), s.version) end,
    'cipher', (select name from suites u where u.number = s.cipher),
    'sni', nullif(c.sni, ''),
    'ja3', c.ja3, 'ja4', c.ja4,
    'certificate', x.sha256,
    'mail', (select count(*) from command a
      where (a.suite, a.file, a.stream) = (t.suite, t.file, t.stream) and verb = 'MAIL')) as facts
from talk t
left join first_hello c on (c.suite, c.file, c.stream, c.type) = (t.suite, t.file, t.stream, 1)
left join first_hello s on (s.suite, s.file, s.stream, s.type) = (t.suite, t.file, t.stream, 2)
left join first_hello x on (x.suite, x.file, x.stream, x.type) = (t.suite, t.file, t.stream, 11);

-- ---- What waxseal says ----

create table ours as
select suite, file,
  json_extract(json, '$.client') || ' ' || json_extract(json, '$.client_port') || ' ' ||
    json_extract(json, '$.server') || ' ' || json_extract(json, '$.server_port') as flow,
  row_number() over (partition by suite, file,
    json_extract(json, '$.client'), json_extract(json, '$.client_port'),
    json_extract(json, '$.server'), json_extract(json, '$.server_port')
    order by json_extract(json, '$.start'), json_extract(json, '$.id')) as nth,
  json_object(
    'offered', json_extract(json, '$.starttls.offered'),
    'requested', json_extract(json, '$.starttls.requested'),
    'accepted', json_extract(json, '$.starttls.accepted'),
    'client_hello', json_extract(json, '$.tls.ja3') is not null,
    'server_hello', json_extract(json, '$.tls.cipher') is not null,
    'version', json_extract(json, '$.tls.version'),
    'cipher', json_extract(json, '$.tls.cipher'),
    'sni', json_extract(json, '$.tls.sni'),
    'ja3', json_extract(json, '$.tls.ja3'), 'ja4', json_extract(json, '$.tls.ja4'),
    'certificate', json_extract(json, '$.tls.cert_sha256'),
    'mail', json_extract(json, '$.mail.count')) as facts
from output where json_valid(json);

-- ---- Side by side ----

create table pair as
select t.suite, t.file, t.stream, t.flow, t.nth, t.is_lossy, t.facts as theirs, o.facts as ours
from theirs t left join ours o using (suite, file, flow, nth);

create table compared as
select p.suite, p.file, p.stream, p.is_lossy, f.key as field, f.value as theirs,
  json_extract(p.ours, f.fullkey) as ours
from pair p, json_each(p.theirs) f where p.ours is not null;

-- Where tshark, too, notes that bytes are missing, its "no" is but what it did not see: waxseal may
-- leave that open. What tshark saw may not be left open, and nothing may be the opposite.
create table difference as
select suite, file, stream, field, coalesce(theirs, 'null') as theirs, coalesce(ours, 'null') as ours
from compared where theirs is not ours
  and not (is_lossy and ours is null and theirs = 0
    and field in ('offered', 'requested', 'accepted', 'mail'))
union all
select suite, file, stream, 'session', flow, 'none' from pair where ours is null;

-- ---- Differences, one by one ----

-- Each was read in the packets (tshark -V, -e tcp.payload). Where tshark does not get to TLS, the
-- values beside are those which tshark itself gives when it is told where TLS is: with
-- -d tcp.port==25,tls -o tcp.reassemble_out_of_order:FALSE.
create table reason(suite, file, stream integer, why);
insert into reason values
  ('corpus', 'suricata-smtp-ehlo-reset-after-rejected-data.pcap', 0,
   'DATA in frame 9 is refused in frame 10 (503); tshark reads EHLO (11) and MAIL (13) as ' ||
   'message text, the server answers both'),
  ('corpus', 'suricata-ruletype-firewall-133-smtp-out-of-order-commands.pcap', 0,
   'DATA in frame 11 is refused in frame 12 (503); tshark reads MAIL in frame 13 as message ' ||
   'text, frame 14 answers it'),
  ('corpus', 'suricata-smtp-bdat-bad-tail-reply-queue.pcap', 0,
   'BDAT in frame 9 is malformed and refused (frame 11, 501); tshark reads MAIL behind it ' ||
   'as its data, frame 11 answers it'),
  ('corpus', 'suricata-smtp-bdat-pipelined-next-mail.pcap', 0,
   'frame 13 holds two chunks (64 and 152 bytes) and then MAIL, which frame 14 answers; ' ||
   'tshark reads all of it as data'),
  ('corpus', 'suricata-smtp-pipelining.pcap', 0,
   'frame 11 holds MAIL, RCPT, DATA and the message; tshark reads all of it as message ' ||
   'text, frame 13 answers each'),
  ('own', 'command-injection', 0,
   'MAIL in frame 9 lies behind STARTTLS in the same segment and is never answered: ' ||
   'injected, which waxseal tells apart'),
  ('own', 'cut-by-snap-length', 0,
   'frame 9 is cut before the end of the MAIL line; tshark shows the part, waxseal counts ' ||
   'whole commands'),
  ('own', 'starts-after-ehlo', 0,
   'frame 1 is the first of the capture: waxseal does not believe a MAIL that may be a line ' ||
   'of a message under way'),
  ('own', 'ends-after-ehlo-reply', 0,
   'the capture ends with the EHLO reply (frame 8): whether STARTTLS was asked for behind it ' ||
   'is not to be known'),
  ('own', 'small-segments', 0,
   'STARTTLS is "250-STARTTLS" across frames 8 and 9 (2, 50-STARTTLS); tshark does not put ' ||
   'lines of replies together'),
  ('own', 'out-of-order-reply', 0,
   'STARTTLS is cut between frames 8 and 10 (S, TARTTLS); tshark does not put lines of ' ||
   'replies together'),
  ('own', 'segments-of-seven-bytes', 0,
   'STARTTLS is cut between frames 26 and 27 (0-START, TLS); tshark does not put lines of ' ||
   'replies together'),
  ('own', 'keyword-forms', 5,
   'STARTTLS is cut between frames 82, 83 and 85 (ST, ARTT, LS); tshark does not put lines ' ||
   'of replies together'),
  ('own', 'lost-220', 0,
   'the 220 to STARTTLS is lost, and tshark goes on in SMTP; ClientHello is frame 10, ' ||
   'ServerHello frame 11'),
  ('own', 'lost-ehlo-reply-tls', 0,
   'the EHLO reply is lost; tshark holds back what the server sends later: the 220 is frame ' ||
   '9, the hellos frames 10 and 11'),
  ('own', 'lost-greeting', 0,
   'the greeting is lost; tshark holds back what the server sends later: the 220 is frame ' ||
   '9, the hellos frames 10 and 11'),
  ('own', 'one-sided-client', 0,
   'the server is not in the capture, and without its 220 tshark goes on in SMTP; ' ||
   'ClientHello is frame 6'),
  ('own', 'one-sided-server', 0,
   'the client is not in the capture; frame 4 lists STARTTLS, frame 5 is the 220, ' ||
   'ServerHello is frame 6'),
  ('own', 'starts-in-tls', 0,
   'the capture begins with the ServerHello (frame 1); tshark takes port 25 for SMTP');

create table explained(suite, file, stream integer, field, theirs, ours);
insert into explained values
  ('corpus', 'suricata-smtp-ehlo-reset-after-rejected-data.pcap', 0, 'offered', 'null', 0),
  ('corpus', 'suricata-smtp-ehlo-reset-after-rejected-data.pcap', 0, 'mail', 0, 1),
  ('corpus', 'suricata-ruletype-firewall-133-smtp-out-of-order-commands.pcap', 0, 'mail', 0, 1),
  ('corpus', 'suricata-smtp-bdat-bad-tail-reply-queue.pcap', 0, 'mail', 0, 1),
  ('corpus', 'suricata-smtp-bdat-pipelined-next-mail.pcap', 0, 'mail', 1, 2),
  ('corpus', 'suricata-smtp-pipelining.pcap', 0, 'mail', 0, 1),
  ('own', 'command-injection', 0, 'mail', 1, 0),
  ('own', 'cut-by-snap-length', 0, 'mail', 1, 'null'),
  ('own', 'starts-after-ehlo', 0, 'mail', 1, 'null'),
  ('own', 'ends-after-ehlo-reply', 0, 'requested', 0, 'null'),
  ('own', 'ends-after-ehlo-reply', 0, 'mail', 0, 'null'),
  ('own', 'small-segments', 0, 'offered', 0, 1),
  ('own', 'out-of-order-reply', 0, 'offered', 0, 1),
  ('own', 'segments-of-seven-bytes', 0, 'offered', 0, 1),
  ('own', 'keyword-forms', 5, 'offered', 0, 1),
  ('own', 'lost-ehlo-reply-tls', 0, 'accepted', 'null', 1),
  ('own', 'lost-greeting', 0, 'accepted', 'null', 1),
  ('own', 'one-sided-server', 0, 'offered', 'null', 1),
  ('own', 'one-sided-server', 0, 'accepted', 'null', 1);
-- One recorded session is in all of these, as far as each has it.
insert into explained
select 'own', f.column1, 0, v.column1, v.column2, v.column3
from (values ('lost-220', 'client server'), ('lost-ehlo-reply-tls', 'client server'),
    ('lost-greeting', 'client server'), ('one-sided-client', 'client'),
    ('one-sided-server', 'server'), ('starts-in-tls', 'server')) f,
  (values ('client_hello', 0, 1, 'client'),
    ('ja3', 'null', '4be56435b707090b38437799f974f7ef', 'client'),
    ('ja4', 'null', 't13i871000_c66346c74e42_24695f2957a7', 'client'),
    ('server_hello', 0, 1, 'server'), ('version', 'null', 'TLSv1.3', 'server'),
    ('cipher', 'null', 'TLS_AES_256_GCM_SHA384', 'server')) v
where instr(f.column2, v.column4);

-- Captures that one of them does not read to the end, by what they exit with.
create table unread(suite, file, waxseal integer, tshark integer, why);
insert into unread values
  ('corpus', 'tcpdump-brcm-tag-prepend.pcap', 0, 2, 'tshark does not know link type 282'),
  ('corpus', 'tcpdump-dsa-high-vid.pcap', 0, 2, 'tshark does not know link type 284'),
  ('corpus', 'tcpdump-edsa-high-vid.pcap', 0, 2, 'tshark does not know link type 285'),
  ('corpus', 'peafowl-imap.pcap', 1, 2,
   'behind packet 8 stands a packet of 1358954496 bytes: both stop there, and say so'),
  ('corpus', 'pcapplusplus-pcapng-example.pcapng', 1, 0,
   'packets of two link types; libpcap reads up to the second, as README.md says'),
  ('corpus', 'zeek-ldap-modify-request.pcapng', 1, 0,
   'interfaces of different snapshot lengths (capinfos), of which libpcap reads only the first');

create table bad as
select d.* from difference d left join explained e
  on (e.suite, e.file, e.stream, e.field) = (d.suite, d.file, d.stream, d.field)
  and e.theirs is d.theirs and e.ours is d.ours
  and exists (select 1 from reason r where (r.suite, r.file, r.stream) = (e.suite, e.file, e.stream))
where e.suite is null;

-- ---- The answer ----

-- The explanations are of tshark 4.0; what another one says else is shown, and fails nothing.
create table other(mark);
insert into other select iif(version = '4.0', '',
  ' # TODO the explanations are of tshark 4.0, this is ' || version) from tshark;

-- A line a capture that has sessions, and how many.
with theirs_in as (select suite, file, count(*) as n from theirs group by suite, file),
ours_in as (select suite, file, count(*) as n from ours group by suite, file)
select iif(coalesce(t.n, 0) = coalesce(o.n, 0), 'ok', 'not ok') || ' - ' || r.suite || ' ' || r.file ||
  ': ' || coalesce(o.n, 0) || iif(coalesce(o.n, 0) = 1, ' session', ' sessions') ||
  iif(coalesce(t.n, 0) = coalesce(o.n, 0), '', ', by tshark ' || coalesce(t.n, 0) || mark)
from ran r left join theirs_in t using (suite, file) left join ours_in o using (suite, file), other
where t.n is not null or o.n is not null order by r.suite, r.file;

-- A line a session.
select iif(b.text is null, 'ok', 'not ok') || ' - ' || p.suite || ' ' || p.file || ' stream ' ||
  p.stream || ' ' || p.flow || iif(b.text is null, '', mark) ||
  coalesce(char(10) || b.text, '') || coalesce(char(10) || '# ' || r.why, '')
from pair p left join reason r using (suite, file, stream)
left join (select suite, file, stream, group_concat('# ' || field || ': tshark ' || theirs ||
    ', waxseal ' || ours, char(10)) as text from bad group by 1, 2, 3) b using (suite, file, stream),
  other
order by p.suite, p.file, p.stream;

-- Sessions that waxseal alone has.
select 'not ok - ' || o.suite || ' ' || o.file || ' ' || o.flow || ': no session for tshark' || mark
from ours o left join theirs t using (suite, file, flow, nth), other where t.flow is null;

-- Explanations that are not needed; a set that is absent proves nothing about its own.
select 'not ok - ' || e.suite || ' ' || e.file || ' stream ' || e.stream || ' ' || e.field ||
  ': explained, and no such difference' || mark
from explained e left join difference d
  on (d.suite, d.file, d.stream, d.field) = (e.suite, e.file, e.stream, e.field)
  and d.theirs is e.theirs and d.ours is e.ours, other
where d.suite is null and e.suite in (select suite from ran);
select 'not ok - ' || suite || ' ' || file || ' stream ' || stream || ': a reason for no difference' ||
  mark
from reason r, other
where not exists (select 1 from explained e
    where (e.suite, e.file, e.stream) = (r.suite, r.file, r.stream));

-- Captures that one of them does not read to the end.
select 'not ok - ' || r.suite || ' ' || r.file || ': waxseal exits with ' || r.waxseal ||
  ', tshark with ' || r.tshark || iif(r.waxseal = 0, mark, '')
from ran r left join unread u using (suite, file, waxseal, tshark), other
where (r.waxseal <> 0 or r.tshark <> 0) and u.suite is null;
select 'not ok - ' || u.suite || ' ' || u.file || ': explained, and both read it' || mark
from unread u left join ran r using (suite, file, waxseal, tshark), other
where r.suite is null and u.suite in (select suite from ran);

select '# score: ' || suite || ': ' || count(*) || ' captures, ' ||
  (select count(*) from pair p where p.suite = r.suite and ours is not null) ||
  ' sessions compared, ' || (select count(*) from compared c
    where c.suite = r.suite and (theirs is not null or ours is not null)) || ' facts, ' ||
  ((select count(*) from difference d where d.suite = r.suite) -
    (select count(*) from bad b where b.suite = r.suite)) || ' differences explained, ' ||
  (select count(*) from bad b where b.suite = r.suite) || ' not'
from ran r group by suite;
