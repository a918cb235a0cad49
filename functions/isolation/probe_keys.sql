-- C1 and C2: whether a key tells, or lets through, another tenant's value. A row of tenant A that repeats B's value must be
-- welcome in a unique key, and refused in a foreign key. Tried with the table owner's reach, since functions write with it.
create or replace function isolation.probe_keys(model jsonb, world jsonb, only_tables text[] default null)
returns table (id text, title text, verdict text, detail text)
language plpgsql volatile
set search_path to pg_catalog, pg_temp
as $$
declare
  v_table record;
  v_key record;
  v_a jsonb;
  v_b jsonb;
  v_parent jsonb;
  v_row jsonb;
  v_code text;
  v_name text;
  v_message text;
  v_bad text[];
  v_inserted bigint;
  v_unsure text[];
  v_parents jsonb := (select coalesce(jsonb_object_agg(r.oid::text, r.object), '{}') from isolation.relation_facts(model) r where r.class = 'tenant');
begin
  for v_table in select r.* from isolation.relation_facts(model) r where r.class = 'tenant' and not r.is_child and (only_tables is null or r.object = any (only_tables)) loop
    v_a := world -> 'rows' -> v_table.object -> 'a';
    v_b := world -> 'rows' -> v_table.object -> 'b';
    continue when v_a is null or v_b is null;
    for v_key in
      select c.relname::text as name, coalesce(array(
          select a.attname::text from pg_attribute a where a.attrelid = i.indrelid and a.attnum > 0 and (a.attnum = any (i.indkey) or exists (
            select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = i.indexrelid and d.refobjid = i.indrelid and d.refobjsubid = a.attnum))
        ), '{}') as columns
      from pg_index i join pg_class c on c.oid = i.indexrelid where i.indrelid = v_table.oid and (i.indisunique or i.indisexclusion)
    loop
      v_bad := '{}';
      v_unsure := '{}';
      v_row := isolation.probe_fresh(v_table.oid, v_b || jsonb_build_object(v_table.tenant_column, v_a -> v_table.tenant_column), v_key.columns || v_table.tenant_column);
      begin
        -- Past triggers and foreign keys: only the key itself is asked.
        set local session_replication_role = replica;
        if v_table.tenant_column = any (v_key.columns) and cardinality(v_key.columns) = 1 then
          v_code := null;
        else
          execute format('delete from %s where %I::text = $1', v_table.object, v_table.tenant_column) using world -> 'tenants' ->> 'a';
          execute format('insert into %s select (jsonb_populate_record(null::%s, $1)).*', v_table.object, v_table.object) using v_row;
          v_code := null;
        end if;
        raise exception using errcode = 'ZI900';
      exception
        when sqlstate 'ZI900' then null;
        when others then
          get stacked diagnostics v_code = returned_sqlstate, v_name = constraint_name, v_message = message_text;
          if v_code in ('23505', '23P01') and v_name = v_key.name then
            v_bad := array['another tenant''s value is refused, so it can be asked for'];
          elsif v_code in ('23505', '23P01') and v_table.tenant_column = any (v_key.columns) then
            -- Another key, whose columns this one repeats, was asked first; this one holds the tenant.
            null;
          elsif v_code <> '428C9' then
            v_unsure := array[v_code || ': ' || v_message];
          end if;
      end;
      -- The same key asked without an error: nothing inserted tells as much as a violation does.
      if v_code is null and v_bad = '{}' and not (v_table.tenant_column = any (v_key.columns) and cardinality(v_key.columns) = 1) then
        begin
          set local session_replication_role = replica;
          execute format('delete from %s where %I::text = $1', v_table.object, v_table.tenant_column) using world -> 'tenants' ->> 'a';
          execute format('insert into %s select (jsonb_populate_record(null::%s, $1)).* on conflict do nothing', v_table.object, v_table.object) using v_row;
          get diagnostics v_inserted = row_count;
          if v_inserted = 0 then
            v_bad := array['ON CONFLICT DO NOTHING leaves another tenant''s value out, so it can be asked for'];
          end if;
          raise exception using errcode = 'ZI900';
        exception
          when sqlstate 'ZI900' then null;
          when others then
            get stacked diagnostics v_code = returned_sqlstate, v_message = message_text;
            if v_code <> '428C9' then
              v_unsure := array[v_code || ': ' || v_message];
            end if;
        end;
      end if;
      return query select * from isolation.probe_report(model, 'C1', 'repeat another tenant''s value', v_table.object || '.' || v_key.name, 1, v_bad, v_unsure);
    end loop;
    for v_key in
      select k.conname::text as name, v_parents ->> k.confrelid::text as parent, k.confdeltype,
        array(select a.attname::text from unnest(k.conkey) with ordinality as x (n, o) join pg_attribute a on a.attrelid = k.conrelid and a.attnum = x.n order by x.o) as columns,
        array(select a.attname::text from unnest(k.confkey) with ordinality as x (n, o) join pg_attribute a on a.attrelid = k.confrelid and a.attnum = x.n order by x.o) as parents
      from pg_constraint k
      where k.conrelid = v_table.oid and k.contype = 'f' and k.conparentid = 0 and v_parents ? k.confrelid::text
    loop
      -- The tenant's own row of the root table is what this key is for.
      continue when v_key.columns = array[v_table.tenant_column];
      v_bad := '{}';
      v_unsure := '{}';
      v_parent := world -> 'rows' -> v_key.parent -> 'b';
      v_row := isolation.probe_fresh(v_table.oid, v_a, array[v_table.tenant_column] || v_key.columns);
      v_row := v_row || (select jsonb_object_agg(here, v_parent -> there) from unnest(v_key.columns, v_key.parents) as x (here, there) where here <> v_table.tenant_column);
      begin
        execute format('delete from %s where %I::text = $1', v_table.object, v_table.tenant_column) using world -> 'tenants' ->> 'none';
        execute format('insert into %s select (jsonb_populate_record(null::%s, $1)).*', v_table.object, v_table.object) using v_row;
        set constraints all immediate;
        v_bad := array['a row of one tenant points at a row of another'
          || case v_key.confdeltype when 'c' then ', whose deletion deletes it' when 'n' then ', whose deletion changes it' else ', whose deletion it prevents' end];
        raise exception using errcode = 'ZI900';
      exception
        when sqlstate 'ZI900' then null;
        when others then
          get stacked diagnostics v_code = returned_sqlstate, v_name = constraint_name, v_message = message_text;
          if not (v_code = '23503' and v_name = v_key.name) and v_code not like 'P0%' and v_code not like 'Z%' then
            if v_code = '23503' then
              v_unsure := '{}';
            else
              v_unsure := array[v_code || ': ' || v_message];
            end if;
          end if;
      end;
      -- Something else stood in the way before the key was asked: ask it alone, one at a time.
      if v_unsure <> '{}' then
        begin
          execute format('update %s set (%s) = row (%s) where %I::text = $2', v_table.object,
            (select string_agg(quote_ident(h), ', ') from unnest(v_key.columns) h where h <> v_table.tenant_column),
            (select string_agg(format('(jsonb_populate_record(null::%s, $1)).%I', v_key.parent, there), ', ') from unnest(v_key.columns, v_key.parents) as x (here, there) where here <> v_table.tenant_column),
            v_table.tenant_column) using v_parent, world -> 'tenants' ->> 'a';
          set constraints all immediate;
          v_bad := array['a row of one tenant is made to point at a row of another'];
          v_unsure := '{}';
          raise exception using errcode = 'ZI900';
        exception
          when sqlstate 'ZI900' then null;
          when foreign_key_violation then v_unsure := '{}';
          when others then
            get stacked diagnostics v_code = returned_sqlstate, v_message = message_text;
            v_unsure := v_unsure || (v_code || ': ' || v_message);
        end;
      end if;
      return query select * from isolation.probe_report(model, 'C2', 'point at another tenant''s row', v_table.object || '.' || v_key.name, 1, v_bad, v_unsure);
    end loop;
  end loop;
end
$$;
comment on function isolation.probe_keys(jsonb, jsonb, text[]) is 'Probes unique keys and foreign keys across tenants.';
revoke all on function isolation.probe_keys(jsonb, jsonb, text[]) from public;
