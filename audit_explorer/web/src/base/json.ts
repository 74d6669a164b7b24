/**
 * Strict JSON (RFC 8259) and its canonical form (RFC 8785), as `protocol/canonical.py`.
 *
 * `JSON.parse` would keep the last of two equal keys, round large integers and read `1.0` as `1`: what a person signs must not be
 * one of several readings. Objects are maps, so that a key such as `__proto__` is a key.
 */

import { TallyError } from "./errors";

export type Json = null | boolean | number | bigint | string | readonly Json[] | JsonObject;
export interface JsonObject extends ReadonlyMap<string, Json> {}

/** Levels of lists and objects inside each other at most. */
export const DEPTH = 32;

const INTEGER = /-?(?:0|[1-9][0-9]*)/y;
/** What makes a number one that is not an integer, though it is JSON. */
const FRACTION = /\.[0-9]|[eE][+-]?[0-9]/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: what a JSON text must not hold unescaped
const PLAIN = /[^"\\\u0000-\u001f]*/y;
const SPACE = /[ \t\n\r]*/y;
const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  "\\": "\\",
  "/": "/",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
};
/** Digits of an integer that Python still reads (`sys.set_int_max_str_digits`). */
const MOST_DIGITS = 4300;

/** Whether a value is an object. */
export function isObject(value: Json | undefined): value is JsonObject {
  return value instanceof Map;
}

/** Whether a value is a list. */
export function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

/** Canonical bytes parsed; any other byte string, and more than `limit` bytes, are refused with `json.*`. */
export function loads(data: Uint8Array, limit: number): Json {
  if (data.length > limit) {
    throw new TallyError("json.too_large", `${data.length} bytes of JSON, the limit is ${limit}.`, "Send less.");
  }
  const value = parse(data);
  if (!equalBytes(dumps(value), data)) {
    throw new TallyError(
      "json.not_canonical",
      "The JSON is not in the canonical form of RFC 8785.",
      "Serialise it with an RFC 8785 library before hashing or signing.",
    );
  }
  return value;
}

/** Parse JSON strictly: UTF-8, no duplicate keys, no fractions, at most 32 levels; canonical or not. */
export function parse(data: Uint8Array): Json {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(data);
  } catch {
    throw malformed("it is not UTF-8");
  }
  checkDepth(text);
  return new Reader(text).whole();
}

/** Canonical bytes of a value; integers beyond 2^53-1 and lone surrogates have none. */
export function dumps(value: Json): Uint8Array {
  checkIntegers(value);
  return new TextEncoder().encode(canonical(value));
}

/** Refuses integers beyond 2^53-1 before anything else is said of the value, as Python does. */
function checkIntegers(value: Json): void {
  if (typeof value === "bigint" || (typeof value === "number" && !Number.isSafeInteger(value))) {
    throw tooLarge(String(value));
  }
  if (isObject(value)) for (const item of value.values()) checkIntegers(item);
  else if (isList(value)) for (const item of value) checkIntegers(item);
}

/** A value of JavaScript's own (`JSON.parse`, a form's fields) as `Json`; what is no JSON is refused. */
export function fromPlain(value: unknown): Json {
  if (value === null || typeof value === "boolean" || typeof value === "string" || typeof value === "bigint") {
    return value;
  }
  if (typeof value === "number") {
    if (!Number.isInteger(value)) throw fraction(String(value));
    if (!Number.isSafeInteger(value)) throw tooLarge(String(value));
    return value;
  }
  if (Array.isArray(value)) return value.map(fromPlain);
  if (typeof value === "object") {
    return new Map(Object.entries(value).map(([name, item]) => [name, fromPlain(item)]));
  }
  throw new TallyError("json.not_canonical", `A ${typeof value} has no JSON form here.`, "Report it.");
}

/** A value for libraries that take JavaScript's own objects (wallets). */
export function toPlain(value: Json): unknown {
  if (isObject(value)) {
    return Object.fromEntries([...value].map(([name, item]) => [name, toPlain(item)]));
  }
  return isList(value) ? value.map(toPlain) : value;
}

/** Whether two byte strings are equal. */
export function equalBytes(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, at) => byte === other[at]);
}

function canonical(value: Json): string {
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "string") return quoted(value);
  if (typeof value === "number" || typeof value === "bigint") return String(value === 0 ? 0 : value);
  if (isObject(value)) {
    // RFC 8785 sorts by UTF-16 units, which is what `<` of JavaScript does
    const names = [...value.keys()].sort((a, b) => (a < b ? -1 : 1));
    return `{${names.map((name) => `${quoted(name)}:${canonical(value.get(name) ?? null)}`).join(",")}}`;
  }
  return `[${value.map(canonical).join(",")}]`;
}

function quoted(text: string): string {
  if (/\p{Cs}/u.test(text)) {
    throw new TallyError("json.not_canonical", "A text with half a surrogate pair has no UTF-8 form.", "Report it.");
  }
  return JSON.stringify(text);
}

/** Refuses deep nesting before the recursive reader meets it. Brackets inside strings do not count. */
function checkDepth(text: string): void {
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    const sign = text[at];
    if (sign === '"') {
      at += 1;
      while (at < text.length && text[at] !== '"') at += text[at] === "\\" ? 2 : 1;
    } else if (sign === "[" || sign === "{") {
      depth += 1;
      if (depth > DEPTH) {
        throw new TallyError("json.too_deep", `The JSON nests more than ${DEPTH} levels.`, "Send flatter JSON.");
      }
    } else if (sign === "]" || sign === "}") {
      depth -= 1;
    }
  }
}

class Reader {
  private at = 0;

  constructor(private readonly text: string) {}

  whole(): Json {
    this.space();
    const value = this.value();
    this.space();
    if (this.at !== this.text.length) throw malformed("something follows it");
    return value;
  }

  private value(): Json {
    switch (this.text[this.at]) {
      case "{":
        return this.object();
      case "[":
        return this.list();
      case '"':
        return this.string();
      case "t":
        return this.word("true", true);
      case "f":
        return this.word("false", false);
      case "n":
        return this.word("null", null);
      default:
        return this.number();
    }
  }

  private object(): JsonObject {
    const found = new Map<string, Json>();
    let twice: string | undefined;
    this.at += 1;
    this.space();
    if (this.take("}")) return found;
    for (;;) {
      if (this.text[this.at] !== '"') throw malformed("a key is missing");
      const name = this.string();
      this.space();
      if (!this.take(":")) throw malformed("a colon is missing");
      this.space();
      const value = this.value();
      // said at the object's end, as Python does: what is malformed inside comes first
      if (found.has(name)) twice ??= name;
      found.set(name, value);
      this.space();
      if (this.take("}")) break;
      if (!this.take(",")) throw malformed("a comma is missing");
      this.space();
    }
    if (twice !== undefined) {
      throw new TallyError(
        "json.duplicate_key",
        `The key ${JSON.stringify(twice)} occurs twice.`,
        "Send each key once.",
      );
    }
    return found;
  }

  private list(): readonly Json[] {
    const found: Json[] = [];
    this.at += 1;
    this.space();
    if (this.take("]")) return found;
    for (;;) {
      found.push(this.value());
      this.space();
      if (this.take("]")) return found;
      if (!this.take(",")) throw malformed("a comma is missing");
      this.space();
    }
  }

  private string(): string {
    this.at += 1;
    let found = "";
    for (;;) {
      found += this.match(PLAIN) ?? "";
      const sign = this.text[this.at];
      if (sign === '"') {
        this.at += 1;
        return found;
      }
      if (sign !== "\\")
        throw malformed(sign === undefined ? "a text does not end" : "a text holds a control character");
      const letter = this.text[this.at + 1] ?? "";
      if (letter === "u") {
        const digits = this.text.slice(this.at + 2, this.at + 6);
        if (!/^[0-9a-fA-F]{4}$/.test(digits)) throw malformed("an escape is not one");
        found += String.fromCharCode(Number.parseInt(digits, 16));
        this.at += 6;
      } else {
        const meant = Object.hasOwn(ESCAPES, letter) ? ESCAPES[letter] : undefined;
        if (meant === undefined) throw malformed("an escape is not one");
        found += meant;
        this.at += 2;
      }
    }
  }

  private number(): number | bigint {
    for (const word of ["NaN", "Infinity", "-Infinity"]) {
      if (this.text.startsWith(word, this.at)) throw fraction(word);
    }
    const digits = this.match(INTEGER);
    if (digits === undefined) throw malformed("a value is missing");
    if (this.match(FRACTION) !== undefined) throw fraction(digits);
    if (digits.replace("-", "").length > MOST_DIGITS) throw malformed("an integer has too many digits");
    const small = Number(digits);
    return Number.isSafeInteger(small) ? small + 0 : BigInt(digits);
  }

  private word<T extends Json>(word: string, value: T): T {
    if (!this.text.startsWith(word, this.at)) throw malformed("a value is missing");
    this.at += word.length;
    return value;
  }

  private space(): void {
    this.match(SPACE);
  }

  private take(sign: string): boolean {
    if (this.text[this.at] !== sign) return false;
    this.at += 1;
    return true;
  }

  private match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0];
    if (found !== undefined) this.at += found.length;
    return found;
  }
}

function malformed(reason: string): TallyError {
  return new TallyError("json.malformed", `This is not JSON: ${reason}.`, "Send UTF-8 JSON.");
}

function fraction(digits: string): TallyError {
  return new TallyError("json.float", `The number ${digits} is not an integer.`, "Write decimals as strings.");
}

function tooLarge(digits: string): TallyError {
  return new TallyError("json.integer_range", `${digits} exceeds 2^53-1.`, "Write it as a decimal string.");
}
