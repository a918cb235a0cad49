-- An UPDATE or DELETE without WHERE and RETURNING asks for no SELECT policy: a wider UPDATE or DELETE policy hits rows unseen.
create or replace function isolation.check_p4(model jsonb) returns table (check_id text, severity text, object text, problem text, mend text, source text)
language sql stable
set search_path to pg_catalog, pg_temp
set jit to off
begin atomic
  select 'P4', case when p.using_worth = 'tenant' then 'low' else 'high' end, p.object || '.' || p.name,
    format('lets %s %s rows that no SELECT policy shows it: %s', array_to_string(p.roles, ', '), lower(p.command), p.using_text),
    'give SELECT and this command the same condition', 'PostgreSQL manual, CREATE POLICY'
  from isolation.policy_facts($1) p
  where p.permissive and p.command in ('UPDATE', 'DELETE') and p.class = 'tenant'
    and not exists (
      select from isolation.policy_facts($1) s
      where s.relid = p.relid and s.permissive and s.command in ('SELECT', 'ALL') and (s.role_oids @> p.role_oids or 0 = any (s.role_oids))
        and (s.using_text = p.using_text or s.using_worth in ('always', 'meant') or p.using_worth = 'tenant' and s.using_worth = 'tenant' and not coalesce(($1 ->> 'strict')::boolean, false))
    );
end;
comment on function isolation.check_p4(jsonb) is 'P4: Rows can be changed that cannot be seen.';
revoke all on function isolation.check_p4(jsonb) from public;
grant execute on function isolation.check_p4(jsonb) to bulkhead_auditor;
