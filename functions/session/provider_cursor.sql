create or replace function session.provider_cursor(out event_id text, out read_since timestamptz)
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
begin
  insert into session.provider_cursors (provider) values ('workos') on conflict (provider) do nothing;
  select c.event_id, c.read_since into provider_cursor.event_id, provider_cursor.read_since
  from session.provider_cursors c where c.provider = 'workos';
end
$$;
comment on function session.provider_cursor() is 'Up to where the sign-in provider''s events have been read.';
revoke all on function session.provider_cursor() from public;
grant execute on function session.provider_cursor() to bulkhead_identity;
