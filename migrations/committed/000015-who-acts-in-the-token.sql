--! Previous: sha1:108481f2c121804f59a86a54f9c940748886d08d
--! Hash: sha1:8e1c7585731bf22b754d97550015e94d7ca5711f
--! Message: Who acts, in the token

-- What acts, and for which service, is settled when a token is minted: an audit event copies it.
set local role bulkhead_keeper;
alter table session.tokens
  add column actor text not null generated always as (
    case database_role
      when 'bulkhead_member' then 'member'
      when 'bulkhead_agent' then 'agent'
      when 'bulkhead_recipient' then 'recipient'
      else 'service'
    end
  ) stored,
  add column service text generated always as (case when ticket_id is not null then substr(database_role, 10) end) stored;
comment on column session.tokens.actor is 'What acts with it: a member, an agent, a recipient or a service.';
comment on column session.tokens.service is 'The worker service that acts with it, for a ticket''s token.';
reset role;

-- Postgres makes them itself from 18 on, for a tenth of the cost.
set local role bulkhead_owner;
do $$
begin
  if current_setting('server_version_num')::integer >= 180000 then
    execute 'create or replace function app.uuid_v7() returns uuid language sql volatile parallel safe begin atomic select uuidv7(); end';
  end if;
end
$$;
reset role;
