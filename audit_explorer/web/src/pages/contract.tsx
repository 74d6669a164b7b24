/** What follows from a task contract, worked out in the browser alone. */

import { Fragment } from "preact";
import { useMemo, useState } from "preact/hooks";

import { utf8 } from "../base/bytes";
import { type Derived, derived } from "./derived";
import { FileField } from "./files";
import { Refusal, type Refused, refusedBy } from "./refusal";
import { words } from "./texts";

type Outcome = { readonly found: Derived } | { readonly refused: Refused };

function outcomeOf(contract: Uint8Array, deployment: Uint8Array | undefined): Outcome {
  try {
    return { found: derived(contract, deployment) };
  } catch (error) {
    return { refused: refusedBy(error) };
  }
}

function Answer({ outcome }: { readonly outcome: Outcome }) {
  if ("refused" in outcome) return <Refusal found={outcome.refused} />;
  const { found } = outcome;
  return (
    <>
      {found.canonical ? null : <p>{words("spelling")}</p>}
      <dl class="facts">
        <dt>{words("digest")}</dt>
        <dd>
          <code class="full">{found.digest}</code>
        </dd>
        <dt>{words("task")}</dt>
        <dd>{found.task === undefined ? words("noDeployment") : <code class="full">{found.task}</code>}</dd>
        <dt>{words("programs")}</dt>
        <dd>{found.programs.join(", ")}</dd>
        <dt>{words("participants")}</dt>
        <dd>{found.participants.join(", ")}</dd>
        {found.asks.map(([dataSet, digest]) => (
          <Fragment key={dataSet}>
            <dt>{words("ask").replace("{data_set}", () => dataSet)}</dt>
            <dd>
              <code class="full">{digest}</code>
            </dd>
          </Fragment>
        ))}
      </dl>
    </>
  );
}

export function Contract() {
  const [contract, setContract] = useState<Uint8Array>();
  const [deployment, setDeployment] = useState<Uint8Array>();
  const [unreadable, setUnreadable] = useState(false);
  const outcome = useMemo(
    () => (contract === undefined ? undefined : outcomeOf(contract, deployment)),
    [contract, deployment],
  );
  const taken = (set: (data: Uint8Array) => void) => (data: Uint8Array) => {
    setUnreadable(false);
    set(data);
  };
  const failed = () => setUnreadable(true);
  const json = "application/json,.json";
  return (
    <section id="contract" aria-labelledby="contract-title">
      <h2 id="contract-title">{words("contractTitle")}</h2>
      <p>{words("contractIntro")}</p>
      <FileField label={words("contractLabel")} accept={json} taken={taken(setContract)} failed={failed} />
      <FileField label={words("deploymentLabel")} accept={json} taken={taken(setDeployment)} failed={failed} />
      <p>
        <label>
          {words("pasteLabel")}
          <br />
          <textarea rows={4} onInput={(event) => setContract(utf8(event.currentTarget.value))} />
        </label>
      </p>
      <div role="status">
        {unreadable ? <p>{words("unreadable")}</p> : null}
        {outcome === undefined ? null : <Answer outcome={outcome} />}
      </div>
    </section>
  );
}
