-- P2, P4, P8, T3, T7, A2, R2: what each role changes in every table. Blind commands come without WHERE and RETURNING and read no
-- column, so that no SELECT right or policy stands in for the one that is missing.
create or replace function isolation.probe_write(model jsonb, world jsonb, only_tables text[] default null)
returns table (id text, title text, verdict text, detail text)
language plpgsql volatile
set search_path to pg_catalog, pg_temp
as $$
declare
  -- All that an attempt needs: the world itself is long, and is passed thousands of times.
  v_enter jsonb := jsonb_build_object('enter', world -> 'enter');
  v_table record;
  v_actor record;
  v_try record;
  v_a jsonb;
  v_b jsonb;
  v_result jsonb;
  v_bad jsonb;
  v_unsure jsonb;
  v_tried integer;
  v_columns text;
  v_lone jsonb;
  v_says text;
  v_key text;
  v_what text;
  v_expected text;
  v_own bigint;
begin
  for v_table in select * from isolation.relation_facts(model) r where only_tables is null or r.object = any (only_tables) loop
    v_a := coalesce(world -> 'rows' -> v_table.object -> 'a', world -> 'rows' -> v_table.object -> 'any', '{}');
    v_b := coalesce(world -> 'rows' -> v_table.object -> 'b', world -> 'rows' -> v_table.object -> 'any', '{}');
    v_bad := '{}';
    v_unsure := '{}';
    v_tried := 0;
    -- The tenant's own rows out of the way: whatever a command reaches then is another's. Triggers stand in the way of that for an
    -- auditor's prober, which counts instead.
    v_own := 0;
    if current_user <> session_user and v_table.class = 'tenant' then
      execute format('select count(*) from %s', v_table.object) into v_own;
    end if;
    v_lone := case when v_table.class = 'tenant' and current_user = session_user then jsonb_build_array(
      'set local session_replication_role = replica',
      format('delete from %s where %I::text = $1', v_table.object, v_table.tenant_column),
      'set local session_replication_role = origin') else '[]'::jsonb end;
    for v_actor in select * from jsonb_to_recordset(world -> 'actors') as a (role text, login text, kind text) loop
      v_tried := v_tried + 1;
      select string_agg(quote_ident(a.attname), ', ' order by a.attnum) into v_columns from pg_attribute a
      where a.attrelid = v_table.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
        and has_column_privilege(v_actor.role, v_table.oid, a.attnum, 'insert');
      for v_try in
        -- Rows of the other tenant, and rows without a session.
        select 'insert' as name, 'P2' as check_id, 'INSERT' as command, x.tenant, has_any_column_privilege(v_actor.role, v_table.oid, 'insert') as may,
          array[format('insert into %s (%s) overriding system value select %s from jsonb_populate_record(null::%s, %L)', v_table.object,
            coalesce(v_columns, (select string_agg(quote_ident(k), ', ') from jsonb_object_keys(v_b) k)),
            coalesce(v_columns, (select string_agg(quote_ident(k), ', ') from jsonb_object_keys(v_b) k)), v_table.object,
            isolation.probe_fresh(v_table.oid, x.row, array[coalesce(v_table.tenant_column, '')]))] as steps
        from (values (v_b, 'a'), (v_a, null)) as x (row, tenant) where v_b <> '{}' and (x.tenant is not null or v_table.class = 'tenant')
        union all
        -- No tenant's, and an auditor's prober makes no row of it: without the right nothing gets as far as its values.
        select 'insert', 'P2', 'INSERT', 'a', has_any_column_privilege(v_actor.role, v_table.oid, 'insert'), array[format('insert into %s default values', v_table.object)]
        where v_b = '{}' and v_table.class <> 'tenant'
        union all
        -- Whole columns, unseen: each one that the role may write, or the tenant's own to be refused at the grant.
        select 'update', 'P4', 'UPDATE', 'a', has_any_column_privilege(v_actor.role, v_table.oid, 'update'),
          array[format('update %s set %I = (jsonb_populate_record(null::%s, %L)).%I', v_table.object, a.attname, v_table.object, v_b, a.attname)]
        from pg_attribute a where a.attrelid = v_table.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '' and a.attidentity <> 'a'
          and a.attname is distinct from v_table.tenant_column and has_column_privilege(v_actor.role, v_table.oid, a.attnum, 'update')
        union all
        select 'move', 'T7', 'UPDATE', 'a', has_any_column_privilege(v_actor.role, v_table.oid, 'update'),
          array[format('update %s set %I = (jsonb_populate_record(null::%s, %L)).%I', v_table.object, v_table.tenant_column, v_table.object, v_b, v_table.tenant_column)]
        where v_table.class = 'tenant'
        union all
        select 'update', 'P4', 'UPDATE', 'a', false, array[format('update %s set %I = null', v_table.object, a.attname)]
        from (select a.attname from pg_attribute a where a.attrelid = v_table.oid and a.attnum > 0 and not a.attisdropped order by a.attnum limit 1) a
        where not has_any_column_privilege(v_actor.role, v_table.oid, 'update')
        union all
        select 'delete', 'P4', 'DELETE', 'a', has_table_privilege(v_actor.role, v_table.oid, 'delete'), array[format('delete from %s', v_table.object)]
        union all
        select 'truncate', 'T3', 'TRUNCATE', null, has_table_privilege(v_actor.role, v_table.oid, 'truncate'), array[format('truncate %s cascade', v_table.object)]
        union all
        select 'attach a trigger', 'T3', 'TRIGGER', null, false,
          array[format('create trigger isolation_probe before update on %s for each row execute function pg_catalog.suppress_redundant_updates_trigger()', v_table.object)]
        -- CREATE TRIGGER locks the table before it looks at the right, so only whoever has the right tries.
        where has_table_privilege(v_actor.role, v_table.oid, 'trigger')
        union all
        select 'reindex', 'T3', 'MAINTAIN', null, false, array[format('reindex table %s', v_table.object)]
        union all
        select 'switch row-level security off', 'R2', 'OWN', null, false, array[format('alter table %s disable row level security', v_table.object)]
      loop
        v_expected := case when v_try.may then world -> 'tenants' ->> v_try.tenant end;
        v_result := isolation.probe_attempt(v_enter || jsonb_build_object('enter', case when v_expected is null then world -> 'enter' else (world -> 'enter') || case when v_try.name in ('update', 'delete') then v_lone else '[]' end end),
          v_actor.login, v_actor.role, v_expected, 'live', array['set local lock_timeout = ''2s'''] || v_try.steps);
        v_says := case
          -- Refused at the grant, or by WITH CHECK for a row of the caller's own.
          when v_result ->> 'code' = '42501' and v_try.name in ('update', 'delete') and v_result ->> 'message' like '%row-level security%'
            then 'reached another tenant''s row, which only WITH CHECK refused'
          when v_result ->> 'code' = '42501' then null
          when v_result ->> 'code' in ('55P03', '40001', '40P01', '57014') then 'unsure'
          when v_result ->> 'code' in ('0A000') and v_try.name = 'truncate' then 'unsure'
          when v_result ->> 'code' like '23%' and v_try.name in ('insert', 'update', 'delete', 'move') then 'got past every policy: ' || (v_result ->> 'code')
          when v_result ? 'code' and v_try.may and v_try.name = 'truncate' then 'may, though a trigger refuses'
          when v_result ? 'code' then null
          when v_try.name in ('update', 'delete', 'move') and coalesce((v_result ->> 'rows')::bigint, 0) <= v_own then null
          when v_try.name in ('insert', 'update', 'delete', 'move') then v_try.name || ' reached ' || (v_result ->> 'rows') || ' rows'
          else 'could'
        end;
        continue when v_says is null or (v_try.command <> 'OWN' and isolation.probe_allows(model, v_actor.role, v_table.object, v_try.command));
        v_key := v_try.check_id || v_try.name;
        if v_says = 'unsure' then
          v_unsure := v_unsure || jsonb_build_object(v_key, coalesce(v_unsure -> v_key, '[]') || to_jsonb(v_actor.role || ': ' || (v_result ->> 'code')));
        else
          v_bad := v_bad || jsonb_build_object(v_key, coalesce(v_bad -> v_key, '[]') || to_jsonb(v_actor.role || ' ' || v_says));
        end if;
      end loop;
    end loop;
    for v_key, v_what in
      values ('P2insert', 'insert into another tenant'), ('P4update', 'blind update'), ('P4delete', 'blind delete'), ('T7move', 'move to another tenant'),
        ('T3truncate', 'truncate'), ('T3attach a trigger', 'attach a trigger'), ('T3reindex', 'maintain'), ('R2switch row-level security off', 'switch row-level security off')
    loop
      continue when v_key = 'T7move' and v_table.class <> 'tenant';
      return query select * from isolation.probe_report(model,
        case when v_table.object = model -> 'audit' ->> 'table' and left(v_key, 2) in ('P2', 'P4') then 'A2' when v_table.class <> 'tenant' and left(v_key, 1) = 'P' then 'P8' else left(v_key, 2) end,
        v_what, v_table.object, case when v_b = '{}' and v_key = 'P2insert' and v_table.class = 'tenant' and not v_table.is_child then 0 else v_tried end,
        array(select distinct jsonb_array_elements_text(v_bad -> v_key)), array(select distinct jsonb_array_elements_text(v_unsure -> v_key)));
    end loop;
  end loop;
end
$$;
comment on function isolation.probe_write(jsonb, jsonb, text[]) is 'Probes what every role changes in every table.';
revoke all on function isolation.probe_write(jsonb, jsonb, text[]) from public;
