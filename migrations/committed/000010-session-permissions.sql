--! Previous: sha1:920fc7f9a5abceb299ae7c9207b0dbd52932ed67
--! Hash: sha1:5097f518c4ad54243f87770e93b1fa1e48be8d47
--! Message: session-permissions

-- The policies grant it too; on an empty database they are not there yet.
set local role bulkhead_owner;
grant select on tenancy.role_permissions to bulkhead_keeper;
reset role;

set local role bulkhead_keeper;

-- What a policy asks of a token stands in the token's own row: one look-up by primary key answers it. Both columns are
-- derived, the one by Postgres, the other by a trigger, so no function can set them wrong.
alter table session.tokens
  -- The role's permissions (policies/session/tokens.sql has the trigger).
  add column permissions text[] not null default '{}',
  -- Until when the token counts: its expiry, or never again once it is revoked or its membership is not active.
  -- A membership that is gone leaves its tokens without a standing, so they are dead; only a worker's ticket needs none.
  add column live_until timestamptz not null generated always as (
    case
      when revoked_at is not null then '-infinity'::timestamptz
      when case when membership_id is null then ticket_id is not null else membership_status = 'active' end then expires_at
      else '-infinity'::timestamptz
    end
  ) stored;

update session.tokens t
set permissions = array(
  select rp.permission_key from tenancy.role_permissions rp where rp.role_key = t.role_key order by rp.permission_key
);

comment on column session.tokens.permissions is 'The permissions of its role, kept by trigger.';
comment on column session.tokens.live_until is 'Until when it counts; -infinity once it is revoked or its membership is not active.';

reset role;

-- The same value; without a setting of its own Postgres puts the expression in the place of the call, which costs a third.
set local role bulkhead_owner;
create or replace function app.uuid_v7() returns uuid
language sql volatile parallel safe
begin atomic
  select encode(
    set_bit(
      set_bit(
        overlay(
          uuid_send(gen_random_uuid())
          placing substring(int8send((extract(epoch from clock_timestamp()) * 1000)::bigint) from 3)
          from 1 for 6
        ),
        52, 1
      ),
      53, 1
    ),
    'hex'
  )::uuid;
end;
reset role;
