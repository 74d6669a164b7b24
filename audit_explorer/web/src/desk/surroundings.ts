/** What the shell says of where this page is: path prefix, task, deployment, endpoint for wallets (`audit_explorer/desk.py`). */

import { type TaskApi, taskApi } from "../api/client";
import { readDeployment } from "../api/deployment";
import type { Deployment } from "../api/review";
import { utf8 } from "../base/bytes";
import { parse } from "../base/json";
import { told } from "../base/problems";
import type { Network } from "../wallet/wallet";

export const PAGES = ["inbox", "join", "mine", "propose", "task"] as const;
export type Page = (typeof PAGES)[number];

export interface Surroundings {
  /** Path prefix of the site, "" for none. */
  readonly root: string;
  /** Which page this is: one of {@link PAGES}. */
  readonly page: Page;
  /** The task that the page is about, `task_…`; "" for a page about none. */
  readonly task: string;
  readonly deployment: Deployment;
  /** Where people join with a passkey: the registries, and what makes accounts; undefined where these pages offer no passkeys. */
  readonly joining: Deployment | undefined;
  readonly network: Network;
  readonly api: TaskApi;
}

const KEPT = "tallystick.deployment";
const KEPT_JOINING = "tallystick.joining";
const CONTRACTS = ["Consents", "Tasks"];
const JOINING = ["DataSets", "PartyRegistry", "PasskeyAccounts"];

/**
 * What the shell's element says. The deployment that this browser saw first is kept: pages that later name another one are not
 * followed (`deployment.changed`) until their reader says so ({@link forget}).
 */
export function surroundingsOf(place: HTMLElement): Surroundings {
  const { root = "", page = "", task = "", deployment: text = "", joining: joiningText = "", rpc = "" } = place.dataset;
  const deployment = followed(readDeployment(parse(utf8(text)), CONTRACTS), KEPT + root);
  const joining =
    joiningText === "" ? undefined : followed(readDeployment(parse(utf8(joiningText)), JOINING), KEPT_JOINING + root);
  const network = { chainId: deployment.chainId, name: `Tallystick ${deployment.chainId}`, rpc };
  const found = PAGES.find((each) => each === page) ?? "inbox";
  return { root, page: found, task, deployment, joining, network, api: taskApi(root) };
}

/** A deployment that is the one which this browser saw first. */
function followed(deployment: Deployment, key: string): Deployment {
  const said = JSON.stringify([String(deployment.chainId), deployment.deploymentId, deployment.contracts]);
  const kept = localStorage.getItem(key);
  if (kept !== null && kept !== said) throw told("deployment.changed");
  localStorage.setItem(key, said);
  return deployment;
}

/** Lets the pages name another deployment from now on. */
export function forget(root: string): void {
  localStorage.removeItem(KEPT + root);
  localStorage.removeItem(KEPT_JOINING + root);
}
