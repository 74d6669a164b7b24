// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    NotOwner,
    OutOfRange,
    OwnAttestation,
    UnknownVersion,
    VersionRetired,
    WrongVersion,
    ZeroValue
} from "./Errors.sol";
import {DATA_PROVIDER, DataSetVersion, MAX_LEVEL, PartyRecord, VersionStatus} from "./Types.sol";
import {IDataSets} from "./interfaces/IDataSets.sol";
import {IPartyRegistry} from "./interfaces/IPartyRegistry.sol";
import {Parties} from "./libraries/Parties.sol";

/// @title Data sets
/// @notice See IDataSets.
contract DataSets is IDataSets {
    using Parties for IPartyRegistry;
    using Parties for PartyRecord;

    IPartyRegistry public immutable registry;

    mapping(bytes32 dataSet => mapping(uint32 version => DataSetVersion)) private _versions;

    /// @inheritdoc IDataSets
    mapping(bytes32 dataSet => uint32) public latest;

    constructor(IPartyRegistry registry_) {
        registry = registry_;
    }

    /// @inheritdoc IDataSets
    function register(
        bytes32 dataSet,
        bytes32 owner,
        uint32 version,
        bytes32 schemaHash,
        bytes32 inputRoot,
        uint64 rows,
        uint8 dataLevel,
        bytes32 legalBasis
    ) external {
        PartyRecord memory party = registry.requireActive(owner);
        party.requireCaller(owner);
        party.requireRole(owner, DATA_PROVIDER);
        if (dataSet == 0) revert ZeroValue("dataSet");
        if (schemaHash == 0) revert ZeroValue("schemaHash");
        if (inputRoot == 0) revert ZeroValue("inputRoot");
        if (dataLevel == 0 || dataLevel > MAX_LEVEL) revert OutOfRange("dataLevel", dataLevel, 1, MAX_LEVEL);
        uint32 last = latest[dataSet];
        if (last != 0 && _versions[dataSet][last].owner != owner) revert NotOwner(dataSet, owner);
        if (version != last + 1) revert WrongVersion(dataSet, version, last + 1);
        latest[dataSet] = version;
        _versions[dataSet][version] = DataSetVersion({
            owner: owner,
            schemaHash: schemaHash,
            inputRoot: inputRoot,
            rows: rows,
            dataLevel: dataLevel,
            legalBasis: legalBasis,
            status: VersionStatus.Active
        });
        emit DataSetRegistered(dataSet, version, owner, schemaHash, inputRoot, rows, dataLevel, legalBasis);
    }

    /// @inheritdoc IDataSets
    function retire(bytes32 dataSet, uint32 version) external {
        DataSetVersion storage it = _known(dataSet, version);
        registry.get(it.owner).requireCaller(it.owner);
        if (it.status == VersionStatus.Retired) revert VersionRetired(dataSet, version);
        it.status = VersionStatus.Retired;
        emit DataSetRetired(dataSet, version);
    }

    /// @inheritdoc IDataSets
    function attest(bytes32 dataSet, uint32 version, bytes32 party, bytes32 statement) external {
        if (_known(dataSet, version).owner == party) revert OwnAttestation(dataSet, party);
        registry.requireActive(party).requireCaller(party);
        emit DataSetAttested(dataSet, version, party, statement);
    }

    /// @inheritdoc IDataSets
    function get(bytes32 dataSet, uint32 version) external view returns (DataSetVersion memory) {
        return _versions[dataSet][version];
    }

    function _known(bytes32 dataSet, uint32 version) private view returns (DataSetVersion storage it) {
        it = _versions[dataSet][version];
        if (it.status == VersionStatus.None) revert UnknownVersion(dataSet, version);
    }
}
