/** What the shell says of where this page is: path prefix, task, deployment, endpoint for wallets (`audit_explorer/desk.py`). */

import { type TaskApi, taskApi } from "../api/client";
import { readDeployment } from "../api/deployment";
import type { Deployment } from "../api/review";
import { utf8 } from "../base/bytes";
import { parse } from "../base/json";
import { told } from "../base/problems";
import type { Network } from "../wallet/wallet";

export const PAGES = ["inbox", "mine", "propose", "task"] as const;
export type Page = (typeof PAGES)[number];

export interface Surroundings {
  /** Path prefix of the site, "" for none. */
  readonly root: string;
  /** Which page this is: one of {@link PAGES}. */
  readonly page: Page;
  /** The task that the page is about, `task_…`; "" for a page about none. */
  readonly task: string;
  readonly deployment: Deployment;
  readonly network: Network;
  readonly api: TaskApi;
}

const KEPT = "tallystick.deployment";
const CONTRACTS = ["Consents", "Tasks"];

/**
 * What the shell's element says. The deployment that this browser saw first is kept: pages that later name another one are not
 * followed (`deployment.changed`) until their reader says so ({@link forget}).
 */
export function surroundingsOf(place: HTMLElement): Surroundings {
  const { root = "", page = "", task = "", deployment: text = "", rpc = "" } = place.dataset;
  const deployment = readDeployment(parse(utf8(text)), CONTRACTS);
  const said = JSON.stringify([String(deployment.chainId), deployment.deploymentId, deployment.contracts]);
  const kept = localStorage.getItem(KEPT + root);
  if (kept !== null && kept !== said) throw told("deployment.changed");
  localStorage.setItem(KEPT + root, said);
  const network = { chainId: deployment.chainId, name: `Tallystick ${deployment.chainId}`, rpc };
  return { root, page: PAGES.find((each) => each === page) ?? "inbox", task, deployment, network, api: taskApi(root) };
}

/** Lets the pages name another deployment from now on. */
export function forget(root: string): void {
  localStorage.removeItem(KEPT + root);
}
