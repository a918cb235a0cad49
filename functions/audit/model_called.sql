-- Never a prompt, never an answer.
create or replace function audit.model_called(model text, input_tokens integer, output_tokens integer, estimated_cost_micros bigint, currency text, source_function text, success boolean, error_code text default null, workspace_id uuid default null) returns void
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
begin
  perform audit.require_shape(array[error_code, currency]::text[], array[model, source_function]::text[]);
  perform audit.append(audit.event_workspace(model_called.workspace_id), 'model.called', null, jsonb_build_object('model', model, 'input_tokens', input_tokens, 'output_tokens', output_tokens, 'estimated_cost_micros', estimated_cost_micros,
    'currency', currency, 'source_function', source_function, 'success', success, 'error_code', error_code));
end
$$;
comment on function audit.model_called(text, integer, integer, bigint, text, text, boolean, text, uuid) is 'Records a call to a language model: tokens and estimated cost, in millionths of the currency.';
revoke all on function audit.model_called(text, integer, integer, bigint, text, text, boolean, text, uuid) from public;
grant execute on function audit.model_called(text, integer, integer, bigint, text, text, boolean, text, uuid) to bulkhead_ai, bulkhead_mail_sync;
