-- The model and the database must agree in both directions: a promise that nothing keeps is a finding too.
create or replace function isolation.check_m2(model jsonb) returns table (check_id text, severity text, object text, problem text, mend text, source text)
language sql stable
set search_path to pg_catalog, pg_temp
set jit to off
begin atomic
  select 'M2', 'low', a.entry ->> 'object', format('%s is meant to have %s here, and has not', a.entry ->> 'role', c.command),
    'grant it, or take it out of the model', 'The model of meant rights'
  from jsonb_array_elements(coalesce($1 -> 'access', '[]')) as a (entry)
  cross join lateral jsonb_array_elements_text(a.entry -> 'commands') as c (command)
  where case
      when c.command = 'EXECUTE' then not exists (
        select from isolation.function_facts($1) f
        cross join lateral unnest(f.executors) as x (role)
        where x.role like replace(replace(a.entry ->> 'role', '_', '\_'), '*', '%')
          and split_part(f.object, '(', 1) like replace(replace(a.entry ->> 'object', '_', '\_'), '*', '%'))
      else not exists (
        select from isolation.matrix_facts($1) m
        where m.reach <> 'none' and m.command = c.command and m.role like replace(replace(a.entry ->> 'role', '_', '\_'), '*', '%')
          and m.object like replace(replace(a.entry ->> 'object', '_', '\_'), '*', '%'))
        and not exists (
        select from isolation.right_facts($1) g
        where g.privilege = c.command and g.relkind in ('v', 'm', 'S', 'f') and g.role like replace(replace(a.entry ->> 'role', '_', '\_'), '*', '%')
          and g.object like replace(replace(a.entry ->> 'object', '_', '\_'), '*', '%'))
    end;
end;
comment on function isolation.check_m2(jsonb) is 'M2: A meant right is missing.';
revoke all on function isolation.check_m2(jsonb) from public;
grant execute on function isolation.check_m2(jsonb) to bulkhead_auditor;
