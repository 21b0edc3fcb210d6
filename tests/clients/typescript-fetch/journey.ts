// The journeys of the README, by what openapi-generator makes for fetch.
import * as muster from "./muster/index.js";

const as = (token: string) => new muster.Configuration({ basePath: process.env.MUSTER_EDGE!, accessToken: token });
const owner = as(process.env.MUSTER_OWNER!);
const staff = as(process.env.MUSTER_STAFF!);
const outsider = as(process.env.MUSTER_OUTSIDER!);

function check(right: boolean, what: string): asserts right {
  if (!right) throw new Error(what);
}

const organizations = new muster.OrganizationServiceApi(owner);
const made = await organizations.createOrganization({
  musterOrganizationV1OrganizationInput: {
    displayName: "Sunrise",
    licensingAuthority: "us-mi",
    licenseNumber: `TF ${Date.now()}`,
  },
  requestId: crypto.randomUUID(),
});
const name = made.organization.name;
const organization = name.split("/")[1]!;

const read = await organizations.getOrganization({ organization });
check(read.organization.displayName === "Sunrise", "the organization is read");
check(read.organization.createTime instanceof Date, "a time is a Date");
await organizations.submitOrganization({ organization, musterOrganizationV1SubmitOrganizationRequestBody: {} });
const approved = await new muster.OrganizationServiceApi(staff).approveOrganization({
  organization,
  musterOrganizationV1ApproveOrganizationRequestBody: { reason: "license checked" },
});
check(approved.organization.state === "ORGANIZATION_STATE_ACTIVE", approved.organization.state);

const group = await new muster.GroupServiceApi(owner).createGroup({
  organization,
  musterOrganizationV1GroupInput: { displayName: "Teachers" },
});
const invitations = new muster.InvitationServiceApi(owner);
await invitations.createInvitation({
  organization,
  musterInvitationV1InvitationInput: { address: "learner-7@example.test", groups: [group.group.name] },
});
const until = Date.now() + 60_000;
for (let state = ""; state !== "INVITATION_STATE_PENDING"; ) {
  check(Date.now() < until, `the mail went out, ${state}`);
  state = (await invitations.listInvitations({ organization })).invitations[0]!.state;
}

const explained = await new muster.AccessServiceApi(owner).explainAccess({
  method: "muster.organization.v1.OrganizationService/ApproveOrganization",
  resource: name,
});
check(!explained.allowed && explained.reason !== "", JSON.stringify(explained));

const refused = await new muster.OrganizationServiceApi(outsider)
  .getOrganization({ organization })
  .then(() => undefined, (error) => error);
check(refused instanceof muster.ResponseError && refused.response.status === 403, `${refused}`);
const status = muster.GoogleRpcStatusFromJSON(await refused.response.json());
check(status.details[0]?.["reason"] === "PERMISSION_DENIED", JSON.stringify(status));
console.log("ok");
