-- The mark moves with what came of the events, in one transaction: none is lost, and one that is read twice asks once more.
create or replace function session.note_provider_events(event_id text, subjects text[]) returns void
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
begin
  perform session.check_organizations(s) from unnest(subjects) as s;
  update session.provider_cursors c set event_id = note_provider_events.event_id, read_at = clock_timestamp()
  where c.provider = 'workos';
end
$$;
comment on function session.note_provider_events(text, text[]) is 'Notes whom the sign-in provider''s events were about, and up to where they were read.';
revoke all on function session.note_provider_events(text, text[]) from public;
grant execute on function session.note_provider_events(text, text[]) to bulkhead_identity;
