-- Fires when the transaction commits, or is prepared: what an auditor's probing made up is gone by then, or the transaction is.
create or replace function isolation.refuse_to_commit() returns trigger
language plpgsql volatile
set search_path to pg_catalog, pg_temp
as $$
begin
  raise exception using errcode = 'ZI002', message = 'a synthetic tenant is never committed',
    hint = 'isolation.probe() undoes what it makes; nothing else makes one';
end
$$;
comment on function isolation.refuse_to_commit() is 'Trigger: no transaction that made a synthetic tenant commits.';
revoke all on function isolation.refuse_to_commit() from public;
grant execute on function isolation.refuse_to_commit() to bulkhead_keeper;
