-- graphile-worker's tables: each service reads and writes its own queue, and no other's. RLS is on (graphile-worker turns
-- it on) and only these policies open it; the functions of the schema queue enqueue as the owner.
do $$
declare
  v_schema text;
  v_service text;
  v_table text;
begin
  for v_schema in select n.nspname from pg_namespace n where n.nspname like 'queue\_%' loop
    v_service := 'bulkhead_' || substr(v_schema, 7);
    execute format('grant usage on schema %I to %I', v_schema, v_service);
    execute format('grant execute on all functions in schema %I to %I', v_schema, v_service);
    execute format('grant usage on all sequences in schema %I to %I', v_schema, v_service);
    for v_table in
      select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = v_schema and c.relkind = 'r'
    loop
      execute format('grant select, insert, update, delete on %I.%I to %I', v_schema, v_table, v_service);
      if v_table = 'migrations' then
        execute format('revoke insert, update, delete on %I.%I from %I', v_schema, v_table, v_service);
      end if;
      execute format('drop policy if exists all_service on %I.%I', v_schema, v_table);
      execute format('alter table %I.%I enable row level security', v_schema, v_table);
      execute format('create policy all_service on %I.%I to %I using (true) with check (true)', v_schema, v_table, v_service);
    end loop;
  end loop;
end
$$;
