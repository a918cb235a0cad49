--! Previous: -
--! Hash: sha1:1a9dc27aac180b9465c6f2ab7455867baf1b9acc
--! Message: kernel

-- Every object belongs to an owner that nobody logs in as.
create schema app authorization bulkhead_owner;
create schema tenancy authorization bulkhead_owner;
create schema mail authorization bulkhead_owner;
create schema audit authorization bulkhead_owner;
create schema keyring authorization bulkhead_owner;
create schema sealed authorization bulkhead_owner;
create schema queue authorization bulkhead_queue;
create schema session authorization bulkhead_keeper;

comment on schema app is 'Shared kernel: identifiers and small helpers. Private.';
comment on schema tenancy is 'Workspaces, people, memberships, teams, invitations, roles and permissions.';
comment on schema mail is 'Inboxes, conversations and messages. Content is stored as ciphertext only.';
comment on schema audit is 'The append-only record of who did what.';
comment on schema keyring is 'Workspace keys, wrapped by a key that is never in this database. Private.';
comment on schema sealed is 'Questions of the API to the worker, answered under encryption. Private.';
comment on schema queue is 'The one way to enqueue a job. Private.';
comment on schema session is 'Sign-ins, tokens and signing keys; the tenant context. Private.';

-- PUBLIC executes nothing that is created from now on.
alter default privileges for role bulkhead_owner revoke execute on functions from public;
alter default privileges for role bulkhead_keeper revoke execute on functions from public;
alter default privileges for role bulkhead_queue revoke execute on functions from public;
revoke create on schema public from public;

set local role bulkhead_owner;

-- A kernel function in a migration, the one exception to "logic lives in functions/": column defaults need it first.
-- Built in from Postgres 18 on (uuidv7); this one serves 15 to 17 as well.
create function app.uuid_v7() returns uuid
language sql volatile parallel safe
set search_path to pg_catalog, pg_temp
as $$
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
  )::uuid
$$;
comment on function app.uuid_v7() is 'A time-ordered UUID, version 7 (RFC 9562).';
revoke all on function app.uuid_v7() from public;

-- Text that was sealed to the worker before it reached the database: a compact JWE. Plaintext is refused here too.
create domain app.secret as text
  constraint secret_is_sealed check (value ~ '^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$');
comment on domain app.secret is 'A secret. Send it as a variable: it is encrypted to the worker while the request is read, and never shown again. A browser may send it sealed already, as a compact JWE.';

-- What deploy applied last: an unchanged set of files is not applied again.
create table app.deployments (
  singleton boolean primary key default true constraint deployments_has_one_row check (singleton),
  files_hash text not null,
  deployed_at timestamptz not null default now()
);
comment on table app.deployments is 'The hash of the functions and policies that were applied last.';

reset role;
