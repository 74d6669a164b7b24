// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    AlreadyStated,
    NotOwner,
    OutOfRange,
    OwnAttestation,
    UnknownVersion,
    VersionRetired,
    WrongVersion,
    ZeroValue
} from "./Errors.sol";
import {
    DATA_PROVIDER,
    DataSetAttestation,
    DataSetRegistration,
    DataSetVersion,
    MAX_LEVEL,
    PartyRecord,
    VersionStatus
} from "./Types.sol";
import {Domain} from "./base/Domain.sol";
import {IDataSets} from "./interfaces/IDataSets.sol";
import {IPartyRegistry} from "./interfaces/IPartyRegistry.sol";
import {Parties} from "./libraries/Parties.sol";
import {Registrations} from "./libraries/Registrations.sol";
import {Signatures} from "./libraries/Signatures.sol";

/// @title Data sets
/// @notice See IDataSets.
contract DataSets is IDataSets, Domain {
    using Parties for IPartyRegistry;
    using Parties for PartyRecord;
    using Registrations for DataSetAttestation;
    using Registrations for DataSetRegistration;

    IPartyRegistry public immutable registry;

    mapping(bytes32 dataSet => mapping(uint32 version => DataSetVersion)) private _versions;

    /// @inheritdoc IDataSets
    mapping(bytes32 dataSet => uint32) public latest;

    mapping(bytes32 attestation => bool) private _stated;

    constructor(bytes32 deploymentId_, IPartyRegistry registry_) Domain(deploymentId_) {
        registry = registry_;
    }

    /// @inheritdoc IDataSets
    function register(DataSetRegistration calldata r, bytes calldata signature) external {
        PartyRecord memory party = registry.requireActive(r.owner);
        party.requireRole(r.owner, DATA_PROVIDER);
        if (r.dataSet == 0) revert ZeroValue("dataSet");
        if (r.schemaHash == 0) revert ZeroValue("schemaHash");
        if (r.inputRoot == 0) revert ZeroValue("inputRoot");
        if (r.dataLevel == 0 || r.dataLevel > MAX_LEVEL) revert OutOfRange("dataLevel", r.dataLevel, 1, MAX_LEVEL);
        uint32 last = latest[r.dataSet];
        if (last != 0 && _versions[r.dataSet][last].owner != r.owner) revert NotOwner(r.dataSet, r.owner);
        if (r.version != last + 1) revert WrongVersion(r.dataSet, r.version, last + 1);
        Signatures.requireDecision(party.wallet, _digest(r.hash()), signature);
        latest[r.dataSet] = r.version;
        _versions[r.dataSet][r.version] = DataSetVersion({
            owner: r.owner,
            schemaHash: r.schemaHash,
            inputRoot: r.inputRoot,
            rows: r.rows,
            dataLevel: r.dataLevel,
            legalBasis: r.legalBasis,
            status: VersionStatus.Active
        });
        emit DataSetRegistered(
            r.dataSet, r.version, r.owner, r.schemaHash, r.inputRoot, r.rows, r.dataLevel, r.legalBasis
        );
    }

    /// @inheritdoc IDataSets
    function retire(bytes32 dataSet, uint32 version, bytes calldata signature) external {
        DataSetVersion storage it = _known(dataSet, version);
        if (it.status == VersionStatus.Retired) revert VersionRetired(dataSet, version);
        bytes32 digest = _digest(Registrations.hashDataSetRetirement(dataSet, version));
        Signatures.requireDecision(registry.get(it.owner).wallet, digest, signature);
        it.status = VersionStatus.Retired;
        emit DataSetRetired(dataSet, version);
    }

    /// @inheritdoc IDataSets
    function attest(DataSetAttestation calldata a, bytes calldata signature) external {
        if (_known(a.dataSet, a.version).owner == a.party) revert OwnAttestation(a.dataSet, a.party);
        bytes32 digest = _digest(a.hash());
        if (_stated[digest]) revert AlreadyStated(a.dataSet, a.version, a.party, a.statement);
        Signatures.requireDecision(registry.requireActive(a.party).wallet, digest, signature);
        _stated[digest] = true;
        emit DataSetAttested(a.dataSet, a.version, a.party, a.statement);
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
