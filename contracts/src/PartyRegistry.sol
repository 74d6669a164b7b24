// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    NoSuchPeriod,
    NoWalletChange,
    PartyExists,
    PartyNotActive,
    PartyNotSuspended,
    UnknownParty,
    WalletIsNodeSigner,
    WalletTaken,
    WrongOrdinal,
    ZeroValue
} from "./Errors.sol";
import {
    Admission,
    COMPUTE_PROVIDER,
    DATA_PROVIDER,
    KeyPeriod,
    KeyRotation,
    PartyRecord,
    PartyStatus,
    RESULT_USER
} from "./Types.sol";
import {Domain} from "./base/Domain.sol";
import {IPartyRegistry} from "./interfaces/IPartyRegistry.sol";
import {Registrations} from "./libraries/Registrations.sol";
import {Signatures} from "./libraries/Signatures.sol";
import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";

/// @title Party registry
/// @notice See IPartyRegistry.
contract PartyRegistry is IPartyRegistry, Domain, AccessControl {
    using Registrations for Admission;
    using Registrations for KeyRotation;

    /// @notice Admits, suspends and reinstates.
    bytes32 public constant ADMISSION_ROLE = keccak256("ADMISSION_ROLE");

    struct WalletChange {
        address newWallet;
        // How many were named so far.
        uint64 change;
    }

    mapping(bytes32 party => PartyRecord) private _parties;
    // Period n stands at n - 1.
    mapping(bytes32 party => KeyPeriod[]) private _keyHistory;

    /// @inheritdoc IPartyRegistry
    mapping(address wallet => bytes32) public partyOf;
    /// @inheritdoc IPartyRegistry
    mapping(bytes32 party => WalletChange) public pendingWallet;

    /// @param admin Holds the admission role and may hand it on.
    constructor(bytes32 deploymentId_, address admin) Domain(deploymentId_) {
        if (admin == address(0)) revert ZeroValue("admin");
        _grantRole(DEFAULT_ADMIN_ROLE, admin);
        _grantRole(ADMISSION_ROLE, admin);
    }

    /// @inheritdoc IPartyRegistry
    function admit(Admission calldata a, bytes calldata walletSignature, bytes calldata nodeSignature)
        external
        onlyRole(ADMISSION_ROLE)
    {
        if (a.party == 0) revert ZeroValue("party");
        if (_parties[a.party].status != PartyStatus.None) revert PartyExists(a.party);
        if (a.roles == 0) revert ZeroValue("roles");
        if (a.operator == 0) revert ZeroValue("operator");
        _requireKeys(a.roles, a.nodeSigner, a.nodeKey, a.sealKey);
        _requireFree(a.wallet, a.nodeSigner);
        bytes32 digest = _digest(a.hash());
        Signatures.requireWallet(a.wallet, digest, walletSignature);
        _requirePossession(a.nodeSigner, digest, nodeSignature);
        partyOf[a.wallet] = a.party;
        _parties[a.party] = PartyRecord({
            wallet: a.wallet,
            nodeSigner: a.nodeSigner,
            nodeKey: a.nodeKey,
            sealKey: a.sealKey,
            operator: a.operator,
            roles: a.roles,
            profileHash: a.profileHash,
            status: PartyStatus.Active
        });
        _keyHistory[a.party].push(KeyPeriod(uint64(block.number), a.nodeSigner, a.nodeKey, a.sealKey));
        emit PartyAdmitted(a.party, a.wallet, a.nodeSigner, a.nodeKey, a.sealKey, a.operator, a.roles, a.profileHash);
    }

    /// @inheritdoc IPartyRegistry
    function suspend(bytes32 party, bytes32 reason) external onlyRole(ADMISSION_ROLE) {
        PartyRecord storage record = _known(party);
        if (record.status != PartyStatus.Active) revert PartyNotActive(party);
        record.status = PartyStatus.Suspended;
        emit PartySuspended(party, reason);
    }

    /// @inheritdoc IPartyRegistry
    function reinstate(bytes32 party) external onlyRole(ADMISSION_ROLE) {
        PartyRecord storage record = _known(party);
        if (record.status != PartyStatus.Suspended) revert PartyNotSuspended(party);
        record.status = PartyStatus.Active;
        emit PartyReinstated(party);
    }

    /// @inheritdoc IPartyRegistry
    function rotateKeys(KeyRotation calldata r, bytes calldata nodeSignature, bytes calldata signature) external {
        PartyRecord storage record = _known(r.party);
        if (r.nodeSigner == record.wallet) revert WalletIsNodeSigner(r.nodeSigner);
        _requireKeys(record.roles, r.nodeSigner, r.nodeKey, r.sealKey);
        KeyPeriod[] storage history = _keyHistory[r.party];
        if (r.period != history.length + 1) revert WrongOrdinal(r.party, r.period, uint64(history.length + 1));
        bytes32 digest = _digest(r.hash());
        Signatures.requireDecision(record.wallet, digest, signature);
        _requirePossession(r.nodeSigner, digest, nodeSignature);
        record.nodeSigner = r.nodeSigner;
        record.nodeKey = r.nodeKey;
        record.sealKey = r.sealKey;
        history.push(KeyPeriod(uint64(block.number), r.nodeSigner, r.nodeKey, r.sealKey));
        emit KeysRotated(r.party, r.period, r.nodeSigner, r.nodeKey, r.sealKey);
    }

    /// @inheritdoc IPartyRegistry
    function changeWallet(bytes32 party, address newWallet, uint64 change, bytes calldata signature) external {
        PartyRecord storage record = _known(party);
        if (newWallet != address(0)) {
            if (record.status != PartyStatus.Active) revert PartyNotActive(party);
            _requireFree(newWallet, record.nodeSigner);
        }
        WalletChange storage pending = pendingWallet[party];
        if (change != pending.change + 1) revert WrongOrdinal(party, change, pending.change + 1);
        bytes32 digest = _digest(Registrations.hashWalletChange(party, newWallet, change));
        Signatures.requireDecision(record.wallet, digest, signature);
        pending.newWallet = newWallet;
        pending.change = change;
        emit WalletChangeNamed(party, newWallet, change);
    }

    /// @inheritdoc IPartyRegistry
    function acceptWallet(bytes32 party, bytes calldata signature) external {
        PartyRecord storage record = _known(party);
        if (record.status != PartyStatus.Active) revert PartyNotActive(party);
        WalletChange storage pending = pendingWallet[party];
        address newWallet = pending.newWallet;
        if (newWallet == address(0)) revert NoWalletChange(party);
        // Since it was named, another party may have taken it, or the node.
        _requireFree(newWallet, record.nodeSigner);
        // The same words that the old wallet decided: this party, this wallet, this change.
        bytes32 digest = _digest(Registrations.hashWalletChange(party, newWallet, pending.change));
        Signatures.requireDecision(newWallet, digest, signature);
        address oldWallet = record.wallet;
        delete partyOf[oldWallet];
        partyOf[newWallet] = party;
        record.wallet = newWallet;
        pending.newWallet = address(0);
        emit WalletChanged(party, oldWallet, newWallet);
    }

    /// @inheritdoc IPartyRegistry
    function get(bytes32 party) external view returns (PartyRecord memory) {
        return _known(party);
    }

    /// @inheritdoc IPartyRegistry
    function isActive(bytes32 party) external view returns (bool) {
        return _parties[party].status == PartyStatus.Active;
    }

    /// @inheritdoc IPartyRegistry
    function holdsRole(bytes32 party, uint32 role) external view returns (bool) {
        return _parties[party].roles & role == role;
    }

    /// @inheritdoc IPartyRegistry
    function mayAdmit(address account) external view returns (bool) {
        return hasRole(ADMISSION_ROLE, account);
    }

    /// @inheritdoc IPartyRegistry
    function keyPeriod(bytes32 party) external view returns (uint64) {
        return uint64(_keyHistory[party].length);
    }

    /// @inheritdoc IPartyRegistry
    function keysOf(bytes32 party, uint64 period) external view returns (KeyPeriod memory) {
        KeyPeriod[] storage history = _keyHistory[party];
        if (period == 0 || period > history.length) revert NoSuchPeriod(party, period);
        return history[period - 1];
    }

    /// @dev Free to become a party's wallet, beside that party's node signer.
    function _requireFree(address wallet, address nodeSigner) private view {
        if (wallet == address(0)) revert ZeroValue("wallet");
        if (wallet == nodeSigner) revert WalletIsNodeSigner(wallet);
        if (partyOf[wallet] != 0) revert WalletTaken(wallet, partyOf[wallet]);
    }

    function _requireKeys(uint32 roles, address nodeSigner, bytes32 nodeKey, bytes32 sealKey) private pure {
        bool hasNode = roles & (DATA_PROVIDER | COMPUTE_PROVIDER) != 0 || nodeSigner != address(0) || nodeKey != 0;
        if (hasNode) {
            if (nodeSigner == address(0)) revert ZeroValue("nodeSigner");
            if (nodeKey == 0) revert ZeroValue("nodeKey");
        }
        if (roles & RESULT_USER != 0 && sealKey == 0) revert ZeroValue("sealKey");
    }

    function _requirePossession(address nodeSigner, bytes32 digest, bytes calldata signature) private pure {
        if (nodeSigner != address(0)) Signatures.requireKey(nodeSigner, digest, signature);
    }

    function _known(bytes32 party) private view returns (PartyRecord storage record) {
        record = _parties[party];
        if (record.status == PartyStatus.None) revert UnknownParty(party);
    }
}
