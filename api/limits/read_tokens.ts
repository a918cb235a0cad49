import { Lexer, Source, TokenKind } from "postgraphile/graphql";
import { LimitError } from "./limit_error.ts";
import type { Limits } from "./limits.ts";

/**
 * Lexes a query and returns the lexer rewound to its start, for `parse(source, { lexer })`: its tokens are linked
 * already, so the text is lexed once.
 *
 * The parser recurses once for each open bracket and overflows the stack after some 1,500 of them, which a 3 KB query
 * reaches. So brackets are counted here, in a loop, before the parser runs.
 *
 * @throws LimitError QUERY_TOO_MANY_TOKENS or QUERY_TOO_DEEP; GraphQLError for text that does not lex
 */
export function readTokens(source: string, limits: Pick<Limits, "maxTokens" | "maxNesting">): Lexer {
  const lexer = new Lexer(new Source(source));
  const start = lexer.token;
  let tokens = 0;
  let nesting = 0;
  for (let token = lexer.advance(); token.kind !== TokenKind.EOF; token = lexer.advance()) {
    tokens += 1;
    if (tokens > limits.maxTokens) {
      throw new LimitError("QUERY_TOO_MANY_TOKENS", `the query has more than ${limits.maxTokens} tokens`, {
        limit: limits.maxTokens,
        actual: tokens,
      });
    }
    switch (token.kind) {
      case TokenKind.BRACE_L:
      case TokenKind.BRACKET_L:
      case TokenKind.PAREN_L:
        nesting += 1;
        if (nesting > limits.maxNesting) {
          throw new LimitError("QUERY_TOO_DEEP", `the query nests more than ${limits.maxNesting} brackets`, {
            limit: limits.maxNesting,
            actual: nesting,
          });
        }
        break;
      case TokenKind.BRACE_R:
      case TokenKind.BRACKET_R:
      case TokenKind.PAREN_R:
        nesting -= 1;
        break;
    }
  }
  lexer.token = start;
  lexer.lastToken = start;
  return lexer;
}
