/** The page that works out what follows from a task contract, in the browser alone. */

import { render } from "preact";
import { useMemo, useState } from "preact/hooks";
import { utf8 } from "../base/bytes";
import { TallyError } from "../base/errors";
import { CHECK_PAGE, type Language, say } from "../generated/words";
import { type Derived, derived } from "./derived";

const language: Language = document.documentElement.lang.startsWith("zh") ? "zh" : "en";

function words(name: keyof typeof CHECK_PAGE): string {
  return say(CHECK_PAGE[name], language);
}

type Outcome = { readonly found: Derived } | { readonly code: string; readonly what: string; readonly fix: string };

function outcomeOf(contract: Uint8Array, deployment: Uint8Array | undefined): Outcome {
  try {
    return { found: derived(contract, deployment) };
  } catch (error) {
    if (error instanceof TallyError) return { code: error.code, what: error.what, fix: error.fix };
    throw error;
  }
}

function FileField(props: { label: string; taken: (data: Uint8Array) => void; failed: () => void }) {
  const read = async (input: HTMLInputElement): Promise<void> => {
    const file = input.files?.[0];
    if (file === undefined) return;
    try {
      props.taken(new Uint8Array(await file.arrayBuffer()));
    } catch {
      // the file went away, or may not be read
      props.failed();
    }
  };
  return (
    <p>
      <label>
        {props.label}{" "}
        <input type="file" accept="application/json,.json" onChange={(event) => read(event.currentTarget)} />
      </label>
    </p>
  );
}

function Answer({ outcome }: { outcome: Outcome }) {
  if ("code" in outcome) {
    return (
      <p>
        {words("failed")} {outcome.what} {outcome.fix} <code>{outcome.code}</code>
      </p>
    );
  }
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
          <>
            <dt>{words("ask").replace("{data_set}", () => dataSet)}</dt>
            <dd>
              <code class="full">{digest}</code>
            </dd>
          </>
        ))}
      </dl>
    </>
  );
}

function Check() {
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
  return (
    <>
      <FileField label={words("contractLabel")} taken={taken(setContract)} failed={failed} />
      <FileField label={words("deploymentLabel")} taken={taken(setDeployment)} failed={failed} />
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
    </>
  );
}

const place = document.getElementById("check");
if (place !== null) {
  place.replaceChildren();
  render(<Check />, place);
}
