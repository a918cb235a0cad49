/** The audit log's part of what the explorer page begins with; docs/audit.md tells what each shows. */
export const auditOperations = `# The audit log: docs/audit.md.

query WhoDidWhat {
  auditEvents(first: 20) {
    nodes {
      occurredAt
      action
      actor
      service
      person { name erased }
      subject { name erased }
      changedColumns
      details
      requestId
    }
  }
}

# By any of action, resource, personId, rowId, requestId, since and until.
query SignInsAndTheirEnds {
  auditEvents(resource: "session", first: 20) {
    nodes { occurredAt action person { name email } origin { address userAgent } details }
  }
}

query HowMuchIsSealed {
  auditSealStatus { sealedPosition sealedAt unsealedCount oldestUnsealedAt }
  auditHeads(first: 3, orderBy: PRIMARY_KEY_DESC) { nodes { position sealedAt signature } }
}

# Then DownloadTheExport: its parts, in order, are the file.
mutation ExportTheLog {
  requestAuditExport(input: { format: "ndjson" }) {
    auditExport { rowId status throughPosition }
  }
}

query DownloadTheExport {
  auditExports(first: 1, orderBy: PRIMARY_KEY_DESC) {
    nodes {
      rowId
      status
      donePosition
      throughPosition
      chunks(first: 100) { nodes { number content } }
    }
  }
}
`;
