/** Codecs of single fields that have a form of their own, as `protocol/ask.py` has them. */

import type { Codec } from "../base/codec";
import { TallyError } from "../base/errors";
import { isObject, type JsonObject } from "../base/json";
import { TaskContract } from "../generated/records";

/** What an ask leaves out of the contract: a task has its own. */
export const PER_TASK: readonly string[] = ["format", "nonce", "deadline"];
export const NO_NONCE = "0".repeat(64);

/** A span, or the words that a parameter may be. */
export function allowed<T extends object>(
  span: Codec<T>,
  words: Codec<readonly string[]>,
): Codec<T | readonly string[]> {
  return {
    read: (value, where) => {
      if (isObject(value)) return span.read(value, where);
      const found = words.read(value, where);
      if (found.length === 0) {
        throw new TallyError("ask.any_of", `${where} allows nothing.`, "Name a value, or leave the range out.", where);
      }
      return found;
    },
    write: (value) => (Array.isArray(value) ? words.write(value) : span.write(value as T)),
  };
}

/** The contract but for nonce and deadline, which are blank in memory. */
export function terms(contract: Codec<TaskContract>): Codec<TaskContract> {
  return {
    read: (value, where) => {
      if (!isObject(value) || PER_TASK.some((name) => value.has(name))) {
        throw new TallyError("ask.terms", `${where} is no contract without nonce and deadline.`, "Correct it.", where);
      }
      const blank = [
        ["format", TaskContract.format],
        ["nonce", NO_NONCE],
        ["deadline", "0"],
      ] as const;
      return contract.read(new Map([...value, ...blank]), "");
    },
    write: (value) => {
      const written = contract.write(value) as JsonObject;
      return new Map([...written].filter(([name]) => !PER_TASK.includes(name)));
    },
  };
}
