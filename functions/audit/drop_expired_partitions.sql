-- The one way that events go: a whole month, when the policy of every workspace that has events in it says so. Each of these
-- logs says it, with the position and hash at which it begins from now on, so that what is left still verifies.
create or replace function audit.drop_expired_partitions() returns text[]
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
declare
  v record;
  v_end timestamptz;
  v_dropped text[] := '{}';
begin
  for v in
    select c.oid::regclass as events, replace(c.relname, 'events', 'chain') as chain, c.relname as name,
      to_timestamp(substr(c.relname, 8) || ' +00', 'YYYY_MM TZH') as month
    from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'audit.events'::regclass order by c.relname
  loop
    v_end := v.month + interval '1 month';
    continue when v_end > clock_timestamp() - interval '12 months';
    continue when audit.month_is_needed(v_end);
    perform audit.say_dropped(v.name, v_end);
    execute format('drop table audit_parts.%I, audit_parts.%I', v.name, v.chain);
    v_dropped := v_dropped || v.name;
  end loop;
  return v_dropped;
end
$$;
comment on function audit.drop_expired_partitions() is 'Drops the months that no workspace''s policy keeps any longer; returns which.';
revoke all on function audit.drop_expired_partitions() from public;
grant execute on function audit.drop_expired_partitions() to bulkhead_janitor;
