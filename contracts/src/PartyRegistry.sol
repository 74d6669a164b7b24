// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    FutureBlock,
    NoKeysAt,
    NotAllowed,
    PartyExists,
    PartyNotActive,
    PartyNotSuspended,
    UnknownParty,
    WalletIsNodeSigner,
    WalletTaken,
    ZeroValue
} from "./Errors.sol";
import {COMPUTE_PROVIDER, DATA_PROVIDER, PartyRecord, PartyStatus, RESULT_USER} from "./Types.sol";
import {IPartyRegistry} from "./interfaces/IPartyRegistry.sol";
import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";

/// @title Party registry
/// @notice See IPartyRegistry.
contract PartyRegistry is IPartyRegistry, AccessControl {
    /// @notice Admits, suspends and reinstates.
    bytes32 public constant ADMISSION_ROLE = keccak256("ADMISSION_ROLE");

    /// @dev Keys from a block on, until the next entry's block.
    struct KeyPeriod {
        uint64 fromBlock;
        address nodeSigner;
        bytes32 nodeKey;
        bytes32 sealKey;
    }

    mapping(bytes32 party => PartyRecord) private _parties;
    mapping(bytes32 party => KeyPeriod[]) private _keyHistory;

    /// @inheritdoc IPartyRegistry
    mapping(address wallet => bytes32) public partyOf;

    /// @param admin Holds the admission role and may hand it on.
    constructor(address admin) {
        if (admin == address(0)) revert ZeroValue("admin");
        _grantRole(DEFAULT_ADMIN_ROLE, admin);
        _grantRole(ADMISSION_ROLE, admin);
    }

    /// @inheritdoc IPartyRegistry
    function admit(
        bytes32 party,
        address wallet,
        address nodeSigner,
        bytes32 nodeKey,
        bytes32 sealKey,
        bytes32 operator,
        uint32 roles,
        bytes32 profileHash
    ) external onlyRole(ADMISSION_ROLE) {
        if (party == 0) revert ZeroValue("party");
        if (_parties[party].status != PartyStatus.None) revert PartyExists(party);
        if (roles == 0) revert ZeroValue("roles");
        if (roles & COMPUTE_PROVIDER != 0 && operator == 0) revert ZeroValue("operator");
        _requireKeys(roles, nodeSigner, nodeKey, sealKey);
        _takeWallet(party, wallet, nodeSigner);
        _parties[party] = PartyRecord({
            wallet: wallet,
            nodeSigner: nodeSigner,
            nodeKey: nodeKey,
            sealKey: sealKey,
            operator: operator,
            roles: roles,
            profileHash: profileHash,
            status: PartyStatus.Active
        });
        _keyHistory[party].push(KeyPeriod(uint64(block.number), nodeSigner, nodeKey, sealKey));
        emit PartyAdmitted(party, wallet, nodeSigner, nodeKey, sealKey, operator, roles, profileHash);
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
    function rotateKeys(bytes32 party, address nodeSigner, bytes32 nodeKey, bytes32 sealKey) external {
        PartyRecord storage record = _ofCaller(party);
        if (nodeSigner == record.wallet) revert WalletIsNodeSigner(nodeSigner);
        _requireKeys(record.roles, nodeSigner, nodeKey, sealKey);
        record.nodeSigner = nodeSigner;
        record.nodeKey = nodeKey;
        record.sealKey = sealKey;
        KeyPeriod[] storage history = _keyHistory[party];
        // Two rotations in one block leave the last: the history says what held at the end of each block.
        // slither-disable-next-line incorrect-equality - block numbers are whole
        if (history[history.length - 1].fromBlock == block.number) history.pop();
        history.push(KeyPeriod(uint64(block.number), nodeSigner, nodeKey, sealKey));
        emit KeysRotated(party, nodeSigner, nodeKey, sealKey);
    }

    /// @inheritdoc IPartyRegistry
    function changeWallet(bytes32 party, address newWallet) external {
        PartyRecord storage record = _ofCaller(party);
        if (record.status != PartyStatus.Active) revert PartyNotActive(party);
        _takeWallet(party, newWallet, record.nodeSigner);
        delete partyOf[msg.sender];
        record.wallet = newWallet;
        emit WalletChanged(party, msg.sender, newWallet);
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
    function keysAt(bytes32 party, uint256 blockNumber)
        external
        view
        returns (address nodeSigner, bytes32 nodeKey, bytes32 sealKey)
    {
        if (blockNumber > block.number) revert FutureBlock(blockNumber, block.number);
        KeyPeriod[] storage history = _keyHistory[party];
        // The first entry after the block; the one before it was valid.
        uint256 low = 0;
        uint256 high = history.length;
        while (low < high) {
            uint256 middle = (low + high) / 2;
            if (history[middle].fromBlock > blockNumber) high = middle;
            else low = middle + 1;
        }
        if (low == 0) revert NoKeysAt(party, blockNumber);
        KeyPeriod storage period = history[low - 1];
        return (period.nodeSigner, period.nodeKey, period.sealKey);
    }

    function _takeWallet(bytes32 party, address wallet, address nodeSigner) private {
        if (wallet == address(0)) revert ZeroValue("wallet");
        if (wallet == nodeSigner) revert WalletIsNodeSigner(wallet);
        if (partyOf[wallet] != 0) revert WalletTaken(wallet, partyOf[wallet]);
        partyOf[wallet] = party;
    }

    function _requireKeys(uint32 roles, address nodeSigner, bytes32 nodeKey, bytes32 sealKey) private pure {
        if (roles & (DATA_PROVIDER | COMPUTE_PROVIDER) != 0) {
            if (nodeSigner == address(0)) revert ZeroValue("nodeSigner");
            if (nodeKey == 0) revert ZeroValue("nodeKey");
        }
        if (roles & RESULT_USER != 0 && sealKey == 0) revert ZeroValue("sealKey");
    }

    function _known(bytes32 party) private view returns (PartyRecord storage record) {
        record = _parties[party];
        if (record.status == PartyStatus.None) revert UnknownParty(party);
    }

    function _ofCaller(bytes32 party) private view returns (PartyRecord storage record) {
        record = _known(party);
        if (msg.sender != record.wallet) revert NotAllowed(msg.sender, party);
    }
}
