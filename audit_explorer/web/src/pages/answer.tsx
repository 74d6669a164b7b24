/** The steps over a receipt of a session's answer, with the proof that its holder gave out; nothing leaves the browser. */

import { useEffect, useState } from "preact/hooks";

import { fromHex, type Hex } from "../base/bytes";
import { CHECK_PAGE } from "../generated/words";
import { Answer as Unanswered } from "../verify/answers";
import { type Facts, verifyAnswer } from "../verify/receipt";
import type { StepResult } from "../verify/verify";
import { FileField } from "./files";
import { Steps } from "./steps";
import { words } from "./texts";

const JSON_FILE = "application/json,.json";

export function Answer() {
  const [receipt, setReceipt] = useState<Uint8Array>();
  const [proof, setProof] = useState<Uint8Array>();
  const [typed, setTyped] = useState("");
  const [unreadable, setUnreadable] = useState(false);
  const key = keyOf(typed);
  const steps = useSteps(receipt, proof, typed);
  const taken = (set: (data: Uint8Array) => void) => (data: Uint8Array) => {
    setUnreadable(false);
    set(data);
  };
  const failed = (forget: (nothing: undefined) => void) => () => {
    setUnreadable(true);
    // what was found of the file before is not what was asked now
    forget(undefined);
  };
  return (
    <section id="answer" aria-labelledby="answer-title">
      <h2 id="answer-title">{words("receiptTitle")}</h2>
      <p>{words("receiptIntro")}</p>
      <FileField
        label={words("receiptLabel")}
        accept={JSON_FILE}
        taken={taken(setReceipt)}
        failed={failed(setReceipt)}
      />
      <FileField label={words("proofLabel")} accept={JSON_FILE} taken={taken(setProof)} failed={failed(setProof)} />
      <p>
        <label>
          {words("keyLabel")}
          <br />
          <input type="text" spellcheck={false} onInput={(event) => setTyped(event.currentTarget.value)} />
        </label>
      </p>
      <div role="status">
        {unreadable ? <p class="problem">{words("unreadable")}</p> : null}
        {key === null ? <p class="problem">{words("keyWrong")}</p> : null}
        {steps === undefined ? null : <Steps steps={steps} />}
      </div>
    </section>
  );
}

/** The steps over what was given last; a run that something newer overtook says nothing. */
function useSteps(
  receipt: Uint8Array | undefined,
  proof: Uint8Array | undefined,
  typed: string,
): readonly StepResult[] | undefined {
  const [steps, setSteps] = useState<readonly StepResult[]>();
  useEffect(() => {
    let overtaken = false;
    const run = async (): Promise<readonly StepResult[] | undefined> => {
      const key = keyOf(typed);
      if (receipt === undefined || proof === undefined || !key) return undefined;
      return await verifyAnswer(receipt, proof, factsOf(key));
    };
    run().then((found) => {
      if (!overtaken) setSteps(found);
    });
    return () => {
      overtaken = true;
    };
  }, [receipt, proof, typed]);
  return steps;
}

/** What the person at the page knows: one key. Anchors it would have to take from a chain. */
function factsOf(key: Uint8Array): Facts {
  return {
    source: CHECK_PAGE.receiptSource,
    nodeKeys: () => [key],
    anchored: () => Promise.reject(new Unanswered("cannot", CHECK_PAGE.receiptAnchor)),
  };
}

/** The typed key; undefined where nothing was typed, null where it is none. */
function keyOf(typed: string): Uint8Array | null | undefined {
  const text = typed.trim().toLowerCase();
  if (!text) return undefined;
  return /^0x[0-9a-f]{64}$/.test(text) ? fromHex(text as Hex) : null;
}
