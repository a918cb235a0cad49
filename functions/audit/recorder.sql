-- The text of a table's trigger function for one command. One statement, static columns: the generic way, comparing
-- to_jsonb of whole rows, reads every sealed body to say that a counter changed.
create or replace function audit.recorder(target regclass, resource text, harmless text[], command text) returns text
language plpgsql stable
set search_path to pg_catalog, pg_temp
as $body$
declare
  v_tenant text := case when exists (
    select from pg_attribute a where a.attrelid = target and a.attname = 'workspace_id' and not a.attisdropped
  ) then 'workspace_id' else 'id' end;
  v_changes text;
  v_values text := 'null';
  v_from text;
  v_row text := case command when 'deleted' then 'o' else 'n' end;
begin
  if exists (select from unnest(harmless) h where not exists (
    select from pg_attribute a where a.attrelid = target and a.attname = h and not a.attisdropped and a.attnum > 0
  )) then
    raise exception using errcode = 'ZA004', message = format('%s lacks a column that is declared harmless', target);
  end if;
  if command = 'updated' then
    select format('array_remove(array[%s], null)', string_agg(
      format('case when o.%1$I is distinct from n.%1$I then %1$L end', a.attname), ', ' order by a.attname)) into v_changes
    from pg_attribute a where a.attrelid = target and a.attnum > 0 and not a.attisdropped;
    select format('nullif(jsonb_strip_nulls(jsonb_build_object(%s)), ''{}'')', string_agg(
      format('%1$L, case when o.%1$I is distinct from n.%1$I then jsonb_build_array(o.%1$I::text, n.%1$I::text) end', h), ', ' order by h))
    into v_values from unnest(harmless) h;
    v_from := format('new_rows n full join old_rows o on o.id = n.id%s',
      case when v_tenant = 'workspace_id' then ' and o.workspace_id = n.workspace_id' else '' end);
  else
    select format('nullif(jsonb_strip_nulls(jsonb_build_object(%s)), ''{}'')', string_agg(format('%1$L, %2$s.%1$I::text', h, v_row), ', ' order by h))
    into v_values from unnest(harmless) h;
    v_from := case command when 'created' then 'new_rows n' else 'old_rows o' end;
  end if;
  -- The view and not a function of session: that costs five times as much. What it does not say is asked once a statement.
  return format($f$
begin
  insert into audit.events (
    workspace_id, action, row_id, changed_columns, details, actor, person_id, sign_in_id, service, request_id, origin_id
  )
  select %1$s, %2$L, %3$s, %4$s, %5$s,
    coalesce(p.actor, (select audit.actor_kind())), p.person_id, p.sign_in_id,
    case when p.actor is null then (select audit.login_name()) else p.service end,
    left(nullif(current_setting('request.id', true), ''), 100), audit.origin_id()
  from %6$s left join session.presented p on true;
  return null;
end
$f$,
    case command when 'updated' then format('coalesce(n.%1$I, o.%1$I)', v_tenant) else format('%s.%I', v_row, v_tenant) end,
    resource || '.' || command,
    case command when 'updated' then 'coalesce(n.id, o.id)' else v_row || '.id' end,
    coalesce(v_changes, 'null'), case when cardinality(harmless) > 0 then v_values else 'null' end, v_from);
end
$body$;
comment on function audit.recorder(regclass, text, text[], text) is 'The body of a watched table''s trigger function for one command.';
revoke all on function audit.recorder(regclass, text, text[], text) from public;
