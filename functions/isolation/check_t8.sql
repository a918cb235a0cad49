-- Logical replication applies no policies: only the publication's own row filter does.
create or replace function isolation.check_t8(model jsonb) returns table (check_id text, severity text, object text, problem text, mend text, source text)
language sql stable
set search_path to pg_catalog, pg_temp
set jit to off
begin atomic
  select distinct 'T8', 'medium', 'publication ' || p.pubname, format('publishes %s without a row filter', t.object),
    'publish with a WHERE clause, or accept it with the reason why the subscriber may hold every tenant', 'PostgreSQL manual, Logical Replication: Row Filters'
  from pg_publication p
  join isolation.relation_facts($1) t on t.class = 'tenant'
  left join pg_publication_rel r on r.prpubid = p.oid and r.prrelid = t.oid
  where (p.puballtables or r.oid is not null and r.prqual is null
    or exists (select from pg_publication_namespace n join pg_class c on c.relnamespace = n.pnnspid where n.pnpubid = p.oid and c.oid = t.oid));
end;
comment on function isolation.check_t8(jsonb) is 'T8: A publication sends every tenant''s rows.';
revoke all on function isolation.check_t8(jsonb) from public;
grant execute on function isolation.check_t8(jsonb) to bulkhead_auditor;
