-- What `isolation drift` compares: everything that decides who may do what, one line per object, in words that do not depend on oids or
-- on the server's version. Owners are told by name, the bootstrap superuser as such.
create or replace function isolation.snapshot(model jsonb default isolation.config()) returns table (kind text, object text, state text)
language sql stable
set search_path to pg_catalog, pg_temp
set jit to off
begin atomic
  with relations as (
    select c.oid, c.relkind, c.relowner, c.relrowsecurity, c.relforcerowsecurity, c.reloptions, c.relacl,
      quote_ident(n.name) || '.' || quote_ident(c.relname) as object
    from pg_class c
    join isolation.schema_facts($1) n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
  ), functions as (
    select p.oid, p.proowner, p.prosecdef, p.provolatile, p.proleakproof, p.proisstrict, p.proconfig, p.proacl, f.object, f.body from isolation.function_facts($1) f join pg_proc p on p.oid = f.oid
  )
  select 'database', 'this database', (
      select string_agg(x.line, '; ' order by x.line)
      from (
        select case when a.grantee = 0 then 'PUBLIC' when a.grantee = 10 then 'superuser' else pg_get_userbyid(a.grantee)::text end || ': '
          || string_agg(a.privilege_type || case when a.is_grantable then '*' else '' end, ', ' order by a.privilege_type) as line
        from aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a
        -- New in 17: not told, so that servers of different versions compare.
        where not (a.privilege_type = 'MAINTAIN' and a.grantee = d.datdba)
        group by a.grantee
      ) x
    )
  from pg_database d where d.datname = current_database()
  union all
  select 'schema', n.name, 'owner ' || pg_get_userbyid(n.owner) || '; ' || (
      select string_agg(x.line, '; ' order by x.line)
      from (
        select case when a.grantee = 0 then 'PUBLIC' when a.grantee = 10 then 'superuser' else pg_get_userbyid(a.grantee)::text end || ': '
          || string_agg(a.privilege_type || case when a.is_grantable then '*' else '' end, ', ' order by a.privilege_type) as line
        from aclexplode(coalesce(n.acl, acldefault('n', n.owner))) a
        -- New in 17: not told, so that servers of different versions compare.
        where not (a.privilege_type = 'MAINTAIN' and a.grantee = n.owner)
        group by a.grantee
      ) x
    )
  from isolation.schema_facts($1) n
  union all
  select case c.relkind when 'v' then 'view' when 'm' then 'materialized view' when 'f' then 'foreign table' when 'S' then 'sequence' else 'table' end,
    c.object, 'owner ' || pg_get_userbyid(c.relowner)
      || case when c.relkind in ('r', 'p') then '; row-level security ' || case when c.relrowsecurity then 'on' else 'off' end
        || case when c.relforcerowsecurity then ', forced' else ', not forced' end else '' end
      || coalesce('; options ' || array_to_string(c.reloptions, ', '), '')
      || case when c.relkind in ('v', 'm') then '; text ' || md5(
        -- Since 16 a column of the only table is told without its name.
        regexp_replace(regexp_replace(pg_get_viewdef(c.oid), '(?<!(?:from|join) )(?<!'')\m[[:alnum:]_]+\.([[:alnum:]_]+)\M(?!\()', '\1', 'gi'), '\s+', ' ', 'g')) else '' end
  from relations c
  union all
  select 'grant', c.object, (
      select string_agg(x.line, '; ' order by x.line)
      from (
        select case when a.grantee = 0 then 'PUBLIC' when a.grantee = 10 then 'superuser' else pg_get_userbyid(a.grantee)::text end || ': '
          || string_agg(a.privilege_type || case when a.is_grantable then '*' else '' end, ', ' order by a.privilege_type) as line
        from aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) a
        -- New in 17: not told, so that servers of different versions compare.
        where not (a.privilege_type = 'MAINTAIN' and a.grantee = c.relowner)
        group by a.grantee
      ) x
    ) from relations c where c.relkind <> 'S'
  union all
  select 'grant', c.object, (
      select string_agg(x.line, '; ' order by x.line)
      from (
        select case when a.grantee = 0 then 'PUBLIC' when a.grantee = 10 then 'superuser' else pg_get_userbyid(a.grantee)::text end || ': '
          || string_agg(a.privilege_type || case when a.is_grantable then '*' else '' end, ', ' order by a.privilege_type) as line
        from aclexplode(coalesce(c.relacl, acldefault('s', c.relowner))) a
        -- New in 17: not told, so that servers of different versions compare.
        where not (a.privilege_type = 'MAINTAIN' and a.grantee = c.relowner)
        group by a.grantee
      ) x
    ) from relations c where c.relkind = 'S'
  union all
  select 'column grant', c.object || '.' || quote_ident(a.attname), (
      select string_agg(x.line, '; ' order by x.line)
      from (
        select case when a.grantee = 0 then 'PUBLIC' when a.grantee = 10 then 'superuser' else pg_get_userbyid(a.grantee)::text end || ': '
          || string_agg(a.privilege_type || case when a.is_grantable then '*' else '' end, ', ' order by a.privilege_type) as line
        from aclexplode(coalesce(a.attacl, acldefault('c', c.relowner))) a
        -- New in 17: not told, so that servers of different versions compare.
        where not (a.privilege_type = 'MAINTAIN' and a.grantee = c.relowner)
        group by a.grantee
      ) x
    )
  from relations c join pg_attribute a on a.attrelid = c.oid and a.attacl is not null and not a.attisdropped
  union all
  select 'column', c.object || '.' || quote_ident(a.attname), format_type(a.atttypid, a.atttypmod) || case when a.attnotnull then ' not null' else '' end
      || coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '')
  from relations c
  join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
  left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
  where c.relkind in ('r', 'p')
  union all
  -- 18 lists NOT NULL as constraints too; the column says it already.
  select 'constraint', c.object || '.' || quote_ident(k.conname), pg_get_constraintdef(k.oid)
  from relations c join pg_constraint k on k.conrelid = c.oid and k.contype <> 'n'
  union all
  select 'unique index', c.object || '.' || i.relname, pg_get_indexdef(i.oid)
  from relations c join pg_index x on x.indrelid = c.oid and x.indisunique join pg_class i on i.oid = x.indexrelid
  union all
  select 'policy', p.object || '.' || p.name,
    case when p.permissive then 'permissive' else 'restrictive' end || ' for ' || p.command || ' to ' || array_to_string(p.roles, ', ')
      || coalesce(' using ' || p.using_text, '') || coalesce(' with check ' || p.check_text, '')
  from isolation.policy_facts($1) p
  union all
  select 'function', f.object, 'owner ' || pg_get_userbyid(f.proowner) || case when f.prosecdef then '; definer' else '; invoker' end
      || case f.provolatile when 'i' then '; immutable' when 's' then '; stable' else '; volatile' end
      || case when f.proleakproof then '; leakproof' else '' end || case when f.proisstrict then '; strict' else '' end
      || coalesce('; ' || array_to_string(f.proconfig, ', '), '') || '; returns ' || coalesce(pg_get_function_result(f.oid), 'nothing')
  from functions f
  union all
  -- Without comments and blanks: what it does, not how it is laid out.
  select 'function body', f.object, md5(regexp_replace(coalesce(pg_get_function_sqlbody(f.oid), f.body), '\s+', ' ', 'g')) from functions f
  union all
  select 'function grant', f.object, (
      select string_agg(x.line, '; ' order by x.line)
      from (
        select case when a.grantee = 0 then 'PUBLIC' when a.grantee = 10 then 'superuser' else pg_get_userbyid(a.grantee)::text end || ': '
          || string_agg(a.privilege_type || case when a.is_grantable then '*' else '' end, ', ' order by a.privilege_type) as line
        from aclexplode(coalesce(f.proacl, acldefault('f', f.proowner))) a
        -- New in 17: not told, so that servers of different versions compare.
        where not (a.privilege_type = 'MAINTAIN' and a.grantee = f.proowner)
        group by a.grantee
      ) x
    ) from functions f
  union all
  select 'trigger', c.object || '.' || quote_ident(t.tgname), pg_get_triggerdef(t.oid) || case t.tgenabled when 'O' then '' when 'D' then '; disabled' when 'R' then '; on replicas only' else '; always' end
  from relations c join pg_trigger t on t.tgrelid = c.oid and not t.tgisinternal
  union all
  -- Postgres' own triggers of foreign keys have no stable names: only those that are switched off are told.
  select distinct 'foreign key', c.object || '.' || quote_ident(k.conname), 'switched off'
  from relations c join pg_trigger t on t.tgrelid = c.oid and t.tgisinternal and t.tgenabled <> 'O' join pg_constraint k on k.oid = t.tgconstraint
  union all
  select 'rule', c.object || '.' || w.rulename, pg_get_ruledef(w.oid) from relations c join pg_rewrite w on w.ev_class = c.oid and w.rulename <> '_RETURN'
  union all
  select 'event trigger', e.evtname, e.evtevent || ' ' || e.evtfoid::regproc::text || ' ' || e.evtenabled::text from pg_event_trigger e
  union all
  select 'publication', p.pubname, 'owner ' || pg_get_userbyid(p.pubowner) from pg_publication p
  union all
  select 'extension', e.extname, 'schema ' || n.nspname from pg_extension e join pg_namespace n on n.oid = e.extnamespace
  union all
  select 'role', r.name, concat_ws(', ', case when r.can_login then 'login' else 'no login' end, case when r.inherits then 'inherit' else 'no inherit' end,
    case when r.is_super then 'superuser' end, case when r.bypasses then 'bypassrls' end, case when r.creates_roles then 'createrole' end,
    case when r.creates_databases then 'createdb' end, case when r.replicates then 'replication' end)
  from isolation.role_facts($1) r where r.kind not in ('builtin') and r.oid <> 10
  union all
  select 'membership', m.name || ' in ' || case when g.oid = 10 then 'superuser' else g.name end, concat_ws(', ',
    case when bool_or(coalesce((to_jsonb(a) ->> 'inherit_option')::boolean, m.inherits)) then 'inherits' end,
    case when bool_or(coalesce((to_jsonb(a) ->> 'set_option')::boolean, true)) then 'may become' end,
    case when bool_or(a.admin_option) then 'may grant' end)
  from pg_auth_members a
  join isolation.role_facts($1) m on m.oid = a.member
  join isolation.role_facts($1) g on g.oid = a.roleid
  where not (m.kind = 'builtin' and g.kind = 'builtin')
  group by m.name, g.name, g.oid
  union all
  select 'setting', case when s.setrole = 0 then 'all roles' else pg_get_userbyid(s.setrole)::text end || ' ' || split_part(c.setting, '=', 1), c.setting
  from pg_db_role_setting s cross join lateral unnest(s.setconfig) as c (setting)
  where s.setdatabase in (0, (select d.oid from pg_database d where d.datname = current_database()))
  union all
  select 'default privileges', pg_get_userbyid(d.defaclrole) || coalesce(' in ' || n.nspname, '') || ' on ' ||
    case d.defaclobjtype when 'r' then 'tables' when 'S' then 'sequences' when 'f' then 'functions' when 'T' then 'types' when 'n' then 'schemas' else d.defaclobjtype::text end,
    coalesce((
      select string_agg(x.line, '; ' order by x.line)
      from (
        select case when a.grantee = 0 then 'PUBLIC' else pg_get_userbyid(a.grantee)::text end || ': ' || string_agg(a.privilege_type, ', ' order by a.privilege_type) as line
        from aclexplode(d.defaclacl) a where a.privilege_type <> 'MAINTAIN' group by a.grantee
      ) x
    ), 'nobody')
  from pg_default_acl d left join pg_namespace n on n.oid = d.defaclnamespace
  union all
  select 'parameter grant', a.parname, (
    select string_agg(case when x.grantee = 0 then 'PUBLIC' when x.grantee = 10 then 'superuser' else pg_get_userbyid(x.grantee)::text end || ': ' || x.privilege_type, '; ' order by 1)
    from aclexplode(a.paracl) x
  )
  from pg_parameter_acl a;
end;
comment on function isolation.snapshot(jsonb) is 'The state of everything that decides who may do what.';
revoke all on function isolation.snapshot(jsonb) from public;
grant execute on function isolation.snapshot(jsonb) to bulkhead_auditor;
