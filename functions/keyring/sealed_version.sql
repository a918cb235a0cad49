-- It stands in the JWE's header, which is authenticated and no secret. Only the beginning is read: a body can be megabytes.
create or replace function keyring.sealed_version(sealed text) returns integer
language sql immutable strict parallel safe
set search_path to pg_catalog, pg_temp
as $$
  select substring(convert_from(decode(
    rpad(translate(h.head, '-_', '+/'), (length(h.head) + 3) / 4 * 4, '='), 'base64'), 'UTF8') from '"kid":"[^"/]+/[a-z]+/([0-9]+)"')::integer
  from (select split_part(left(sealed, 2000), '.', 1) as head) h
$$;
comment on function keyring.sealed_version(text) is 'Which version of the workspace''s key a ciphertext names.';
revoke all on function keyring.sealed_version(text) from public;
