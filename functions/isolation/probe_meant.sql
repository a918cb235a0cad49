-- Why something that a probe would report is meant; null where it is not.
create or replace function isolation.probe_meant(model jsonb, check_id text, object text) returns text
language sql stable
set search_path to pg_catalog, pg_temp
as $$
  select m.reason from isolation.meant_facts(model) m where m.check_id = probe_meant.check_id and probe_meant.object like m.object_like limit 1
$$;
comment on function isolation.probe_meant(jsonb, text, text) is 'The model''s reason for something that looks wrong.';
revoke all on function isolation.probe_meant(jsonb, text, text) from public;
