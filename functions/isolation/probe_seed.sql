-- Two synthetic tenants with rows in every table. Everything that the probes know travels in the value that this returns, so that
-- nothing but the rows themselves has to be rolled back; the caller does. Needs a superuser, or to run inside isolation.probe_as_auditor.
create or replace function isolation.probe_seed(model jsonb) returns jsonb
language plpgsql volatile
set search_path to pg_catalog, pg_temp
as $$
declare
  v_world jsonb;
  v_type oid;
  v_label text;
  v_id text;
  v_by_stand_in boolean := current_user <> session_user;
begin
  select a.atttypid into v_type from isolation.relation_facts(model) r join pg_attribute a on a.attrelid = r.oid and a.attnum = r.tenant_attnum
  where r.class = 'tenant' group by a.atttypid order by count(*) desc limit 1;
  v_world := jsonb_build_object('rows', '{}'::jsonb, 'problems', '{}'::jsonb, 'tenants', '{}'::jsonb, 'markers', '{}'::jsonb,
    'hints', (isolation.probe_hints() -> 'rows') || coalesce(model -> 'probe' -> 'rows', '{}'),
    'capabilities', (isolation.probe_hints() -> 'capabilities') || coalesce(model -> 'probe' -> 'capabilities', '{}'),
    'actors', (select coalesce(jsonb_agg(to_jsonb(a)), '[]') from isolation.probe_actors(model) a),
    'enter', coalesce(model -> 'context' -> 'enter', case
      when v_by_stand_in then '["select isolation.probe_enter_as_auditor($1, $2, $3)"]'::jsonb
      when to_regclass('session.tokens') is not null then '["select isolation.probe_enter($1, $2, $3)"]'::jsonb else '[]' end));
  foreach v_label in array array['a', 'b', 'c'] loop
    v_id := case
      when v_type = 'uuid'::regtype then gen_random_uuid()::text
      when v_type in ('int8'::regtype) then (4000000000000000000 + (random() * 1000000000)::bigint)::text
      when v_type in ('int4'::regtype, 'numeric'::regtype) then (2000000000 + (random() * 100000000)::integer)::text
      when v_type in ('int2'::regtype) then (30000 + (random() * 2700)::integer)::text
      else 'tenant' || substr(replace(gen_random_uuid()::text, '-', ''), 1, 12)
    end;
    v_world := jsonb_set(v_world, array['tenants', v_label], to_jsonb(v_id));
    -- Letters and digits that occur nowhere else: found again in whatever a role gets to see.
    v_world := jsonb_set(v_world, array['markers', v_label], to_jsonb('pr' || v_label || substr(md5(random()::text || v_label || clock_timestamp()), 1, 10)));
  end loop;
  -- This project's own: a copy of its configuration alone has no signing key. This one goes with the transaction.
  if not v_by_stand_in and to_regprocedure('session.rotate_signing_key()') is not null then
    execute 'select session.rotate_signing_key() where not exists (select from session.signing_keys k where k.superseded_at is null)';
  end if;
  foreach v_label in array array['b', 'a'] loop
    if v_by_stand_in then
      v_world := isolation.probe_begin(v_world, v_label);
    end if;
    v_world := isolation.probe_seed_tenant(model, v_world, v_label);
  end loop;
  return v_world;
end
$$;
comment on function isolation.probe_seed(jsonb) is 'Makes two synthetic tenants with a row in every table, inside the caller''s transaction.';
revoke all on function isolation.probe_seed(jsonb) from public;
