-- For people: what a policy says, in its own text and in a sentence. The sentence is put together from what the checks recognise in it,
-- so a policy that they do not recognise is quoted, not guessed at.
create or replace function isolation.policy_texts(model jsonb default isolation.config()) returns table (object text, name text, command text, roles text[], permissive boolean, using_text text, check_text text, meaning text)
language sql stable
set search_path to pg_catalog, pg_temp
set jit to off
begin atomic
  select p.object, p.name, p.command, p.roles, p.permissive, p.using_text, p.check_text,
    case when p.permissive then '' else 'On top of the others: ' end || array_to_string(p.roles, ', ') || ' may ' ||
    case p.command when 'ALL' then 'read and write ' when 'SELECT' then 'read ' when 'INSERT' then 'add ' when 'UPDATE' then 'change ' else 'remove ' end ||
    coalesce(u.sentence, c.sentence, 'nothing') ||
    case
      when u.sentence is null or p.command not in ('ALL', 'UPDATE') or p.using_worth = 'always' and coalesce(p.check_worth, 'always') = 'always' then ''
      when c.sentence is null or c.sentence = u.sentence then case p.command when 'UPDATE' then '; changed rows must be such rows too' else '; new and changed rows must be such rows too' end
      else '; new and changed rows must be: ' || c.sentence
    end || case when p.class = 'private' and 'always' in (p.using_worth, p.check_worth) then '. A private table: only the owner''s own functions come here' else '' end || '.'
  from isolation.policy_facts($1) p
  cross join lateral (
    select case when p.using_text is not null then
      case p.using_worth
        when 'always' then 'every row'
        when 'tenant' then coalesce(
          (
            select replace(c.means, '{text}', coalesce(substring(p.using_text from '''([^'']*)'''), ''))
            from isolation.condition_facts($1) c
            where c.means is not null and lower(regexp_replace(regexp_replace(p.using_text, ' AS "?[[:alnum:]_]+"?(?=\))', '', 'gi'), '::(text|name|character varying)|[[:space:]()]', '', 'g')) ~ replace(c.pattern, '{column}', lower(quote_ident(p.tenant_column)))
            limit 1
          ),
          'rows of the session''s own tenant, narrowed by a further condition'
        )
        when 'meant' then coalesce(
          (
            select 'some rows by a meant exception: ' || m.reason from isolation.meant_facts($1) m
            where p.object || '.' || p.name like m.object_like and m.expression = lower(regexp_replace(regexp_replace(p.using_text, ' AS "?[[:alnum:]_]+"?(?=\))', '', 'gi'), '::(text|name|character varying)|[[:space:]()]', '', 'g')) limit 1
          ),
          p.using_text
        )
        else 'rows that satisfy ' || p.using_text
      end
    end as sentence
  ) u
  cross join lateral (
    select case when p.check_text is not null then
      case p.check_worth
        when 'always' then 'every row'
        when 'tenant' then coalesce(
          (
            select replace(c.means, '{text}', coalesce(substring(p.check_text from '''([^'']*)'''), ''))
            from isolation.condition_facts($1) c
            where c.means is not null and lower(regexp_replace(regexp_replace(p.check_text, ' AS "?[[:alnum:]_]+"?(?=\))', '', 'gi'), '::(text|name|character varying)|[[:space:]()]', '', 'g')) ~ replace(c.pattern, '{column}', lower(quote_ident(p.tenant_column)))
            limit 1
          ),
          'rows of the session''s own tenant, narrowed by a further condition'
        )
        when 'meant' then coalesce(
          (
            select 'some rows by a meant exception: ' || m.reason from isolation.meant_facts($1) m
            where p.object || '.' || p.name like m.object_like and m.expression = lower(regexp_replace(regexp_replace(p.check_text, ' AS "?[[:alnum:]_]+"?(?=\))', '', 'gi'), '::(text|name|character varying)|[[:space:]()]', '', 'g')) limit 1
          ),
          p.check_text
        )
        else 'rows that satisfy ' || p.check_text
      end
    end as sentence
  ) c
  order by p.object, p.name;
end;
comment on function isolation.policy_texts(jsonb) is 'Every policy: its text beside a plain sentence of what it means.';
revoke all on function isolation.policy_texts(jsonb) from public;
grant execute on function isolation.policy_texts(jsonb) to bulkhead_auditor;
