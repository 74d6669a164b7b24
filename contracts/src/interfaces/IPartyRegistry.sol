// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Admission, KeyPeriod, KeyRotation, PartyRecord} from "../Types.sol";

/// @title Who takes part: wallets, keys, operators, roles
/// @notice A party id is the keccak256 of the party's name. Parties are admitted by the admission role, which in
/// production is a contract that members vote through. What a wallet decides here it decides by calling with an empty
/// signature, or by signing (EIP-712; EIP-1271 for a contract) for anyone to relay.
interface IPartyRegistry {
    /// @notice The keys are the party's key period 1.
    event PartyAdmitted(
        bytes32 indexed party,
        address wallet,
        address nodeSigner,
        bytes32 nodeKey,
        bytes32 sealKey,
        bytes32 operator,
        uint32 roles,
        bytes32 profileHash
    );
    event PartySuspended(bytes32 indexed party, bytes32 reason);
    event PartyReinstated(bytes32 indexed party);
    event KeysRotated(
        bytes32 indexed party, uint64 indexed period, address nodeSigner, bytes32 nodeKey, bytes32 sealKey
    );
    /// @param newWallet Zero when the change named before is cancelled.
    event WalletChangeNamed(bytes32 indexed party, address newWallet, uint64 change);
    event WalletChanged(bytes32 indexed party, address oldWallet, address newWallet);

    /// @notice Admits a party that applied. Only the admission role.
    /// @param walletSignature The wallet's, over the admission.
    /// @param nodeSignature The node signer's, over the same; not looked at for a party without a node.
    /// @dev A wallet belongs to one party, and is never the same key as the node's. A node is both node keys or neither; a
    /// data or compute provider has one, and a result user a seal key.
    /// Warning: id, operator and roles are for ever; another role means another party.
    /// Warning: what was signed stays good until the id is taken: an applicant who wants other keys takes another id.
    /// Warning: Ed25519 and X25519 cannot be checked here; possession of those keys is shown to the admission role.
    function admit(Admission calldata a, bytes calldata walletSignature, bytes calldata nodeSignature) external;

    /// @notice Stops a party: it can neither start, commit, anchor nor attest. Only the admission role.
    /// Warning: takes effect on running tasks too; a task that waits for its commitment will expire.
    /// Warning: a suspended party can still revoke what it authorized.
    function suspend(bytes32 party, bytes32 reason) external;

    /// @notice Ends a suspension. Only the admission role.
    /// Warning: if the wallet was compromised, admit a new party instead: the keys are as the wallet left them.
    function reinstate(bytes32 party) external;

    /// @notice Begins the next key period: replaces the node's keys. The party's wallet decides, also while suspended, and
    /// the new node signer has signed the same rotation.
    /// @param nodeSignature The new node signer's; not looked at for a party without a node.
    /// @param signature The wallet's; empty when it calls.
    /// @dev What the old key signed counts only if it reached the chain before.
    function rotateKeys(KeyRotation calldata r, bytes calldata nodeSignature, bytes calldata signature) external;

    /// @notice Names the wallet that the party shall have, in place of one named before; zero names none. The present
    /// wallet decides, and stays the party's wallet until the named one accepts. Only while active; a suspended party may
    /// still cancel.
    /// @param change Number of this naming, from 1: one more than `pendingWallet` gives.
    /// Warning: naming none uses up the number, so it also ends what was signed and not yet relayed.
    function changeWallet(bytes32 party, address newWallet, uint64 change, bytes calldata signature) external;

    /// @notice The named wallet takes the party over: it calls, or anyone relays its signature over the same change. Only
    /// while active.
    /// Warning: what the old wallet signed and nobody relayed yet is worth nothing from now on; what was submitted stays.
    function acceptWallet(bytes32 party, bytes calldata signature) external;

    /// @notice The party as it is now. Reverts for an unknown one.
    function get(bytes32 party) external view returns (PartyRecord memory);

    /// @notice Whether the party is known and not suspended.
    function isActive(bytes32 party) external view returns (bool);

    /// @notice Whether the party was admitted with every bit of `role`.
    /// Warning: says nothing about suspension: a suspended regulator is still a regulator.
    function holdsRole(bytes32 party, uint32 role) external view returns (bool);

    /// @notice The party of a wallet, or zero.
    function partyOf(address wallet) external view returns (bytes32);

    /// @notice The wallet named and not yet accepted, or zero; and the number of the last naming.
    function pendingWallet(bytes32 party) external view returns (address newWallet, uint64 change);

    /// @notice Number of the party's current keys, from 1; zero for an unknown party. Every change of keys counts, also
    /// several in one block, so what carries this number says exactly which keys held when it was printed.
    function keyPeriod(bytes32 party) external view returns (uint64);

    /// @notice The keys of a period. Every period is kept, also one that ended in the block in which it began.
    /// Warning: a block may hold several periods, so a block number does not name one. Events name theirs.
    function keysOf(bytes32 party, uint64 period) external view returns (KeyPeriod memory);

    /// @notice Whether the account may admit: who decides on members also decides on the rules of a start.
    function mayAdmit(address account) external view returns (bool);
}
