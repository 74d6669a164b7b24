// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {PartyRecord} from "../Types.sol";

/// @title Who takes part: wallets, keys, operators, roles
/// @notice A party id is the keccak256 of the party's name. Parties are admitted by the admission role, which in
/// production is a contract that members vote through.
interface IPartyRegistry {
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
    event KeysRotated(bytes32 indexed party, address nodeSigner, bytes32 nodeKey, bytes32 sealKey);
    event WalletChanged(bytes32 indexed party, address oldWallet, address newWallet);

    /// @notice Admits a party. Only the admission role.
    /// @dev A wallet belongs to one party, and is never the same key as the node's. A data or compute provider needs both
    /// node keys, a compute provider an operator, a result user a seal key.
    /// Warning: id, operator and roles are for ever; another role means another party.
    function admit(
        bytes32 party,
        address wallet,
        address nodeSigner,
        bytes32 nodeKey,
        bytes32 sealKey,
        bytes32 operator,
        uint32 roles,
        bytes32 profileHash
    ) external;

    /// @notice Stops a party: it can neither start, commit, anchor nor attest. Only the admission role.
    /// Warning: takes effect on running tasks too; a task that waits for its commitment will expire.
    /// Warning: a suspended party can still revoke what it authorized.
    function suspend(bytes32 party, bytes32 reason) external;

    /// @notice Ends a suspension. Only the admission role.
    /// Warning: if the wallet was compromised, admit a new party instead: the keys are as the wallet left them.
    function reinstate(bytes32 party) external;

    /// @notice Replaces the node's keys. Only the party's wallet, also while suspended.
    /// @dev What the old key signed counts only if it reached the chain before.
    function rotateKeys(bytes32 party, address nodeSigner, bytes32 nodeKey, bytes32 sealKey) external;

    /// @notice Hands the party to another wallet. Only the party's wallet, and only while active.
    /// Warning: in one step. A wrong address cannot be undone.
    function changeWallet(bytes32 party, address newWallet) external;

    /// @notice The party as it is now. Reverts for an unknown one.
    function get(bytes32 party) external view returns (PartyRecord memory);

    /// @notice Whether the party is known and not suspended.
    function isActive(bytes32 party) external view returns (bool);

    /// @notice Whether the party was admitted with every bit of `role`.
    /// Warning: says nothing about suspension: a suspended regulator is still a regulator.
    function holdsRole(bytes32 party, uint32 role) external view returns (bool);

    /// @notice The party of a wallet, or zero.
    function partyOf(address wallet) external view returns (bytes32);

    /// @notice The keys that were valid at the end of a block.
    /// Warning: for the current block the answer may still change within the block.
    function keysAt(bytes32 party, uint256 blockNumber)
        external
        view
        returns (address nodeSigner, bytes32 nodeKey, bytes32 sealKey);
}
