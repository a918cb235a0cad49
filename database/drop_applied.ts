/**
 * Removes everything that files make, in the schemas whose owner is one of ours: policies, triggers, rules, views,
 * functions, and every right of anybody but an object's owner. What was put there by hand goes with it.
 *
 * Nothing is dropped with `cascade`: a column, constraint or index that leans on a function would go along, with its
 * data. The schema `app` keeps its functions, which are history's (migrations/committed); the queues keep what
 * graphile-worker made.
 */
export const dropApplied = `
do $drop$
declare
  v record;
  v_ours oid[] := array(select oid from pg_namespace
    where pg_get_userbyid(nspowner) in ('bulkhead_owner', 'bulkhead_keeper', 'bulkhead_queue'));
  v_queues oid[] := array(select oid from pg_namespace where oid = any (v_ours) and nspname like 'queue\\_%');
  v_dropped boolean := true;
  v_left text;
  v_detail text;
begin
  for v in select p.polname, p.polrelid::regclass as target from pg_policy p join pg_class c on c.oid = p.polrelid
    where c.relnamespace = any (v_ours) loop
    execute format('drop policy %I on %s', v.polname, v.target);
  end loop;
  for v in select t.tgname, t.tgrelid::regclass as target from pg_trigger t join pg_class c on c.oid = t.tgrelid
    where c.relnamespace = any (v_ours) and c.relnamespace <> all (v_queues) and not t.tgisinternal and t.tgparentid = 0 loop
    execute format('drop trigger %I on %s', v.tgname, v.target);
  end loop;
  for v in select r.rulename, r.ev_class::regclass as target from pg_rewrite r join pg_class c on c.oid = r.ev_class
    where c.relnamespace = any (v_ours) and r.rulename <> '_RETURN' loop
    execute format('drop rule %I on %s', v.rulename, v.target);
  end loop;

  -- Views and functions lean on each other: those that nothing leans on go first, until none is left.
  while v_dropped loop
    v_dropped := false;
    v_left := null;
    for v in
      select format('drop %s %s', case c.relkind when 'v' then 'view' else 'materialized view' end, c.oid::regclass) as command
      from pg_class c where c.relnamespace = any (v_ours) and c.relkind in ('v', 'm') and c.relnamespace <> all (v_queues)
      union all
      select format('drop routine %s', p.oid::regprocedure) from pg_proc p join pg_namespace n on n.oid = p.pronamespace
      where n.oid = any (v_ours) and n.nspname <> 'app' and n.oid <> all (v_queues)
    loop
      begin
        execute v.command;
        v_dropped := true;
      exception when dependent_objects_still_exist then
        get stacked diagnostics v_left = message_text, v_detail = pg_exception_detail;
      end;
    end loop;
  end loop;
  if v_left is not null then
    raise exception using errcode = '2BP01', message = v_left || ': ' || replace(v_detail, E'\\n', '; '),
      hint = 'a table must not lean on a function of functions/';
  end if;

  for v in
    select format('revoke all on schema %I from %s cascade', n.nspname, a.who) as command
    from pg_namespace n, lateral (select * from aclexplode(n.nspacl)) x,
      lateral (select case x.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(x.grantee)) end as who) a
    where n.oid = any (v_ours) and x.grantee <> n.nspowner
    union
    select format('revoke all on %s %s from %s cascade', case c.relkind when 'S' then 'sequence' else 'table' end, c.oid::regclass, a.who)
    from pg_class c, lateral (
        select grantee from aclexplode(c.relacl)
        union select y.grantee from pg_attribute b, lateral aclexplode(b.attacl) y where b.attrelid = c.oid
      ) x,
      lateral (select case x.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(x.grantee)) end as who) a
    where c.relnamespace = any (v_ours) and c.relkind in ('r', 'p', 'f', 'S') and x.grantee <> c.relowner
    union
    select format('revoke all on routine %s from %s cascade', p.oid::regprocedure, a.who)
    from pg_proc p, lateral (select * from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner)))) x,
      lateral (select case x.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(x.grantee)) end as who) a
    where p.pronamespace = any (v_ours) and x.grantee <> p.proowner
  loop
    execute v.command;
  end loop;
end
$drop$`;
