-- Who reaches what, worked out from grants, memberships, row-level security and the worth of policies. Owners stand in it too: their
-- rows are what definer functions reach.
create or replace function isolation.matrix_facts(model jsonb) returns table (role text, kind text, object text, class text, command text, reach text, columns text[], why text, is_meant boolean)
language sql stable
set search_path to pg_catalog, pg_temp
set jit to off
begin atomic
  with roles as (
    select a.oid, a.name, a.kind from isolation.actor_facts($1) a
    union
    select r.oid, r.name, r.kind from isolation.role_facts($1) r where r.kind = 'owner'
  ), grants as (
    select c.oid as relid, x.grantee, x.privilege_type as privilege, null::text as column_name
    from isolation.relation_facts($1) t
    join pg_class c on c.oid = t.oid
    cross join lateral aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) x
    union all
    select t.oid, x.grantee, x.privilege_type, a.attname::text
    from isolation.relation_facts($1) t
    join pg_attribute a on a.attrelid = t.oid and a.attacl is not null and a.attnum > 0 and not a.attisdropped
    cross join lateral aclexplode(a.attacl) x
    union all
    -- Two builtin roles have their rights without a grant.
    select t.oid, r.oid, p.privilege, null
    from isolation.relation_facts($1) t
    cross join pg_roles r
    join (values ('pg_read_all_data', 'SELECT'), ('pg_write_all_data', 'INSERT'), ('pg_write_all_data', 'UPDATE'), ('pg_write_all_data', 'DELETE'))
      as p (name, privilege) on p.name = r.rolname
  ), held as (
    select p.actor_oid, g.relid, g.privilege,
      case when bool_or(g.column_name is null) then null else array_agg(distinct g.column_name) end as columns
    from grants g
    join isolation.privilege_facts($1) p on p.grantee_oid = g.grantee
    where g.privilege in ('SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE')
    group by p.actor_oid, g.relid, g.privilege
  ), worths as (
    select p.relid, p.name, p.permissive, x.actor_oid, c.command,
      case c.command when 'INSERT' then p.check_worth
        when 'UPDATE' then case when 'always' in (p.using_worth, p.check_worth) then 'always' when 'other' in (p.using_worth, p.check_worth) then 'other'
          when 'meant' in (p.using_worth, p.check_worth) then 'meant' else p.using_worth end
        else p.using_worth end as worth,
      case c.command when 'INSERT' then coalesce(p.check_text, p.using_text) else p.using_text end as text
    from isolation.policy_facts($1) p
    join (values ('SELECT'), ('INSERT'), ('UPDATE'), ('DELETE')) as c (command) on p.command in (c.command, 'ALL')
    cross join lateral (
      select distinct f.actor_oid from isolation.privilege_facts($1) f where f.grantee_oid = any (p.role_oids)
    ) x
  ), policies as (
    select w.relid, w.actor_oid, w.command,
      bool_or(w.permissive) as some_permissive,
      bool_or(not w.permissive and w.worth = 'tenant') as has_floor,
      bool_and(w.worth = 'tenant') filter (where w.permissive) as all_bound,
      bool_or(w.worth in ('always', 'other')) filter (where w.permissive) as some_open,
      string_agg(w.name || ': ' || coalesce(w.text, 'nothing'), '; ' order by w.name) filter (where w.permissive) as text
    from worths w
    group by w.relid, w.actor_oid, w.command
  ), cells as (
    select r.oid as role_oid, r.name as role, r.kind, t.oid as relid, t.object, t.class, c.command, h.columns, h.privilege is not null as granted,
      t.rls, t.forced, y.some_permissive, y.has_floor, y.all_bound, y.some_open, y.text,
      exists (select from isolation.privilege_facts($1) p where p.actor_oid = r.oid and p.grantee_oid = t.owner) as is_owner,
      a.is_super or a.bypasses as is_exempt
    from roles r
    join isolation.role_facts($1) a on a.oid = r.oid
    cross join isolation.relation_facts($1) t
    cross join (values ('SELECT'), ('INSERT'), ('UPDATE'), ('DELETE'), ('TRUNCATE')) as c (command)
    left join held h on h.actor_oid = r.oid and h.relid = t.oid and h.privilege = c.command
    left join policies y on y.actor_oid = r.oid and y.relid = t.oid and y.command = c.command
  )
  select c.role, c.kind, c.object, c.class, c.command,
    case
      when not c.granted then 'none'
      when c.command = 'TRUNCATE' or c.is_exempt or not c.rls or c.is_owner and not c.forced then 'all'
      when not coalesce(c.some_permissive, false) then 'none'
      when c.has_floor or c.all_bound then 'own'
      else 'all'
    end,
    c.columns,
    case
      when not c.granted then 'no grant'
      when c.command = 'TRUNCATE' then 'row-level security does not govern TRUNCATE'
      when c.is_exempt then 'the role is exempt from row-level security'
      when not c.rls then 'row-level security is off'
      when c.is_owner and not c.forced then 'the owner, whom row-level security does not bind'
      when not coalesce(c.some_permissive, false) then 'granted, but no policy lets a row through'
      else c.text
    end,
    -- Owners come in through their functions only, which the checks look at; private and reference tables hold no tenant's rows.
    c.kind = 'owner' or c.class in ('private', 'reference') and c.command <> 'TRUNCATE'
      or c.granted and c.rls and not coalesce(c.some_open, false) and not c.is_exempt and c.command <> 'TRUNCATE' and not (c.is_owner and not c.forced)
  from cells c;
end;
comment on function isolation.matrix_facts(jsonb) is 'Role by table by command: none, own or all rows, and why.';
revoke all on function isolation.matrix_facts(jsonb) from public;
grant execute on function isolation.matrix_facts(jsonb) to bulkhead_auditor;
