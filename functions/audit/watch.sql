-- Attached by each tenant table's policy file. A trigger with transition tables serves one operation, so there are three,
-- each with a function of its own, written for the table's columns. Values are kept of columns that are declared harmless
-- alone: never of content, names or addresses.
create or replace procedure audit.watch(target text, resource text, harmless text[] default '{}')
language plpgsql
set search_path to pg_catalog, pg_temp
as $$
declare
  v_table regclass := target::regclass;
  v_function text;
  v record;
begin
  for v in select * from (values
    ('insert', 'created', 'new table as new_rows'),
    ('update', 'updated', 'old table as old_rows new table as new_rows'),
    ('delete', 'deleted', 'old table as old_rows')
  ) as c (command, verb, transition) loop
    v_function := format('audit_parts.%I', replace(target, '.', '_') || '_' || v.verb);
    -- Without nested loops: the plan is made when one row changes, and serves ten thousand.
    execute format('create or replace function %s() returns trigger language plpgsql volatile security definer
      set search_path to pg_catalog, pg_temp%s as %L', v_function,
      case v.verb when 'updated' then ' set enable_nestloop to off' else '' end,
      audit.recorder(v_table, resource, harmless, v.verb));
    execute format('revoke all on function %s() from public', v_function);
    execute format('comment on function %s() is %L', v_function,
      format('Trigger: writes the audit events of a statement that has %s rows of %s.', v.verb, target));
    execute format('create or replace trigger audit_%s after %s on %s referencing %s for each statement execute function %s()',
      v.command, v.command, v_table, v.transition, v_function);
  end loop;
  execute format('create or replace trigger never_truncate before truncate on %s
    for each statement execute function audit.refuse_truncate()', v_table);
end
$$;
comment on procedure audit.watch(text, text, text[]) is 'Attaches the audit triggers to a tenant table.';
revoke all on procedure audit.watch(text, text, text[]) from public;
