/** Files that the page gives to the person at it. */

/** Has the browser save a file. */
export function saveFile(name: string, data: string | Uint8Array): void {
  const content = typeof data === "string" ? data : new Uint8Array(data);
  const url = URL.createObjectURL(new Blob([content], { type: "application/json" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
