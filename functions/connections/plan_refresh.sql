-- Ahead of the end, so that nobody has to wait for it; spread, so that what was connected together is not refreshed together.
-- A plan replaces the one before it: one whose job was lost would otherwise be the last. Within six days, since tickets
-- are good for seven.
create or replace function connections.plan_refresh(connection_id uuid, expires_at timestamptz) returns void
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
begin
  update connections.jobs j set status = 'cancelled', ticket_id = null, finished_at = clock_timestamp()
  where j.workspace_id = session.workspace_id() and j.connection_id = plan_refresh.connection_id
    and j.task = 'connection_refresh' and j.status = 'queued' and j.ticket_id is distinct from session.ticket_id();
  if expires_at is null then
    return;
  end if;
  perform connections.enqueue_job(
    plan_refresh.connection_id, 'connection_refresh', '{}',
    greatest(clock_timestamp() + interval '10 seconds', least(clock_timestamp() + interval '6 days',
      expires_at - (expires_at - clock_timestamp()) * (0.1 + random() * 0.1)))
  );
end
$$;
comment on function connections.plan_refresh(uuid, timestamptz) is 'Plans the refresh of a credential before it expires.';
revoke all on function connections.plan_refresh(uuid, timestamptz) from public;
