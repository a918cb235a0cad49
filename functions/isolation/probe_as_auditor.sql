-- Lets the auditor's login start the probing and gives it nothing: no statement of its own runs, only verdicts come back, and what is made
-- up in between is gone before this returns. It works as bulkhead_owner, bound by FORCE to the synthetic tenant of the moment.
-- Not attempted: what needs to become a service's login, to switch triggers off or to make a schema. It says so in its first row.
create or replace function isolation.probe_as_auditor(only_groups text[] default null)
returns table (id text, title text, verdict text, detail text)
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
declare
  v_groups constant text[] := array['read', 'nodes', 'write', 'roles', 'functions', 'plans', 'planner'];
begin
  if session_user <> 'bulkhead_auditor' then
    raise exception using errcode = 'ZI003', message = 'only bulkhead_auditor probes in this way', hint = 'call isolation.probe()';
  end if;
  if current_setting('transaction_isolation') <> 'read committed' then
    raise exception using errcode = 'ZI004', message = 'probing needs a read committed transaction', hint = 'no session counts in another';
  end if;
  if not v_groups @> coalesce(only_groups, '{}') then
    raise exception using errcode = 'ZI005', message = 'there is no such group of probes for an auditor', hint = array_to_string(v_groups, ', ');
  end if;
  return query select 'P0 the run scope', 'what this login probes', 'pass',
    'as bulkhead_member, bulkhead_agent, bulkhead_recipient and bulkhead_anonymous: ' || array_to_string(coalesce(only_groups, v_groups), ', ')
    || '. Services'' logins, keys without triggers, audit gaps, views and tickets need a superuser: npm run isolation -- probe, on a copy';
  return query select * from isolation.probe_run(isolation.config(), coalesce(only_groups, v_groups));
end
$$;
comment on function isolation.probe_as_auditor(text[]) is 'Dynamic probes as the request roles, always undone, for bulkhead_auditor.';
revoke all on function isolation.probe_as_auditor(text[]) from public;
grant execute on function isolation.probe_as_auditor(text[]) to bulkhead_auditor;
