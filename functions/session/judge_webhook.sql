-- The worker's verdict, once: with it the webhook is forgotten. A genuine one that was taken before is a replay: nothing in
-- its signature says when it was sent. A forged one touches nothing, but whose grant it names learns of it.
create or replace function session.judge_webhook(
  webhook_id uuid, verdict text, event_hash bytea, grant_hash bytea, ends_grant boolean, occurred_at timestamptz
)
returns table (workspace_id uuid, final_verdict text, processed boolean)
language plpgsql volatile security definer
set search_path to pg_catalog, pg_temp
as $$
declare
  v_provider text;
  v_verdict text := verdict;
  v_grant session.provider_grants;
  v_ticket_id uuid;
  v_acts boolean;
begin
  delete from session.webhooks w where w.id = webhook_id returning w.provider into v_provider;
  if not found then
    return;
  end if;
  if v_verdict = 'GENUINE' then
    insert into session.webhook_events (provider, event_hash) values (v_provider, judge_webhook.event_hash)
    on conflict on constraint webhook_events_pkey do nothing;
    if not found then
      v_verdict := 'REPLAYED';
    end if;
  end if;
  for v_grant in
    select * from session.provider_grants g where g.grant_hash = judge_webhook.grant_hash limit 100
  loop
    -- Five seconds for clocks that differ: what was said before this consent is not about it.
    v_acts := v_verdict = 'GENUINE' and ends_grant and v_grant.noted_at <= occurred_at + interval '5 seconds';
    if v_acts then
      insert into session.tickets (service, workspace_id) values ('mail_sync', v_grant.workspace_id)
      returning id into v_ticket_id;
      perform queue.enqueue_connection_job('mail_sync', 'connection_revoked', jsonb_build_object(
        'connection_id', v_grant.connection_id, 'ticket_id', v_ticket_id
      ), null, 25);
    end if;
    workspace_id := v_grant.workspace_id;
    final_verdict := v_verdict;
    processed := v_acts;
    return next;
  end loop;
end
$$;
comment on function session.judge_webhook(uuid, text, bytea, bytea, boolean, timestamptz) is
  'Ends the waiting of a webhook: what it says is done if it is genuine and new. Returns whose grant it names.';
revoke all on function session.judge_webhook(uuid, text, bytea, bytea, boolean, timestamptz) from public;
grant execute on function session.judge_webhook(uuid, text, bytea, bytea, boolean, timestamptz) to bulkhead_mail_sync;
