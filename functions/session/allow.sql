-- Counted in the database, so that a limit holds however many API processes there are. GCRA: each request books one
-- interval of the future, and nobody may book further ahead than a burst of them. A refused request books nothing.
create or replace function session.allow(
  action text, address inet, subject text default null, out allowed boolean, out retry_after integer
)
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
declare
  v_now timestamptz := clock_timestamp();
  v_every interval;
  v_burst integer;
  v_hash bytea;
begin
  -- A whole office may share an address, so addresses get more than one sign-in's state does.
  select l.burst, l.every into strict v_burst, v_every
  from (values
    ('sign_in', 30, interval '2 seconds'),
    ('callback', 30, interval '2 seconds'),
    ('callback_state', 3, interval '5 minutes'),
    ('refresh', 120, interval '0.25 seconds'),
    ('sign_out', 60, interval '1 second'),
    ('session', 120, interval '0.25 seconds'),
    -- A provider's few addresses speak for all of its accounts.
    ('webhook', 600, interval '0.05 seconds'),
    -- How much of what is refused the audit log keeps.
    ('denied', 20, interval '3 minutes'),
    ('denials', 1, interval '10 minutes'),
    ('sign_in_failed', 60, interval '1 minute'),
    ('refresh_refused', 10, interval '5 minutes')
  ) as l (action, burst, every)
  where l.action = allow.action;
  -- IPv6 by /64, the smallest network that anybody is given: else every request could come from a new address.
  v_hash := session.token_hash(action || ' ' || coalesce(
    subject,
    case family(address) when 6 then text(network(set_masklen(address, 64))) else host(address) end,
    'unknown'
  ));
  insert into session.rate_limits as r (subject_hash, busy_until) values (v_hash, v_now + v_every)
  on conflict (subject_hash) do update set busy_until = greatest(r.busy_until, v_now) + v_every
  where greatest(r.busy_until, v_now) + v_every <= v_now + v_burst * v_every;
  allowed := found;
  if not allowed then
    select greatest(1, ceil(extract(epoch from r.busy_until + v_every - v_burst * v_every - v_now)))::integer into retry_after
    from session.rate_limits r where r.subject_hash = v_hash;
  end if;
end
$$;
comment on function session.allow(text, inet, text) is
  'Whether an address, or the subject given, may do this once more; otherwise the seconds to wait.';
revoke all on function session.allow(text, inet, text) from public;
grant execute on function session.allow(text, inet, text) to bulkhead_api, bulkhead_owner;
