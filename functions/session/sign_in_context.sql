create or replace function session.sign_in_context(attempt session.sign_in_attempts, address inet, user_agent text) returns jsonb
language sql stable
begin atomic
  select jsonb_build_object(
    'flow', (sign_in_context.attempt).flow,
    'state_hash', encode((sign_in_context.attempt).state_hash, 'hex'),
    'sealed_verifier', (sign_in_context.attempt).sealed_verifier,
    'organization_id', (sign_in_context.attempt).organization_id,
    'address', host(sign_in_context.address),
    'user_agent', left(sign_in_context.user_agent, 500)
  );
end;
comment on function session.sign_in_context(session.sign_in_attempts, inet, text) is
  'What the identity service needs of a sign-in attempt.';
revoke all on function session.sign_in_context(session.sign_in_attempts, inet, text) from public;
