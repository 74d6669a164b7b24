/** A task as it is shown to one of its parties: everything derived from its contract, the coordinator's answers compared with that. */

import { answerOf, type Schemas, type TaskApi } from "../api/client";
import { checkedContract, type Deployment, type Review, review, reviewOf } from "../api/review";
import { fromBase64, type Hex } from "../base/bytes";
import { fromPlain } from "../base/json";
import { told } from "../base/problems";
import { Authorization, type TaskContract } from "../generated/records";
import { askDigest, readAsk } from "../protocol/ask";
import { becomingKnown, described, type Programs, perPersonOf, supportsOf } from "./disclosed";

export type Request = Schemas["AuthorizationRequest"];

/** A task with what is asked in it; all of it belongs to one moment. */
export interface TaskView {
  readonly status: Schemas["TaskStatus"];
  readonly contract: TaskContract;
  readonly task: Hex;
  readonly requests: readonly Request[];
  readonly programs: Programs;
  readonly leaks: readonly Schemas["Words"][];
  readonly perPerson: readonly string[];
}

/** Reads a task; refused where its contract is not the one of its id, or the answers are about another task. */
export async function readTask(api: TaskApi, id: string, deployment: Deployment): Promise<TaskView> {
  const path = { task: id };
  const status = await answerOf(api.GET("/v1/tasks/{task}", { params: { path } }));
  const [contract, task] = checkedContract(status, deployment);
  if (status.id !== id) throw told("desk.other_task");
  const { items } = await answerOf(api.GET("/v1/tasks/{task}/authorizations", { params: { path } }));
  const programs = await described(api, contract);
  return {
    status,
    contract,
    task,
    requests: items,
    programs,
    leaks: becomingKnown(contract, programs),
    perPerson: perPersonOf(contract, programs),
  };
}

/** What `party` is asked for one data set, with the outputs about single people that it lets go. */
export function askedOf(
  view: TaskView,
  request: Request,
  party: string,
  deployment: Deployment,
  perPerson: readonly string[],
): Review {
  return review(view.status, request, party, deployment, {
    supports: supportsOf(view.contract, view.programs),
    perPerson,
  });
}

/** What `party` gave for one data set: its own words, which may be wider than what this task asks. */
export function givenBy(view: TaskView, request: Request, party: string, deployment: Deployment): Review {
  const given = request.typed_data as Readonly<Record<string, unknown>>;
  const message = Authorization.read(fromPlain(given["message"]), "message");
  const ask = readAsk(fromBase64(request.policy, "policy"));
  if (message.policy !== askDigest(ask) || ask.dataSet !== message.dataSet || request.owner !== party) {
    throw told("desk.other_authorization");
  }
  const about = supportsOf(view.contract, view.programs);
  return reviewOf(view.contract, view.task, { message, ask }, party, deployment, about);
}
