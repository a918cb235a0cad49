create or replace function connections.resume_jobs(connection_id uuid) returns void
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
declare
  v_id uuid;
begin
  for v_id in
    select j.id from connections.jobs j
    where j.workspace_id = session.workspace_id() and j.connection_id = resume_jobs.connection_id and j.status = 'held'
    order by j.id
  loop
    perform connections.hand_over(v_id, null);
  end loop;
end
$$;
comment on function connections.resume_jobs(uuid) is 'Lets the jobs go on that waited for a connection.';
revoke all on function connections.resume_jobs(uuid) from public;
