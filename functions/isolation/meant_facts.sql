-- What looks wrong and is meant: with its expression in the same short form as a policy's, when it has one.
create or replace function isolation.meant_facts(model jsonb) returns table (check_id text, object_like text, expression text, reason text)
language sql stable
set search_path to pg_catalog, pg_temp
set jit to off
begin atomic
  select m.value ->> 'check', replace(replace(m.value ->> 'object', '_', '\_'), '*', '%'),
    lower(regexp_replace(regexp_replace(m.value ->> 'expression', ' AS "?[[:alnum:]_]+"?(?=\))', '', 'gi'), '::(text|name|character varying)|[[:space:]()]', '', 'g')), m.value ->> 'reason'
  from jsonb_array_elements(coalesce($1 -> 'meant', '[]')) as m (value);
end;
comment on function isolation.meant_facts(jsonb) is 'The model''s exceptions, with reasons.';
revoke all on function isolation.meant_facts(jsonb) from public;
grant execute on function isolation.meant_facts(jsonb) to bulkhead_auditor;
