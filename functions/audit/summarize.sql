-- Keeps the index by transaction fine enough that the notary reads the last pages only.
create or replace function audit.summarize() returns integer
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
declare
  v_index regclass;
  v_count integer := 0;
begin
  for v_index in
    select i.inhrelid::regclass from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'audit.events_by_transaction'::regclass and pg_relation_size(c.oid) > 0
  loop
    v_count := v_count + brin_summarize_new_values(v_index);
  end loop;
  return v_count;
end
$$;
comment on function audit.summarize() is 'Summarizes the new pages of the index by transaction.';
revoke all on function audit.summarize() from public;
grant execute on function audit.summarize() to bulkhead_notary;
