-- Every static check, less what the model states as meant (isolation.exceptions, where no expression narrows it: those that have one
-- are weighed in isolation.policy_facts). Accepted risks are the command's business: isolation/baseline.json.
-- A person calls isolation.findings(), which asks this with every fact computed once.
create or replace function isolation.all_findings(model jsonb) returns table (check_id text, severity text, object text, problem text, mend text, source text)
language sql stable
set search_path to pg_catalog, pg_temp
set jit to off
begin atomic
  select f.check_id, f.severity, f.object, f.problem, f.mend, f.source
  from (
    select * from isolation.check_r1($1)
    union all select * from isolation.check_r2($1)
    union all select * from isolation.check_r3($1)
    union all select * from isolation.check_r4($1)
    union all select * from isolation.check_r5($1)
    union all select * from isolation.check_t1($1)
    union all select * from isolation.check_t2($1)
    union all select * from isolation.check_t3($1)
    union all select * from isolation.check_t4($1)
    union all select * from isolation.check_t5($1)
    union all select * from isolation.check_t6($1)
    union all select * from isolation.check_t7($1)
    union all select * from isolation.check_t8($1)
    union all select * from isolation.check_t9($1)
    union all select * from isolation.check_p1($1)
    union all select * from isolation.check_p2($1)
    union all select * from isolation.check_p3($1)
    union all select * from isolation.check_p4($1)
    union all select * from isolation.check_p5($1)
    union all select * from isolation.check_p6($1)
    union all select * from isolation.check_p7($1)
    union all select * from isolation.check_p8($1)
    union all select * from isolation.check_p9($1)
    union all select * from isolation.check_p10($1)
    union all select * from isolation.check_f1($1)
    union all select * from isolation.check_f2($1)
    union all select * from isolation.check_f3($1)
    union all select * from isolation.check_a1($1)
    union all select * from isolation.check_a2($1)
    union all select * from isolation.check_c1($1)
    union all select * from isolation.check_c2($1)
    union all select * from isolation.check_c3($1)
    union all select * from isolation.check_c4($1)
    union all select * from isolation.check_c5($1)
    union all select * from isolation.check_c6($1)
    union all select * from isolation.check_s2($1)
    union all select * from isolation.check_s3($1)
    union all select * from isolation.check_m1($1)
    union all select * from isolation.check_m2($1)
  ) f
  where not exists (
    select from isolation.meant_facts($1) m where m.check_id = f.check_id and m.expression is null and f.object like m.object_like
  )
  order by array_position(array['critical', 'high', 'medium', 'low'], f.severity), f.check_id, f.object, f.problem;
end;
comment on function isolation.all_findings(jsonb) is 'Every static check, one after the other.';
revoke all on function isolation.all_findings(jsonb) from public;
grant execute on function isolation.all_findings(jsonb) to bulkhead_auditor;
