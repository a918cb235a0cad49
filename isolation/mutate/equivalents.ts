/**
 * Faults that change nothing that anybody could tell, each with its proof. `*` stands for any run of characters. A mutant
 * listed here that some check does kill is reported as killed; one that is not listed and survives fails the run.
 */
export const equivalents: readonly { readonly id: string; readonly proof: string }[] = [
  {
    id: "policy.check-dropped-same *",
    proof:
      "the policy's WITH CHECK repeats its USING, and Postgres checks new rows against USING where WITH CHECK is absent",
  },
  {
    id: "function.definer-owner-only *",
    proof: "only its owner may execute it, so its owner's rights are its caller's already",
  },
  {
    id: "function.immutable session.sign_in_context(*",
    proof:
      "it reads nothing but its arguments, and every function that it calls gives the same answer for the same arguments",
  },
  {
    id: "function.search-path-unset-invoker *",
    proof:
      "it runs with its caller's rights, so a name that the caller shadows gives the caller nothing new; inside a definer function that one's pinned path holds",
  },
  {
    id: "function.search-path-unset-atomic *",
    proof:
      "its body is of the form BEGIN ATOMIC, whose names were bound when it was made: no search_path is looked at when it runs",
  },
  {
    id: "table.*-partition *",
    proof:
      "nobody who serves has any right on the partition (T2 finds it where somebody has): its rows are reached through the parent alone, whose policies hold there",
  },
  {
    id: "function.definer app.uuid_v7(*",
    proof: "it reads no table and no setting: the owner's rights are good for nothing in it",
  },
  {
    id: "function.definer tenancy.current_workspace(*",
    proof:
      "as its owner it sees what policy all_owner shows, the session's own workspace, which every role may read (all have workspace.read)",
  },
  {
    id: "role.inherit-nothing *",
    proof:
      "the role is a member of no other, or (since 16) each of its memberships says for itself that it is not inherited",
  },
  {
    id: "role.search-path *",
    proof:
      "nobody but deploy may create in any schema on that path (F2 finds it where somebody may), so no name is found there that was not found before, and definer functions pin their own",
  },
  {
    id: "context.no-barrier *",
    proof:
      "nobody but its owner may read the view (M1 finds it where somebody may), so no caller's condition is ever evaluated inside it",
  },
];

/** The proof that a mutant is equivalent, or null. */
export function equivalence(id: string): string | null {
  return equivalents.find((one) => matches(one.id, id))?.proof ?? null;
}

function matches(pattern: string, id: string): boolean {
  const parts = pattern.split("*").map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`, "s").test(id);
}
