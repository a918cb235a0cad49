-- Policies that are right do not help on a server that applies them wrongly.
create or replace function isolation.check_s3(model jsonb) returns table (check_id text, severity text, object text, problem text, mend text, source text)
language sql stable
set search_path to pg_catalog, pg_temp
set jit to off
begin atomic
  select 'S3', 'high', 'server ' || current_setting('server_version'), format('%s: %s', v.cve, v.fault),
    format('update to %s.%s or later', v.major, v.fixed_in), 'https://www.postgresql.org/support/security/' || v.cve || '/'
  from (values
    ('CVE-2017-15099', 10, 1, 'INSERT … ON CONFLICT DO UPDATE shows rows that SELECT policies hide'),
    ('CVE-2019-10130', 10, 8, 'selectivity estimators run before policies'),
    ('CVE-2019-10130', 11, 3, 'selectivity estimators run before policies'),
    ('CVE-2023-2455', 11, 20, 'policies of another user stay in force after inlining'),
    ('CVE-2023-2455', 12, 15, 'policies of another user stay in force after inlining'),
    ('CVE-2023-2455', 13, 11, 'policies of another user stay in force after inlining'),
    ('CVE-2023-2455', 14, 8, 'policies of another user stay in force after inlining'),
    ('CVE-2023-2455', 15, 3, 'policies of another user stay in force after inlining'),
    ('CVE-2023-39418', 15, 4, 'MERGE does not enforce UPDATE and SELECT policies'),
    ('CVE-2024-10976', 12, 21, 'a policy below a subquery disregards a change of role'),
    ('CVE-2024-10976', 13, 17, 'a policy below a subquery disregards a change of role'),
    ('CVE-2024-10976', 14, 14, 'a policy below a subquery disregards a change of role'),
    ('CVE-2024-10976', 15, 9, 'a policy below a subquery disregards a change of role'),
    ('CVE-2024-10976', 16, 5, 'a policy below a subquery disregards a change of role'),
    ('CVE-2024-10976', 17, 1, 'a policy below a subquery disregards a change of role'),
    ('CVE-2024-10978', 12, 21, 'SET ROLE resets to a wrong user'),
    ('CVE-2024-10978', 13, 17, 'SET ROLE resets to a wrong user'),
    ('CVE-2024-10978', 14, 14, 'SET ROLE resets to a wrong user'),
    ('CVE-2024-10978', 15, 9, 'SET ROLE resets to a wrong user'),
    ('CVE-2024-10978', 16, 5, 'SET ROLE resets to a wrong user'),
    ('CVE-2024-10978', 17, 1, 'SET ROLE resets to a wrong user'),
    ('CVE-2025-8713', 13, 22, 'statistics of a view''s rows reach who may not read them'),
    ('CVE-2025-8713', 14, 19, 'statistics of a view''s rows reach who may not read them'),
    ('CVE-2025-8713', 15, 14, 'statistics of a view''s rows reach who may not read them'),
    ('CVE-2025-8713', 16, 10, 'statistics of a view''s rows reach who may not read them'),
    ('CVE-2025-8713', 17, 6, 'statistics of a view''s rows reach who may not read them')
  ) as v (cve, major, fixed_in, fault)
  cross join lateral (
    -- The model may name another version, to ask what a server that is still to be built would have.
    select coalesce(($1 ->> 'serverVersionNumber')::integer, current_setting('server_version_num')::integer) as number
  ) s
  where s.number / 10000 = v.major and s.number % 10000 < v.fixed_in;
end;
comment on function isolation.check_s3(jsonb) is 'S3: The server has a known fault of row-level security.';
revoke all on function isolation.check_s3(jsonb) from public;
grant execute on function isolation.check_s3(jsonb) to bulkhead_auditor;
