/**
 * Wallets for trying the pages out, in the page: whoever opens it has their keys (`TALLY_DEMO_WALLETS_FILE`, on this machine alone).
 *
 * They announce themselves as any wallet does (EIP-6963) and ask their holder before they sign, so that the pages treat them as any other.
 * They reach no chain: what a wallet has to send there by itself is beyond them.
 */

import { render } from "preact";
import { type LocalAccount, privateKeyToAccount } from "viem/accounts";

import type { Hex } from "../base/bytes";
import { t } from "../desk/said";
import type { Provider } from "../wallet/discovery";

/** EIP-1193's numbers for what the holder rejects, what this wallet does not know, and another chain. */
const REJECTED = 4001;
const UNABLE = 4200;
const UNKNOWN_CHAIN = 4902;
const KEPT = "tallystick.demo";

function refusal(code: number): Error {
  return Object.assign(new Error("refused by the demo wallet"), { code });
}

/** Asks the holder, in front of everything else; what is signed stands there whole. */
async function agreed(party: string, method: string, what: string): Promise<void> {
  const place = document.createElement("dialog");
  place.className = "demo";
  document.body.append(place);
  const answer = new Promise<boolean>((resolve) => {
    place.addEventListener("cancel", () => resolve(false));
    render(
      <>
        <h2>{t("demo_title", { party })}</h2>
        <p class="told bad">{t("demo_about")}</p>
        <p>
          <code>{method}</code>
        </p>
        <pre>{what}</pre>
        <div class="acts">
          <button type="button" class="main" onClick={() => resolve(true)}>
            {t("demo_sign")}
          </button>
          <button type="button" class="plain" onClick={() => resolve(false)}>
            {t("demo_reject")}
          </button>
        </div>
      </>,
      place,
    );
  });
  place.showModal();
  const said = await answer;
  place.remove();
  if (!said) throw refusal(REJECTED);
}

function text(hex: string): string {
  const bytes = hex.slice(2).match(/../g) ?? [];
  return new TextDecoder().decode(Uint8Array.from(bytes, (each) => Number.parseInt(each, 16)));
}

function provider(party: string, account: LocalAccount, chainId: bigint): Provider {
  const kept = `${KEPT}.${party}`;
  const here = `0x${chainId.toString(16)}`;
  return {
    request: async ({ method, params }) => {
      const given = (Array.isArray(params) ? params : []) as readonly unknown[];
      switch (method) {
        case "eth_requestAccounts":
          sessionStorage.setItem(kept, "1");
          return [account.address];
        case "eth_accounts":
          return sessionStorage.getItem(kept) === null ? [] : [account.address];
        case "eth_chainId":
          return here;
        case "wallet_switchEthereumChain":
          if ((given[0] as { chainId?: unknown } | undefined)?.chainId !== here) throw refusal(UNKNOWN_CHAIN);
          return null;
        case "personal_sign": {
          const raw = String(given[0]) as Hex;
          await agreed(party, method, text(raw));
          return account.signMessage({ message: { raw } });
        }
        case "eth_signTypedData_v4": {
          const document_ = JSON.parse(String(given[1])) as Parameters<LocalAccount["signTypedData"]>[0];
          await agreed(party, method, JSON.stringify(document_, null, 2));
          return account.signTypedData(document_);
        }
        default:
          throw refusal(UNABLE);
      }
    },
  };
}

/** Lets a wallet be found by pages that ask now or later. */
function announce(party: string, made: Provider): void {
  const info = { uuid: crypto.randomUUID(), name: t("demo_name", { party }), icon: "data:,", rdns: `demo.${party}` };
  const detail = Object.freeze({ info, provider: made });
  const say = (): boolean => dispatchEvent(new CustomEvent("eip6963:announceProvider", { detail }));
  addEventListener("eip6963:requestProvider", say);
  say();
}

const desk = document.getElementById("desk");
const keys = Object.entries(JSON.parse(desk?.dataset["demo"] ?? "{}") as Record<string, Hex>);
const chain = BigInt((JSON.parse(desk?.dataset["deployment"] ?? "{}") as { chain_id?: string }).chain_id ?? 0);
const banner = document.createElement("p");
banner.className = "told bad";
banner.textContent = t("demo_about");
desk?.before(banner);
for (const [party, key] of keys) announce(party, provider(party, privateKeyToAccount(key), chain));
