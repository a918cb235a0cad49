--! Previous: sha1:aeb698560cd9eaaeac0a572b8c3242a4a4b73536
--! Hash: sha1:eb8730477a7ac73ca05da50d62f6a78dc106f2a8
--! Message: connections-hardening

set local role bulkhead_owner;

-- Whose refresh it is: the claim of a ticket. When that claim is over, its worker can store nothing any more, so nobody
-- has to wait for it.
alter table connections.credentials add column refresh_ticket_id uuid;
alter table connections.credentials add column refresh_claimed_at timestamptz;

-- Finds the credentials of a grant that a provider tells us about, without saying which grant it is.
alter table connections.credentials add column grant_hash bytea
  constraint grant_hash_is_32_bytes check (octet_length(grant_hash) = 32);
create index credentials_by_grant on connections.credentials (grant_hash) where grant_hash is not null;

-- Which version of the key the sealed grant needs: that version is not destroyed as long as it is there.
alter table connections.revocations add column key_version integer;

reset role;
set local role bulkhead_keeper;

-- A code is presented again after a crash: its second refusal means something else than its first.
alter table session.connection_attempts add column taken_at timestamptz;

reset role;
