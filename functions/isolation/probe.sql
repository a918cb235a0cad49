-- The probes, for psql: two synthetic tenants, every attempt, and nothing left. A superuser acts as every login in turn. An auditor gets
-- what can be attempted without becoming anybody (isolation.probe_as_auditor), against the deployed model and no other: a model says
-- statements to be run. Anybody else is told so, as a result that is no pass.
create or replace function isolation.probe(model jsonb default isolation.config(), only_groups text[] default null)
returns table (id text, title text, verdict text, detail text)
language plpgsql volatile
set search_path to pg_catalog, pg_temp
as $$
begin
  if (select r.rolsuper from pg_roles r where r.rolname = session_user) then
    return query select * from isolation.probe_run(model, coalesce(only_groups, array['read', 'nodes', 'write', 'roles', 'keys', 'functions', 'shadows', 'views', 'plans', 'planner', 'audit', 'tickets']));
  elsif session_user <> 'bulkhead_auditor' or model is distinct from isolation.config() then
    begin
      raise exception using errcode = 'ZI001', message = 'a model of one''s own, or a login that is not bulkhead_auditor, needs a superuser to probe';
    exception when sqlstate 'ZI001' then
      return query select 'P0 the run seed', 'the probes run', 'unreliable', 'ZI001: ' || sqlerrm;
    end;
  else
    return query select * from isolation.probe_as_auditor(only_groups);
  end if;
end
$$;
comment on function isolation.probe(jsonb, text[]) is 'Dynamic probes, always undone: select * from isolation.probe() where verdict <> ''pass''.';
revoke all on function isolation.probe(jsonb, text[]) from public;
grant execute on function isolation.probe(jsonb, text[]) to bulkhead_auditor;
