/** The ten steps over a bundle and a trust root that the person at the page brings; nothing leaves the browser. */

import { useEffect, useState } from "preact/hooks";

import { sha256Hex } from "../base/bytes";
import { say, TASK_STATES } from "../generated/words";
import { Endpoint } from "../verify/endpoint";
import { type Report, verify } from "../verify/verify";
import { bytesOf, FileField } from "./files";
import { completed, type Files, type Role, readGiven, roleOf, typedBlock } from "./given";
import { Refusal, type Refused, refusedBy } from "./refusal";
import { Steps } from "./steps";
import { language, words } from "./texts";

type Found = { readonly report: Report } | { readonly refused: Refused } | "working" | undefined;

const JSON_FILE = "application/json,.json";

/** `endpoints` are addresses that the page may ask, as whoever serves it set them. */
export function Evidence({ endpoints }: { readonly endpoints: readonly string[] }) {
  const [files, setFiles] = useState<Files>({});
  const [number, setNumber] = useState("");
  const [hash, setHash] = useState("");
  const [problem, setProblem] = useState("");
  const block = typedBlock(number, hash);
  const [endpoint, setEndpoint] = useState("");
  const found = useVerification(files, number, hash, endpoint);
  const take = (role: Role) => (data: Uint8Array) => {
    setProblem("");
    setFiles((before) => ({ ...before, [role]: data }));
  };
  const failed = (role?: Role) => () => {
    setProblem(words("unreadable"));
    // what was found of the file before is not what was asked now
    if (role !== undefined) setFiles((before) => ({ ...before, [role]: undefined }));
  };
  const dropped = async (event: DragEvent): Promise<void> => {
    event.preventDefault();
    for (const file of event.dataTransfer?.files ?? []) {
      const data = await bytesOf(file).catch(() => undefined);
      const role = data === undefined ? undefined : roleOf(data);
      if (data === undefined) failed()();
      else if (role === undefined) setProblem(words("otherFile").replace("{name}", () => file.name));
      else take(role)(data);
    }
  };
  return (
    <section
      id="evidence"
      aria-labelledby="evidence-title"
      onDragOver={(event) => event.preventDefault()}
      onDrop={dropped}
    >
      <h2 id="evidence-title">{words("evidenceTitle")}</h2>
      <div class="asked">
        <p>{words("evidenceIntro")}</p>
        <FileField
          label={words("bundleLabel")}
          accept="application/zip,.zip"
          taken={take("bundle")}
          failed={failed("bundle")}
        />
        <FileField label={words("trustLabel")} accept={JSON_FILE} taken={take("trust")} failed={failed("trust")} />
        <details>
          <summary>{words("headTitle")}</summary>
          <p>{words("headAbout")}</p>
          <p>
            <label>
              {words("headNumber")}
              <br />
              <input type="text" inputMode="numeric" onInput={(event) => setNumber(event.currentTarget.value)} />
            </label>
          </p>
          <p>
            <label>
              {words("headHash")}
              <br />
              <input type="text" spellcheck={false} onInput={(event) => setHash(event.currentTarget.value)} />
            </label>
          </p>
          <FileField label={words("pathLabel")} accept={JSON_FILE} taken={take("path")} failed={failed("path")} />
        </details>
        {endpoints.length === 0 ? null : (
          <>
            <p>
              <label>
                {words("endpointLabel")}
                <br />
                <select onChange={(event) => setEndpoint(event.currentTarget.value)}>
                  <option value="">{words("endpointNone")}</option>
                  {endpoints.map((url) => (
                    <option key={url} value={url}>
                      {url}
                    </option>
                  ))}
                </select>
              </label>
            </p>
            <p class="quiet wraps">{words("endpointAbout")}</p>
          </>
        )}
        <p class="quiet wraps">{words("drop")}</p>
      </div>
      <div role="status">
        {problem ? <p class="problem">{problem}</p> : null}
        {block === null ? <p class="problem">{words("headWrong")}</p> : null}
        <Shown found={found} files={files} />
      </div>
    </section>
  );
}

/** The report over what was given last; a run that something newer overtook says nothing. */
function useVerification(files: Files, number: string, hash: string, endpoint: string): Found {
  const [found, setFound] = useState<Found>();
  useEffect(() => {
    let overtaken = false;
    const run = async (): Promise<Found> => {
      const block = typedBlock(number, hash);
      if (files.bundle === undefined || block === null) return undefined;
      setFound("working");
      await new Promise((resolve) => setTimeout(resolve, 20)); // so that it is painted
      return await reported(files.bundle, files, block, endpoint);
    };
    run().then((result) => {
      if (!overtaken) setFound(result);
    });
    return () => {
      overtaken = true;
    };
  }, [files, number, hash, endpoint]);
  return found;
}

async function reported(
  bundle: Uint8Array,
  files: Files,
  block: ReturnType<typeof typedBlock>,
  endpoint: string,
): Promise<Found> {
  try {
    const given = readGiven(files, block ?? undefined);
    const whole = endpoint ? await completed(bundle, given, new Endpoint(endpoint)) : given;
    return { report: await verify(bundle, whole) };
  } catch (error) {
    return { refused: refusedBy(error) };
  }
}

function Shown({ found, files }: { readonly found: Found; readonly files: Files }) {
  if (found === undefined) return null;
  if (found === "working") return <p>{words("working")}</p>;
  if ("refused" in found) return <Refusal found={found.refused} />;
  const { report } = found;
  return (
    <>
      <Steps steps={report.steps} />
      <dl class="facts">
        {report.task === undefined ? null : (
          <div class="wide">
            <dt>{words("state")}</dt>
            <dd>
              <code class="full">task_{report.task.slice(2)}</code> {stateWord(report.state)}
            </dd>
          </div>
        )}
        <Digest label={words("bundleDigest")} data={files.bundle} />
        <Digest label={words("trustDigest")} data={files.trust} />
      </dl>
      <p class="asked">
        <button type="button" onClick={() => window.print()}>
          {words("print")}
        </button>
      </p>
    </>
  );
}

function Digest({ label, data }: { readonly label: string; readonly data: Uint8Array | undefined }) {
  return data === undefined ? null : (
    <div class="wide">
      <dt>{label}</dt>
      <dd>
        <code class="full">{sha256Hex(data)}</code>
      </dd>
    </div>
  );
}

function stateWord(state: string): string {
  const found = Object.entries(TASK_STATES).find(([name]) => name === state)?.[1];
  return found === undefined ? "" : say(found.word, language);
}
