-- From anybody on the internet: a bound on what may wait, so that nobody fills the disk. The provider tries again.
create or replace function session.submit_webhook(id uuid, provider text, sealed text) returns boolean
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
begin
  if (select count(*) from (select from session.webhooks limit 2000) w) >= 2000 then
    return false;
  end if;
  insert into session.webhooks (id, provider, sealed) values (submit_webhook.id, submit_webhook.provider, submit_webhook.sealed);
  perform queue.enqueue_connection_job('mail_sync', 'webhook', jsonb_build_object('webhook_id', submit_webhook.id), null, 10);
  return true;
end
$$;
comment on function session.submit_webhook(uuid, text, text) is 'Hands a sealed webhook to the worker, to be judged; false when too many wait.';
revoke all on function session.submit_webhook(uuid, text, text) from public;
grant execute on function session.submit_webhook(uuid, text, text) to bulkhead_api;
