-- What was played beside what was found live: a line for each difference, then "played N". The truth
-- is this database, live the one of a watch; :interface is that of the tap, :encap what its packets
-- come wrapped in.
--
-- Sessions of one scenario with the same ends are told apart by their order. Where the run has shown
-- before that the server offers STARTTLS, a missing one is a stripped one.
.mode list
.headers off

create temp table played as
select rowid as id, scenario, begin_us, end_us, session, json_extract(session, '$.client') || ' ' ||
    json_extract(session, '$.cport') || ' ' || json_extract(session, '$.server') || ' ' ||
    json_extract(session, '$.sport') as flow,
  row_number() over (partition by scenario, json_extract(session, '$.client'),
    json_extract(session, '$.cport'), json_extract(session, '$.server'),
    json_extract(session, '$.sport') order by rowid) as nth
from want where interface = :interface;

create temp table found as
select s.*, p.scenario,
  s.client || ' ' || s.client_port || ' ' || s.server || ' ' || s.server_port as flow,
  row_number() over (partition by p.scenario, s.client, s.client_port, s.server, s.server_port
    order by s.start) as nth
from (select distinct scenario, begin_us, end_us from played) p
join live.v_sessions s on s.start between p.begin_us and p.end_us;

create temp view pair as
select p.*, f.id as found_id, f.outcome, f.starttls_offered, f.starttls_requested,
  f.starttls_accepted, f.tls_version, f.mail_count, f.mail_rcpt_domains, f.complete, f.encap
from played p left join found f using (scenario, flow, nth);

create temp table wrong(id, what);

insert into wrong select id, 'no session' from pair where found_id is null;
insert into wrong
select f.id, 'is a session that was not played: ' || f.scenario || ' ' || f.flow
from found f left join played p using (scenario, flow, nth) where p.id is null;
insert into wrong
select id, 'wrapped in ' || coalesce(encap, 'nothing') from pair
where found_id is not null and coalesce(encap, '') <> :encap;
insert into wrong
select id, 'outcome ' || outcome from pair
where found_id is not null and json_extract(session, '$.outcome') <> '["?"]'
  and outcome not in (select value from json_each(session, '$.outcome'));

with fact(id, name, path, got) as (
  select id, 'offered', '$.starttls.offered', starttls_offered from pair where found_id is not null
  union all select id, 'requested', '$.starttls.requested', starttls_requested from pair
    where found_id is not null
  union all select id, 'accepted', '$.starttls.accepted', starttls_accepted from pair
    where found_id is not null
  union all select id, 'TLS version', '$.tls_version', tls_version from pair where found_id is not null
  union all select id, 'mail count', '$.mail_count', mail_count from pair where found_id is not null
  union all select id, 'recipients', '$.rcpt_domains', mail_rcpt_domains from pair
    where found_id is not null
  union all select id, 'complete', '$.complete', complete from pair where found_id is not null)
insert into wrong
select f.id, name || ' ' || coalesce(got, 'null') || ', not ' ||
  coalesce(json_extract(p.session, path), 'null')
from fact f join played p using (id)
where json_type(p.session, path) is not null and json_extract(p.session, path) is not got;

insert into wrong
select p.id, k.value || ' is not found' from pair p, json_each(p.session, '$.expect') k
where found_id is not null and not exists (
  select 1 from live.v_findings f where f.session = p.found_id and (f.kind = k.value
    or k.value = 'starttls-missing' and f.kind = 'starttls-stripped'));

select coalesce(p.scenario || ', ' || p.flow || ': ', '') || w.what
from wrong w left join played p using (id) order by w.id;
select 'played ' || count(*) from played;
