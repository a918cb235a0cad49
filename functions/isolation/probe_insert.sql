-- One synthetic row of one table. Parents' values come along every foreign key; the rest is tried until the constraints agree:
-- each violation of a constraint moves that constraint's columns on to their next combination, and nothing else.
create or replace function isolation.probe_insert(world jsonb, relid oid, tenant_column text, label text) returns jsonb
language plpgsql volatile
set search_path to pg_catalog, pg_temp
as $$
declare
  v_object text := (select quote_ident(n.nspname) || '.' || quote_ident(c.relname) from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.oid = relid);
  v_hints jsonb := coalesce(world -> 'hints' -> v_object, '{}');
  v_marker text := world -> 'markers' ->> label;
  v_names text[] := '{}';
  v_choices jsonb := '{}';
  v_chosen jsonb := '{}';
  v_column record;
  v_key record;
  v_value jsonb;
  v_row jsonb;
  v_problem text;
  v_state text;
  v_constraint text;
  v_counts jsonb := '{}';
  v_count integer;
  v_width integer;
  v_members text[];
  v_member text;
  v_replica boolean := false;
begin
  v_hints := v_hints || coalesce(v_hints -> label, '{}');
  -- From parents: what a foreign key's columns must be. A key without a parent row stays null where it may.
  for v_key in
    select fn.nspname, f.relname, c.confrelid, c.conkey, c.confkey from pg_constraint c
    join pg_class f on f.oid = c.confrelid join pg_namespace fn on fn.oid = f.relnamespace
    where c.conrelid = relid and c.contype = 'f' and c.conparentid = 0 order by cardinality(c.conkey) desc, c.conname
  loop
    v_row := coalesce(world -> 'rows' -> (quote_ident(v_key.nspname) || '.' || quote_ident(v_key.relname)) -> label,
      world -> 'rows' -> (quote_ident(v_key.nspname) || '.' || quote_ident(v_key.relname)) -> 'any');
    for v_column in
      select a.attname, a.attnotnull, p.attname as parent from unnest(v_key.conkey, v_key.confkey) as k (here, there)
      join pg_attribute a on a.attrelid = relid and a.attnum = k.here join pg_attribute p on p.attrelid = v_key.confrelid and p.attnum = k.there
    loop
      continue when v_choices ? v_column.attname;
      v_value := v_row -> v_column.parent;
      v_choices := v_choices || jsonb_build_object(v_column.attname, case
        when v_value is null or v_value = 'null' then '[null]'::jsonb
        when v_column.attnotnull then jsonb_build_array(v_value)
        else jsonb_build_array(v_value, null)
      end);
    end loop;
  end loop;
  for v_column in
    select a.attname::text, a.attnum, a.attnotnull, a.atthasdef or a.attidentity <> '' as has_default, a.attidentity, t.typtype, t.typcategory
    from pg_attribute a join pg_type t on t.oid = a.atttypid
    where a.attrelid = relid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '' order by a.attnum
  loop
    if v_hints ? v_column.attname then
      v_choices := v_choices || jsonb_build_object(v_column.attname, jsonb_build_array(
        replace(replace((v_hints -> v_column.attname)::text, '{marker}', v_marker), '{tenant}', world -> 'tenants' ->> label)::jsonb));
    elsif v_column.attname = tenant_column then
      v_choices := v_choices || jsonb_build_object(tenant_column, jsonb_build_array(world -> 'tenants' -> label));
    elsif not v_choices ? v_column.attname and not v_column.has_default then
      v_choices := v_choices || jsonb_build_object(v_column.attname, to_jsonb(isolation.probe_values(relid, v_column.attnum, v_marker)));
    end if;
    if v_choices ? v_column.attname then
      v_names := v_names || v_column.attname;
      v_chosen := v_chosen || jsonb_build_object(v_column.attname, v_choices -> v_column.attname -> 0);
    end if;
  end loop;
  for v_attempt in 1 .. 200 loop
    begin
      if v_replica then set local session_replication_role = replica; end if;
      if v_names = '{}' then
        execute format('insert into %s as x default values returning to_jsonb(x)', v_object) into v_row;
      else
        execute format('insert into %s as x (%s) overriding system value select %s from jsonb_populate_record(null::%s, $1) returning to_jsonb(x)', v_object,
          (select string_agg(quote_ident(n), ', ') from unnest(v_names) n), (select string_agg(quote_ident(n), ', ') from unnest(v_names) n), v_object)
          into v_row using v_chosen;
      end if;
      if v_replica then set local session_replication_role = origin; end if;
      return jsonb_build_object('row', v_row);
    exception when others then
      get stacked diagnostics v_state = returned_sqlstate, v_problem = message_text, v_constraint = constraint_name;
    end;
    if v_state = '23514' then
      select coalesce(array_agg(a.attname::text order by a.attnum), '{}') into v_members
      from pg_attribute a
      where a.attrelid = relid and v_choices ? a.attname and (
        exists (select from pg_constraint c where c.conrelid = relid and c.conname = v_constraint and a.attnum = any (c.conkey))
        or exists (select from pg_constraint c where c.contypid = a.atttypid and c.conname = v_constraint));
      v_count := coalesce((v_counts ->> v_constraint)::integer, 0) + 1;
      v_counts := v_counts || jsonb_build_object(v_constraint, v_count);
      -- The count, read as one digit a column, names the next combination.
      foreach v_member in array v_members loop
        v_width := jsonb_array_length(v_choices -> v_member);
        v_chosen := v_chosen || jsonb_build_object(v_member, v_choices -> v_member -> (v_count % v_width));
        v_count := v_count / v_width;
      end loop;
      exit when v_members = '{}' or v_count > 0;
    elsif v_state in ('22001', '22003', '22P02', '22007', '22008', '42804', '22023') and v_attempt < 50 then
      -- A value of an unforeseen type: every column that has another choice moves on.
      foreach v_member in array v_names loop
        v_width := jsonb_array_length(v_choices -> v_member);
        v_chosen := v_chosen || jsonb_build_object(v_member, v_choices -> v_member -> (v_attempt % v_width));
      end loop;
    elsif v_state = '23505' and v_attempt < 20 then
      -- Taken already: the key's own made-up columns move on.
      select coalesce(array_agg(a.attname::text), '{}') into v_members
      from pg_index i join pg_class k on k.oid = i.indexrelid join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any (i.indkey)
      where i.indrelid = relid and k.relname = v_constraint and v_choices ? a.attname and jsonb_array_length(v_choices -> a.attname) > 1;
      exit when v_members = '{}';
      foreach v_member in array v_members loop
        v_chosen := v_chosen || jsonb_build_object(v_member, v_choices -> v_member -> (v_attempt % jsonb_array_length(v_choices -> v_member)));
      end loop;
    elsif v_state like 'P0%' or v_state like 'Z%' then
      -- A rule of the application's own stands in the way of a lone row: seed past it, without triggers.
      exit when v_replica;
      v_replica := true;
    else
      exit;
    end if;
  end loop;
  return jsonb_build_object('problem', v_state || ': ' || v_problem);
end
$$;
comment on function isolation.probe_insert(jsonb, oid, text, text) is 'Makes one synthetic row; answers with the row, or with the problem.';
revoke all on function isolation.probe_insert(jsonb, oid, text, text) from public;
