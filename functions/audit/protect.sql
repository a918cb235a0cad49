-- Append-only, three times over: no policy lets anybody update or delete, nobody has the right (the owner gives up their
-- own), and triggers refuse. Each partition is protected like the table: it can be named directly.
create or replace procedure audit.protect(target regclass)
language plpgsql
set search_path to pg_catalog, pg_temp
as $$
declare
  v_table regclass;
begin
  for v_table in select target union select i.inhrelid::regclass from pg_inherits i where i.inhparent = target loop
    execute format('alter table %s enable row level security', v_table);
    execute format('alter table %s force row level security', v_table);
    execute format('revoke update, delete, truncate on %s from bulkhead_owner', v_table);
    -- A row's trigger comes to the partitions from the table; a statement's does not.
    execute format('create or replace trigger never_truncate before truncate on %s
      for each statement execute function audit.refuse_change()', v_table);
  end loop;
  execute format('create or replace trigger append_only before update or delete on %s
    for each row execute function audit.refuse_change()', target);
end
$$;
comment on procedure audit.protect(regclass) is 'Makes a table and its partitions append-only.';
revoke all on procedure audit.protect(regclass) from public;
