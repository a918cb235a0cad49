import { describe, expect, test } from "vitest";
import { salesforceObjects } from "../../worker/egress/salesforce_objects.ts";
import { parseSoql } from "../../worker/egress/soql.ts";

const deals = salesforceObjects.deals;
const licenses = salesforceObjects.licenses;

describe("a plain select on allowed objects and fields", () => {
  test.each([
    "SELECT Id FROM Opportunity",
    "select Id, Name from Opportunity limit 200",
    "SELECT Id, Account.Name, Account.Parent.Name FROM Opportunity WHERE SystemModstamp > 2026-01-01T00:00:00Z ORDER BY SystemModstamp ASC NULLS LAST LIMIT 200 OFFSET 10",
    "SELECT Id FROM Opportunity WHERE (StageName = 'Won' OR NOT Amount >= -10.5) AND CloseDate = LAST_N_DAYS:30 AND IsWon = true",
    "SELECT Id FROM Contact WHERE Email LIKE '%@example.com' AND AccountId NOT IN ('001', '002') AND Name != null",
    "SELECT Id FROM Contact WHERE LastName = 'O\\'Hara; DELETE'",
    "SELECT OldValue, NewValue FROM OpportunityFieldHistory WHERE CreatedDate = TODAY AND OpportunityId IN ('006')",
  ])("passes: %s", (query) => {
    expect(parseSoql(query, deals).object).toMatch(/^(Opportunity|Contact|OpportunityFieldHistory)$/);
  });

  test("names what it reads", () => {
    expect(
      parseSoql(
        "SELECT Id, Assignee.Name FROM PermissionSetLicenseAssign WHERE PermissionSetLicense.Status = 'Active'",
        licenses,
      ),
    ).toEqual({
      object: "PermissionSetLicenseAssign",
      fields: ["Id", "Assignee.Name", "PermissionSetLicense.Status"],
    });
  });
});

describe("everything else is refused", () => {
  test.each([
    ["another verb", "UPDATE Opportunity SET Name = 'x'"],
    ["deletion", "DELETE FROM Opportunity"],
    ["search", "FIND {x} IN ALL FIELDS RETURNING Contact"],
    ["another object", "SELECT Id FROM Lead"],
    ["the other profile's object", "SELECT Id FROM LoginHistory"],
    ["another field", "SELECT Id, Description FROM Opportunity"],
    ["a field in a filter", "SELECT Id FROM Contact WHERE Birthdate = TODAY"],
    ["a field in the order", "SELECT Id FROM Contact ORDER BY Birthdate"],
    ["a relationship to another object", "SELECT Owner.Email FROM Opportunity"],
    ["a relationship of a relationship", "SELECT Account.Owner.Email FROM Opportunity"],
    ["a field of a parent", "SELECT Account.Description FROM Opportunity"],
    ["a subquery", "SELECT Id, (SELECT Id FROM Contacts) FROM Account"],
    ["a semi-join", "SELECT Id FROM Account WHERE Id IN (SELECT AccountId FROM Contact)"],
    ["an anti-join", "SELECT Id FROM Account WHERE Id NOT IN (SELECT AccountId FROM Contact)"],
    ["all fields", "SELECT FIELDS(ALL) FROM Account LIMIT 200"],
    ["a star", "SELECT * FROM Account"],
    ["an aggregate", "SELECT MAX(Amount) FROM Opportunity"],
    ["a count", "SELECT COUNT() FROM Opportunity"],
    ["an alias of an object", "SELECT o.Id FROM Opportunity o"],
    ["two objects", "SELECT Id FROM Opportunity, Opportunity.Owner"],
    ["a polymorphic field", "SELECT TYPEOF Owner WHEN User THEN Email END FROM Opportunity"],
    ["grouping", "SELECT StageName FROM Opportunity GROUP BY StageName"],
    ["deleted rows", "SELECT Id FROM Opportunity ALL ROWS"],
    ["marking as viewed", "SELECT Id FROM Opportunity FOR VIEW"],
    ["locking", "SELECT Id FROM Opportunity FOR UPDATE"],
    ["scope", "SELECT Id FROM Opportunity USING SCOPE Everything"],
    ["access level", "SELECT Id FROM Opportunity WITH SYSTEM_MODE"],
    ["a bind variable", "SELECT Id FROM Opportunity WHERE Name = :name"],
    [
      "a function in a filter",
      "SELECT Id FROM Opportunity WHERE DISTANCE(Location__c, GEOLOCATION(1,1), 'km') < 1",
    ],
    ["a custom field", "SELECT Secret__c FROM Opportunity"],
    ["a second statement", "SELECT Id FROM Opportunity; SELECT Id FROM Lead"],
    ["a comment", "SELECT Id FROM Opportunity -- x"],
    ["an unclosed text", "SELECT Id FROM Opportunity WHERE Name = 'x"],
    ["a text with a line break", "SELECT Id FROM Opportunity WHERE Name = 'x\ny'"],
    ["an unknown escape", "SELECT Id FROM Opportunity WHERE Name = '\\q'"],
    ["an unclosed condition", "SELECT Id FROM Opportunity WHERE (Name = 'x'"],
    ["deep nesting", `SELECT Id FROM Opportunity WHERE ${"(".repeat(50)}Name = 'x'${")".repeat(50)}`],
    ["a prototype's name", "SELECT constructor FROM Opportunity"],
    ["a prototype as object", "SELECT Id FROM __proto__"],
    ["a prototype as relationship", "SELECT constructor.Id FROM Opportunity"],
    ["nothing", ""],
    ["great length", `SELECT Id FROM Opportunity WHERE Name = '${"x".repeat(30_000)}'`],
  ])("%s", (_what, query) => {
    expect(() => parseSoql(query, deals)).toThrowError(expect.objectContaining({ code: "SOQL_REFUSED" }));
  });

  test("a refusal never quotes the query", () => {
    try {
      parseSoql("SELECT Id FROM Lead WHERE Name = 'canary-7'", deals);
      expect.unreachable();
    } catch (error) {
      expect(String(error)).not.toContain("canary");
    }
  });
});
