/* eslint-disable */
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
/** All input for the `changeMemberRole` mutation. */
export type ChangeMemberRoleInput = {
  /**
   * An arbitrary string value with no semantic meaning. Will be included in the
   * payload verbatim. May be used to track mutations by the client.
   */
  clientMutationId?: string | null | undefined;
  membershipId: string;
  roleKey: string;
};

/** All input for the `checkConnection` mutation. */
export type CheckConnectionInput = {
  /**
   * An arbitrary string value with no semantic meaning. Will be included in the
   * payload verbatim. May be used to track mutations by the client.
   */
  clientMutationId?: string | null | undefined;
  connectionId: string;
};

/** All input for the `createInbox` mutation. */
export type CreateInboxInput = {
  /**
   * An arbitrary string value with no semantic meaning. Will be included in the
   * payload verbatim. May be used to track mutations by the client.
   */
  clientMutationId?: string | null | undefined;
  name: string;
};

/** All input for the `disconnect` mutation. */
export type DisconnectInput = {
  /**
   * An arbitrary string value with no semantic meaning. Will be included in the
   * payload verbatim. May be used to track mutations by the client.
   */
  clientMutationId?: string | null | undefined;
  connectionId: string;
};

/** All input for the `importMessages` mutation. */
export type ImportMessagesInput = {
  /**
   * An arbitrary string value with no semantic meaning. Will be included in the
   * payload verbatim. May be used to track mutations by the client.
   */
  clientMutationId?: string | null | undefined;
  inboxId: string;
  source: string;
};

/** All input for the `invitePerson` mutation. */
export type InvitePersonInput = {
  /**
   * An arbitrary string value with no semantic meaning. Will be included in the
   * payload verbatim. May be used to track mutations by the client.
   */
  clientMutationId?: string | null | undefined;
  email: string;
  roleKey: string;
};

/** What to connect. */
export type StartConnectionInput = {
  /** What the connection is for, for example mailbox: it decides the scopes. */
  profile: string;
  /** The provider, for example google: see providers. */
  provider: string;
  /** The path of this site to come back to; the connection's id is appended as connection. The start page unless given. */
  returnTo?: string | null | undefined;
};

export type ConnectionsQueryVariables = Exact<{ [key: string]: never; }>;


export type ConnectionsQuery = { connections: { nodes: Array<{ id: string, rowId: string, accountLabel: string | null, scopes: Array<string | null>, state: string, lastError: string | null, lastSyncAt: string | null, keyVersion: number | null, revocation: string | null, providerAndProfile: { provider: string, profile: string } | null } | null> } | null };

export type StartConnectionMutationVariables = Exact<{
  input: StartConnectionInput;
}>;


export type StartConnectionMutation = { startConnection: { connectionId: string, authorizeUrl: string } | null };

export type CheckConnectionMutationVariables = Exact<{
  input: CheckConnectionInput;
}>;


export type CheckConnectionMutation = { checkConnection: { connection: { id: string, rowId: string, accountLabel: string | null, scopes: Array<string | null>, state: string, lastError: string | null, lastSyncAt: string | null, keyVersion: number | null, revocation: string | null, providerAndProfile: { provider: string, profile: string } | null } | null } | null };

export type DisconnectMutationVariables = Exact<{
  input: DisconnectInput;
}>;


export type DisconnectMutation = { disconnect: { connection: { id: string, rowId: string, accountLabel: string | null, scopes: Array<string | null>, state: string, lastError: string | null, lastSyncAt: string | null, keyVersion: number | null, revocation: string | null, providerAndProfile: { provider: string, profile: string } | null } | null } | null };

export type ConnectionChangedSubscriptionVariables = Exact<{ [key: string]: never; }>;


export type ConnectionChangedSubscription = { connectionChanged: { id: string, rowId: string, accountLabel: string | null, scopes: Array<string | null>, state: string, lastError: string | null, lastSyncAt: string | null, keyVersion: number | null, revocation: string | null, providerAndProfile: { provider: string, profile: string } | null } | null };

export type ConnectionStateFragment = { id: string, rowId: string, accountLabel: string | null, scopes: Array<string | null>, state: string, lastError: string | null, lastSyncAt: string | null, keyVersion: number | null, revocation: string | null, providerAndProfile: { provider: string, profile: string } | null };

export type MessagesPageQueryVariables = Exact<{
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type MessagesPageQuery = { messages: { nodes: Array<{ id: string, rowId: string, sortAt: string, subject: string | null, from: { name: string, address: string } | null, conversation: { id: string, messageCount: number } | null } | null>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } | null };

export type ReadMessageQueryVariables = Exact<{
  id: string | number;
}>;


export type ReadMessageQuery = { message: { id: string, subject: string | null, body: string | null, sentAt: string | null, from: { name: string, address: string } | null, to: Array<{ name: string, address: string }> | null } | null };

export type InboxesQueryVariables = Exact<{ [key: string]: never; }>;


export type InboxesQuery = { inboxes: { nodes: Array<{ id: string, rowId: string, name: string } | null> } | null };

export type CreateInboxMutationVariables = Exact<{
  input: CreateInboxInput;
}>;


export type CreateInboxMutation = { createInbox: { inbox: { id: string, rowId: string, name: string } | null } | null };

export type ImportMessagesMutationVariables = Exact<{
  input: ImportMessagesInput;
}>;


export type ImportMessagesMutation = { importMessages: { import: { id: string, rowId: string, status: string } | null } | null };

export type WatchImportQueryVariables = Exact<{
  id: string | number;
}>;


export type WatchImportQuery = { import: { status: string, importedCount: number, unchangedCount: number, failedCount: number, totalCount: number | null, errorCode: string | null, importErrors: { nodes: Array<{ position: number, code: string, message: string } | null> } } | null };

export type MembersQueryVariables = Exact<{
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type MembersQuery = { memberships: { nodes: Array<{ id: string, rowId: string, status: string, person: { name: string, email: string } | null, role: { key: string } | null } | null>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } | null };

export type InvitePersonMutationVariables = Exact<{
  input: InvitePersonInput;
}>;


export type InvitePersonMutation = { invitePerson: { invitation: { id: string, rowId: string, email: string, role: { key: string } | null } | null } | null };

export type ChangeMemberRoleMutationVariables = Exact<{
  input: ChangeMemberRoleInput;
}>;


export type ChangeMemberRoleMutation = { changeMemberRole: { membership: { rowId: string, role: { key: string } | null } | null } | null };

export type WhoAmIQueryVariables = Exact<{ [key: string]: never; }>;


export type WhoAmIQuery = { currentPerson: { rowId: string, name: string, email: string, membership: { rowId: string, role: { key: string, name: string, level: number } | null } | null } | null, currentWorkspace: { rowId: string, name: string } | null };

export class TypedDocumentString<TResult, TVariables>
  extends String
  implements DocumentTypeDecoration<TResult, TVariables>
{
  __apiType?: NonNullable<DocumentTypeDecoration<TResult, TVariables>['__apiType']>;
  private value: string;
  public __meta__?: Record<string, any> | undefined;

  constructor(value: string, __meta__?: Record<string, any> | undefined) {
    super(value);
    this.value = value;
    this.__meta__ = __meta__;
  }

  override toString(): string & DocumentTypeDecoration<TResult, TVariables> {
    return this.value;
  }
}
export const ConnectionStateFragmentDoc = new TypedDocumentString(`
    fragment ConnectionState on Connection {
  id
  rowId
  providerAndProfile {
    provider
    profile
  }
  accountLabel
  scopes
  state
  lastError
  lastSyncAt
  keyVersion
  revocation
}
    `, {"fragmentName":"ConnectionState"}) as unknown as TypedDocumentString<ConnectionStateFragment, unknown>;
export const ConnectionsDocument = new TypedDocumentString(`
    query Connections {
  connections {
    nodes {
      ...ConnectionState
    }
  }
}
    fragment ConnectionState on Connection {
  id
  rowId
  providerAndProfile {
    provider
    profile
  }
  accountLabel
  scopes
  state
  lastError
  lastSyncAt
  keyVersion
  revocation
}`, {"hash":"sha256:be4317c5772bf438c14b1f213536ecf2a28efa8bd7e5270e3d25d179135b64c6"}) as unknown as TypedDocumentString<ConnectionsQuery, ConnectionsQueryVariables>;
export const StartConnectionDocument = new TypedDocumentString(`
    mutation StartConnection($input: StartConnectionInput!) {
  startConnection(input: $input) {
    connectionId
    authorizeUrl
  }
}
    `, {"hash":"sha256:659d0993b7c2387bd238ce650cdba249394e59348bd98370482673d976cba22f"}) as unknown as TypedDocumentString<StartConnectionMutation, StartConnectionMutationVariables>;
export const CheckConnectionDocument = new TypedDocumentString(`
    mutation CheckConnection($input: CheckConnectionInput!) {
  checkConnection(input: $input) {
    connection {
      ...ConnectionState
    }
  }
}
    fragment ConnectionState on Connection {
  id
  rowId
  providerAndProfile {
    provider
    profile
  }
  accountLabel
  scopes
  state
  lastError
  lastSyncAt
  keyVersion
  revocation
}`, {"hash":"sha256:b211e8a43e3d5a3fe7a39586520971598be56b00a077c088603d4c5c2e6a8222"}) as unknown as TypedDocumentString<CheckConnectionMutation, CheckConnectionMutationVariables>;
export const DisconnectDocument = new TypedDocumentString(`
    mutation Disconnect($input: DisconnectInput!) {
  disconnect(input: $input) {
    connection {
      ...ConnectionState
    }
  }
}
    fragment ConnectionState on Connection {
  id
  rowId
  providerAndProfile {
    provider
    profile
  }
  accountLabel
  scopes
  state
  lastError
  lastSyncAt
  keyVersion
  revocation
}`, {"hash":"sha256:722abd26effaeba72d4a19b3b246a3fb22292efa24b1efffa6e0041de3316745"}) as unknown as TypedDocumentString<DisconnectMutation, DisconnectMutationVariables>;
export const ConnectionChangedDocument = new TypedDocumentString(`
    subscription ConnectionChanged {
  connectionChanged {
    ...ConnectionState
  }
}
    fragment ConnectionState on Connection {
  id
  rowId
  providerAndProfile {
    provider
    profile
  }
  accountLabel
  scopes
  state
  lastError
  lastSyncAt
  keyVersion
  revocation
}`, {"hash":"sha256:d72ea3f29224dcadf1649e8a9d61dc1abf2ea5ab8d3eb499d880189d955c6db8"}) as unknown as TypedDocumentString<ConnectionChangedSubscription, ConnectionChangedSubscriptionVariables>;
export const MessagesPageDocument = new TypedDocumentString(`
    query MessagesPage($first: Int = 20, $after: Cursor) {
  messages(first: $first, after: $after, orderBy: [SORT_AT_DESC]) {
    nodes {
      id
      rowId
      sortAt
      subject
      from {
        name
        address
      }
      conversation {
        id
        messageCount
      }
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
    `, {"hash":"sha256:01d99942f51186b0bdc1d2aca7a27b96554a587d73103c35f5f7e4890acc8d30"}) as unknown as TypedDocumentString<MessagesPageQuery, MessagesPageQueryVariables>;
export const ReadMessageDocument = new TypedDocumentString(`
    query ReadMessage($id: ID!) {
  message(id: $id) {
    id
    subject
    from {
      name
      address
    }
    to {
      name
      address
    }
    body
    sentAt
  }
}
    `, {"hash":"sha256:65a9fd7937bbb4e4f615923b6711b16c6c00dd9b3d4fff2bafa42703006f34c7"}) as unknown as TypedDocumentString<ReadMessageQuery, ReadMessageQueryVariables>;
export const InboxesDocument = new TypedDocumentString(`
    query Inboxes {
  inboxes {
    nodes {
      id
      rowId
      name
    }
  }
}
    `, {"hash":"sha256:c92102c82ca4c8a4c24ff99f9b0548c24e39b4910ac7e6ba03674d2c415d3144"}) as unknown as TypedDocumentString<InboxesQuery, InboxesQueryVariables>;
export const CreateInboxDocument = new TypedDocumentString(`
    mutation CreateInbox($input: CreateInboxInput!) {
  createInbox(input: $input) {
    inbox {
      id
      rowId
      name
    }
  }
}
    `, {"hash":"sha256:1f3bd05111eb42e7509e515a88a061212a51a13f9a651664e09e644ba044a1e2"}) as unknown as TypedDocumentString<CreateInboxMutation, CreateInboxMutationVariables>;
export const ImportMessagesDocument = new TypedDocumentString(`
    mutation ImportMessages($input: ImportMessagesInput!) {
  importMessages(input: $input) {
    import {
      id
      rowId
      status
    }
  }
}
    `, {"hash":"sha256:54221f6bf0d9ac9bd892d00fd3b5946b14749c464e333085d5dafe69ae3557a8"}) as unknown as TypedDocumentString<ImportMessagesMutation, ImportMessagesMutationVariables>;
export const WatchImportDocument = new TypedDocumentString(`
    query WatchImport($id: ID!) {
  import(id: $id) {
    status
    importedCount
    unchangedCount
    failedCount
    totalCount
    errorCode
    importErrors {
      nodes {
        position
        code
        message
      }
    }
  }
}
    `, {"hash":"sha256:cd517aac50a2e39ec177df5a9567f4da632a0a1868046f6da03eeb53c82f1f46"}) as unknown as TypedDocumentString<WatchImportQuery, WatchImportQueryVariables>;
export const MembersDocument = new TypedDocumentString(`
    query Members($first: Int = 50, $after: Cursor) {
  memberships(first: $first, after: $after) {
    nodes {
      id
      rowId
      status
      person {
        name
        email
      }
      role {
        key
      }
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
    `, {"hash":"sha256:6006c8e984ba2d7fe6a7bb7c298fc8a689b15419c61c502f69e5bdaca9925925"}) as unknown as TypedDocumentString<MembersQuery, MembersQueryVariables>;
export const InvitePersonDocument = new TypedDocumentString(`
    mutation InvitePerson($input: InvitePersonInput!) {
  invitePerson(input: $input) {
    invitation {
      id
      rowId
      email
      role {
        key
      }
    }
  }
}
    `, {"hash":"sha256:45ca90b9ac092992e2f04023e815e7cfc020899f4e51872ef17394de40036688"}) as unknown as TypedDocumentString<InvitePersonMutation, InvitePersonMutationVariables>;
export const ChangeMemberRoleDocument = new TypedDocumentString(`
    mutation ChangeMemberRole($input: ChangeMemberRoleInput!) {
  changeMemberRole(input: $input) {
    membership {
      rowId
      role {
        key
      }
    }
  }
}
    `, {"hash":"sha256:d6cf6a855473aed1a7361293351ee5cb1b238f15359340f295ceecae10f93dfc"}) as unknown as TypedDocumentString<ChangeMemberRoleMutation, ChangeMemberRoleMutationVariables>;
export const WhoAmIDocument = new TypedDocumentString(`
    query WhoAmI {
  currentPerson {
    rowId
    name
    email
    membership {
      rowId
      role {
        key
        name
        level
      }
    }
  }
  currentWorkspace {
    rowId
    name
  }
}
    `, {"hash":"sha256:f0acf6bed1be2b53140fd7dbd2c7f9fe6e4f47d85589488104fc8cbabd43895b"}) as unknown as TypedDocumentString<WhoAmIQuery, WhoAmIQueryVariables>;