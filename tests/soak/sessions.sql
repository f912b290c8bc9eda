-- The account of tests/soak.sh: a line for each thing that does not add up, and what was counted.
--
--	sent	each session that was played: client, port, server, what it comes to, of which load
--	got	each row of v_sessions in any of the databases, those that were pruned included
--	lost	sums of v_capture over all databases
--	hours	for each database: sessions in v_hourly, rows in v_sessions, rows that were pruned
--	kills	a row for each long load whose sessions may be lost with a watch that was killed: turn
--	crashes	for each reader that was ended: the turn of the long load at that time
--	proven	what -r finds proven in the attacks, by session
.mode list
.separator ' '

create index sent_key on sent (client, port, server);
create index got_key on got (client, port, server);

-- The same ends may meet twice, in the hour: by key, how often.
create table met as
select client, port, server, count(*) as times, min(outcome) as outcome, max(outcome) as also,
  min(load) as load
from sent group by 1, 2, 3;
create table kept as
select client, port, server, count(*) as times from got group by 1, 2, 3;
create index met_key on met (client, port, server);
create index kept_key on kept (client, port, server);

create table sums as
select (select sum(times) from met) as sent,
  (select count(*) from got) as records,
  (select coalesce(sum(max(m.times - coalesce(k.times, 0), 0)), 0)
   from met m left join kept k using (client, port, server)) as missing,
  (select coalesce(sum(max(k.times - coalesce(m.times, 0), 0)), 0)
   from kept k left join met m using (client, port, server)) as parts,
  (select count(*) from got where not complete or ending = 'capture') as unfinished,
  (select untold + crashed from lost) as counted;

select 'account: ' || sent || ' sessions sent = ' || (sent - missing) || ' recorded + ' || missing ||
  ' lost; counted as lost: ' || counted || ' (' || untold || ' untold, ' || crashed ||
  ' with readers), of which ' || (counted - missing) || ' were recorded in part'
from sums, lost;
select 'account: ' || records || ' records = ' || (sent - missing) || ' sessions + ' || parts ||
  ' second parts; ' || unfinished || ' records are no whole session'
from sums;
select 'account: ' || packets || ' packets read, ' || withheld || ' withheld, ' || dropped ||
  ' dropped, ' || evicted || ' flows evicted, of ' || days || ' days, in ' || minutes || ' minutes'
from lost;
select 'account: endings ' || group_concat(ending || ' ' || n, ', ')
from (select ending, count(*) as n from got group by 1);

-- Lost without being counted. With a watch that is killed long ones are lost, and nobody counts them.
create table uncounted as select 4 * count(*) as most from kills;
select 'account: at most ' || most || ' sessions were lost with a watch that was killed' from uncounted;
select 'BAD: ' || (missing - counted) || ' sessions are missing that were not counted as lost'
from sums, lost, uncounted where missing > counted + most and dropped = 0;
-- What came while a reader was away is lost packet by packet: no session has less than ten.
select 'account: where packets were dropped sessions may be missing whole: at most ' || (dropped / 10)
from lost where dropped > 0;
select 'BAD: ' || (missing - counted) || ' sessions are missing, and ' || dropped || ' packets dropped'
from sums, lost, uncounted where dropped > 0 and missing > counted + most + dropped / 10;
-- A session that is lost with a reader goes on, and its rest may be lost as well: to a queue that is
-- full in these minutes, or with the next reader, where it is one of the four long ones of a turn.
create table twice as
select (select coalesce(sum(min(m.crashed, m.untold + coalesce(n.untold, 0))), 0)
        from minutes m left join minutes n on n.minute = m.minute + 60000000 where m.crashed > 0) +
  (select 4 * (count(*) - count(distinct turn)) from crashes) as most;
select 'account: at most ' || most || ' sessions were lost a second time, after a reader was' from twice;
-- Counted though it was kept: each of these has a record, at least of its beginning or its end.
select 'BAD: ' || counted || ' counted as lost, ' || missing || ' are missing, and only ' ||
  unfinished || ' were recorded in part, ' || most || ' counted twice'
from sums, twice where counted - missing > unfinished + most;
select 'BAD: ' || count(*) || ' records of what was never sent, as ' || min(k.client || ' ' || k.port)
from kept k left join met m using (client, port, server) where m.times is null
having count(*) > 0;
select 'BAD: two records of ' || k.client || ' ' || k.port || ', and both are whole'
from kept k join met m using (client, port, server) where k.times > m.times and
  (select count(*) from got g where g.client = k.client and g.port = k.port and g.server = k.server
   and g.complete and g.ending in ('fin', 'reset')) > m.times
limit 5;

-- The clock was yesterday's for a while, and ten years ahead.
select 'BAD: minutes are of ' || days || ' days' from lost where days < 3;

-- Summed up: the hours have each session, those that were pruned as well.
select 'account: hours have ' || sum(summed) || ' sessions = ' || sum(records) || ' kept + ' ||
  sum(pruned) || ' pruned'
from hours;
select 'BAD: v_hourly has ' || summed || ' sessions, of ' || records || ' kept and ' || pruned ||
  ' pruned'
from hours where summed <> records + pruned;

-- What it came to: a whole record says what the session was, and no part says the contrary.
create view judged as
select g.*, m.outcome as wanted, m.load from got g join met m using (client, port, server)
where m.outcome = m.also;
select 'BAD: ' || count(*) || ' ' || load || ' sessions were ' || wanted || ' and recorded as ' ||
  outcome || ', as ' || min(client || ' ' || port)
from judged where complete and ending in ('fin', 'reset') and outcome <> wanted and load <> 'cut' and
  not (wanted = 'no-mail' and outcome = 'partial' and (select dropped from lost) > 0)
group by load, wanted, outcome;
-- That there was no mail is a claim of absence: not made of a session while packets were dropped.
select 'account: ' || count(*) || ' whole sessions without mail recorded as partial; ' ||
  (select count(*) from minutes where dropped > 0) || ' minutes have drops'
from judged where complete and ending in ('fin', 'reset') and wanted = 'no-mail' and outcome = 'partial'
having count(*) > 0;
select 'BAD: ' || count(*) || ' parts of sessions that were ' || wanted || ' were recorded as ' ||
  outcome || ', as ' || min(client || ' ' || port)
from judged where outcome not in (wanted, 'partial') and
  (wanted = 'encrypted' and outcome = 'plaintext' or wanted <> 'encrypted' and outcome = 'encrypted')
group by wanted, outcome;
select 'account: parts of ' || wanted || ' sessions recorded as ' || outcome || ': ' || count(*)
from judged where outcome <> wanted group by wanted, outcome;
select 'BAD: ' || count(*) || ' false alarms, as ' || min(client || ' ' || port || ' ' || critical)
from judged where wanted = 'encrypted' and load <> 'attack' and critical is not null
having count(*) > 0;

-- Attacks that were seen whole are found.
select 'account: ' || count(*) || ' attacks seen whole, ' || coalesce(sum(found is not null), 0) ||
  ' with a proof'
from judged where load = 'attack' and complete;
select 'BAD: in ' || g.client || ' ' || g.port || ' is proven ' || coalesce(g.found, 'nothing') ||
  ', and not ' || p.found
from judged g join proven p using (client, port, server, packets)
where g.load = 'attack' and g.complete and p.complete and coalesce(g.found, '') <> coalesce(p.found, '')
limit 10;
