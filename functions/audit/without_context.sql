-- Called where a session is required and there is none, right before the refusal. It costs nothing but on that path, and a sequence
-- keeps its number when the refused transaction is rolled back. How often, not who: a flood makes the number grow, and the notary
-- writes one event a minute at most.
create or replace function audit.without_context() returns void
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
begin
  if session_user !~ '^bulkhead_' or current_setting('transaction_read_only') = 'on' then
    return;
  end if;
  perform nextval(case current_setting('role')
    when 'none' then 'audit.contextless_services'::regclass else 'audit.contextless_requests'::regclass
  end);
end
$$;
comment on function audit.without_context() is 'Counts a query that needed a session, or a ticket, and had none.';
revoke all on function audit.without_context() from public;
grant execute on function audit.without_context() to bulkhead_keeper;
