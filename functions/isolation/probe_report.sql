-- One result per probe and object out of single attempts: `bad` and `unsure` hold sentences, `tried` how many roles tried.
create or replace function isolation.probe_report(model jsonb, check_id text, what text, object text, tried integer, bad text[], unsure text[] default '{}')
returns table (id text, title text, verdict text, detail text)
language sql stable
set search_path to pg_catalog, pg_temp
as $$
  select check_id || ' ' || object || ' ' || what,
    what,
    case
      when cardinality(coalesce(bad, '{}')) > 0 then case when m.reason is null then 'fail' else 'pass' end
      when cardinality(coalesce(unsure, '{}')) > 0 or tried = 0 then 'unreliable'
      else 'pass'
    end,
    case
      when cardinality(coalesce(bad, '{}')) > 0 then case when m.reason is null then '' else 'meant, ' || m.reason || ': ' end || array_to_string(bad[1:6], '; ') || case when cardinality(bad) > 6 then format(' and %s more', cardinality(bad) - 6) else '' end
      when cardinality(coalesce(unsure, '{}')) > 0 then array_to_string(unsure[1:6], '; ')
      when tried = 0 then 'nothing was tried'
      else format('refused or nothing reached, %s tried', tried)
    end
  from (select isolation.probe_meant(model, check_id, object) as reason) m
$$;
comment on function isolation.probe_report(jsonb, text, text, text, integer, text[], text[]) is 'Sums attempts up to one probe''s result.';
revoke all on function isolation.probe_report(jsonb, text, text, text, integer, text[], text[]) from public;
