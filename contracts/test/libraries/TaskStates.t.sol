// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {TaskState} from "../../src/Types.sol";
import {TaskStates} from "../../src/libraries/TaskStates.sol";
import {Check} from "../support/Vm.sol";

contract TaskStatesTest is Check {
    /// @dev The table once more, as a picture: rows from, columns to, in the order of the enum
    /// (None, Proposed, Started, Completed, Disputed, Aborted, Refused, Expired).
    bytes8[8] private table = [
        bytes8(".x......"),
        bytes8("..x..xxx"),
        bytes8("...xxxxx"),
        bytes8("........"),
        bytes8("........"),
        bytes8("........"),
        bytes8("........"),
        bytes8("........")
    ];

    function test_everyTransition() public view {
        for (uint8 from = 0; from < 8; from++) {
            for (uint8 to = 0; to < 8; to++) {
                bool wanted = table[from][to] == "x";
                yes("transition", TaskStates.allows(TaskState(from), TaskState(to)) == wanted);
            }
        }
    }

    function test_endedWithoutResult() public pure {
        for (uint8 state = 0; state < 8; state++) {
            yes("state", TaskStates.endedWithoutResult(TaskState(state)) == (state >= 4));
        }
    }
}
