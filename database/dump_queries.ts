// The catalog queries of the schema dump. Each yields rows of one column `line`, in a stable order; $1 is a schema's name
// or a table's oid. Whatever Postgres itself can print (pg_get_…def), it prints.

const owners = "('bulkhead_owner', 'bulkhead_keeper', 'bulkhead_queue')";
const quoted = (expression: string) => `quote_literal(${expression})`;

/** Rights of one ACL, as grants; the owner's own are understood. Table functions of an ACL need it as `acl`. */
const grants = (acl: string, owner: string, on: string) => `
  select format('grant %s on ${on} to %s%s;',
      string_agg(distinct lower(a.privilege_type), ', ' order by lower(a.privilege_type)), NAME,
      case a.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(a.grantee)) end,
      case when bool_or(a.is_grantable) then ' with grant option' else '' end) as line
  from aclexplode(${acl}) a where a.grantee <> ${owner} group by a.grantee`;

/** Attributes and memberships of our roles. */
export const roles = `
  select format('create role %I%s;%s', r.rolname, concat(
      case when r.rolcanlogin then ' login' else ' nologin' end,
      case when not r.rolinherit then ' noinherit' end,
      case when r.rolsuper then ' superuser' end, case when r.rolbypassrls then ' bypassrls' end,
      case when r.rolcreaterole then ' createrole' end, case when r.rolcreatedb then ' createdb' end,
      case when r.rolreplication then ' replication' end),
    concat(
      (select string_agg(format(E'\\nalter role %I set %s = %L;', r.rolname, split_part(s, '=', 1), substr(s, strpos(s, '=') + 1)), '' order by s)
        from pg_db_role_setting d, unnest(d.setconfig) s where d.setrole = r.oid and d.setdatabase = 0),
      (select string_agg(format(E'\\ngrant %I to %I;', pg_get_userbyid(m.roleid), r.rolname), '' order by pg_get_userbyid(m.roleid))
        from pg_auth_members m where m.member = r.oid),
      E'\\ncomment on role ' || quote_ident(r.rolname) || ' is ' || ${quoted("shobj_description(r.oid, 'pg_authid')")} || ';')) as line
  from pg_roles r where r.rolname like 'bulkhead\\_%' order by r.rolname`;

/** Our schemas, without the queues, which are graphile-worker's. */
export const schemas = `
  select nspname as line from pg_namespace where pg_get_userbyid(nspowner) in ${owners} and nspname not like 'queue\\_%' order by nspname`;

export const types = `
  select format('create domain %s as %s%s;%s', t.oid::regtype, format_type(t.typbasetype, t.typtypmod),
      (select string_agg(format(E'\\n  constraint %I %s', c.conname, pg_get_constraintdef(c.oid)), '' order by c.conname)
        from pg_constraint c where c.contypid = t.oid and c.contype = 'c'),
      E'\\ncomment on domain ' || t.oid::regtype || ' is ' || ${quoted("obj_description(t.oid, 'pg_type')")} || ';') as line
  from pg_type t join pg_namespace n on n.oid = t.typnamespace where n.nspname = $1 and t.typtype = 'd' order by t.typname`;

export const functions = `
  select rtrim(pg_get_functiondef(p.oid), E'\\n ') || ';'
    || coalesce(format(E'\\ncomment on %s %s is %L;', k.kind, p.oid::regprocedure, obj_description(p.oid, 'pg_proc')), '')
    || format(E'\\nalter %s %s owner to %I;', k.kind, p.oid::regprocedure, pg_get_userbyid(p.proowner))
    || coalesce((
      select E'\\n' || string_agg(format('grant execute on %s %s to %s;', k.kind, p.oid::regprocedure,
        case a.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(a.grantee)) end), E'\\n' order by a.grantee = 0 desc, pg_get_userbyid(a.grantee))
      from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a where a.grantee <> p.proowner), '') || E'\\n' as line
  from pg_proc p join pg_namespace n on n.oid = p.pronamespace, lateral (select case p.prokind when 'p' then 'procedure' else 'function' end) k (kind)
  where n.nspname = $1 and p.prokind in ('f', 'p', 'w') order by p.proname, p.oid::regprocedure::text`;

/** Tables and views: columns, row-level security, comments. Partitions are left out: which there are depends on the day. */
export const tables = `
  select c.oid, n.nspname || '.' || c.relname as name, concat(
    case when c.relkind = 'v' then format('create view %s%s as', c.oid::regclass, ' with (' || array_to_string(c.reloptions, ', ') || ')') || E'\\n' || pg_get_viewdef(c.oid, true)
    else format(E'create %stable %s (\\n%s\\n)%s;', case c.relpersistence when 'u' then 'unlogged ' end, c.oid::regclass,
      (select string_agg('  ' || concat_ws(' ', quote_ident(a.attname), format_type(a.atttypid, a.atttypmod),
          case when a.attgenerated <> '' then 'generated always as (' || pg_get_expr(d.adbin, d.adrelid) || ') stored' else 'default ' || pg_get_expr(d.adbin, d.adrelid) end,
          case when a.attnotnull then 'not null' end), E',\\n' order by a.attnum)
        from pg_attribute a left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped), ' partition by ' || pg_get_partkeydef(c.oid)) end,
    format(E'\\nalter %s %s owner to %I;', case c.relkind when 'v' then 'view' else 'table' end, c.oid::regclass, pg_get_userbyid(c.relowner)),
    case when c.relrowsecurity then format(E'\\nalter table %s enable row level security;', c.oid::regclass) end,
    case when c.relforcerowsecurity then format(E'\\nalter table %s force row level security;', c.oid::regclass) end,
    format(E'\\ncomment on %s %s is %s;', case c.relkind when 'v' then 'view' else 'table' end, c.oid::regclass, coalesce(${quoted("obj_description(c.oid, 'pg_class')")}, 'null')),
    (select string_agg(format(E'\\ncomment on column %s.%I is %L;', c.oid::regclass, a.attname, col_description(c.oid, a.attnum)), '' order by a.attnum)
      from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and col_description(c.oid, a.attnum) is not null)
  ) as definition
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where n.nspname = $1 and c.relkind in ('r', 'p', 'v') and not c.relispartition order by c.relname`;

// Not-null constraints are constraints of their own from Postgres 18 on; the columns say it already.
export const constraints = `
  select format('alter table %s add constraint %I %s;', conrelid::regclass, conname, pg_get_constraintdef(oid)) as line
  from pg_constraint where conrelid = $1 and contype in ('p', 'u', 'f', 'c', 'x') order by strpos('pucxf', contype::text), conname`;

export const indexes = `
  select pg_get_indexdef(i.indexrelid) || ';' as line from pg_index i join pg_class c on c.oid = i.indexrelid
  where i.indrelid = $1 and not exists (select from pg_constraint k where k.conindid = i.indexrelid and k.conrelid = i.indrelid) order by c.relname`;

export const policies = `
  select concat(format(E'create policy %I on %s%s for %s to %s', p.polname, p.polrelid::regclass,
      case when p.polpermissive then '' else ' as restrictive' end,
      case p.polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete' else 'all' end,
      (select string_agg(case r when 0 then 'public' else quote_ident(pg_get_userbyid(r)) end, ', ' order by r = 0 desc, pg_get_userbyid(r)) from unnest(p.polroles) r)),
    E'\\n  using (' || pg_get_expr(p.polqual, p.polrelid, true) || ')',
    E'\\n  with check (' || pg_get_expr(p.polwithcheck, p.polrelid, true) || ')', ';') as line
  from pg_policy p where p.polrelid = $1 order by p.polname`;

export const triggers = `
  select pg_get_triggerdef(oid) || ';' || case tgenabled when 'O' then '' else ' -- enabled: ' || tgenabled::text end as line
  from pg_trigger where tgrelid = $1 and not tgisinternal order by tgname`;

export const rights = {
  schema: `
    select line from (
      select 0 as rank, format('create schema %I authorization %I;', nspname, pg_get_userbyid(nspowner)) as line from pg_namespace where nspname = $1
      union all
      select 1, format('comment on schema %I is %L;', nspname, obj_description(oid, 'pg_namespace')) from pg_namespace where nspname = $1
      union all
      select 2, g.line from pg_namespace n, lateral (${grants("n.nspacl", "n.nspowner", "schema %I").replace("NAME", "n.nspname")}) g where n.nspname = $1
    ) x order by rank, line`,
  table: `
    select line from (
      select 0 as rank, g.line from pg_class c, lateral (${grants("c.relacl", "c.relowner", "table %s").replace("NAME", "c.oid::regclass")}) g where c.oid = $1
      union all
      select 1, format('grant %s (%s) on table %s to %s;', lower(a.privilege_type), string_agg(quote_ident(b.attname), ', ' order by b.attnum), c.oid::regclass,
        case a.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(a.grantee)) end)
      from pg_class c join pg_attribute b on b.attrelid = c.oid, aclexplode(b.attacl) a
      where c.oid = $1 and a.grantee <> c.relowner group by c.oid, a.privilege_type, a.grantee
    ) x order by rank, line`,
};
