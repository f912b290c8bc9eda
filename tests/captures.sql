-- What was wanted of each session beside what was got: TAP without numbers.
--
-- A wanted value of null means that the capture cannot tell, and must be null in the answer too; a
-- key that is absent is not compared.
.headers off
.mode list

create table want as
select rowid as id, suite, json,
  json_extract(json, '$.file') as file,
  json_extract(json, '$.client') || ' ' || json_extract(json, '$.cport') || ' ' ||
    json_extract(json, '$.server') || ' ' || json_extract(json, '$.sport') as flow,
  row_number() over (partition by suite, json_extract(json, '$.file'),
    json_extract(json, '$.client'), json_extract(json, '$.cport'),
    json_extract(json, '$.server'), json_extract(json, '$.sport') order by rowid) as nth
from line where json_valid(json);

create table got as
select rowid as id, suite, file, json,
  json_extract(json, '$.client') || ' ' || json_extract(json, '$.client_port') || ' ' ||
    json_extract(json, '$.server') || ' ' || json_extract(json, '$.server_port') as flow,
  row_number() over (partition by suite, file,
    json_extract(json, '$.client'), json_extract(json, '$.client_port'),
    json_extract(json, '$.server'), json_extract(json, '$.server_port')
    order by json_extract(json, '$.start'), json_extract(json, '$.id')) as nth
from output where json_valid(json);

create view pair as
select w.id, w.suite, w.file, w.flow, w.nth, w.json as want, g.id as got_id, g.json as got
from want w left join got g using (suite, file, flow, nth);

-- Rows of the truth that count bytes as missing which are there: they are captured a little behind
-- the acknowledgement that covers them. tshark -T fields -e tcp.seq -e tcp.len -e tcp.ack shows
-- frames 29 to 32 of stream 0 (4,954 bytes, acknowledged by frames 27 and 28), and frames 86 and 87
-- of stream 2 (48 bytes and a FIN, acknowledged by frame 85); no number is left out.
create table mistaken(file, stream);
insert into mistaken values ('arkime-smtp-decrypted.pcap', 0), ('arkime-smtp-decrypted.pcap', 2);

create table bad(id, what);

-- Every set: the session is there.
insert into bad select id, 'no session' from pair
where got is null and coalesce(json_extract(want, '$.may_be_absent'), 0) = 0
  and (suite <> 'corpus' or json_extract(want, '$.proto') in ('smtp', 'lmtp'));

-- Own captures and sample: outcome, one of those named.
insert into bad
select id, 'outcome: want ' || json_extract(want, '$.outcome') || ', got ' ||
  json_extract(got, '$.outcome')
from pair where got is not null and suite <> 'corpus'
  and json_type(want, '$.outcome') is not null
  and json_extract(want, '$.outcome') <> '["?"]'
  and json_extract(got, '$.outcome') not in (
    select value from json_each(want, '$.outcome')
    union select value from json_each(want, '$.outcome_also')
    union select value from json_each(want, '$.outcome_alt'));

-- Own captures and sample: facts by name. The sample's one-way rows leave domains open.
with field(wanted, answered) as (values
  ('$.starttls.offered', '$.starttls.offered'),
  ('$.starttls.requested', '$.starttls.requested'),
  ('$.starttls.accepted', '$.starttls.accepted'),
  ('$.tls_version', '$.tls.version'),
  ('$.rcpt_domains', '$.mail.rcpt_domains'),
  ('$.mail_count', '$.mail.count'),
  ('$.complete', '$.complete'))
insert into bad
select id, substr(wanted, 3) || ': want ' || coalesce(json_extract(want, wanted), 'null') ||
  ', got ' || coalesce(json_extract(got, answered), 'null')
from pair, field where got is not null and suite <> 'corpus'
  and json_type(want, wanted) is not null
  and not (suite = 'sample' and json_type(want, wanted) = 'null')
  and not (suite = 'sample' and json_extract(got, '$.seen') = 'server'
    and wanted = '$.rcpt_domains' and json_extract(got, answered) is null)
  and json_extract(want, wanted) is not json_extract(got, answered);

insert into bad
select p.id, 'expected ' || k.value || ' is not reported'
from pair p, json_each(p.want, '$.expect') k
where p.got is not null and p.suite <> 'corpus'
  and k.value not in (select json_extract(f.value, '$.kind') from json_each(p.got, '$.findings') f);

insert into bad
select distinct p.id, 'reported ' || json_extract(f.value, '$.kind') || ' (' ||
  json_extract(f.value, '$.certainty') || '), which is neither expected nor allowed'
from pair p, json_each(p.got, '$.findings') f
where p.suite <> 'corpus' and json_extract(f.value, '$.kind') not in (
  select value from json_each(p.want, '$.expect')
  union select value from json_each(p.want, '$.allow'));

-- The corpus, whose truth was put together with hindsight. Facts that cannot be told from what is
-- in the capture are named one by one: of 1,000 bytes missing behind BDAT 200 only 100 belong to
-- that chunk for certain; a STARTTLS may have been among the others.
create table untold(file, stream, field);
insert into untold values ('zeek-smtp-bdat-gap.pcap', 0, '$.requested');

create view mail_pair as
select *, json_extract(want, '$.stream') as stream
from pair where suite = 'corpus' and json_extract(want, '$.proto') in ('smtp', 'lmtp')
  and got is not null;

with field(wanted, answered) as (values
  ('$.offered', '$.starttls.offered'),
  ('$.requested', '$.starttls.requested'),
  ('$.accepted', '$.starttls.accepted'),
  ('$.tls_version', '$.tls.version'),
  ('$.cipher', '$.tls.cipher'),
  ('$.sni', '$.tls.sni'),
  ('$.rcpt_domains', '$.mail.rcpt_domains'),
  ('$.auth_mech', '$.auth'))
insert into bad
select id, substr(wanted, 3) || ': want ' || coalesce(json_extract(want, wanted), 'null') ||
  ', got ' || coalesce(json_extract(got, answered), 'null')
from mail_pair, field
where json_extract(want, wanted) is not json_extract(got, answered)
  and not ((file, stream, wanted) in untold and json_extract(got, answered) is null)
  -- With TLS from the first byte STARTTLS is no question: null and false say the same.
  and not (json_extract(want, '$.implicit_tls') and wanted in ('$.offered', '$.requested'));

insert into bad
select id, 'client_hello: want ' || json_extract(want, '$.client_hello') || ', got ja3 ' ||
  coalesce(json_extract(got, '$.tls.ja3'), 'null')
from mail_pair
where json_extract(want, '$.client_hello') <> (json_extract(got, '$.tls.ja3') is not null);

insert into bad
select id, 'mail_in_clear: want ' || json_extract(want, '$.mail_in_clear') || ', got count ' ||
  coalesce(json_extract(got, '$.mail.count'), 'null')
from mail_pair
where json_extract(want, '$.mail_in_clear') <> (coalesce(json_extract(got, '$.mail.count'), 0) > 0);

insert into bad
select id, 'auth_in_clear: want ' || json_extract(want, '$.auth_in_clear') || ', got ' ||
  coalesce(json_extract(got, '$.auth'), 'null')
from mail_pair
where json_extract(want, '$.auth_in_clear') <> (json_extract(got, '$.auth') is not null);

insert into bad
select id, 'helo: want ' || coalesce(json_extract(want, '$.helo'), 'null') || ', got extended ' ||
  coalesce(json_extract(got, '$.extended'), 'null')
from mail_pair
where case when json_extract(want, '$.helo') in ('EHLO', 'LHLO')
  then json_extract(want, '$.offered') is not null
    and json_extract(got, '$.extended') is not 1
  else json_extract(got, '$.extended') is 1 end;

-- Once ciphertext flows nothing more needs to be captured: complete may be true there in spite of
-- later gaps.
insert into bad
select id, 'complete: want ' || json_extract(want, '$.complete') || ', got ' ||
  coalesce(json_extract(got, '$.complete'), 'null')
from mail_pair
where json_extract(want, '$.complete') is not json_extract(got, '$.complete')
  and (file, stream) not in mistaken
  and not (json_extract(want, '$.client_hello') and json_extract(got, '$.complete'));

insert into bad
select id, 'gap_bytes: want ' || json_extract(want, '$.gap_bytes') || ', got ' ||
  coalesce(json_extract(got, '$.gap_bytes'), 'null')
from mail_pair
where json_extract(want, '$.gap_bytes') is not json_extract(got, '$.gap_bytes')
  and (file, stream) not in mistaken;

insert into bad
select id, 'one_sided: want ' || json_extract(want, '$.one_sided') || ', got seen ' ||
  json_extract(got, '$.seen')
from mail_pair
where json_extract(want, '$.one_sided') <> (json_extract(got, '$.seen') <> 'both');

-- Other protocols on a mail port must not be taken for mail.
insert into bad
select id, 'taken for mail: ' || json_extract(got, '$.outcome')
from pair where suite = 'corpus' and json_extract(want, '$.proto') not in ('smtp', 'lmtp')
  and got is not null and (json_extract(got, '$.outcome') in ('plaintext', 'tls-failed')
    or json_array_length(got, '$.findings') > 0);

-- The answer, a line a session.
select case when b.text is null then 'ok' else 'not ok' end || ' - ' || p.suite || ' ' || p.file ||
  ' ' || p.flow || case when p.nth > 1 then ' (' || p.nth || ')' else '' end ||
  coalesce(': ' || json_extract(p.want, '$.note'), '') || coalesce(char(10) || b.text, '')
from pair p left join (
  select id, group_concat('# ' || what, char(10)) as text from bad group by id) b using (id)
where p.suite <> 'corpus' or json_extract(p.want, '$.proto') in ('smtp', 'lmtp') or p.got is not null
order by p.id;

-- Sessions that nobody wanted: with anything to say of them they are wrong.
select case when json_array_length(g.json, '$.findings') = 0
    and json_extract(g.json, '$.outcome') in ('no-mail', 'partial') and g.suite = 'corpus'
  then 'ok' else 'not ok' end ||
  ' - ' || g.suite || ' ' || g.file || ' ' || g.flow || ': a session that is not in the truth, ' ||
  json_extract(g.json, '$.outcome')
from got g left join want w using (suite, file, flow, nth) where w.id is null order by g.id;

-- Scenarios that say what their incidents come to: each as often as it says, and of warning or worse
-- none but those. A surge counts for those that it sums up.
create table rank(name, n);
insert into rank values ('info', 0), ('notice', 1), ('warning', 2), ('critical', 3),
  ('possible', 0), ('probable', 1), ('proven', 2);
create table promised as
select s.file, i.key as nth, i.value as json, json_extract(i.value, '$.kind') as kind
from scenario s, json_each(s.json, '$.incidents') i;
create table kept as
select p.file, p.nth, t.rowid as told_id
from promised p join told t on t.suite = 'own' and t.file = p.file
where json_extract(t.json, '$.kind') = p.kind
  and (json_extract(t.json, '$.client_net') is null or json_extract(p.json, '$.client_net') is null
    or json_extract(t.json, '$.client_net') = json_extract(p.json, '$.client_net'))
  and json_extract(t.json, '$.sessions') >= json_extract(p.json, '$.sessions')
  and (select n from rank where name = json_extract(t.json, '$.severity')) >=
    (select n from rank where name = json_extract(p.json, '$.severity'))
  and (select n from rank where name = json_extract(t.json, '$.certainty')) >=
    (select n from rank where name = json_extract(p.json, '$.certainty'))
  and instr(json_extract(t.json, '$.summary'), coalesce(json_extract(p.json, '$.says'), '')) > 0;
select case when n = json_extract(p.json, '$.count') or n = 0 and json_extract(p.json, '$.may')
  then 'ok' else 'not ok' end || ' - own ' || p.file || ': its incidents ' || p.json || ', ' || n
from promised p join (select file, nth, (select count(*) from kept k where k.file = p.file
  and k.nth = p.nth) as n from promised p) using (file, nth);
select case when max(is_other) then 'not ok' else 'ok' end || ' - own ' || file ||
  ': no other incident of warning or worse' ||
  coalesce(char(10) || group_concat(case when is_other then '# ' || json end, char(10)), '')
from (select s.file, t.json, json_extract(t.json, '$.severity') in ('warning', 'critical')
    and t.rowid not in (select told_id from kept) as is_other
  from scenario s left join told t on t.suite = 'own' and t.file = s.file
  where json_type(s.json, '$.incidents') is not null)
group by file;

-- Captures that could not be read.
select 'not ok - ' || suite || ' ' || file || ': exit status ' || status from ran where status <> '0'
  and not (suite = 'corpus' and status = '1' and file not in (select file from want
    where json_extract(json, '$.proto') in ('smtp', 'lmtp')));

select '# score: ' || suite || ': ' || sum(id not in (select id from bad)) || ' of ' || count(*) ||
  ' sessions as wanted'
from want o where suite <> 'corpus' or json_extract(json, '$.proto') in ('smtp', 'lmtp')
group by suite;
