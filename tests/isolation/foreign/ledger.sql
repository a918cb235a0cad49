-- A bookkeeping product: the tenant is a plain setting, app.current_org; one login, one owner, partitions, a reference table.
create role ledger_owner nologin;
create role ledger_web login;
create role ledger_reports login;
create role ledger_auditor login;

create schema ledger authorization ledger_owner;
grant usage on schema ledger to ledger_web, ledger_reports;
set local role ledger_owner;

create function ledger.current_org() returns uuid language sql stable as $$
  select nullif(current_setting('app.current_org', true), '')::uuid
$$;

create table ledger.organizations (id uuid primary key default gen_random_uuid(), name text not null);
create table ledger.currencies (code char(3) primary key, name text not null);
create table ledger.accounts (
  id uuid not null default gen_random_uuid(),
  organization_id uuid not null references ledger.organizations,
  name text not null,
  currency char(3) not null references ledger.currencies,
  primary key (organization_id, id),
  unique (organization_id, name)
);
create table ledger.entries (
  organization_id uuid not null references ledger.organizations,
  id uuid not null default gen_random_uuid(),
  account_id uuid not null,
  booked_on date not null,
  amount numeric not null,
  primary key (organization_id, id, booked_on),
  foreign key (organization_id, account_id) references ledger.accounts (organization_id, id)
) partition by range (booked_on);
create table ledger.entries_2026 partition of ledger.entries for values from ('2026-01-01') to ('2027-01-01');

alter table ledger.organizations enable row level security;
alter table ledger.organizations force row level security;
alter table ledger.accounts enable row level security;
alter table ledger.accounts force row level security;
alter table ledger.entries enable row level security;
alter table ledger.entries force row level security;

-- Three ways of writing the same comparison, all to be found among real projects.
create policy organization on ledger.organizations
  using (id = nullif(current_setting('app.current_org', true), '')::uuid);
create policy organization on ledger.accounts
  using (organization_id = (select nullif(current_setting('app.current_org', true), '')::uuid))
  with check (organization_id = (select nullif(current_setting('app.current_org', true), '')::uuid));
create policy organization on ledger.entries
  using (nullif(current_setting('app.current_org', true), '')::uuid = organization_id and amount is not null)
  with check (nullif(current_setting('app.current_org', true), '')::uuid = organization_id);

grant select on ledger.organizations, ledger.currencies to ledger_web, ledger_reports;
grant select, insert, update, delete on ledger.accounts, ledger.entries to ledger_web;
grant select on ledger.accounts, ledger.entries to ledger_reports;

create view ledger.balances with (security_invoker = on) as
  select organization_id, account_id, sum(amount) as balance from ledger.entries group by 1, 2;
grant select on ledger.balances to ledger_web, ledger_reports;

create function ledger.book(account uuid, amount numeric) returns void
language plpgsql security definer set search_path to pg_catalog, pg_temp as $$
begin
  insert into ledger.entries (organization_id, account_id, booked_on, amount)
  values (current_setting('app.current_org')::uuid, book.account, current_date, book.amount);
end $$;
revoke all on function ledger.book(uuid, numeric) from public;
grant execute on function ledger.book(uuid, numeric) to ledger_web;
reset role;
