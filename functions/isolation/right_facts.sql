-- Grants that count: to PUBLIC, to a role that requests or services run as, or to one whose rights such a role inherits.
create or replace function isolation.right_facts(model jsonb) returns table (relid oid, object text, relkind text, grantee oid, role text, privilege text, column_name text)
language sql stable
set search_path to pg_catalog, pg_temp
set jit to off
begin atomic
  select g.relid, g.object, g.relkind, g.grantee, g.role, g.privilege, g.column_name
  from isolation.grant_facts($1) g
  where g.grantee = 0
    or g.grantee in (
      select p.grantee_oid from isolation.privilege_facts($1) p join isolation.actor_facts($1) a on a.oid = p.actor_oid
    );
end;
comment on function isolation.right_facts(jsonb) is 'Grants that a request or a service can use.';
revoke all on function isolation.right_facts(jsonb) from public;
grant execute on function isolation.right_facts(jsonb) to bulkhead_auditor;
