// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Proposal, TaskState} from "../../src/Types.sol";
import {Fixture} from "../support/Fixture.sol";

/// @dev One task from proposal to attested result.
contract LifeTest is Fixture {
    function test_aTaskRunsToItsAttestedResult() public {
        Proposal memory p = _proposal();
        bytes32 id = _propose(p);
        _stateIs(id, TaskState.Proposed);
        bytes32[] memory authorizations = _consent(p);
        _start(p, authorizations);
        _stateIs(id, TaskState.Started);
        eq("uses", consents.get(authorizations[0]).usesLeft, 0);
        _commit(id, bank);
        _commit(id, exchange);
        _stateIs(id, TaskState.Started);
        _commit(id, hospital);
        _stateIs(id, TaskState.Completed);
        eq("run", tasks.get(id).runId, RUN);
        _attest(_attestation(id, laboratory), laboratory.walletKey);
    }
}
