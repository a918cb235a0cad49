-- A1: a third tenant comes into being, changes and goes; every insert, update and delete must have left its event. Only whoever may
-- write to audited tables can prove that they are: this runs with the prober's rights, triggers on.
create or replace function isolation.probe_audit(model jsonb, world jsonb, only_tables text[] default null)
returns table (id text, title text, verdict text, detail text)
language plpgsql volatile
set search_path to pg_catalog, pg_temp
as $$
declare
  -- All that an attempt needs: the world itself is long, and is passed thousands of times.
  v_enter jsonb := jsonb_build_object('enter', world -> 'enter');
  v_audit record;
  v_table record;
  v_world jsonb;
  v_made jsonb;
  v_count text;
  v_before bigint;
  v_after bigint;
  v_column text;
  v_bad jsonb := '{}';
  v_unsure jsonb := '{}';
  v_code text;
  v_message text;
  v_results jsonb := '[]';
begin
  select r.* into v_audit from isolation.relation_facts(model) r where r.object = model -> 'audit' ->> 'table';
  if v_audit.oid is null then
    return;
  end if;
  v_count := format('select count(*) from %s where %I::text = %L', v_audit.object, coalesce(v_audit.tenant_column, 'tenant'), world -> 'tenants' ->> 'c');
  begin
    v_world := world || jsonb_build_object('rows', (select coalesce(jsonb_object_agg(o.key, o.value - 'a' - 'b'), '{}') from jsonb_each(world -> 'rows') o where o.value ? 'any'), 'problems', '{}'::jsonb);
    -- One pass over the tables by hand, to count after each: parents first.
    v_world := isolation.probe_seed_tenant(model, v_world, 'c');
    for v_table in
      select r.* from isolation.relation_facts(model) r
      where r.class = 'tenant' and not r.is_child and r.object <> v_audit.object
        and not exists (select from jsonb_array_elements_text(model -> 'audit' -> 'unwatched') u where r.object like replace(replace(u, '_', '\_'), '*', '%'))
        and (only_tables is null or r.object = any (only_tables))
    loop
      if not coalesce(v_world -> 'rows' -> v_table.object ? 'c', false) then
        v_unsure := v_unsure || jsonb_build_object(v_table.object, jsonb_build_array('its row could not be made'));
        v_bad := v_bad || jsonb_build_object(v_table.object, '[]'::jsonb);
        continue;
      end if;
      v_bad := v_bad || jsonb_build_object(v_table.object, '[]'::jsonb);
      v_unsure := v_unsure || jsonb_build_object(v_table.object, '[]'::jsonb);
      -- Insert: the same row once more, after it went without a trace.
      begin
        set local session_replication_role = replica;
        execute format('delete from %s x where to_jsonb(x) = $1', v_table.object) using v_world -> 'rows' -> v_table.object -> 'c';
        set local session_replication_role = origin;
        execute v_count into v_before;
        execute format('insert into %s (%s) overriding system value select %2$s from jsonb_populate_record(null::%1$s, $1)', v_table.object,
          (select string_agg(quote_ident(a.attname), ', ') from pg_attribute a where a.attrelid = v_table.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''))
          using v_world -> 'rows' -> v_table.object -> 'c';
        execute v_count into v_after;
        if v_after <= v_before then
          v_bad := jsonb_set(v_bad, array[v_table.object], (v_bad -> v_table.object) || '"an insert left no event"');
        end if;
        raise exception using errcode = 'ZI900';
      exception
        when sqlstate 'ZI900' then null;
        when others then
          get stacked diagnostics v_code = returned_sqlstate, v_message = message_text;
          v_unsure := jsonb_set(v_unsure, array[v_table.object], (v_unsure -> v_table.object) || to_jsonb('insert: ' || v_code || ' ' || v_message));
      end;
      -- Update: a column that nothing hangs on, to another value where its type allows.
      begin
        select case when t.typcategory = 'D' and t.typname like 'timestamp%' then format('%I = coalesce(%1$I, now()) + interval ''1 second''', a.attname)
            when t.typcategory = 'N' then format('%I = coalesce(%1$I, 0) + 1', a.attname)
            when t.typcategory = 'B' then format('%I = not coalesce(%1$I, false)', a.attname)
            else format('%I = %1$I', a.attname) end
          into v_column
        from pg_attribute a join pg_type t on t.oid = a.atttypid
        where a.attrelid = v_table.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '' and a.attname <> v_table.tenant_column
          and not exists (select from pg_constraint k where (k.conrelid = v_table.oid and k.contype in ('p', 'f', 'u', 'c') and a.attnum = any (k.conkey)))
        order by t.typcategory in ('D', 'N', 'B') desc, a.attnum limit 1;
        v_column := coalesce(v_column, format('%I = %1$I', v_table.tenant_column));
        execute v_count into v_before;
        execute format('update %s set %s where %I::text = $1', v_table.object, v_column, v_table.tenant_column) using world -> 'tenants' ->> 'c';
        execute v_count into v_after;
        if v_after <= v_before then
          v_bad := jsonb_set(v_bad, array[v_table.object], (v_bad -> v_table.object) || '"an update left no event"');
        end if;
        raise exception using errcode = 'ZI900';
      exception
        when sqlstate 'ZI900' then null;
        when others then
          get stacked diagnostics v_code = returned_sqlstate, v_message = message_text;
          v_unsure := jsonb_set(v_unsure, array[v_table.object], (v_unsure -> v_table.object) || to_jsonb('update: ' || v_code || ' ' || v_message));
      end;
      -- Delete: everything else first, without a trace.
      begin
        set local session_replication_role = replica;
        for v_made in
          select jsonb_build_object('object', o.key, 'row', o.value -> 'c') from jsonb_each(v_world -> 'rows') o
          where o.value ? 'c' and o.key <> v_table.object and o.key <> v_audit.object
            -- What it points at stays: rules of the application's own look there.
            and not exists (
              select from pg_constraint k where k.contype = 'f' and k.conrelid = v_table.oid and k.confrelid = o.key::regclass)
        loop
          execute format('delete from %s x where to_jsonb(x) = $1', v_made ->> 'object') using v_made -> 'row';
        end loop;
        set local session_replication_role = origin;
        execute v_count into v_before;
        execute format('delete from %s where %I::text = $1', v_table.object, v_table.tenant_column) using world -> 'tenants' ->> 'c';
        execute v_count into v_after;
        if v_after <= v_before then
          v_bad := jsonb_set(v_bad, array[v_table.object], (v_bad -> v_table.object) || '"a delete left no event"');
        end if;
        raise exception using errcode = 'ZI900';
      exception
        when sqlstate 'ZI900' then null;
        when others then
          get stacked diagnostics v_code = returned_sqlstate, v_message = message_text;
          v_unsure := jsonb_set(v_unsure, array[v_table.object], (v_unsure -> v_table.object) || to_jsonb('delete: ' || v_code || ' ' || v_message));
      end;
    end loop;
    raise exception using errcode = 'ZI900';
  exception
    when sqlstate 'ZI900' then null;
  end;
  for v_table in select k.object from jsonb_object_keys(v_bad) k (object) loop
    return query select * from isolation.probe_report(model, 'A1', 'writes that leave no event', v_table.object, 3,
      array(select jsonb_array_elements_text(v_bad -> v_table.object)), array(select jsonb_array_elements_text(v_unsure -> v_table.object)));
  end loop;
  -- A2: the log itself, even for those who own it.
  if only_tables is null or v_audit.object = any (only_tables) then
    for v_table in select f.name from isolation.role_facts(model) f where f.kind = 'owner' loop
      v_unsure := '{}';
      v_bad := '[]';
      v_made := isolation.probe_attempt(v_enter, v_table.name, v_table.name, null, null, array[format('update %s set %I = %2$I', v_audit.object, v_audit.tenant_column)]);
      if not v_made ? 'code' and (v_made ->> 'rows')::bigint > 0 then v_bad := v_bad || '"updates events"'; end if;
      v_made := isolation.probe_attempt(v_enter, v_table.name, v_table.name, null, null, array[format('delete from %s', v_audit.object)]);
      if not v_made ? 'code' and (v_made ->> 'rows')::bigint > 0 then v_bad := v_bad || '"deletes events"'; end if;
      v_made := isolation.probe_attempt(v_enter, v_table.name, v_table.name, null, null, array['set local lock_timeout = ''2s''', format('truncate %s', v_audit.object)]);
      if not v_made ? 'code' then v_bad := v_bad || '"truncates the log"'; end if;
      return query select * from isolation.probe_report(model, 'A2', 'change the audit log', 'role ' || v_table.name, 3, array(select jsonb_array_elements_text(v_bad)));
    end loop;
    v_bad := '[]';
    begin
      execute format('update %s set %I = %2$I where %2$I::text = %3$L', v_audit.object, v_audit.tenant_column, world -> 'tenants' ->> 'a');
      v_bad := v_bad || '"nothing but a missing right keeps an event from being updated"';
      raise exception using errcode = 'ZI900';
    exception when others then null;
    end;
    begin
      execute format('delete from %s where %I::text = %L', v_audit.object, v_audit.tenant_column, world -> 'tenants' ->> 'a');
      v_bad := v_bad || '"nothing but a missing right keeps an event from being deleted"';
      raise exception using errcode = 'ZI900';
    exception when others then null;
    end;
    return query select * from isolation.probe_report(model, 'A2', 'change an event past every policy', v_audit.object, 2, array(select jsonb_array_elements_text(v_bad)));
  end if;
end
$$;
comment on function isolation.probe_audit(jsonb, jsonb, text[]) is 'Probes that every write leaves an audit event, and that events stay.';
revoke all on function isolation.probe_audit(jsonb, jsonb, text[]) from public;
