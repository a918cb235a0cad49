-- What each policy's two expressions are worth. `tenant`: bound to the tenant by one of the model's conditions (one arm of an AND is
-- enough, every arm of an OR must be). `always`: true for every row. `meant`: not bound, and the model says so, for exactly this
-- text. `other`: not recognised, so not trusted. Without WITH CHECK, USING is what new rows are checked against.
-- The arms are cut at AND and OR outside brackets and strings, character by character, only where the whole text is not recognised.
create or replace function isolation.policy_facts(model jsonb) returns table (oid oid, relid oid, object text, name text, command text, permissive boolean, role_oids oid[], roles text[], using_text text, check_text text, using_worth text, check_worth text, class text, tenant_column text)
language sql stable
set search_path to pg_catalog, pg_temp
set jit to off
begin atomic
  with policies as (
    select
      p.oid, p.polrelid, t.object, t.tenant_column, t.class, p.polname::text as name,
      case p.polcmd when 'r' then 'SELECT' when 'a' then 'INSERT' when 'w' then 'UPDATE' when 'd' then 'DELETE' else 'ALL' end as command,
      p.polpermissive as permissive, p.polroles as role_oids,
      array(
        select case when r.role = 0 then 'PUBLIC' else pg_get_userbyid(r.role)::text end from unnest(p.polroles) as r (role) order by 1
      ) as roles,
      regexp_replace(pg_get_expr(p.polqual, p.polrelid), '\s+', ' ', 'g') as using_text,
      regexp_replace(pg_get_expr(p.polwithcheck, p.polrelid), '\s+', ' ', 'g') as check_text
    from pg_policy p
    join isolation.relation_facts($1) t on t.oid = p.polrelid
  ), texts as (
    select distinct p.object || '.' || p.name as policy, p.tenant_column, p.class, e.text, false as is_arm, e.text as whole
    from policies p
    cross join lateral (values (p.using_text), (p.check_text)) as e (text)
    where e.text is not null
  ), shortened as (
    select t.*, lower(regexp_replace(regexp_replace(t.text, ' AS "?[[:alnum:]_]+"?(?=\))', '', 'gi'), '::(text|name|character varying)|[[:space:]()]', '', 'g')) as short from texts t
  ), recognised as (
    select s.*,
      exists (
        select from isolation.condition_facts($1) c
        where s.tenant_column is not null and s.short ~ replace(c.pattern, '{column}', lower(quote_ident(s.tenant_column)))
      ) as bound,
      s.short in ('true', '1=1') or s.short ~ '^(.+)=\1$' or s.short ~ '^nullisnull$' as always,
      exists (select from isolation.meant_facts($1) m where m.check_id <> 'M1' and s.policy like m.object_like and m.expression = s.short) as meant
    from shortened s
  ), letters as (
    -- Only what is not recognised as a whole is read letter by letter.
    select r.policy, r.tenant_column, r.text, i.place,
      sum(case when i.quoted then 0 when i.letter = '(' then 1 when i.letter = ')' then -1 else 0 end)
        over (partition by r.policy, r.text order by i.place) as depth,
      i.quoted
    from recognised r
    cross join lateral (
      select l.letter, l.place, sum((l.letter = '''')::integer) over (order by l.place) % 2 = 1 as quoted
      from regexp_split_to_table(r.text, '') with ordinality as l (letter, place)
    ) i
    where not r.bound and not r.always and not r.meant and r.text ~ '^\(.* (AND|OR) .*\)$'
  ), cuts as (
    select l.policy, l.tenant_column, l.text, l.place as at, case when substr(l.text, l.place::integer, 4) = ' OR ' then 4 else 5 end as width
    from letters l
    where l.depth = 1 and not l.quoted
      and (substr(l.text, l.place::integer, 5) = ' AND ' or substr(l.text, l.place::integer, 4) = ' OR ')
  ), arms as (
    select c.policy, c.tenant_column, c.text as whole, c.width = 4 as is_or,
      substr(c.text, (lag(c.at + c.width, 1, 2::bigint) over w)::integer, (c.at - lag(c.at + c.width, 1, 2::bigint) over w)::integer) as arm
    from cuts c
    window w as (partition by c.policy, c.text order by c.at)
    union all
    select c.policy, c.tenant_column, c.text, c.width = 4,
      substr(c.text, (c.at + c.width)::integer, (length(c.text) - c.at - c.width)::integer)
    from cuts c
    where not exists (select from cuts later where later.policy = c.policy and later.text = c.text and later.at > c.at)
  ), judged_arms as (
    select a.policy, a.whole, bool_and(a.is_or) as is_or,
      bool_and(x.bound) as every_bound, bool_or(x.bound) as some_bound, bool_or(x.always) as some_always, bool_and(x.always) as every_always
    from arms a
    cross join lateral (select lower(regexp_replace(regexp_replace(a.arm, ' AS "?[[:alnum:]_]+"?(?=\))', '', 'gi'), '::(text|name|character varying)|[[:space:]()]', '', 'g')) as short) s
    cross join lateral (
      select
        exists (
          select from isolation.condition_facts($1) c
          where a.tenant_column is not null and s.short ~ replace(c.pattern, '{column}', lower(quote_ident(a.tenant_column)))
        ) as bound,
        s.short = 'true' or s.short ~ '^(.+)=\1$' as always
    ) x
    group by a.policy, a.whole
  ), judged as (
    select r.policy, r.text,
      case
        when r.bound then 'tenant'
        when r.meant then 'meant'
        when r.always then 'always'
        when j.is_or and j.some_always then 'always'
        when j.is_or and j.every_bound then 'tenant'
        when not j.is_or and j.some_bound then 'tenant'
        when not j.is_or and j.every_always then 'always'
        else 'other'
      end as worth
    from recognised r
    left join judged_arms j on j.policy = r.policy and j.whole = r.text
  )
  select
    p.oid, p.polrelid, p.object, p.name, p.command, p.permissive, p.role_oids, p.roles, p.using_text, p.check_text,
    u.worth, case when p.check_text is not null then c.worth when p.command in ('ALL', 'UPDATE') then u.worth end,
    p.class, p.tenant_column
  from policies p
  left join judged u on u.policy = p.object || '.' || p.name and u.text = p.using_text
  left join judged c on c.policy = p.object || '.' || p.name and c.text = p.check_text;
end;
comment on function isolation.policy_facts(jsonb) is 'Every policy in scope, with what its USING and WITH CHECK bind.';
revoke all on function isolation.policy_facts(jsonb) from public;
grant execute on function isolation.policy_facts(jsonb) to bulkhead_auditor;
