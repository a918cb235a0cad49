-- Months ahead, so that a write never waits for one: a year, kept up by the notary, the janitor, whoever comes first.
create or replace function audit.ensure_partitions() returns integer
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
declare
  v_month timestamptz := date_trunc('month', clock_timestamp() at time zone 'UTC') at time zone 'UTC';
  v_name text;
  v_parent text;
  v_count integer := 0;
begin
  perform pg_advisory_xact_lock(hashtext('bulkhead.audit.partitions'));
  for i in 0..12 loop
    foreach v_parent in array array['events', 'chain'] loop
      v_name := v_parent || '_' || to_char(v_month at time zone 'UTC', 'YYYY_MM');
      if to_regclass('audit_parts.' || v_name) is null then
        execute format('create table audit_parts.%I partition of audit.%I for values from (%L) to (%L)',
          v_name, v_parent, audit.uuid_floor(v_month), audit.uuid_floor(v_month + interval '1 month'));
        execute format('alter table audit_parts.%I enable row level security', v_name);
        execute format('alter table audit_parts.%I force row level security', v_name);
        execute format('revoke update, delete, truncate on audit_parts.%I from bulkhead_owner', v_name);
        execute format('create trigger never_truncate before truncate on audit_parts.%I
          for each statement execute function audit.refuse_change()', v_name);
        v_count := v_count + 1;
      end if;
    end loop;
    v_month := v_month + interval '1 month';
  end loop;
  return v_count;
end
$$;
comment on function audit.ensure_partitions() is 'Makes the partitions of this month and the next twelve; returns how many were missing.';
revoke all on function audit.ensure_partitions() from public;
grant execute on function audit.ensure_partitions() to bulkhead_notary, bulkhead_janitor;
