-- Whom an event is about, where that is a person. Runs with the reader's own rights: a membership is looked up among those that the
-- reader may see.
create or replace function audit.subject_id(event audit.events) returns uuid
language sql stable
set search_path to pg_catalog, pg_temp
begin atomic
  select case split_part((event).action, '.', 1)
    when 'person' then (event).row_id
    when 'subject' then (event).row_id
    when 'membership' then (
      select m.person_id from tenancy.memberships m where m.workspace_id = (event).workspace_id and m.id = (event).row_id
    )
  end;
end;
comment on function audit.subject_id(audit.events) is 'The person that an event is about.';
revoke all on function audit.subject_id(audit.events) from public;
grant execute on function audit.subject_id(audit.events) to bulkhead_member;
