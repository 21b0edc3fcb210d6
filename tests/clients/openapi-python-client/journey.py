"""The journeys of the README, by what openapi-python-client makes."""

import os
import time
import uuid

from muster import AuthenticatedClient
from muster import models
from muster.api.access_service import explain_access
from muster.api.group_service import create_group
from muster.api.invitation_service import create_invitation, list_invitations
from muster.api.organization_service import (
    approve_organization,
    create_organization,
    get_organization,
    submit_organization,
)


def caller(name):
    return AuthenticatedClient(os.environ["MUSTER_EDGE"], os.environ[name], raise_on_unexpected_status=True)


owner, staff, outsider = caller("MUSTER_OWNER"), caller("MUSTER_STAFF"), caller("MUSTER_OUTSIDER")

profile = models.MusterOrganizationV1OrganizationInput(
    display_name="Sunrise", licensing_authority="us-mi", license_number=f"OP {time.time_ns()}"
)
made = create_organization.sync(client=owner, body=profile, request_id=uuid.uuid4())
name = made.organization.name
id = name.split("/")[1]

read = get_organization.sync(id, client=owner)
assert read.organization.display_name == "Sunrise" and read.organization.create_time
submit = models.MusterOrganizationV1SubmitOrganizationRequestBody()
submit_organization.sync(id, client=owner, body=submit)
approve = models.MusterOrganizationV1ApproveOrganizationRequestBody(reason="license checked")
approved = approve_organization.sync(id, client=staff, body=approve)
assert approved.organization.state == models.MusterOrganizationV1OrganizationState.ORGANIZATION_STATE_ACTIVE

teachers = models.MusterOrganizationV1GroupInput(display_name="Teachers")
group = create_group.sync(id, client=owner, body=teachers).group
invitee = models.MusterInvitationV1InvitationInput(address="learner-7@example.test", groups=[group.name])
create_invitation.sync(id, client=owner, body=invitee)
until = time.monotonic() + 60
state = None
while state != models.MusterInvitationV1InvitationState.INVITATION_STATE_PENDING:
    assert time.monotonic() < until, f"the mail went out, {state}"
    state = list_invitations.sync(id, client=owner).invitations[0].state

method = "muster.organization.v1.OrganizationService/ApproveOrganization"
explained = explain_access.sync(client=owner, method=method, resource=name)
assert explained.allowed is False and explained.reason

refused = get_organization.sync_detailed(id, client=outsider)
assert refused.status_code == 403, refused
info = next(one for one in refused.parsed.details if one.type_.endswith("ErrorInfo"))
assert info["reason"] == "PERMISSION_DENIED"
print("ok")
