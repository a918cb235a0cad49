-- A view without security_invoker reads with its owner's rights. Where the owner is exempt, so is every reader.
create or replace function isolation.check_t5(model jsonb) returns table (check_id text, severity text, object text, problem text, mend text, source text)
language sql stable
set search_path to pg_catalog, pg_temp
set jit to off
begin atomic
  with recursive views as (
    select c.oid, quote_ident(n.name) || '.' || quote_ident(c.relname) as object, c.relowner,
      coalesce(c.reloptions @> '{security_invoker=true}' or c.reloptions @> '{security_invoker=on}' or c.reloptions @> '{security_invoker=1}', false) as is_invoker
    from pg_class c
    join isolation.schema_facts($1) n on n.oid = c.relnamespace
    where c.relkind = 'v'
      and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
  ), beneath (view_oid, oid) as (
    select v.oid, d.refobjid
    from views v
    join pg_rewrite w on w.ev_class = v.oid
    join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = w.oid and d.refclassid = 'pg_class'::regclass and d.refobjid <> v.oid
    union
    select b.view_oid, d.refobjid
    from beneath b
    join pg_rewrite w on w.ev_class = b.oid
    join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = w.oid and d.refclassid = 'pg_class'::regclass and d.refobjid <> b.oid
  ), judged as (
    select v.object, v.relowner, r.is_super or r.bypasses as exempt,
      (select min(t.object) from beneath b join isolation.relation_facts($1) t on t.oid = b.oid
        where b.view_oid = v.oid and t.class <> 'reference' and (not t.rls or t.owner = v.relowner and not t.forced)) as open_table,
      exists (select from beneath b join isolation.relation_facts($1) t on t.oid = b.oid
        where b.view_oid = v.oid and t.class <> 'reference') as holds_tenants,
      (select string_agg(distinct g.role, ', ') from isolation.right_facts($1) g where g.relid = v.oid) as readers
    from views v
    join pg_roles p on p.oid = v.relowner
    join isolation.role_facts($1) r on r.oid = p.oid
    where not v.is_invoker
  )
  select 'T5', case when j.exempt or j.open_table is not null then 'critical' else 'medium' end, j.object,
    format('%s can use this view with the rights of %s%s', j.readers, pg_get_userbyid(j.relowner),
      case when j.exempt then ', who is exempt from row-level security'
        when j.open_table is not null then ', whom row-level security of ' || j.open_table || ' does not bind' else '' end),
    format('alter view %s set (security_invoker = true)', j.object), 'PostgreSQL manual, CREATE VIEW: security_invoker'
  from judged j
  where j.readers is not null and j.holds_tenants and (j.exempt or j.open_table is not null or ($1 ->> 'strict')::boolean)
  union all
  select 'T5', 'medium', t.object, format('the rule %s rewrites statements on it, with the rights of %s', w.rulename, pg_get_userbyid(t.owner)),
    format('drop rule %I on %s; use a trigger', w.rulename, t.object), 'PostgreSQL manual, Rules and Privileges'
  from isolation.relation_facts($1) t
  join pg_rewrite w on w.ev_class = t.oid;
end;
comment on function isolation.check_t5(jsonb) is 'T5: A view or a rule reaches around row-level security.';
revoke all on function isolation.check_t5(jsonb) from public;
grant execute on function isolation.check_t5(jsonb) to bulkhead_auditor;
