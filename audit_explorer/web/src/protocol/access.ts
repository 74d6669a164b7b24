/** Read tokens of the task API: an `Access` message that a wallet signed, in one header (`protocol/access.py`). */

import { type Hex, toBase64 } from "../base/bytes";
import { dumps, type Json } from "../base/json";
import { Access } from "../generated/records";

const SCHEME = "Tallystick";

/** Value of the `Authorization` header. */
export function accessHeader(access: Access, signature: Hex): string {
  const token = new Map<string, Json>([
    ["message", Access.write(access)],
    ["signature", signature],
  ]);
  return `${SCHEME} ${toBase64(dumps(token)).replaceAll("+", "-").replaceAll("/", "_")}`;
}

/** The resource that a request path asks for: `/v1/tasks/task_ab/evidence` is `task_ab/evidence`. */
export function resourceOf(path: string): string {
  const parts = path.split("/").filter(Boolean).slice(1);
  return (parts[1]?.includes("_") ? parts.slice(1) : parts).join("/");
}
