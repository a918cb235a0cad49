-- A copy of a row that collides with nothing but what is kept: every other column of a unique key gets a new value.
create or replace function isolation.probe_fresh(relid oid, source jsonb, keep text[]) returns jsonb
language plpgsql volatile
set search_path to pg_catalog, pg_temp
as $$
declare
  v_column record;
begin
  for v_column in
    select distinct a.attname::text as name, a.atttypid as type, t.typcategory
    from pg_index i join pg_attribute a on a.attrelid = i.indrelid and (a.attnum = any (i.indkey) or exists (
      -- Columns inside expressions of the key.
      select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = i.indexrelid and d.refobjid = i.indrelid and d.refobjsubid = a.attnum))
    join pg_type t on t.oid = a.atttypid
    where i.indrelid = relid and (i.indisunique or i.indisexclusion) and a.attnum > 0 and not a.attname = any (keep)
      and not exists (select from pg_constraint k where k.conrelid = relid and k.contype = 'f' and a.attnum = any (k.conkey))
  loop
    source := source || jsonb_build_object(v_column.name, case
      when v_column.type = 'uuid'::regtype then to_jsonb(gen_random_uuid())
      when v_column.type = 'bytea'::regtype then to_jsonb('\x' || encode(sha256(gen_random_uuid()::text::bytea), 'hex'))
      when v_column.typcategory = 'N' then to_jsonb((random() * 30000)::integer + 1000)
      -- A word of a fixed list stays what it is; only what was made up is made up anew.
      when v_column.typcategory = 'S' and source ->> v_column.name !~* 'pr[abc][0-9a-f]{10}' and source ->> v_column.name !~ '^[0-9a-f]{64}$' then source -> v_column.name
      when v_column.typcategory = 'S' and source ->> v_column.name ~ '@' then to_jsonb(substr(md5(gen_random_uuid()::text), 1, 8) || (source ->> v_column.name))
      when v_column.typcategory = 'S' then to_jsonb((source ->> v_column.name) || translate(substr(md5(gen_random_uuid()::text), 1, 8), '0123456789', 'ghijklmnop'))
      else source -> v_column.name
    end);
  end loop;
  return source;
end
$$;
comment on function isolation.probe_fresh(oid, jsonb, text[]) is 'A row like another one, with new values in its unique keys.';
revoke all on function isolation.probe_fresh(oid, jsonb, text[]) from public;
