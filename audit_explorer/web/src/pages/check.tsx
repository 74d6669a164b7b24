/** The page that checks evidence and contracts, in the browser alone. */

import { render } from "preact";

import { Contract } from "./contract";
import { Evidence } from "./evidence";

const place = document.getElementById("check");
if (place !== null) {
  place.replaceChildren();
  render(
    <>
      <Evidence endpoints={(place.dataset["endpoints"] ?? "").split(" ").filter(Boolean)} />
      <Contract />
    </>,
    place,
  );
}
