/** The workflow as a drawing: where each box and line lies. Data above, results below, each step under what it takes. */

import type { TaskContract } from "../generated/records";

export interface Box {
  readonly kind: "data" | "step" | "output";
  readonly name: string;
  readonly title: string;
  readonly about: readonly string[];
  readonly mine: boolean;
  readonly x: number;
  readonly y: number;
}

export interface Drawing {
  readonly width: number;
  readonly height: number;
  readonly boxes: readonly Box[];
  /** From the lower edge of one box to the upper edge of another. */
  readonly lines: readonly { readonly from: Box; readonly to: Box }[];
}

export const BOX = { width: 208, height: 66, across: 20, down: 34, margin: 8 } as const;

/** Lays a contract out for `party`, whose data and results are marked. */
export function draw(contract: TaskContract, party: string, short: (name: string) => string): Drawing {
  const depth = new Map<string, number>(contract.inputs.map((item) => [item.dataSet, 0]));
  // a contract's steps stand in their order: each takes from those before it
  for (const step of contract.steps) {
    const sources = step.inputs.flatMap(([, names]) => names.map(originOf));
    depth.set(step.id, 1 + Math.max(0, ...sources.map((name) => depth.get(name) ?? 0)));
  }
  const last = 1 + Math.max(0, ...depth.values());
  const rows: Omit<Box, "x" | "y">[][] = Array.from({ length: last + 1 }, () => []);
  for (const item of contract.inputs) {
    rows[0]?.push({
      kind: "data",
      name: item.dataSet,
      title: short(item.dataSet),
      about: [item.owner],
      mine: item.owner === party,
    });
  }
  for (const step of contract.steps) {
    rows[depth.get(step.id) ?? 1]?.push({
      kind: "step",
      name: step.id,
      title: step.id,
      about: [step.program],
      mine: false,
    });
  }
  for (const output of contract.outputs) {
    rows[last]?.push({
      kind: "output",
      name: `→${output.source}`,
      title: output.source,
      about: [output.users.join(", ")],
      mine: output.users.includes(party),
    });
  }
  const widest = Math.max(...rows.map((row) => row.length));
  const width = 2 * BOX.margin + widest * (BOX.width + BOX.across) - BOX.across;
  const boxes = rows.flatMap((row, at) => {
    const taken = row.length * (BOX.width + BOX.across) - BOX.across;
    return row.map((box, place) => ({
      ...box,
      x: (width - taken) / 2 + place * (BOX.width + BOX.across),
      y: BOX.margin + at * (BOX.height + BOX.down),
    }));
  });
  const by = new Map(boxes.map((box) => [box.name, box]));
  const lines: { from: Box; to: Box }[] = [];
  const link = (source: string, target: string): void => {
    const [from, to] = [by.get(source), by.get(target)];
    if (from !== undefined && to !== undefined) lines.push({ from, to });
  };
  for (const step of contract.steps) {
    for (const source of new Set(step.inputs.flatMap(([, names]) => names.map(originOf)))) link(source, step.id);
  }
  for (const output of contract.outputs) link(originOf(output.source), `→${output.source}`);
  return { width, height: 2 * BOX.margin + rows.length * (BOX.height + BOX.down) - BOX.down, boxes, lines };
}

/** The data set or step that a source names: `train.model` is `train`'s. */
function originOf(source: string): string {
  return source.split(".")[0] ?? source;
}
