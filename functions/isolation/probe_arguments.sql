-- Arguments that name another tenant's things: an argument `team_id` gets the id of that tenant's row of `teams`, one that is called
-- like a column gets that column's value. Label `b`: the other tenant's; `a`: the caller's own; `none`: of the
-- same shape, but nobody's.
create or replace function isolation.probe_arguments(world jsonb, function_oid oid, label text) returns text[]
language plpgsql volatile
set search_path to pg_catalog, pg_temp
as $$
declare
  v_argument record;
  v_found text;
  v_base oid;
  v_result text[] := '{}';
  v_index integer := 0;
  v_label text := case label when 'none' then 'b' else label end;
begin
  for v_argument in
    select coalesce(nullif(p.proargnames[o.place], ''), '') as name, t.oid as type, t.typname, t.typtype, t.typbasetype, t.typcategory, t.typelem, format_type(t.oid, null) as written,
      coalesce(p.proargmodes[o.place], 'i') as mode
    from pg_proc p
    cross join lateral unnest(coalesce(p.proallargtypes, p.proargtypes::oid[])) with ordinality as o (type, place)
    join pg_type t on t.oid = o.type
    where p.oid = function_oid order by o.place
  loop
    continue when v_argument.mode not in ('i', 'b', 'v');
    v_index := v_index + 1;
    v_base := case when v_argument.typtype = 'd' then v_argument.typbasetype else v_argument.type end;
    -- `team_id` is the id of a row of `teams`; `message_ids` a list of them; otherwise a column of that name.
    select e.value into v_found from (
      select 1 as rank, o.value -> v_label ->> 'id' as value, o.key
      from jsonb_each(world -> 'rows') o
      where regexp_replace(v_argument.name, '_ids?$', '') = regexp_replace(regexp_replace(split_part(o.key, '.', 2), 'ies$', 'y'), 's$', '') 
        and (v_argument.name ~ '_ids?$' or v_base = 'uuid'::regtype)
      union all
      select case when c.key = v_argument.name then 2 else 3 end, c.value, o.key
      from jsonb_each(world -> 'rows') o, jsonb_each_text(coalesce(o.value -> v_label, o.value -> 'any', '{}')) c
      where c.key = v_argument.name or c.key || 's' = v_argument.name
        or (v_argument.name ~ '_' and c.key = regexp_replace(v_argument.name, '^[^_]*_', '') and v_base <> 'uuid'::regtype and length(c.key) > 3)
    ) e where e.value is not null order by e.rank, e.key limit 1;
    if v_base = 'uuid'::regtype or v_argument.type = 'uuid[]'::regtype then
      v_found := case when label = 'none' then gen_random_uuid()::text else coalesce(v_found, world -> 'tenants' ->> v_label) end;
      v_result := v_result || case when v_argument.typcategory = 'A' then format('array[%L]::uuid[]', v_found) else format('%L::uuid', v_found) end;
    elsif label = 'none' and v_found ~* 'prb[0-9a-f]{10}' then
      v_result := v_result || format('%L::%s', regexp_replace(v_found, 'prb[0-9a-f]{10}', 'prn' || substr(md5(random()::text), 1, 10), 'gi'), v_argument.written);
    elsif label = 'none' and v_base = 'bytea'::regtype and v_found is not null then
      v_result := v_result || format('%L::bytea', '\x' || encode(sha256(gen_random_uuid()::text::bytea), 'hex'));
    elsif v_found is not null and v_argument.typcategory <> 'A' and v_argument.typcategory <> 'C' then
      v_result := v_result || format('%L::%s', v_found, v_argument.written);
    elsif v_argument.name = 'owner_email' or v_argument.name ~ 'email' then
      v_result := v_result || format('%L::%s', 'isolation-probe@example.com', v_argument.written);
    else
      v_result := v_result || format('%s::%s', case
        when v_base in ('text'::regtype, 'varchar'::regtype, 'bpchar'::regtype, 'name'::regtype) then case when v_argument.typtype = 'd' then '''a.b.c.d.e''' else '''isolation probe''' end
        when v_base = 'bytea'::regtype then quote_literal('\x' || encode(sha256('isolation probe'), 'hex'))
        when v_base = 'bool'::regtype then 'true'
        when v_argument.typcategory = 'N' then '1'
        when v_base = 'interval'::regtype then '''1 hour'''
        when v_base in ('timestamptz'::regtype, 'timestamp'::regtype, 'date'::regtype) then '''now'''
        when v_base in ('json'::regtype, 'jsonb'::regtype) then '''{}'''
        when v_base = 'inet'::regtype then '''127.0.0.1'''
        when v_argument.typcategory = 'A' then '''{}'''
        else 'null'
      end, case when v_argument.type in ('anyelement'::regtype, 'record'::regtype) then 'text' else v_argument.written end);
    end if;
  end loop;
  return v_result;
end
$$;
comment on function isolation.probe_arguments(jsonb, oid, text) is 'Literals for a function''s arguments that name another tenant''s things.';
revoke all on function isolation.probe_arguments(jsonb, oid, text) from public;
