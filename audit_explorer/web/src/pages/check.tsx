/** The page that checks evidence, contracts and receipts, in the browser alone. */

import { render } from "preact";

import { Answer } from "./answer";
import { Contract } from "./contract";
import { Evidence } from "./evidence";

const place = document.getElementById("check");
if (place !== null) {
  place.replaceChildren();
  render(
    <>
      <Evidence endpoints={(place.dataset["endpoints"] ?? "").split(" ").filter(Boolean)} />
      <Contract />
      <Answer />
    </>,
    place,
  );
}
