// The journeys of the README in gRPC-Web, as a page of one's own would make them.
import { Code, ConnectError, createClient, type Interceptor } from "@connectrpc/connect";
import { createGrpcWebTransport } from "@connectrpc/connect-web";
import { AccessService } from "./gen/muster/gateway/v1/access_service_pb.js";
import { InvitationService } from "./gen/muster/invitation/v1/invitation_service_pb.js";
import { InvitationState } from "./gen/muster/invitation/v1/invitation_pb.js";
import { GroupService } from "./gen/muster/organization/v1/group_service_pb.js";
import { OrganizationState } from "./gen/muster/organization/v1/organization_pb.js";
import { OrganizationService } from "./gen/muster/organization/v1/organization_service_pb.js";

const as = (token: string) => {
  const authorize: Interceptor = (next) => (call) => {
    call.header.set("authorization", `Bearer ${token}`);
    return next(call);
  };
  return createGrpcWebTransport({ baseUrl: process.env.MUSTER_EDGE!, interceptors: [authorize] });
};
const owner = as(process.env.MUSTER_OWNER!);
const staff = as(process.env.MUSTER_STAFF!);
const outsider = as(process.env.MUSTER_OUTSIDER!);

function check(right: boolean, what: string): asserts right {
  if (!right) throw new Error(what);
}

const organizations = createClient(OrganizationService, owner);
const licenseNumber = `CW ${Date.now()}`;
const made = await organizations.createOrganization({
  organization: { displayName: "Sunrise", licensingAuthority: "us-mi", licenseNumber },
  requestId: crypto.randomUUID(),
});
const name = made.organization!.name;
check((await organizations.getOrganization({ name })).organization!.displayName === "Sunrise", "it is read");
await organizations.submitOrganization({ name });
const approved = await createClient(OrganizationService, staff).approveOrganization({ name, reason: "license checked" });
check(approved.organization!.state === OrganizationState.ACTIVE, "it is approved");

const group = await createClient(GroupService, owner).createGroup({ parent: name, group: { displayName: "Teachers" } });
const invitations = createClient(InvitationService, owner);
const invitation = { address: "learner-7@example.test", groups: [group.group!.name] };
await invitations.createInvitation({ parent: name, invitation });
const until = Date.now() + 60_000;
for (let state: InvitationState | undefined; state !== InvitationState.PENDING; ) {
  check(Date.now() < until, `the mail went out, ${state}`);
  const page = await invitations.listInvitations({ parent: name });
  state = page.invitations[0]?.state;
}

const method = "muster.organization.v1.OrganizationService/ApproveOrganization";
const explained = await createClient(AccessService, owner).explainAccess({ method, resource: name });
check(!explained.allowed && explained.reason !== "", "it is explained");

const refused = await createClient(OrganizationService, outsider)
  .getOrganization({ name })
  .then(() => undefined, (error) => ConnectError.from(error));
check(refused?.code === Code.PermissionDenied, `${refused}`);
check(refused.details.some((one) => "type" in one && one.type === "google.rpc.ErrorInfo"), "the reason is told");
console.log("ok");
