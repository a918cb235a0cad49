-- A synthetic tenant with a row in every table: parents before children, where that is possible.
create or replace function isolation.probe_seed_tenant(model jsonb, world jsonb, label text) returns jsonb
language plpgsql volatile
set search_path to pg_catalog, pg_temp
as $$
declare
  v_table record;
  v_made jsonb;
  v_progress boolean := true;
  v_strict boolean := true;
  v_row jsonb;
begin
  while v_progress loop
    v_progress := false;
    for v_table in
      select r.oid, r.object, r.class, r.tenant_column from isolation.relation_facts(model) r join pg_class c on c.oid = r.oid
      -- A row of isolation.probed keeps the transaction from committing: it stands for a seeding, not for a tenant's data.
      where not c.relispartition and r.object <> 'isolation.probed' and (current_user = session_user or r.class in ('tenant', 'reference')) and not coalesce(world -> 'rows' -> r.object ?| array[label, 'any'], false) and not coalesce(world -> 'problems' ? r.object, false)
        -- Strict: every other table that it refers to has its row already; otherwise: every one that it cannot do without.
        and not exists (
          select from pg_constraint k
          join isolation.relation_facts(model) p on p.oid = k.confrelid
          where k.conrelid = r.oid and k.contype = 'f' and k.confrelid <> r.oid
            and not coalesce(world -> 'rows' -> p.object ?| array[label, 'any'], false)
            and (v_strict or not exists (
              select from pg_attribute a where a.attrelid = k.conrelid and a.attnum = any (k.conkey) and not a.attnotnull))
        )
    loop
      v_made := null;
      if v_table.class = 'reference' then
        -- Rows that are the same for all: the ones that are there.
        execute format('select to_jsonb(x) from %s x limit 1', v_table.object) into v_row;
        if v_row is not null then
          world := jsonb_set(world, array['rows', v_table.object], jsonb_build_object('any', v_row));
          v_progress := true;
          continue;
        end if;
      end if;
      v_made := isolation.probe_insert(world, v_table.oid, v_table.tenant_column, label);
      if v_made ? 'row' then
        world := jsonb_set(world, array['rows', v_table.object], coalesce(world -> 'rows' -> v_table.object, '{}') || jsonb_build_object(label, v_made -> 'row'));
      elsif v_table.class <> 'tenant' then
        -- No tenant's: a row that is there already serves as well.
        execute format('select to_jsonb(x) from %s x limit 1', v_table.object) into v_row;
        world := case when v_row is null then jsonb_set(world, array['problems', v_table.object], v_made -> 'problem')
          else jsonb_set(world, array['rows', v_table.object], jsonb_build_object('any', v_row)) end;
      else
        world := jsonb_set(world, array['problems', v_table.object], v_made -> 'problem');
      end if;
      v_progress := true;
    end loop;
    if not v_progress and v_strict then
      v_strict := false;
      v_progress := true;
    end if;
  end loop;
  return world;
end
$$;
comment on function isolation.probe_seed_tenant(jsonb, jsonb, text) is 'Adds one synthetic tenant''s rows to the world.';
revoke all on function isolation.probe_seed_tenant(jsonb, jsonb, text) from public;
