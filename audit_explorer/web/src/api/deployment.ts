/** A deployment file: which chain, which deployment, which contracts. */

import type { Hex } from "../base/bytes";
import { TallyError } from "../base/errors";
import { isObject, type Json } from "../base/json";
import type { Deployment } from "./review";

/** What a deployment file says; refused (`deployment.malformed`) where it names no chain, id or one of `contracts`. */
export function readDeployment(file: Json, contracts: readonly string[]): Deployment {
  const named = isObject(file) ? file.get("contracts") : undefined;
  const [chain, salt] = isObject(file) ? [file.get("chain_id"), file.get("deployment_id")] : [];
  const addresses = contracts.map((name) => (isObject(named) ? named.get(name) : undefined));
  if (
    !addresses.every((each): each is string => typeof each === "string" && /^0x[0-9a-fA-F]{40}$/.test(each)) ||
    typeof salt !== "string" ||
    !/^0x[0-9a-f]{64}$/.test(salt) ||
    (typeof chain !== "number" &&
      typeof chain !== "bigint" &&
      !(typeof chain === "string" && /^[0-9]{1,78}$/.test(chain))) ||
    BigInt(chain) < 1n
  ) {
    throw new TallyError(
      "deployment.malformed",
      `This is no deployment file: it names no chain, deployment id and ${contracts.join(" and ")} contract.`,
      "Take the file that your own node or `tally` uses.",
    );
  }
  const found = contracts.map((name, at) => [name, String(addresses[at]).toLowerCase() as Hex] as const);
  return { chainId: BigInt(chain), deploymentId: salt as Hex, contracts: Object.fromEntries(found) };
}
