-- Attempts as anonymous: a definer function runs as its owner, and its owner, bulkhead_probe_anonymous, has exactly the rights of bulkhead_anonymous.
-- Only the prober may call it, with statements of its own making: whoever starts the prober sends none.
reset role;
create or replace function isolation.probe_as_bulkhead_anonymous(steps text[], out last_rows bigint, out last_value text)
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
declare
  v_step text;
begin
  foreach v_step in array steps loop
    if v_step ~* '^\s*(select|with|explain|execute|values|fetch)\y' then
      execute v_step into last_value;
    else
      execute v_step;
    end if;
    get diagnostics last_rows = row_count;
  end loop;
end
$$;
revoke all on function isolation.probe_as_bulkhead_anonymous(text[]) from public;
grant execute on function isolation.probe_as_bulkhead_anonymous(text[]) to bulkhead_owner;
comment on function isolation.probe_as_bulkhead_anonymous(text[]) is 'Runs the prober''s statements with the rights of bulkhead_anonymous.';
-- Whoever is given a function must be able to make one there: for as long as this takes.
grant create on schema isolation to bulkhead_probe_anonymous;
alter function isolation.probe_as_bulkhead_anonymous(text[]) owner to bulkhead_probe_anonymous;
revoke create on schema isolation from bulkhead_probe_anonymous;
