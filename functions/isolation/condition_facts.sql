-- The model's conditions as patterns over a policy's text, both sides of an equation accepted. Blanks, brackets, `::text` and the
-- alias that Postgres gives a sub-select are dropped on both sides, so that a condition may be written as a person writes it.
-- A setting without a condition of its own allows `column = current_setting(…)`, with or without missing_ok, nullif and a cast.
create or replace function isolation.condition_facts(model jsonb) returns table (written text, means text, pattern text)
language sql stable
set search_path to pg_catalog, pg_temp
set jit to off
begin atomic
  with conditions as (
    select coalesce(c.value ->> 'sql', c.value #>> '{}') as written, c.value ->> 'means' as means
    from jsonb_array_elements(coalesce($1 -> 'context' -> 'conditions', '[]')) as c (value)
  ), patterns as (
    select c.written, c.means,
      regexp_replace(lower(regexp_replace(regexp_replace(c.written, ' AS "?[[:alnum:]_]+"?(?=\))', '', 'gi'), '::(text|name|character varying)|[[:space:]()]', '', 'g')), '([.^$*+?\[\]{}|\\])', '\\\1', 'g') as pattern
    from conditions c
  ), each_way as (
    select p.written, p.means, p.pattern from patterns p
    union all
    select p.written, p.means, substr(p.pattern, length('\{column\}=') + 1) || '=\{column\}'
    from patterns p where p.pattern like '\\{column\\}=%'
  )
  select b.written, b.means, '^' || replace(replace(b.pattern, '\{text\}', '''[^'']*'''), '\{column\}', '{column}') || '$'
  from each_way b
  union all
  select '{column} = current_setting(''' || s.name || ''')', null,
    w.before || '(select)?(nullif)?current_setting''' || replace(lower(s.name), '.', '\.') || '''(,true)?(,'''')?(::[a-z]+)?' || w.after
  from jsonb_array_elements_text(coalesce($1 -> 'context' -> 'settings', '[]')) as s (name)
  cross join (values ('^{column}=', '$'), ('^', '={column}$')) as w (before, after)
  where $1 -> 'context' -> 'conditions' is null;
end;
comment on function isolation.condition_facts(jsonb) is 'What binds a row to the tenant: one pattern per way of writing it.';
revoke all on function isolation.condition_facts(jsonb) from public;
grant execute on function isolation.condition_facts(jsonb) to bulkhead_auditor;
