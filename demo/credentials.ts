/** The password of every mailbox at the mail servers of a development system. Nothing else takes it. */
export const demoMailboxPassword = "harbour-and-lighthouse";

/** API keys that the stand-in for Granola honours. */
export const demoNotesKeys = ["grn_demo_harbour", "grn_demo_lighthouse"];
