-- Whether the model means a role to reach rows of all tenants, or of none, with a command.
create or replace function isolation.probe_allows(model jsonb, role text, object text, command text) returns boolean
language sql stable
set search_path to pg_catalog, pg_temp
as $$
  select exists (
    select from jsonb_array_elements(coalesce(model -> 'access', '[]') || coalesce(model -> 'crossing', '[]')) as a (value)
    where a.value ->> 'rows' = 'all'
      and role like replace(replace(a.value ->> 'role', '_', '\_'), '*', '%')
      and object like replace(replace(a.value ->> 'object', '_', '\_'), '*', '%')
      and a.value -> 'commands' ?| array[command, 'ALL']
  )
$$;
comment on function isolation.probe_allows(jsonb, text, text, text) is 'Whether the model grants all rows of an object to a role.';
revoke all on function isolation.probe_allows(jsonb, text, text, text) from public;
