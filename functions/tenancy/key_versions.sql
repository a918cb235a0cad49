-- Where the version stands in the ciphertext alone, it is read from the JWE's header, which is no secret.
create or replace function tenancy.key_versions()
returns setof tenancy.key_version
language sql stable security definer
set search_path to pg_catalog, pg_temp
as $$
  with own as (
    select session.require('keys.rotate') as workspace_id
  ), mail as (
    select substring(convert_from(decode(
      rpad(translate(h.head, '-_', '+/'), (length(h.head) + 3) / 4 * 4, '='), 'base64'), 'UTF8') from '/content/([0-9]+)"')::integer as version,
      count(*) as n
    from own join mail.messages m on m.workspace_id = own.workspace_id,
      lateral (values (split_part(m.sealed_subject, '.', 1)), (split_part(m.sealed_body, '.', 1))) as h (head)
    group by 1
  ), credential as (
    select c.key_version as version, count(*) as n
    from own join connections.credentials c on c.workspace_id = own.workspace_id
    group by 1
  )
  select k.purpose, k.version, k.kek, k.superseded_at is null, k.created_at,
    case k.purpose
      when 'content' then coalesce((select m.n from mail m where m.version = k.version), 0)
      when 'credential' then coalesce((select c.n from credential c where c.version = k.version), 0) end
  from own join keyring.workspace_keys k on k.workspace_id = own.workspace_id
  order by k.purpose, k.version
$$;
comment on function tenancy.key_versions() is
  'Every version of the workspace''s keys: which key-encryption key wraps it, and how many ciphertexts still name it (credentials; subjects and bodies of messages).';
revoke all on function tenancy.key_versions() from public;
grant execute on function tenancy.key_versions() to bulkhead_member;
