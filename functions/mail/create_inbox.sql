create or replace function mail.create_inbox(name text) returns mail.inboxes
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
declare
  v_inbox mail.inboxes;
begin
  insert into mail.inboxes (workspace_id, name) values (session.require('inboxes.manage'), create_inbox.name)
  returning * into v_inbox;
  return v_inbox;
end
$$;
comment on function mail.create_inbox(text) is 'Creates a shared inbox.';
revoke all on function mail.create_inbox(text) from public;
grant execute on function mail.create_inbox(text) to bulkhead_member;
