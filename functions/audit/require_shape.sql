-- Typed events take codes and names, nothing that could hold content: no spaces, no quotes, bounded.
create or replace function audit.require_shape(codes text[], names text[]) returns void
language plpgsql immutable
set search_path to pg_catalog, pg_temp
as $$
begin
  if exists (select from unnest(codes) c where c !~ '^[A-Z][A-Z0-9_]{0,63}$')
    or exists (select from unnest(names) n where n !~ '^[A-Za-z0-9][A-Za-z0-9_.:/-]{0,99}$')
  then
    raise exception using errcode = 'ZA005', message = 'an audit event takes codes and names only';
  end if;
end
$$;
comment on function audit.require_shape(text[], text[]) is 'Raises unless codes are codes and names are names.';
revoke all on function audit.require_shape(text[], text[]) from public;
