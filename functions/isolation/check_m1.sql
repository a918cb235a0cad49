-- The model lists every meant right. What is granted beyond it is a finding, whatever it is good for. Without such a list, all rows of a
-- tenant table are never meant.
create or replace function isolation.check_m1(model jsonb) returns table (check_id text, severity text, object text, problem text, mend text, source text)
language sql stable
set search_path to pg_catalog, pg_temp
set jit to off
begin atomic
  select 'M1', case when m.class = 'reference' then 'medium' when m.reach = 'all' then 'critical' when m.kind = 'auditor' then 'high' else 'medium' end,
    m.object, format('%s may %s %s rows%s, which is not meant: %s', m.role, m.command, m.reach, ' (columns ' || array_to_string(m.columns, ', ') || ')', m.why),
    format('revoke %s on %s from %I, or add the right to the model', m.command, m.object, m.role), 'The model of meant rights'
  from isolation.matrix_facts($1) m
  where m.reach <> 'none' and m.kind <> 'owner'
    and case
      when $1 -> 'access' is null then m.reach = 'all' and m.class = 'tenant' and not m.is_meant
      else not exists (
        select from jsonb_array_elements($1 -> 'access') as a (entry)
        where m.role like replace(replace(a.entry ->> 'role', '_', '\_'), '*', '%')
          and m.object like replace(replace(a.entry ->> 'object', '_', '\_'), '*', '%')
          and a.entry -> 'commands' ? m.command
          and (a.entry ->> 'rows' = 'all' or m.reach = 'own')
          and (coalesce(a.entry -> 'columns', 'null') = 'null'
            or m.columns is not null and m.columns <@ array(select jsonb_array_elements_text(nullif(a.entry -> 'columns', 'null'))))
      )
    end
  union all
  -- The condition that is meant for these rows, and no other.
  select 'M1', 'medium', p.object || '.' || p.name, format('asks for %s, where the model means %s', coalesce(p.using_text, p.check_text), replace(a.entry ->> 'condition', '{column}', coalesce(p.tenant_column, ''))),
    'bring the policy and the model together', 'The model of meant rights'
  from isolation.policy_facts($1) p
  join jsonb_array_elements(coalesce($1 -> 'access', '[]')) as a (entry) on a.entry ->> 'condition' is not null
    and p.object like replace(replace(a.entry ->> 'object', '_', '\_'), '*', '%')
    and (p.command = 'ALL' or a.entry -> 'commands' ? p.command)
    and exists (select from unnest(p.roles) as r (role) where r.role = 'PUBLIC' or r.role like replace(replace(a.entry ->> 'role', '_', '\_'), '*', '%'))
  where p.permissive
    -- Where an exception says so, exactly these other words are meant instead.
    and lower(regexp_replace(regexp_replace(coalesce(p.using_text, p.check_text), ' AS "?[[:alnum:]_]+"?(?=\))', '', 'gi'), '::(text|name|character varying)|[[:space:]()]', '', 'g')) <> coalesce(
      (select e.expression from isolation.meant_facts($1) e
        where e.check_id = 'M1' and e.expression is not null and p.object || '.' || p.name like e.object_like limit 1),
      lower(regexp_replace(regexp_replace(replace(a.entry ->> 'condition', '{column}', coalesce(p.tenant_column, '')), ' AS "?[[:alnum:]_]+"?(?=\))', '', 'gi'), '::(text|name|character varying)|[[:space:]()]', '', 'g'))
    )
  union all
  select 'M1', 'medium', f.object, format('%s may execute it, which is not meant', x.role), format('revoke execute on function %s from %I, or add the right to the model', f.object, x.role),
    'The model of meant rights'
  from isolation.function_facts($1) f
  cross join lateral unnest(f.executors) as x (role)
  where $1 -> 'access' is not null and not f.is_trigger and x.role <> 'PUBLIC'
    and not exists (
      select from jsonb_array_elements($1 -> 'access') as a (entry)
      where a.entry -> 'commands' ? 'EXECUTE' and x.role like replace(replace(a.entry ->> 'role', '_', '\_'), '*', '%')
        and split_part(f.object, '(', 1) like replace(replace(a.entry ->> 'object', '_', '\_'), '*', '%')
    )
  union all
  select distinct 'M1', 'medium', g.object, format('%s has %s on this %s, which is not meant', g.role, g.privilege,
      case g.relkind when 'v' then 'view' when 'm' then 'materialized view' when 'S' then 'sequence' when 'f' then 'foreign table'
        else 'table, though no row or schema may be in reach' end),
    format('revoke %s on %s from %s, or add the right to the model', g.privilege, g.object, g.role), 'The model of meant rights'
  from isolation.right_facts($1) g
  where $1 -> 'access' is not null and (g.relkind in ('v', 'm', 'S', 'f') or g.relkind in ('r', 'p') and g.privilege in ('SELECT', 'INSERT', 'UPDATE', 'DELETE'))
    and not exists (
      select from jsonb_array_elements($1 -> 'access') as a (entry)
      where a.entry -> 'commands' ? g.privilege and g.role like replace(replace(a.entry ->> 'role', '_', '\_'), '*', '%')
        and g.object like replace(replace(a.entry ->> 'object', '_', '\_'), '*', '%')
    )
    -- What reaches rows has been told above, with why.
    and not exists (
      select from isolation.matrix_facts($1) m
      where m.reach <> 'none' and m.role = g.role and m.object = g.object and m.command = g.privilege
    );
end;
comment on function isolation.check_m1(jsonb) is 'M1: A right is wider than the model means.';
revoke all on function isolation.check_m1(jsonb) from public;
grant execute on function isolation.check_m1(jsonb) to bulkhead_auditor;
