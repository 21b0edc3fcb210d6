// The journeys of the README, by types that openapi-typescript makes and the client that goes with them.
import createClient from "openapi-fetch";
import type { paths } from "./schema.js";

const edge = process.env.MUSTER_EDGE!;
const as = (token: string) => createClient<paths>({ baseUrl: edge, headers: { authorization: `Bearer ${token}` } });
const owner = as(process.env.MUSTER_OWNER!);
const staff = as(process.env.MUSTER_STAFF!);
const outsider = as(process.env.MUSTER_OUTSIDER!);

function check(right: boolean, what: string): asserts right {
  if (!right) throw new Error(what);
}
const last = (name: string) => name.split("/").at(-1)!;

const made = await owner.POST("/v1/organizations", {
  params: { query: { requestId: crypto.randomUUID() } },
  body: { displayName: "Sunrise", licensingAuthority: "us-mi", licenseNumber: `TS ${Date.now()}` },
});
check(made.data !== undefined, JSON.stringify(made.error));
const path = { organization: last(made.data.organization.name) };

const read = await owner.GET("/v1/organizations/{organization}", { params: { path } });
check(read.data?.organization.displayName === "Sunrise", "the organization is read");
check(read.data.organization.state === "ORGANIZATION_STATE_DRAFT", read.data.organization.state);

const submitted = await owner.POST("/v1/organizations/{organization}:submit", { params: { path }, body: {} });
check(submitted.data !== undefined, JSON.stringify(submitted.error));
const approved = await staff.POST("/v1/organizations/{organization}:approve", {
  params: { path },
  body: { reason: "license checked" },
});
check(approved.data?.organization.state === "ORGANIZATION_STATE_ACTIVE", JSON.stringify(approved.error));

const group = await owner.POST("/v1/organizations/{organization}/groups", {
  params: { path },
  body: { displayName: "Teachers" },
});
check(group.data !== undefined, JSON.stringify(group.error));
const invited = await owner.POST("/v1/organizations/{organization}/invitations", {
  params: { path },
  body: { address: "learner-7@example.test", groups: [group.data.group.name] },
});
check(invited.data !== undefined, JSON.stringify(invited.error));

const until = Date.now() + 60_000;
for (let state = ""; state !== "INVITATION_STATE_PENDING"; ) {
  check(Date.now() < until, `the mail went out, ${state}`);
  const list = await owner.GET("/v1/organizations/{organization}/invitations", { params: { path } });
  check(list.data?.invitations.length === 1 && list.data.nextPageToken === "", JSON.stringify(list));
  state = list.data.invitations[0]!.state;
}

const explained = await owner.GET("/v1/access:explain", {
  params: {
    query: {
      method: "muster.organization.v1.OrganizationService/ApproveOrganization",
      resource: made.data.organization.name,
    },
  },
});
check(explained.data?.allowed === false && explained.data.reason !== "", JSON.stringify(explained.data));

const refused = await outsider.GET("/v1/organizations/{organization}", { params: { path } });
const reason = refused.error?.details.find((one) => one["@type"].endsWith("ErrorInfo"))?.reason;
check(refused.response.status === 403 && reason === "PERMISSION_DENIED", JSON.stringify(refused.error));
const faulty = await owner.POST("/v1/organizations/{organization}/invitations", {
  params: { path },
  body: { address: "nobody", groups: [] },
});
check(faulty.response.status === 400, JSON.stringify(faulty));
console.log("ok");
