-- Needed: by the policy of any workspace with an event in it, or because an event in it is not sealed yet.
create or replace function audit.month_is_needed(month_end timestamptz) returns boolean
language plpgsql stable
set search_path to pg_catalog, pg_temp
as $$
declare
  v_needed boolean;
begin
  execute format(
    $q$
    select exists (
      select from (select distinct e.workspace_id from audit.events e where e.id >= %1$L and e.id < %2$L) w
      left join audit.retention_policies r on r.workspace_id = w.workspace_id
      where $1 > clock_timestamp() - make_interval(months => coalesce(r.months, session.retention_of_deleted(w.workspace_id), 84))
    ) or (select count(*) from audit.events e where e.id >= %1$L and e.id < %2$L)
      <> (select count(*) from audit.chain c where c.event_id >= %1$L and c.event_id < %2$L)
    $q$,
    audit.uuid_floor(month_end - interval '1 month'), audit.uuid_floor(month_end)
  ) into v_needed using month_end;
  return v_needed;
end
$$;
comment on function audit.month_is_needed(timestamptz) is 'Whether a month of the log must be kept.';
revoke all on function audit.month_is_needed(timestamptz) from public;
