--! Previous: sha1:f76e6a87a7e88c9c55911278b285e678c5f47888
--! Hash: sha1:56db1a8c14266dc2de9f75aa295b1140a32e7321
--! Message: sealed-calls

set local role bulkhead_owner;

-- An API process that can receive sealed answers: its public key, made at its start and forgotten at its end.
create table sealed.callers (
  id uuid primary key default app.uuid_v7(),
  public_key text not null constraint caller_public_key_length check (length(public_key) between 20 and 1000),
  registered_at timestamptz not null default now()
);

-- A question of the API to one worker service. Ids and sealed input only; gone as soon as it is taken.
-- Unlogged: a question does not outlive a crash, whoever asked has long been told so.
create unlogged table sealed.calls (
  id uuid primary key default gen_random_uuid(),
  service text not null constraint call_service_is_known check (service in ('identity', 'opener')),
  kind text not null,
  caller_id uuid not null,
  -- Null only before anybody is signed in.
  workspace_id uuid,
  person_id uuid,
  row_ids uuid[] not null default '{}' constraint call_rows_bounded check (cardinality(row_ids) <= 500),
  -- Input that must stay unread here: a JWE to the worker's intake key.
  sealed_input text,
  -- Harmless input: ids and addresses.
  context jsonb not null default '{}',
  created_at timestamptz not null default now(),
  expires_at timestamptz not null default now() + interval '30 seconds'
);
create index calls_by_expiry on sealed.calls (expires_at);

comment on table sealed.callers is 'API processes and the public keys to which answers to them are sealed.';
comment on table sealed.calls is 'Questions under way from the API to a worker service: ids and sealed input, never content.';

reset role;
