create or replace function session.take_webhook(webhook_id uuid, out provider text, out sealed text)
language sql stable security definer
set search_path to pg_catalog, pg_temp
as $$
  select w.provider, w.sealed from session.webhooks w where w.id = webhook_id
$$;
comment on function session.take_webhook(uuid) is 'A sealed webhook that waits to be judged.';
revoke all on function session.take_webhook(uuid) from public;
grant execute on function session.take_webhook(uuid) to bulkhead_mail_sync;
