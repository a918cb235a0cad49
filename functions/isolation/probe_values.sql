-- Values that a column may take, best first, as text. Checks are satisfied by trial: the words and numbers that the column's own
-- constraints name come first, then shapes that constraints commonly ask for. A nullable column's last value is null; a nullable
-- time's first, since rows that have ended or expired are rows that functions no longer touch.
create or replace function isolation.probe_values(relid oid, attnum smallint, marker text) returns text[]
language plpgsql volatile
set search_path to pg_catalog, pg_temp
as $$
declare
  v_column record;
  v_type oid;
  v_checks text;
  v_found text[] := '{}';
  v_values text[];
begin
  select a.attname, a.attnotnull, a.atttypmod, a.atttypid, t.typtype, t.typbasetype, t.typcategory, t.typelem, t.typname into v_column
  from pg_attribute a join pg_type t on t.oid = a.atttypid where a.attrelid = relid and a.attnum = probe_values.attnum;
  v_type := case v_column.typtype when 'd' then v_column.typbasetype else v_column.atttypid end;
  select coalesce(string_agg(pg_get_constraintdef(c.oid), ' '), '') into v_checks from pg_constraint c
  where c.contype = 'c' and ((c.conrelid = relid and probe_values.attnum = any (c.conkey)) or (c.contypid = v_column.atttypid and c.contypid <> 0));
  if exists (select from pg_enum e where e.enumtypid = v_type) then
    select array_agg(e.enumlabel::text order by e.enumsortorder) into v_values from pg_enum e where e.enumtypid = v_type;
  elsif v_type = 'uuid'::regtype then
    v_values := array[gen_random_uuid()::text];
  elsif v_type in ('text'::regtype, 'varchar'::regtype, 'bpchar'::regtype, 'name'::regtype) or v_column.typname = 'citext' then
    select coalesce(array_agg(m[1]), '{}') into v_found
    from regexp_matches(v_checks, '''([^'']*)''::', 'g') m where m[1] !~ '[\^\[\\$]';
    v_values := v_found || array[
      'probe ' || marker, marker, marker || '@example.com', 'probe.' || translate(marker, '0123456789', 'ghijklmnop'), upper('probe_' || marker),
      'https://' || marker || '.example.com/', 'eyJ' || marker || '.a.b.c.d', repeat(marker || '-', 8), left(marker, 2), encode(sha256(marker::bytea), 'hex'), '127.0.0.1', '1'
    ];
    if v_column.atttypmod > 4 and v_type <> 'name'::regtype then
      -- A short one: of the tenant's own first, so that two tenants' differ.
      select array_agg(left(x.value, v_column.atttypmod - 4) order by x.place) into v_values
      from unnest(v_found || md5(marker) || v_values) with ordinality as x (value, place);
    end if;
  elsif v_type = 'bytea'::regtype then
    v_values := array[
      '\x' || encode(sha256((marker || relid || probe_values.attnum)::bytea), 'hex'),
      '\x' || encode(sha512((marker || relid || probe_values.attnum)::bytea), 'hex'), '\x' || substr(encode(sha256(marker::bytea), 'hex'), 1, 32)
    ];
  elsif v_column.typcategory = 'N' then
    select coalesce(array_agg(m[1]), '{}') into v_found from regexp_matches(v_checks, '([0-9]+)', 'g') m;
    v_values := array['1'] || v_found || array['0', '10', '100', '1000', '-1'];
  elsif v_type in ('timestamptz'::regtype, 'timestamp'::regtype, 'date'::regtype) then
    -- What expires must be alive: a probe that meets only dead rows finds nothing.
    v_values := case when v_column.attname ~ '(expir|until|valid|ends?_)' then array['tomorrow', 'now', 'yesterday'] else array['now', 'tomorrow', 'yesterday'] end;
    if not v_column.attnotnull then v_values := array[null] || v_values; end if;
  elsif v_type = 'interval'::regtype then
    v_values := array['1 day', '1 hour', '00:10:00', '30 days'];
  elsif v_type = 'bool'::regtype then
    v_values := array['false', 'true'];
  elsif v_type in ('json'::regtype, 'jsonb'::regtype) then
    v_values := array['{}', '[]', '"' || marker || '"'];
  elsif v_type in ('inet'::regtype, 'cidr'::regtype) then
    v_values := array['127.0.0.1'];
  elsif v_type = 'time'::regtype then
    v_values := array['12:00'];
  elsif v_column.typcategory = 'A' then
    v_values := case when v_column.typelem in ('text'::regtype, 'varchar'::regtype) then array['{' || marker || '}', '{}'] else array['{}'] end;
  elsif v_column.typcategory = 'R' then
    v_values := array['empty'];
  elsif v_type in ('tsvector'::regtype, 'xml'::regtype) then
    v_values := array[''];
  else
    v_values := array['1', '', '(0,0)'];
  end if;
  -- A partitioned table takes only what one of its partitions is for: the bounds say what that is.
  if exists (select from pg_partitioned_table p where p.partrelid = relid and probe_values.attnum = any (p.partattrs)) then
    select coalesce(array_agg(distinct m.literal), '{}') into v_found
    from pg_inherits i join pg_class c on c.oid = i.inhrelid
    cross join lateral (
      select (regexp_match(pg_get_expr(c.relpartbound, c.oid), '(?:FROM|IN) \(''?([^'',)]+)'))[1] as literal
    ) m
    where i.inhparent = relid and m.literal is not null and m.literal not in ('MINVALUE', 'NULL');
    v_values := v_found || v_values;
  end if;
  if not v_column.attnotnull and not (v_values[1] is null and array_length(v_values, 1) > 1) then
    v_values := v_values || array[null];
  end if;
  return v_values;
end
$$;
comment on function isolation.probe_values(oid, smallint, text) is 'Values that a synthetic row may have in a column, best first.';
revoke all on function isolation.probe_values(oid, smallint, text) from public;
