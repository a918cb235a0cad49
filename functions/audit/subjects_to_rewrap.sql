create or replace function audit.subjects_to_rewrap(current_kek text, batch integer)
returns table (workspace_id uuid, person_id uuid, kek text, wrapped_key text)
language sql stable security definer
set search_path to pg_catalog, pg_temp
as $$
  select s.workspace_id, s.person_id, s.kek, s.wrapped_key from audit.subjects s
  where s.workspace_id = session.workspace_id() and s.wrapped_key is not null and s.kek <> current_kek
  order by s.person_id limit least(batch, 500)
$$;
comment on function audit.subjects_to_rewrap(text, integer) is 'Some of the people of the ticket''s workspace whose key another key-encryption key wraps.';
revoke all on function audit.subjects_to_rewrap(text, integer) from public;
grant execute on function audit.subjects_to_rewrap(text, integer) to bulkhead_notary;
