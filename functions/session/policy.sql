create or replace function session.policy(out maximum_age interval, out idle_timeout interval, out sso_required boolean)
language sql stable security definer
begin atomic
  select coalesce(p.maximum_age, interval '30 days'), coalesce(p.idle_timeout, interval '14 days'), coalesce(p.sso_required, false)
  from session.current c
  left join session.workspace_policies p on p.workspace_id = c.workspace_id;
end;
comment on function session.policy() is 'The session policy of the session''s workspace.';
revoke all on function session.policy() from public;
grant execute on function session.policy() to bulkhead_owner;
