// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {DataSetAttestation, DataSetRegistration, DataSetVersion} from "../Types.sol";

/// @title Data sets, as commitments
/// @notice Versions count from 1; a change of the data is a new version. Everything here is decided by a wallet, never by a
/// node: it calls with an empty signature, or anyone relays what it signed (EIP-712; EIP-1271 for a contract).
interface IDataSets {
    event DataSetRegistered(
        bytes32 indexed dataSet,
        uint32 indexed version,
        bytes32 indexed owner,
        bytes32 schemaHash,
        bytes32 inputRoot,
        uint64 rows,
        uint8 dataLevel,
        bytes32 legalBasis
    );
    event DataSetRetired(bytes32 indexed dataSet, uint32 indexed version);
    event DataSetAttested(bytes32 indexed dataSet, uint32 indexed version, bytes32 indexed party, bytes32 statement);

    /// @notice Registers version 1 of a new data set, or the next version of one's own. The owner's wallet decides.
    /// Warning: ids are first come, first served. A name holds 128 random bits, so a taken one costs a new draw only.
    /// Warning: what was signed stays good until that version is taken. Another registration of the same version ends it.
    function register(DataSetRegistration calldata r, bytes calldata signature) external;

    /// @notice Retires a version: it takes no new authorization and no new task. The owner's wallet decides, also while
    /// suspended.
    function retire(bytes32 dataSet, uint32 version, bytes calldata signature) external;

    /// @notice A third party's statement about a version (that it comes from its source, say). Its wallet decides; each
    /// statement once.
    function attest(DataSetAttestation calldata a, bytes calldata signature) external;

    /// @notice The version; status None when there is none.
    function get(bytes32 dataSet, uint32 version) external view returns (DataSetVersion memory);

    /// @notice The newest version's number; 0 when there is none.
    function latest(bytes32 dataSet) external view returns (uint32);
}
