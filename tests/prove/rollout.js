// What somebody feels who calls by a client that is not ours, at a steady rate, however long answers take, while everything is restarted:
// `cargo dev prove --rolling N --k6` runs it beside the others. By itself it is
//
//     MUSTER_EDGE=127.0.0.1:8080 MUSTER_TOKEN=$(cargo dev token --as owner) MUSTER_ORGANIZATION=organizations/… \
//         MUSTER_GROUP=organizations/…/groups/… k6 run tests/prove/rollout.js
//
// A call is sent once. What gRPC itself sends anew, of which a server said that it had not begun with it, k6 does not tell, and no caller
// feels. The program that runs this reads the lines that begin with `calls:` or `failed:`, and the file MUSTER_SUMMARY.
import grpc from 'k6/net/grpc';
import exec from 'k6/execution';
import { check } from 'k6';
import { Counter } from 'k6/metrics';

const {
  // Where the gateway answers, `host:port`, in plain text.
  MUSTER_EDGE: edge,
  // An access token that lives longer than this runs, of somebody who may read and invite there.
  MUSTER_TOKEN: token,
  // `organizations/{organization}`, and a group of it.
  MUSTER_ORGANIZATION: organization,
  MUSTER_GROUP: group,
  // How long.
  MUSTER_SECONDS: seconds = '60',
  // Calls that begin in a second.
  MUSTER_RATE: rate = '20',
  // A file for what is printed at the end, in JSON.
  MUSTER_SUMMARY: summary,
} = __ENV;

// The longest that a call may take.
const LIMIT = '10s';
// Callers, each with a connection of its own: as many as are needed when every call takes a second, and at most so many.
const CALLERS = Math.ceil(Number(rate));
const MOST_CALLERS = 2 * CALLERS;

const list = (parent) => () => ({ parent });
const CALLS = [
  ['muster.organization.v1.OrganizationService/GetOrganization', () => ({ name: organization })],
  ['muster.invitation.v1.InvitationService/ListInvitations', list(organization)],
  ['muster.employment.v1.EmploymentService/ListEmployments', list(organization)],
  ['muster.notification.v1.DeliveryService/ListDeliveries', list(organization)],
  ['muster.records.v1.PersonRecordService/ListPersonAssignments', list('persons/me')],
  ['muster.invitation.v1.InvitationService/CreateInvitation', invitation],
];
const CREATE = CALLS.length - 1;

export const options = {
  scenarios: {
    callers: {
      executor: 'constant-arrival-rate',
      rate: Number(rate),
      timeUnit: '1s',
      duration: `${seconds}s`,
      preAllocatedVUs: CALLERS,
      maxVUs: MOST_CALLERS,
    },
  },
  thresholds: { checks: ['rate==1'] },
  summaryTrendStats: ['med', 'p(99)', 'max'],
};

const invitations = new Counter('invitations');
const client = new grpc.Client();
const loaded = client.load(
  ['../../proto', '../../proto/third_party'],
  'muster/organization/v1/organization_service.proto',
  'muster/invitation/v1/invitation_service.proto',
  'muster/employment/v1/employment_service.proto',
  'muster/notification/v1/delivery_service.proto',
  'muster/records/v1/person_record_service.proto',
);
for (const [method] of CALLS) {
  if (!loaded.some(({ full_method: known }) => known === `/${method}`)) {
    throw new Error(`the contract has no ${method}`);
  }
}

// Each address is invited once.
function invitation() {
  const requestId = crypto.randomUUID();
  return {
    parent: organization,
    invitation: { address: `rollout-${requestId}@example.test`, groups: [group] },
    request_id: requestId,
  };
}

let connected = false;

function call([method, request]) {
  if (!connected) {
    client.connect(edge, { plaintext: true, timeout: LIMIT });
    connected = true;
  }
  const metadata = { authorization: `Bearer ${token}` };
  const { status, error } = client.invoke(method, request(), { metadata, timeout: LIMIT, discardResponseMessage: true });
  return status === grpc.StatusOK ? null : `${status}: ${error?.message}`;
}

// Why it failed, in one line; nothing if it did not.
function failure(which) {
  try {
    return call(which);
  } catch (thrown) {
    return `${thrown}`;
  }
}

export function setup() {
  for (const name of ['MUSTER_EDGE', 'MUSTER_TOKEN', 'MUSTER_ORGANIZATION', 'MUSTER_GROUP']) {
    if (!__ENV[name]) {
      exec.test.abort(`${name} is not set`);
    }
  }
  for (const which of CALLS) {
    const failed = failure(which);
    if (failed) {
      exec.test.abort(`${which[0]}: ${failed}`);
    }
  }
  console.log('calls: as planned');
}

export default function () {
  const at = exec.scenario.iterationInTest % CALLS.length;
  const failed = failure(CALLS[at]);
  if (!check(failed, { 'the call was answered': (failed) => failed === null })) {
    console.error(`failed: ${CALLS[at][0]}: ${failed}`.replaceAll('\n', ' '));
  } else if (at === CREATE) {
    invitations.add(1);
  }
}

// What is under way when k6 is interrupted is not counted.
export function handleSummary({ metrics }) {
  const value = (metric, which) => metrics[metric]?.values[which] ?? 0;
  const told = {
    calls: value('checks', 'passes') + value('checks', 'fails'),
    failed: value('checks', 'fails'),
    invitations: value('invitations', 'count'),
    // Those that could not begin when they were to, because every caller waited for an answer.
    not_begun: value('dropped_iterations', 'count'),
    median_ms: value('grpc_req_duration', 'med'),
    p99_ms: value('grpc_req_duration', 'p(99)'),
    longest_ms: value('grpc_req_duration', 'max'),
  };
  const text = JSON.stringify(told);
  return summary ? { [summary]: text } : { stdout: `${text}\n` };
}
