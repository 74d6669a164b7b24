/** The workflow's drawing as SVG: marks by shape and words first, by colour second. */

import type { TaskContract } from "../generated/records";
import { BOX, type Box, draw } from "./graph";
import { shortened, t } from "./said";

/** The workflow for one party; a reader that sees no drawing has the same in the table below. */
export function Workflow({ contract, party }: { contract: TaskContract; party: string }) {
  const drawing = draw(contract, party, shortened);
  return (
    <figure class="workflow">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by the keyboard (WCAG 2.1.1) */}
      <div class="scroll" tabIndex={0}>
        <svg
          viewBox={`0 0 ${drawing.width} ${drawing.height}`}
          width={drawing.width}
          height={drawing.height}
          role="img"
          aria-label={t("graph_about", { steps: contract.steps.map((step) => step.id).join(", ") })}
        >
          {drawing.lines.map(({ from, to }) => (
            <path
              key={`${from.name} ${to.name}`}
              class="edge"
              d={`M${from.x + BOX.width / 2} ${from.y + BOX.height}C${from.x + BOX.width / 2} ${from.y + BOX.height + BOX.down / 2} ${to.x + BOX.width / 2} ${to.y - BOX.down / 2} ${to.x + BOX.width / 2} ${to.y - 6}`}
            />
          ))}
          {drawing.lines.map(({ from, to }) => (
            <path
              key={`head ${from.name} ${to.name}`}
              class="head"
              d={`M${to.x + BOX.width / 2 - 4} ${to.y - 7}h8l-4 7z`}
            />
          ))}
          {drawing.boxes.map((box) => (
            <g key={box.name} class={`box ${box.kind}${box.mine ? " mine" : ""}`}>
              <rect
                x={box.x}
                y={box.y}
                width={BOX.width}
                height={BOX.height}
                rx={box.kind === "step" ? 4 : box.kind === "data" ? 14 : BOX.height / 2}
              />
              <text x={box.x + BOX.width / 2} y={box.y + 26} text-anchor="middle" class="label">
                {fitted(box.title)}
              </text>
              <text x={box.x + BOX.width / 2} y={box.y + 46} text-anchor="middle" class="when">
                {fitted(aboutOf(box))}
              </text>
            </g>
          ))}
        </svg>
      </div>
      <figcaption>{t("graph_caption")}</figcaption>
    </figure>
  );
}

function aboutOf(box: Box): string {
  if (!box.mine) return box.about.join(" ");
  return box.kind === "data" ? t("graph_mine_data") : t("graph_mine_output");
}

/** As much of a text as a box holds. */
function fitted(text: string): string {
  const signs = [...text];
  return signs.length > 24 ? `${signs.slice(0, 23).join("")}…` : text;
}
