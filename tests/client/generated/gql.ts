/* eslint-disable */
import * as types from './graphql.ts';



/**
 * Map of all GraphQL operations in the project.
 *
 * This map has several performance disadvantages:
 * 1. It is not tree-shakeable, so it will include all operations in the project.
 * 2. It is not minifiable, so the string of a GraphQL query will be multiple times inside the bundle.
 * 3. It does not support dead code elimination, so it will add unused operations.
 *
 * Therefore it is highly recommended to use the babel or swc plugin for production.
 * Learn more about it here: https://the-guild.dev/graphql/codegen/plugins/presets/preset-client#reducing-bundle-size
 */
type Documents = {
    "query MessagesPage($first: Int = 20, $after: Cursor) {\n  messages(first: $first, after: $after, orderBy: [SORT_AT_DESC]) {\n    nodes {\n      id\n      rowId\n      sortAt\n      subject\n      from {\n        name\n        address\n      }\n      conversation {\n        id\n        messageCount\n      }\n    }\n    pageInfo {\n      hasNextPage\n      endCursor\n    }\n  }\n}\n\nquery ReadMessage($id: ID!) {\n  message(id: $id) {\n    id\n    subject\n    from {\n      name\n      address\n    }\n    to {\n      name\n      address\n    }\n    body\n    sentAt\n  }\n}\n\nquery Inboxes {\n  inboxes {\n    nodes {\n      id\n      rowId\n      name\n    }\n  }\n}\n\nmutation CreateInbox($input: CreateInboxInput!) {\n  createInbox(input: $input) {\n    inbox {\n      id\n      rowId\n      name\n    }\n  }\n}\n\nmutation ImportMessages($input: ImportMessagesInput!) {\n  importMessages(input: $input) {\n    import {\n      id\n      rowId\n      status\n    }\n  }\n}\n\nquery WatchImport($id: ID!) {\n  import(id: $id) {\n    status\n    importedCount\n    unchangedCount\n    failedCount\n    totalCount\n    errorCode\n    importErrors {\n      nodes {\n        position\n        code\n        message\n      }\n    }\n  }\n}": typeof types.MessagesPageDocument,
    "query Members($first: Int = 50, $after: Cursor) {\n  memberships(first: $first, after: $after) {\n    nodes {\n      id\n      rowId\n      status\n      person {\n        name\n        email\n      }\n      role {\n        key\n      }\n    }\n    pageInfo {\n      hasNextPage\n      endCursor\n    }\n  }\n}\n\nmutation InvitePerson($input: InvitePersonInput!) {\n  invitePerson(input: $input) {\n    invitation {\n      id\n      rowId\n      email\n      role {\n        key\n      }\n    }\n  }\n}\n\nmutation ChangeMemberRole($input: ChangeMemberRoleInput!) {\n  changeMemberRole(input: $input) {\n    membership {\n      rowId\n      role {\n        key\n      }\n    }\n  }\n}": typeof types.MembersDocument,
    "query WhoAmI {\n  currentPerson {\n    rowId\n    name\n    email\n    membership {\n      rowId\n      role {\n        key\n        name\n        level\n      }\n    }\n  }\n  currentWorkspace {\n    rowId\n    name\n  }\n}": typeof types.WhoAmIDocument,
};
const documents: Documents = {
    "query MessagesPage($first: Int = 20, $after: Cursor) {\n  messages(first: $first, after: $after, orderBy: [SORT_AT_DESC]) {\n    nodes {\n      id\n      rowId\n      sortAt\n      subject\n      from {\n        name\n        address\n      }\n      conversation {\n        id\n        messageCount\n      }\n    }\n    pageInfo {\n      hasNextPage\n      endCursor\n    }\n  }\n}\n\nquery ReadMessage($id: ID!) {\n  message(id: $id) {\n    id\n    subject\n    from {\n      name\n      address\n    }\n    to {\n      name\n      address\n    }\n    body\n    sentAt\n  }\n}\n\nquery Inboxes {\n  inboxes {\n    nodes {\n      id\n      rowId\n      name\n    }\n  }\n}\n\nmutation CreateInbox($input: CreateInboxInput!) {\n  createInbox(input: $input) {\n    inbox {\n      id\n      rowId\n      name\n    }\n  }\n}\n\nmutation ImportMessages($input: ImportMessagesInput!) {\n  importMessages(input: $input) {\n    import {\n      id\n      rowId\n      status\n    }\n  }\n}\n\nquery WatchImport($id: ID!) {\n  import(id: $id) {\n    status\n    importedCount\n    unchangedCount\n    failedCount\n    totalCount\n    errorCode\n    importErrors {\n      nodes {\n        position\n        code\n        message\n      }\n    }\n  }\n}": types.MessagesPageDocument,
    "query Members($first: Int = 50, $after: Cursor) {\n  memberships(first: $first, after: $after) {\n    nodes {\n      id\n      rowId\n      status\n      person {\n        name\n        email\n      }\n      role {\n        key\n      }\n    }\n    pageInfo {\n      hasNextPage\n      endCursor\n    }\n  }\n}\n\nmutation InvitePerson($input: InvitePersonInput!) {\n  invitePerson(input: $input) {\n    invitation {\n      id\n      rowId\n      email\n      role {\n        key\n      }\n    }\n  }\n}\n\nmutation ChangeMemberRole($input: ChangeMemberRoleInput!) {\n  changeMemberRole(input: $input) {\n    membership {\n      rowId\n      role {\n        key\n      }\n    }\n  }\n}": types.MembersDocument,
    "query WhoAmI {\n  currentPerson {\n    rowId\n    name\n    email\n    membership {\n      rowId\n      role {\n        key\n        name\n        level\n      }\n    }\n  }\n  currentWorkspace {\n    rowId\n    name\n  }\n}": types.WhoAmIDocument,
};

/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "query MessagesPage($first: Int = 20, $after: Cursor) {\n  messages(first: $first, after: $after, orderBy: [SORT_AT_DESC]) {\n    nodes {\n      id\n      rowId\n      sortAt\n      subject\n      from {\n        name\n        address\n      }\n      conversation {\n        id\n        messageCount\n      }\n    }\n    pageInfo {\n      hasNextPage\n      endCursor\n    }\n  }\n}\n\nquery ReadMessage($id: ID!) {\n  message(id: $id) {\n    id\n    subject\n    from {\n      name\n      address\n    }\n    to {\n      name\n      address\n    }\n    body\n    sentAt\n  }\n}\n\nquery Inboxes {\n  inboxes {\n    nodes {\n      id\n      rowId\n      name\n    }\n  }\n}\n\nmutation CreateInbox($input: CreateInboxInput!) {\n  createInbox(input: $input) {\n    inbox {\n      id\n      rowId\n      name\n    }\n  }\n}\n\nmutation ImportMessages($input: ImportMessagesInput!) {\n  importMessages(input: $input) {\n    import {\n      id\n      rowId\n      status\n    }\n  }\n}\n\nquery WatchImport($id: ID!) {\n  import(id: $id) {\n    status\n    importedCount\n    unchangedCount\n    failedCount\n    totalCount\n    errorCode\n    importErrors {\n      nodes {\n        position\n        code\n        message\n      }\n    }\n  }\n}"): typeof import('./graphql.ts').MessagesPageDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "query Members($first: Int = 50, $after: Cursor) {\n  memberships(first: $first, after: $after) {\n    nodes {\n      id\n      rowId\n      status\n      person {\n        name\n        email\n      }\n      role {\n        key\n      }\n    }\n    pageInfo {\n      hasNextPage\n      endCursor\n    }\n  }\n}\n\nmutation InvitePerson($input: InvitePersonInput!) {\n  invitePerson(input: $input) {\n    invitation {\n      id\n      rowId\n      email\n      role {\n        key\n      }\n    }\n  }\n}\n\nmutation ChangeMemberRole($input: ChangeMemberRoleInput!) {\n  changeMemberRole(input: $input) {\n    membership {\n      rowId\n      role {\n        key\n      }\n    }\n  }\n}"): typeof import('./graphql.ts').MembersDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "query WhoAmI {\n  currentPerson {\n    rowId\n    name\n    email\n    membership {\n      rowId\n      role {\n        key\n        name\n        level\n      }\n    }\n  }\n  currentWorkspace {\n    rowId\n    name\n  }\n}"): typeof import('./graphql.ts').WhoAmIDocument;


export function graphql(source: string) {
  return (documents as any)[source] ?? {};
}
