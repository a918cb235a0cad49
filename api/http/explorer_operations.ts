import { auditOperations } from "./audit_operations.ts";

/**
 * What the explorer page begins with: the operations of the demo, one beside the other. docs/connections.md tells in which
 * order; tests/start runs them as they stand here.
 */
export const explorerOperations = `# Sign in above, then run one of these (Ctrl-Enter asks which).

query NewestMail {
  messages(first: 5, orderBy: SORT_AT_DESC) {
    nodes {
      sentAt
      from { name address }
      subject
      body
    }
  }
}

query WhoAmI {
  currentPerson { name email }
  currentWorkspace { name }
}

${auditOperations}
# Connections: docs/connections.md tells each provider step by step.
# Run Connect…, follow "Consent at …" above, choose an account, and look at SeeConnections.

mutation ConnectGoogle {
  startConnection(input: { provider: "google", profile: "mailbox" }) { connectionId authorizeUrl }
}

mutation ConnectMicrosoft {
  startConnection(input: { provider: "microsoft", profile: "mailbox" }) { connectionId authorizeUrl }
}

mutation ConnectNylas {
  startConnection(input: { provider: "nylas", profile: "mailbox" }) { connectionId authorizeUrl }
}

mutation ConnectSalesforce {
  startConnection(input: { provider: "salesforce", profile: "deals" }) { connectionId authorizeUrl }
}

mutation ConnectGong {
  startConnection(input: { provider: "gong", profile: "calls" }) { connectionId authorizeUrl }
}

# A key instead of a consent screen. Secrets are variables: below.
mutation ConnectGranola($notesKey: Secret!) {
  connectWithSecret(input: { provider: "granola", profile: "notes", secret: $notesKey }) {
    connection { rowId state }
  }
}

# A name and a password for SMTP and IMAP.
mutation ConnectMailbox($mailbox: Secret!) {
  connectWithSecret(input: { provider: "smtp_imap", profile: "mailbox", secret: $mailbox }) {
    connection { rowId state }
  }
}

query SeeConnections {
  connections {
    nodes {
      rowId
      providerAndProfile { provider profile }
      accountLabel
      state
      lastError
      scopes
      lastSyncAt
      lastUsedAt
      version
      keyVersion
      revocation
    }
  }
}

# Runs on, and says each change as it happens.
subscription WatchConnections {
  connectionChanged {
    rowId
    providerAndProfile { provider }
    accountLabel
    state
    lastError
    revocation
  }
}

# Put a rowId of SeeConnections into connectionId below. It asks the provider whose account it is; where the access
# token ends soon it is refreshed first, and version counts up.
mutation UseConnection($connectionId: UUID!) {
  checkConnection(input: { connectionId: $connectionId }) {
    connection { rowId state lastUsedAt version }
  }
}

mutation Disconnect($connectionId: UUID!) {
  disconnect(input: { connectionId: $connectionId }) {
    connection { rowId state revocation keyVersion }
  }
}
`;

/** The variables of the operations above. The mail servers' ports are the ones that `npm start` prints. */
export const explorerVariables = JSON.stringify(
  {
    connectionId: "00000000-0000-0000-0000-000000000000",
    notesKey: "grn_demo_harbour",
    mailbox: JSON.stringify({
      user: "olivia.owner@harbour.example.com",
      password: "harbour-and-lighthouse",
      smtp: { host: "127.0.0.1", port: 5681 },
      imap: { host: "127.0.0.1", port: 5682 },
    }),
  },
  null,
  2,
);
