/** What a Salesforce connection was made for; fixed at consent. */
export type SalesforceProfile = "deals" | "licenses";

/** The fields of an object that may be named, and where its relationships lead. */
export interface AllowedObject {
  readonly fields: readonly string[];
  /** Relationship name → object. */
  readonly parents?: Readonly<Record<string, string>>;
}

const history = (key: string, relationship: string, object: string): AllowedObject => ({
  fields: ["Id", key, "Field", "OldValue", "NewValue", "DataType", "CreatedDate", "CreatedById", "IsDeleted"],
  parents: { [relationship]: object },
});

/** Objects and fields by profile. Nothing else is ever named in a query: no document, no case, no custom object. */
export const salesforceObjects: Readonly<Record<SalesforceProfile, Readonly<Record<string, AllowedObject>>>> =
  {
    deals: {
      Opportunity: {
        fields: [
          "Id",
          "Name",
          "AccountId",
          "ContactId",
          "OwnerId",
          "StageName",
          "Amount",
          "CurrencyIsoCode",
          "Probability",
          "ExpectedRevenue",
          "CloseDate",
          "Type",
          "LeadSource",
          "NextStep",
          "ForecastCategory",
          "ForecastCategoryName",
          "IsClosed",
          "IsWon",
          "IsDeleted",
          "CreatedDate",
          "LastModifiedDate",
          "LastActivityDate",
          "LastStageChangeDate",
          "SystemModstamp",
        ],
        parents: { Account: "Account", Contact: "Contact" },
      },
      Account: {
        fields: [
          "Id",
          "Name",
          "ParentId",
          "OwnerId",
          "Type",
          "Industry",
          "Website",
          "NumberOfEmployees",
          "AnnualRevenue",
          "BillingCity",
          "BillingState",
          "BillingCountry",
          "IsDeleted",
          "CreatedDate",
          "LastModifiedDate",
          "SystemModstamp",
        ],
        parents: { Parent: "Account" },
      },
      Contact: {
        fields: [
          "Id",
          "AccountId",
          "OwnerId",
          "FirstName",
          "LastName",
          "Name",
          "Email",
          "Phone",
          "Title",
          "Department",
          "IsDeleted",
          "CreatedDate",
          "LastModifiedDate",
          "SystemModstamp",
        ],
        parents: { Account: "Account" },
      },
      OpportunityFieldHistory: history("OpportunityId", "Opportunity", "Opportunity"),
      AccountHistory: history("AccountId", "Account", "Account"),
      ContactHistory: history("ContactId", "Contact", "Contact"),
    },
    licenses: {
      User: {
        fields: [
          "Id",
          "Name",
          "Email",
          "Username",
          "IsActive",
          "UserType",
          "Department",
          "Title",
          "LastLoginDate",
          "CreatedDate",
          "LastModifiedDate",
          "SystemModstamp",
        ],
      },
      LoginHistory: {
        fields: [
          "Id",
          "UserId",
          "LoginTime",
          "LoginType",
          "LoginUrl",
          "Application",
          "Browser",
          "Platform",
          "Status",
        ],
      },
      UserLicense: {
        fields: [
          "Id",
          "Name",
          "MasterLabel",
          "LicenseDefinitionKey",
          "Status",
          "TotalLicenses",
          "UsedLicenses",
        ],
      },
      PermissionSetLicense: {
        fields: [
          "Id",
          "DeveloperName",
          "MasterLabel",
          "PermissionSetLicenseKey",
          "Status",
          "TotalLicenses",
          "UsedLicenses",
          "ExpirationDate",
        ],
      },
      PermissionSetLicenseAssign: {
        fields: ["Id", "AssigneeId", "PermissionSetLicenseId", "CreatedDate", "SystemModstamp"],
        parents: { Assignee: "User", PermissionSetLicense: "PermissionSetLicense" },
      },
    },
  };
