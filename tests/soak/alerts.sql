-- The account of alerts of tests/soak.sh: a line for each thing that does not add up, and what was counted.
--
--	alerts		each delivery of the databases, an era each, as it was when it was seen last;
--			is_there: in the database to its end, neither pruned nor withdrawn since
--	incidents	likewise
--	taken		each line that a sink has, in its order; how: taken, cut, or refused for good
--	marks		lines that each sink had just before and just behind a kill
.mode list
.separator ' '

create table sinks (sink primary key, severity integer);
insert into sinks values ('log', 0), ('digest', 0), ('script', 1), ('siem', 1), ('hook', 2), ('manager', 2);
create table ranks (severity primary key, rank integer);
insert into ranks values ('info', 0), ('notice', 1), ('warning', 2), ('critical', 3);
create index alerts_key on alerts (id, at, sink);
create index alerts_incident on alerts (incident, era, sink);
create index taken_key on taken (sink, id, at);
create index taken_incident on taken (sink, incident, at);

-- What was taken, with the era that its number is of. A number and its time are of one alert alone.
create table arrived as
select t.*, a.era from taken t left join (select distinct id, at, era from alerts) a using (id, at)
where t.how = 'taken' and t.sink <> 'manager';
create index arrived_key on arrived (era, id, sink);

-- What was sent between the look at a database and its being pruned.
update alerts set state = 'sent' where not is_there and state in ('waiting', 'held') and exists
  (select 1 from arrived t where t.era = alerts.era and t.id = alerts.id and t.sink = alerts.sink);
-- That one is still open is no event that is kept, once it was told.
delete from alerts where not is_there and event = 'renewed';
-- An incident of which more is known that is nothing takes with it what nobody was sent.
create table vanished as select era, incident, id, sink from alerts
where not is_there and state in ('waiting', 'held', 'failed');
delete from alerts where not is_there and state in ('waiting', 'held', 'failed');

select 'alerts: ' || sum(n) || ' made, of ' || max(era) || ' databases; ' || group_concat(event || ' ' || n, ', ')
from (select max(era) as era, event, count(distinct era || ' ' || id) as n from alerts group by event);
select 'alerts: ' || sink || ': ' || group_concat(state || ' ' || n, ', ')
from (select sink, state, count(*) as n from alerts group by 1, 2) group by sink;
select 'alerts: ' || sink || ' took ' || count(*) || ' lines, of them ' || (count(*) - count(distinct id || ' ' || at)) ||
  ' a second time' from arrived group by sink;
select 'alerts: manager took ' || count(*) || ' of ' || count(distinct incident || ' ' || at) || ' incidents'
from taken where sink = 'manager' and how = 'taken';
select 'alerts: ' || sink || ' refused ' || count(*) || ' for good' from taken where how = 'refused' group by sink;
select 'alerts: ' || sink || ' has ' || count(*) || ' lines that are cut' from taken where how = 'cut' group by sink;
select 'alerts: ' || count(*) || ' to ' || sink || ' vanished unsent, of incidents that were withdrawn'
from vanished group by sink;
select 'alerts: ' || count(distinct mark) || ' kills: ' || group_concat(distinct what) from marks;

-- Nothing waits, and nothing is given up.
select 'BAD: ' || count(*) || ' deliveries to ' || sink || ' are ' || state || ', as ' || min(id) || ': ' || max(coalesce(why, ''))
from alerts where state in ('waiting', 'held', 'failed') group by sink, state;
-- What counts as sent is there. (Alertmanager's have no number: by incident, below.)
select 'BAD: ' || count(*) || ' alerts count as sent to ' || a.sink || ', and it has none of them, as ' || min(a.id)
from alerts a left join arrived t using (era, id, sink)
where a.state = 'sent' and a.sink <> 'manager' and t.line is null group by a.sink;
-- What is there was made. An incident whose only session was judged another way while the first alert
-- of it was under way is gone.
select 'alerts: ' || sink || ' has ' || count(*) || ' of incidents that were withdrawn meanwhile'
from arrived where era is null and incident > 0 group by sink;
select 'BAD: ' || sink || ' has ' || count(*) || ' alerts that are in no database, as ' || min(id)
from arrived where era is null and incident = 0 group by sink;
-- What was summed up was told by what summed it up, or by what summed that up.
create table told as
with recursive chain (era, sink, id, last, state) as (
  select era, sink, id, id, state from alerts where state = 'summed'
  union select c.era, c.sink, c.id, a.id, a.state from chain c
    join alerts s on s.era = c.era and s.sink = c.sink and s.id = c.last and s.state = 'summed'
    join alerts a on a.era = c.era and a.sink = c.sink and a.id = s.summed_in
)
select era, sink, id, max(state = 'sent') as is_told from chain group by 1, 2, 3;
select 'BAD: ' || count(*) || ' alerts to ' || sink || ' were summed up by none that was sent, as ' || min(id)
from told where not is_told group by sink;

-- Each incident that lies in a sink's scope was told it, or is part of a surge that was.
create table due as
select i.*, s.sink from incidents i join ranks r using (severity) join sinks s on r.rank >= s.severity
where i.parent is null and not i.muted and not i.withdrawn and not exists
  (select 1 from vanished v where v.era = i.era and v.incident = i.id and v.sink = s.sink);
select 'alerts: ' || sink || ': ' || count(*) || ' incidents to be told' from due group by sink;
select 'BAD: ' || count(*) || ' incidents were not told to ' || sink || ', as ' || min(era || ' ' || id || ' ' || kind)
from due d where not exists (select 1 from alerts a left join told t using (era, sink, id)
  where a.era = d.era and a.sink = d.sink and a.incident = d.id and
  (a.state = 'sent' or coalesce(t.is_told, 0)))
group by sink;
select 'BAD: ' || count(*) || ' incidents never came to manager, as ' || min(d.id)
from due d where sink = 'manager' and not exists (select 1 from taken t where t.sink = 'manager' and
  t.how = 'taken' and t.incident = d.id);
select 'alerts: ' || count(*) || ' incidents were withdrawn when somebody had been told' from incidents where withdrawn;
-- What is muted was told to nobody.
select 'alerts: ' || count(*) || ' incidents were muted' from incidents where muted;
select 'BAD: ' || count(*) || ' alerts of muted incidents' from alerts a
join incidents i on i.era = a.era and i.id = a.incident where i.muted having count(*) > 0;

-- The order of each incident, by what came first; what was refused for good came later, by hand.
create table firsts as
select sink, era, incident, id, min(line) as line from arrived a where incident > 0 and not exists
  (select 1 from taken r where r.how = 'refused' and r.sink = a.sink and r.incident = a.incident)
group by 1, 2, 3, 4;
select 'BAD: ' || count(*) || ' alerts came to ' || sink || ' before an earlier one of the same incident, as ' || min(id)
from (select sink, id, line, max(line) over (partition by sink, era, incident order by id
  rows between unbounded preceding and 1 preceding) as before from firsts)
where before > line group by sink;

-- Twice only beside a kill of who sends to that sink or of what takes it, and once for each at most.
create table kills_of as
select sink, mark, what, min(lines) as low, max(lines) as high from marks
where what in ('keeper', 'watch') or what = 'courier' and sink <> 'script' or
  what = 'runner' and sink = 'script' or what = 'hook' and sink in ('hook', 'manager') or
  what = 'connection' and sink = 'siem'
group by 1, 2, 3;
create table doubles as
select sink, id, at, line, lag(line) over (partition by sink, id, at order by line) as before from arrived;
delete from doubles where before is null;
create table beside as
select d.*, (select mark from kills_of k where k.sink = d.sink and d.before <= k.high + 1 and d.line > k.low
  order by mark limit 1) as mark,
  (select what from kills_of k where k.sink = d.sink and d.before <= k.high + 1 and d.line > k.low
  order by mark limit 1) as what
from doubles d;
select 'alerts: ' || sink || ' was told ' || count(*) || ' twice, beside kills of ' || group_concat(distinct what)
from beside where mark is not null group by sink;
select 'BAD: ' || sink || ' was told ' || count(*) || ' twice, beside no kill, as ' || min(id)
from beside where mark is null group by sink;
select 'BAD: ' || sink || ' was told ' || n || ' twice beside one kill'
from (select sink, mark, count(*) as n from beside where mark is not null group by 1, 2) where n > 1;
