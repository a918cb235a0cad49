create or replace function session.unfinished_tickets(ticket_ids uuid[]) returns table (service text, n bigint)
language sql stable security definer
set search_path to pg_catalog, pg_temp
as $$
  select t.service, count(*) from session.tickets t
  where t.id = any (ticket_ids) and t.finished_at is null and t.expires_at > clock_timestamp()
  group by t.service order by t.service
$$;
comment on function session.unfinished_tickets(uuid[]) is 'How many of these jobs are still to be done, by service, for whoever deploys.';
revoke all on function session.unfinished_tickets(uuid[]) from public;
