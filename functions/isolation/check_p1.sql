-- Trusted is only what is recognised: a policy whose text none of the model's conditions matches is reported, however harmless it reads.
create or replace function isolation.check_p1(model jsonb) returns table (check_id text, severity text, object text, problem text, mend text, source text)
language sql stable
set search_path to pg_catalog, pg_temp
set jit to off
begin atomic
  select 'P1', case when p.class in ('tenant', 'private', 'unknown') then case e.worth when 'always' then 'critical' else 'high' end else 'medium' end,
    p.object || '.' || p.name,
    case e.worth
      when 'always' then format('%s is true for every row: %s', e.part, e.text)
      else format('%s is not bound to the tenant by any condition of the model: %s', e.part, e.text)
    end,
    'compare the tenant column with the context, or state this expression under `meant` with its reason', 'PostgreSQL manual, CREATE POLICY'
  from isolation.policy_facts($1) p
  cross join lateral (
    values ('USING', p.using_worth, p.using_text), ('WITH CHECK', case when p.check_text is not null then p.check_worth end, p.check_text)
  ) as e (part, worth, text)
  where p.permissive and e.worth in ('always', 'other')
    and not (e.part = 'WITH CHECK' and p.using_worth in ('tenant', 'meant') and p.command <> 'INSERT')
    and not (
      -- Owners' functions on a private table, and reading what is everybody's.
      p.class = 'private' and not exists (
        select from unnest(p.role_oids) as r (role) where r.role = 0 or not exists (
          select from isolation.role_facts($1) o where o.oid = r.role and o.kind in ('owner', 'deploy')))
      or p.class = 'reference' and p.command = 'SELECT'
      or $1 -> 'access' is not null and not exists (
        select from unnest(p.roles) as r (role) where not exists (
          select from jsonb_array_elements($1 -> 'access') as a (entry)
          where a.entry ->> 'rows' = 'all' and r.role like replace(replace(a.entry ->> 'role', '_', '\_'), '*', '%')
            and p.object like replace(replace(a.entry ->> 'object', '_', '\_'), '*', '%')))
    );
end;
comment on function isolation.check_p1(jsonb) is 'P1: A policy is true for more than the tenant''s rows.';
revoke all on function isolation.check_p1(jsonb) from public;
grant execute on function isolation.check_p1(jsonb) to bulkhead_auditor;
