-- The opener gets ciphertext and wrapped keys of exactly the rows that waiting calls name, once. The policies on
-- mail.messages and keyring.workspace_keys show it no others, whatever it asks.
-- Ciphertexts as lines, since no JWE has a line's end in it: an array of 150 kB costs the worker milliseconds to read, and
-- JSON costs this side a look at each character. Both aggregates read the rows in one order.
create or replace function sealed.take_to_open(call_ids uuid[]) returns table (
  call_id uuid, caller_id uuid, public_key text, kind text, workspace_id uuid, message_ids uuid[], ciphertexts text, keys json, subjects json, origins json
)
language sql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
  with taken as (
    delete from sealed.calls c
    where c.id = any (call_ids) and c.service = 'opener' and c.expires_at > clock_timestamp()
    returning c.*
  )
  select t.id, t.caller_id, r.public_key, t.kind, t.workspace_id, m.ids, m.ciphertexts, k.keys, s.subjects, o.origins
  from taken t
  join sealed.callers r on r.id = t.caller_id
  cross join lateral (
    select array_agg(x.id) as ids, string_agg(case t.kind when 'mail.body' then x.sealed_body else x.sealed_subject end, E'\n') as ciphertexts
    from mail.messages x
    where x.workspace_id = t.workspace_id and x.id = any (t.row_ids)
  ) m
  cross join lateral (
    select coalesce(json_object_agg(w.version, json_build_object('kek', w.kek, 'wrapped', w.wrapped)), '{}') as keys
    from keyring.workspace_keys w
    where w.workspace_id = t.workspace_id and w.purpose = 'content' and t.kind in ('mail.subject', 'mail.body')
  ) k
  cross join lateral (
    select case when t.kind = 'audit.subject' then (
      select coalesce(json_agg(json_build_object('id', a.person_id, 'sealed', a.sealed, 'kek', a.kek, 'wrapped_key', a.wrapped_key)), '[]')
      from audit.subjects a
      where a.workspace_id = t.workspace_id and a.person_id = any (t.row_ids)
    ) end as subjects
  ) s
  -- By event. Which event may show which origin was settled when the call was asked.
  cross join lateral (
    select case when t.kind = 'audit.origin' then (
      select coalesce(json_agg(json_build_object(
        'id', e.key, 'origin_id', g.id, 'person_id', g.person_id, 'sealed', g.sealed, 'kek', a.kek, 'wrapped_key', a.wrapped_key
      )), '[]')
      from jsonb_each_text(t.context) e
      join audit.origins g on g.workspace_id = t.workspace_id and g.id = e.value::uuid
      join audit.subjects a on a.workspace_id = g.workspace_id and a.person_id = g.person_id
      where g.id = any (t.row_ids) and g.sealed is not null and a.wrapped_key is not null
    ) end as origins
  ) o
$$;
comment on function sealed.take_to_open(uuid[]) is
  'Takes calls that wait for the opener, with the ids of their messages and a line of ciphertext for each (null without any) and the wrapped keys (by version) that they name; for names and origins, each person''s own.';
revoke all on function sealed.take_to_open(uuid[]) from public;
grant execute on function sealed.take_to_open(uuid[]) to bulkhead_opener;
