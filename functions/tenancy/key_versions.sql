-- Where the version stands in the ciphertext alone, it is read from the JWE's header, which is no secret.
create or replace function tenancy.key_versions()
returns setof tenancy.key_version
language sql stable security definer
set search_path to pg_catalog, pg_temp
as $$
  with own as (
    select session.require('keys.rotate') as workspace_id
  ), named as (
    select 'content' as purpose, keyring.sealed_version(s.sealed) as version, count(*) as n
    from own, lateral (
      select m.sealed_subject from mail.messages m where m.workspace_id = own.workspace_id
      union all select m.sealed_body from mail.messages m where m.workspace_id = own.workspace_id
      union all select a.sealed_content from mail.attachments a where a.workspace_id = own.workspace_id
    ) as s (sealed)
    group by 2
    union all
    select 'credential', keyring.sealed_version(s.sealed), count(*)
    from own, lateral (
      select k.sealed from connections.credentials k where k.workspace_id = own.workspace_id
      union all select k.sealed_revocation from connections.credentials k where k.workspace_id = own.workspace_id
      union all select r.sealed_revocation from connections.revocations r where r.workspace_id = own.workspace_id
    ) as s (sealed)
    where s.sealed is not null
    group by 2
  )
  select k.purpose, k.version, k.kek, k.superseded_at is null, k.created_at,
    case when k.purpose in ('content', 'credential') then coalesce(n.n, 0) end
  from own
  join keyring.workspace_keys k on k.workspace_id = own.workspace_id
  left join named n on n.purpose = k.purpose and n.version = k.version
  order by k.purpose, k.version
$$;
comment on function tenancy.key_versions() is
  'Every version of the workspace''s keys: which key-encryption key wraps it, and how many ciphertexts still name it (credentials and what it takes to give them back; subjects, bodies and attachments of messages).';
revoke all on function tenancy.key_versions() from public;
grant execute on function tenancy.key_versions() to bulkhead_member;
