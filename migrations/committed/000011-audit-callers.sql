--! Previous: sha1:5097f518c4ad54243f87770e93b1fa1e48be8d47
--! Hash: sha1:aeb698560cd9eaaeac0a572b8c3242a4a4b73536
--! Message: audit-callers

set local role bulkhead_owner;

-- Queries without a session or a ticket. Sequences and not rows: a number that was drawn stays drawn when the transaction is rolled
-- back, as that of a refused query always is, and nobody waits for anybody.
create sequence audit.contextless_requests;
create sequence audit.contextless_services;
-- How much of that the log says already.
alter table audit.notary_state
  add column contextless_requests bigint not null default 0,
  add column contextless_services bigint not null default 0;

comment on sequence audit.contextless_requests is 'How often a request role asked for something without a session.';
comment on sequence audit.contextless_services is 'How often a service asked for something without a ticket.';
comment on column audit.notary_state.contextless_requests is 'Queries of request roles without a session that the log tells of.';
comment on column audit.notary_state.contextless_services is 'Queries of services without a ticket that the log tells of.';

reset role;
