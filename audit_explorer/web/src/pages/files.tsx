/** Files that the person at the page chooses: read in the browser, and nowhere else. */

/** A field for one file. */
export function FileField(props: {
  readonly label: string;
  readonly accept: string;
  readonly taken: (data: Uint8Array) => void;
  readonly failed: () => void;
}) {
  const read = async (input: HTMLInputElement): Promise<void> => {
    const file = input.files?.[0];
    if (file === undefined) return;
    try {
      props.taken(await bytesOf(file));
    } catch {
      // the file went away, or may not be read
      props.failed();
    }
  };
  return (
    <p>
      <label>
        {props.label}
        <br />
        <input
          type="file"
          accept={props.accept}
          onClick={(event) => {
            event.currentTarget.value = ""; // a file that has changed since may be chosen again
          }}
          onChange={(event) => read(event.currentTarget)}
        />
      </label>
    </p>
  );
}

/** A file's bytes. */
export async function bytesOf(file: File): Promise<Uint8Array> {
  return new Uint8Array(await file.arrayBuffer());
}
