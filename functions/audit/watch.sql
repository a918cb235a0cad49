-- Attached by each tenant table's policy file. A trigger with transition tables serves one operation, so there are three.
create or replace procedure audit.watch(target text, resource text)
language plpgsql
set search_path to pg_catalog, pg_temp
as $$
begin
  execute format('create or replace trigger audit_insert after insert on %s referencing new table as new_rows
    for each statement execute function audit.row_changed(%L)', target::regclass, resource);
  execute format('create or replace trigger audit_update after update on %s referencing old table as old_rows new table as new_rows
    for each statement execute function audit.row_changed(%L)', target::regclass, resource);
  execute format('create or replace trigger audit_delete after delete on %s referencing old table as old_rows
    for each statement execute function audit.row_changed(%L)', target::regclass, resource);
  execute format('create or replace trigger never_truncate before truncate on %s
    for each statement execute function audit.refuse_truncate()', target::regclass);
end
$$;
comment on procedure audit.watch(text, text) is 'Attaches the audit triggers to a tenant table.';
revoke all on procedure audit.watch(text, text) from public;
