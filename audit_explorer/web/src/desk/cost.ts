/** What a task takes, as the coordinator predicts it: a page cannot check that, only that a prediction is one. */

import { answerOf, type Schemas, type TaskApi } from "../api/client";
import { told } from "../base/problems";

/** What is predicted: `level` is the one that the programs reach, 0 while one of them is unknown. */
export interface Predicted {
  readonly estimate: Schemas["Estimate"];
  readonly level: number;
}

/** What a submitted task takes; refused (`cost.malformed`) where it is no prediction, or another task's. */
export async function costOf(api: TaskApi, task: string): Promise<Predicted> {
  const found = await answerOf(api.GET("/v1/tasks/{task}/cost", { params: { path: { task } } }));
  if (found.id !== task || !sane(found)) throw told("cost.malformed");
  return found;
}

/** Whether numbers are numbers and names names: what is shown as a cost was not made up of text. */
export function sane({ estimate, level }: Predicted): boolean {
  const numbers = [estimate.seconds, estimate.bytes, estimate.memory, estimate.rounds, level];
  return (
    numbers.every((each) => each === null || (Number.isSafeInteger(each) && Number(each) >= 0)) &&
    level <= 5 &&
    (estimate.failure === null || /^[0-9e.-]{1,12}$/.test(estimate.failure)) &&
    // a step, and the size or parameter of it that is beyond what was measured
    estimate.beyond.every((each) => /^[a-z0-9_]{1,31}\.[a-z0-9_]{1,63}$/.test(each)) &&
    /^[a-z0-9_.]{0,63}$/.test(estimate.unplanned)
  );
}
