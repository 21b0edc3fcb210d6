"""The journeys of the README, by grpcio."""

import os
import time
import uuid

import grpc
from google.rpc import error_details_pb2, status_pb2
from muster.gateway.v1 import access_service_pb2 as access
from muster.gateway.v1 import access_service_pb2_grpc as access_grpc
from muster.invitation.v1 import invitation_pb2, invitation_service_pb2 as invitation
from muster.invitation.v1 import invitation_service_pb2_grpc as invitation_grpc
from muster.organization.v1 import group_service_pb2 as group
from muster.organization.v1 import group_service_pb2_grpc as group_grpc
from muster.organization.v1 import organization_pb2, organization_service_pb2 as organization
from muster.organization.v1 import organization_service_pb2_grpc as organization_grpc

edge = grpc.insecure_channel(os.environ["MUSTER_EDGE"].removeprefix("http://"))
organizations = organization_grpc.OrganizationServiceStub(edge)
invitations = invitation_grpc.InvitationServiceStub(edge)


def caller(name):
    return [("authorization", f"Bearer {os.environ[name]}")]


owner, staff, outsider = caller("MUSTER_OWNER"), caller("MUSTER_STAFF"), caller("MUSTER_OUTSIDER")

profile = organization_pb2.Organization(
    display_name="Sunrise", licensing_authority="us-mi", license_number=f"PY {time.time_ns()}"
)
create = organization.CreateOrganizationRequest(organization=profile, request_id=str(uuid.uuid4()))
made = organizations.CreateOrganization(create, metadata=owner)
assert organizations.CreateOrganization(create, metadata=owner) == made, "the same request_id is one act"
name = made.organization.name

read = organizations.GetOrganization(organization.GetOrganizationRequest(name=name), metadata=owner)
assert read.organization.display_name == "Sunrise"
organizations.SubmitOrganization(organization.SubmitOrganizationRequest(name=name), metadata=owner)
approve = organization.ApproveOrganizationRequest(name=name, reason="license checked")
approved = organizations.ApproveOrganization(approve, metadata=staff)
assert approved.organization.state == organization_pb2.ORGANIZATION_STATE_ACTIVE

teachers = group_grpc.GroupServiceStub(edge).CreateGroup(
    group.CreateGroupRequest(parent=name, group=organization_pb2.Group(display_name="Teachers")), metadata=owner
)
invitee = invitation_pb2.Invitation(address="learner-7@example.test", groups=[teachers.group.name])
invitations.CreateInvitation(invitation.CreateInvitationRequest(parent=name, invitation=invitee), metadata=owner)
until = time.monotonic() + 60
state = None
while state != invitation_pb2.INVITATION_STATE_PENDING:
    assert time.monotonic() < until, f"the mail went out, {state}"
    listed = invitations.ListInvitations(invitation.ListInvitationsRequest(parent=name), metadata=owner)
    state = listed.invitations[0].state

ask = access.ExplainAccessRequest(
    method="muster.organization.v1.OrganizationService/ApproveOrganization", resource=name
)
explained = access_grpc.AccessServiceStub(edge).ExplainAccess(ask, metadata=owner)
assert not explained.allowed and explained.reason

try:
    organizations.GetOrganization(organization.GetOrganizationRequest(name=name), metadata=outsider)
    raise AssertionError("an outsider reads nothing")
except grpc.RpcError as refused:
    assert refused.code() == grpc.StatusCode.PERMISSION_DENIED, refused
    details = dict(refused.trailing_metadata())["grpc-status-details-bin"]
    info = error_details_pb2.ErrorInfo()
    assert status_pb2.Status.FromString(details).details[0].Unpack(info)
    assert info.reason == "PERMISSION_DENIED"
print("ok")
