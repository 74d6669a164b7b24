/** Which wallet is used, and whether it can sign as who is signed in: each state with what to do about it. */

import { useEffect, useState } from "preact/hooks";

import type { Hex } from "../base/bytes";
import type { TallyError } from "../base/errors";
import { asProblem, told } from "../base/problems";
import { type Announced, discover } from "../wallet/discovery";
import { PasskeyWallet } from "../wallet/passkey";
import { type Holders, type Network, Wallet } from "../wallet/wallet";
import type { Signer } from "./acts";
import { Act, Problem } from "./parts";
import { shortened, t } from "./said";

const KEPT = "tallystick.wallet";
/** Milliseconds after which a browser in which no wallet has announced itself has none. */
const SILENCE = 700;

export interface Connection {
  readonly wallets: readonly Announced[];
  /** Whether wallets had their time to announce themselves. */
  readonly settled: boolean;
  readonly wallet: Wallet | undefined;
  readonly accounts: readonly Hex[];
  readonly chainId: bigint | undefined;
  readonly failure: TallyError | undefined;
  /** Whether the wallet's further holders are waited for. */
  readonly collecting: boolean;
  /** Takes a wallet, and has it ask its holder whether this page may see accounts. */
  readonly take: (announced: Announced) => Promise<void>;
  readonly leave: () => void;
  /** Looks again: wallets need not say that they changed. */
  readonly look: () => Promise<void>;
}

interface Seen {
  readonly accounts: readonly Hex[];
  readonly chainId: bigint | undefined;
  readonly failure?: TallyError;
}

const NOTHING: Seen = { accounts: [], chainId: undefined };

/** The connection of this page; a wallet that was taken before is taken again, without asking its holder. `own` are the page's. */
export function useConnection(own: readonly Announced[]): Connection {
  const [wallets, setWallets] = useState(own);
  const [settled, setSettled] = useState(false);
  const [wallet, setWallet] = useState<Wallet>();
  const [seen, setSeen] = useState<Seen>(NOTHING);
  const [collecting, setCollecting] = useState(false);
  useEffect(() => {
    const stop = discover((found) => setWallets([...own, ...found]));
    const timer = setTimeout(() => setSettled(true), SILENCE);
    return () => {
      stop();
      clearTimeout(timer);
    };
  }, []);
  useEffect(() => {
    const kept = wallets.find((each) => each.rdns === sessionStorage.getItem(KEPT));
    if (wallet === undefined && kept !== undefined) setWallet(opened(kept));
  }, [wallets, wallet]);
  useEffect(() => {
    if (wallet === undefined) return;
    let live = true;
    const look = async (): Promise<void> => {
      const found = await looked(wallet);
      if (live) setSeen(found);
    };
    void look();
    wallet.collecting = setCollecting;
    const stop = wallet.watch(() => void look());
    return () => {
      live = false;
      stop();
    };
  }, [wallet]);
  return {
    wallets,
    settled,
    wallet,
    ...NOTHING,
    failure: undefined,
    ...seen,
    collecting,
    take: async (announced) => {
      const taken = opened(announced);
      const accounts = await taken.accounts(true);
      if (accounts.length === 0) throw told("wallet.locked");
      sessionStorage.setItem(KEPT, announced.rdns);
      setSeen({ accounts, chainId: await taken.chainId() });
      setWallet(taken);
    },
    leave: () => {
      sessionStorage.removeItem(KEPT);
      setWallet(undefined);
      setSeen(NOTHING);
    },
    look: async () => {
      if (wallet !== undefined) setSeen(await looked(wallet));
    },
  };
}

function opened(announced: Announced): Wallet {
  return announced.open?.() ?? new Wallet(announced);
}

async function looked(wallet: Wallet): Promise<Seen> {
  try {
    return { accounts: await wallet.accounts(false), chainId: await wallet.chainId() };
  } catch (error) {
    return { ...NOTHING, failure: asProblem(error) };
  }
}

/** The account to act with: the registered one where it is known, else the first that the wallet shows. */
export function accountOf(connection: Connection, registered: Hex | undefined): Hex | undefined {
  const { accounts } = connection;
  return registered === undefined ? accounts[0] : accounts.find((each) => each === registered);
}

/** Who can sign now, undefined while something is in the way. */
export function signerOf(connection: Connection, registered: Hex, network: Network): Signer | undefined {
  const account = accountOf(connection, registered);
  if (connection.wallet === undefined || account === undefined || connection.chainId !== network.chainId) {
    return undefined;
  }
  return { wallet: connection.wallet, account };
}

/** What is in the way of signing, and what to do about it; says who signs where nothing is. */
export function WalletState(props: { connection: Connection; registered?: Hex | undefined; network: Network }) {
  const { connection, registered, network } = props;
  const { wallet, wallets, settled, accounts, chainId, failure } = connection;
  if (wallet === undefined) {
    if (wallets.length === 0) {
      return <p role="status">{settled ? t("wallet_none") : t("wallet_looking")}</p>;
    }
    return (
      <div class="choices">
        <p>{t("wallet_choose")}</p>
        {wallets.map((each) => (
          <Act
            key={each.uuid}
            label={t("wallet_connect", { wallet: each.name })}
            act={() => connection.take(each)}
            kind="plain"
          />
        ))}
      </div>
    );
  }
  const { announced } = wallet;
  const other = <Act label={t("wallet_other")} act={async () => connection.leave()} kind="plain" />;
  if (failure !== undefined) return <Problem error={failure}>{other}</Problem>;
  if (accounts.length === 0) {
    return (
      <div class="told open" role="status">
        <p>{t("wallet_locked", { wallet: announced.name })}</p>
        <Act label={t("wallet_unlock")} act={() => connection.take(announced)} /> {other}
      </div>
    );
  }
  const account = accountOf(connection, registered);
  if (account === undefined) {
    return (
      <div class="told open" role="status">
        <p>
          {t("wallet_account", { shown: shortened(accounts[0] ?? "") })} <code class="full">{registered}</code>
        </p>
        <Act label={t("wallet_unlock")} act={() => connection.take(announced)} /> {other}
      </div>
    );
  }
  if (chainId !== network.chainId) {
    return (
      <div class="told open" role="status">
        <p>{t("wallet_chain", { shown: String(chainId ?? ""), needed: String(network.chainId) })}</p>
        <Act label={t("wallet_switch")} act={() => wallet.goTo(network).then(connection.look)} /> {other}
      </div>
    );
  }
  return (
    <>
      <p class="quiet-line" role="status">
        {t("wallet_ready", { wallet: announced.name })} <code class="full">{account}</code> {other}
      </p>
      {wallet instanceof PasskeyWallet ? (
        <p class="quiet-line">{t("passkey_shows", { host: location.hostname })}</p>
      ) : (
        <Together wallet={wallet} account={account} collecting={connection.collecting} />
      )}
    </>
  );
}

/** Who signs for an account that is a contract; nothing for one whose key signs alone. */
function Together({ wallet, account, collecting }: { wallet: Wallet; account: Hex; collecting: boolean }) {
  const [holders, setHolders] = useState<Holders>();
  useEffect(() => {
    let live = true;
    void wallet.holders(account).then((found) => (live ? setHolders(found) : undefined));
    return () => {
      live = false;
    };
  }, [wallet, account]);
  if (holders === undefined) return null;
  const { needed, all } = holders;
  return (
    <div class="told open" role="status" data-collecting={collecting}>
      <p>{needed === undefined ? t("wallet_contract") : t("wallet_holders", { needed, all: all ?? needed })}</p>
      {collecting ? <p>{t("wallet_collecting")}</p> : null}
    </div>
  );
}
