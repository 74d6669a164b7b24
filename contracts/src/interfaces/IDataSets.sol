// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {DataSetVersion} from "../Types.sol";

/// @title Data sets, as commitments
/// @notice Versions count from 1; a change of the data is a new version. Owners act through their wallet or node signer.
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

    /// @notice Registers version 1 of a new data set, or the next version of one's own.
    /// Warning: ids are first come, first served. A name holds 128 random bits, so a taken one costs a new draw only.
    function register(
        bytes32 dataSet,
        bytes32 owner,
        uint32 version,
        bytes32 schemaHash,
        bytes32 inputRoot,
        uint64 rows,
        uint8 dataLevel,
        bytes32 legalBasis
    ) external;

    /// @notice Retires a version: it takes no new authorization and no new task. Also while suspended.
    function retire(bytes32 dataSet, uint32 version) external;

    /// @notice A third party's statement about a version (that it comes from its source, say). Recorded as an event only.
    function attest(bytes32 dataSet, uint32 version, bytes32 party, bytes32 statement) external;

    /// @notice The version; status None when there is none.
    function get(bytes32 dataSet, uint32 version) external view returns (DataSetVersion memory);

    /// @notice The newest version's number; 0 when there is none.
    function latest(bytes32 dataSet) external view returns (uint32);
}
