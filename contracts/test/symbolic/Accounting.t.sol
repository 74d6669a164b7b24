// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Consents} from "../../src/Consents.sol";
import {
    Authorization,
    DataSetVersion,
    PartyRecord,
    PartyStatus,
    Release,
    ReleaseKind,
    TaskFacts,
    TaskState,
    UseState,
    VersionStatus
} from "../../src/Types.sol";
import {IDataSets} from "../../src/interfaces/IDataSets.sol";
import {IPartyRegistry} from "../../src/interfaces/IPartyRegistry.sol";
import {IPrograms} from "../../src/interfaces/IPrograms.sol";
import {TaskStates} from "../../src/libraries/TaskStates.sol";
import {MoodyWallet} from "../support/Wallets.sol";

// Proven for every value, not tried for some: `halmos --match-contract Symbolic` runs what begins with `check_`; forge
// does not. The registers are as small as they can be, and the wallet says yes, so that only the accounting is open.

contract SmallRegistry {
    PartyRecord private _party;

    constructor(address wallet) {
        _party.wallet = wallet;
        _party.status = PartyStatus.Active;
    }

    function get(bytes32) external view returns (PartyRecord memory) {
        return _party;
    }

    function isActive(bytes32) external pure returns (bool) {
        return true;
    }
}

contract SmallPrograms {
    function get(bytes32) external pure returns (Release memory engine) {
        engine.kind = ReleaseKind.Engine;
        engine.status = VersionStatus.Active;
    }

    function digestOf(bytes32[] calldata) external pure returns (bytes32) {
        return "digest";
    }
}

contract SmallDataSets {
    function get(bytes32, uint32) external pure returns (DataSetVersion memory version) {
        version.owner = "owner";
        version.inputRoot = "root";
        version.status = VersionStatus.Active;
    }
}

/// @dev In the place of Tasks.
contract SymbolicAccounting {
    Consents private consents;
    bool public paused;
    TaskState private state;

    function setUp() public {
        address wallet = address(new MoodyWallet());
        consents = new Consents(
            "deployment",
            IPartyRegistry(address(new SmallRegistry(wallet))),
            IDataSets(address(new SmallDataSets())),
            IPrograms(address(new SmallPrograms())),
            address(this)
        );
    }

    function stateOf(bytes32) external view returns (TaskState) {
        return state;
    }

    /// @dev I3: whatever three starts or reserves ask for, what they got and what is left are what was given.
    function check_usesNeverExceed(uint32 spent, uint32 first, uint32 second, uint32 third) public {
        (bytes32 digest, uint256 given) = _given(spent);
        uint256 taken = _take(digest, "one", first) + _take(digest, "other", second) + _take(digest, "one", third);
        assert(taken <= given);
        assert(consents.get(digest).usesLeft == given - taken);
        assert(consents.useOf("one", digest).uses + uint256(consents.useOf("other", digest).uses) == taken);
    }

    /// @dev What suffices is never refused, and what does not suffice always is.
    function check_whatIsLeftCanBeTaken(uint32 spent, uint32 first) public {
        (bytes32 digest, uint256 given) = _given(spent);
        uint256 taken = _take(digest, "one", first);
        assert(taken == (first <= given ? first : 0));
        uint32 left = consents.get(digest).usesLeft;
        assert(_take(digest, "other", left) == left);
        assert(consents.get(digest).usesLeft == 0);
    }

    /// @dev A return gives back what that task took, once, and only when it ended without a result.
    function check_aReturnIsExact(uint32 spent, uint32 first, uint32 second, uint8 end) public {
        if (end > uint8(TaskState.Expired)) return;
        (bytes32 digest, uint256 given) = _given(spent);
        uint256 taken = _take(digest, "one", first) + _take(digest, "one", second);
        state = TaskState(end);
        uint256 back = _return(digest, "one") + _return(digest, "one");
        assert(back == (state > TaskState.Completed ? taken : 0));
        assert(consents.get(digest).usesLeft == given - taken + back);
    }

    /// @dev Whatever is named, exactly what stands at or below the highest name is revoked.
    function check_revokedExactlyThrough(uint32 first, uint32 second) public {
        bytes32[3] memory digests = [_submit(1), _submit(2), _submit(3)];
        uint32 highest = _revokeAll(first);
        uint32 other = _revokeAll(second);
        if (other > highest) highest = other;
        for (uint32 i = 0; i < 3; i++) {
            bool revoked = i + 1 <= highest;
            assert(_take(digests[i], "one", 1) == (revoked ? 0 : 1));
        }
    }

    /// @dev The table skips no state and leads out of no end.
    function check_noStateIsSkipped(uint8 from, uint8 to) public pure {
        if (from > uint8(TaskState.Expired) || to > uint8(TaskState.Expired)) return;
        bool allowed = TaskStates.allows(TaskState(from), TaskState(to));
        if (TaskState(from) == TaskState.None) assert(allowed == (TaskState(to) == TaskState.Proposed));
        if (from > uint8(TaskState.Started)) assert(!allowed);
        if (to <= from) assert(!allowed);
        // A result is agreed on, or in dispute, only by those who ran.
        bool settles = TaskState(to) == TaskState.Completed || TaskState(to) == TaskState.Disputed;
        if (settles && allowed) assert(TaskState(from) == TaskState.Started);
    }

    /// @dev An authorization of which any number of uses may be left: all that there can be, less what another task took.
    function _given(uint32 spent) private returns (bytes32 digest, uint256 given) {
        digest = _submit(1);
        assert(_take(digest, "before", spent) == spent);
        return (digest, type(uint32).max - spent);
    }

    function _submit(uint256 nonce) private returns (bytes32) {
        Authorization memory a;
        a.dataSet = "set";
        a.inputRoot = "root";
        a.programs = new bytes32[](1);
        a.programsDigest = "digest";
        a.engine = "engine";
        a.resultUsers = new bytes32[](1);
        a.policy = "policy";
        a.maxUses = type(uint32).max;
        a.notAfter = type(uint64).max;
        a.minProtectionLevel = 1;
        a.nonce = nonce;
        consents.submit(a, "owner", "yes");
        return consents.digestOf(a);
    }

    function _take(bytes32 digest, bytes32 task, uint32 uses) private returns (uint256) {
        TaskFacts memory facts;
        facts.task = task;
        facts.dataSet = "set";
        facts.inputRoot = "root";
        facts.programs = new bytes32[](1);
        facts.engine = "engine";
        facts.resultUsers = keccak256(abi.encodePacked(new bytes32[](1)));
        facts.computeParties = keccak256("");
        facts.protectionLevel = 1;
        facts.uses = uses;
        try consents.consume(digest, facts) {
            return uses;
        } catch {
            return 0;
        }
    }

    function _return(bytes32 digest, bytes32 task) private returns (uint256) {
        uint256 before = consents.get(digest).usesLeft;
        try consents.returnUse(task, digest, "yes") {
            return consents.get(digest).usesLeft - before;
        } catch {
            return 0;
        }
    }

    function _revokeAll(uint32 through) private returns (uint32) {
        try consents.revokeAll("owner", through, "yes") {
            return through;
        } catch {
            return 0;
        }
    }
}
