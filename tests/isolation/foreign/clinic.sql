-- An appointment book: one pool login becomes a role per request; the tenant comes from a registered token by way of
-- definer helpers; single-column keys; a service of its own that works across tenants.
create role clinic_owner nologin;
create role clinic_pool login noinherit;
create role clinic_doctor nologin;
create role clinic_patient nologin;
create role clinic_reminder login;
grant clinic_doctor, clinic_patient to clinic_pool;

create schema clinic authorization clinic_owner;
create schema auth authorization clinic_owner;
grant usage on schema clinic, auth to clinic_doctor, clinic_patient, clinic_reminder;
set local role clinic_owner;

create table auth.tokens (hash bytea primary key, tenant_id uuid not null, person_id uuid not null);
create table auth.members (tenant_id uuid not null, person_id uuid not null, primary key (tenant_id, person_id));

create function auth.tenant() returns uuid language sql stable security definer set search_path to pg_catalog, pg_temp as $$
  select t.tenant_id from auth.tokens t where t.hash = sha256(convert_to(current_setting('request.token', true), 'UTF8'))
$$;
create function auth.is_member(tenant uuid) returns boolean language sql stable security definer set search_path to pg_catalog, pg_temp as $$
  select exists (
    select from auth.members m join auth.tokens t on t.person_id = m.person_id
    where m.tenant_id = tenant and t.hash = sha256(convert_to(current_setting('request.token', true), 'UTF8'))
  )
$$;
revoke all on function auth.tenant(), auth.is_member(uuid) from public;
grant execute on function auth.tenant(), auth.is_member(uuid) to clinic_doctor, clinic_patient;

create table clinic.specialties (code text primary key, name text not null);
create table clinic.doctors (id uuid primary key default gen_random_uuid(), tenant_id uuid not null, name text not null, unique (tenant_id, id));
create table clinic.appointments (
  id uuid primary key default gen_random_uuid(),
  tenant_id uuid not null,
  doctor_id uuid not null,
  starts_at timestamptz not null,
  reminded_at timestamptz,
  foreign key (tenant_id, doctor_id) references clinic.doctors (tenant_id, id)
);
create index on clinic.appointments (tenant_id, starts_at);

do $$
declare v text;
begin
  foreach v in array array['clinic.doctors', 'clinic.appointments'] loop
    execute format('alter table %s enable row level security; alter table %1$s force row level security', v);
  end loop;
end $$;

create policy doctor_all on clinic.doctors to clinic_doctor using (tenant_id = (select auth.tenant()));
create policy patient_read on clinic.doctors for select to clinic_patient using (auth.is_member(tenant_id));
create policy doctor_all on clinic.appointments to clinic_doctor using (tenant_id = auth.tenant()) with check (tenant_id = auth.tenant());
create policy patient_read on clinic.appointments for select to clinic_patient using (auth.is_member(tenant_id) and starts_at > now());
create policy reminders on clinic.appointments for select to clinic_reminder using (reminded_at is null and current_user = 'clinic_reminder');

grant select on clinic.specialties to clinic_doctor, clinic_patient, clinic_reminder;
grant select, insert, update, delete on clinic.doctors, clinic.appointments to clinic_doctor;
grant select on clinic.doctors, clinic.appointments to clinic_patient;
grant select on clinic.appointments to clinic_reminder;
reset role;
