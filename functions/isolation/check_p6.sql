-- A setting is the caller's to set. It may carry a secret that is looked up, not a tenant that is believed.
create or replace function isolation.check_p6(model jsonb) returns table (check_id text, severity text, object text, problem text, mend text, source text)
language sql stable
set search_path to pg_catalog, pg_temp
set jit to off
begin atomic
  with behind as (
    select b.is_function, b.oid from isolation.behind_facts($1) b
  ), texts as (
    select p.object || '.' || p.name as object, p.using_text || ' ' || coalesce(p.check_text, '') as text from isolation.policy_facts($1) p where p.class = 'tenant'
    union all
    select p.object || '.' || p.name, p.check_text from isolation.policy_facts($1) p where p.class = 'tenant' and p.using_text is null
    union all
    select f.object, coalesce(pg_get_function_sqlbody(f.oid), f.body) from behind b join isolation.function_facts($1) f on b.is_function and f.oid = b.oid
    union all
    select b.oid::regclass::text, pg_get_viewdef(b.oid) from behind b join pg_class c on not b.is_function and c.oid = b.oid and c.relkind = 'v'
  ), used as (
    select distinct t.object, lower(s.found[1]) as setting,
      -- Hashed before it is compared: what is believed is not the setting but the row that it leads to.
      t.text ~* ('(sha256|sha512|digest|hmac)\(.{0,40}current_setting\(''' || replace(s.found[1], '.', '\.')) as is_hashed
    from texts t
    cross join lateral regexp_matches(t.text, 'current_setting\(\(?''([^'']+)''', 'gi') as s (found)
  )
  select 'P6', 'high', u.object, format('believes the setting %s, which whoever can send SQL can set to another tenant', u.setting),
    'look the tenant up by a secret that the setting carries, or accept it with the reason why no caller can send SQL', 'PostgreSQL manual, SET; Customized Options'
  from used u
  -- A setting of the server's own (no dot in its name) carries no tenant.
  where u.setting like '%.%' and not u.is_hashed and not coalesce(($1 -> 'context' ->> 'forgeable')::boolean, false)
  union all
  select 'P6', 'high', s.name, 'the tenant context is a setting: whoever can send SQL can set it to another tenant',
    'look the tenant up by a secret that the setting carries, or accept it in the baseline with the reason why no caller can send SQL', 'PostgreSQL manual, SET; Customized Options'
  from jsonb_array_elements_text(coalesce($1 -> 'context' -> 'settings', '[]')) as s (name)
  where ($1 -> 'context' ->> 'forgeable')::boolean;
end;
comment on function isolation.check_p6(jsonb) is 'P6: The caller can forge the context.';
revoke all on function isolation.check_p6(jsonb) from public;
grant execute on function isolation.check_p6(jsonb) to bulkhead_auditor;
