create or replace function audit.refuse_change() returns trigger
language plpgsql volatile
set search_path to pg_catalog, pg_temp
as $$
begin
  raise exception using errcode = 'ZA001', message = 'the audit log is append-only';
end
$$;
comment on function audit.refuse_change() is 'Trigger: refuses to change or remove what the audit log holds.';
revoke all on function audit.refuse_change() from public;
