create or replace function audit.refuse_truncate() returns trigger
language plpgsql volatile
set search_path to pg_catalog, pg_temp
as $$
begin
  raise exception using errcode = 'ZA002', message = 'a tenant table is never truncated', hint = 'row-level security does not govern truncate';
end
$$;
comment on function audit.refuse_truncate() is 'Trigger: refuses to truncate a tenant table.';
revoke all on function audit.refuse_truncate() from public;
