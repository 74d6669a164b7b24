// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Fixture} from "../support/Fixture.sol";
import {Hashing} from "../support/Hashing.sol";
import {vm} from "../support/Vm.sol";

contract DomainTest is Fixture {
    function test_theSeparatorIsEip712s() public view {
        eq("tasks", tasks.domainSeparator(), Hashing.separator(731_337, address(tasks), DEPLOYMENT));
        eq("consents", consents.domainSeparator(), Hashing.separator(731_337, address(consents), DEPLOYMENT));
        eq("anchors", anchors.domainSeparator(), Hashing.separator(731_337, address(anchors), DEPLOYMENT));
    }

    function test_aForkedChainGetsItsOwnSeparator() public {
        vm.chainId(731_338);
        eq("forked", tasks.domainSeparator(), Hashing.separator(731_338, address(tasks), DEPLOYMENT));
    }

    /// @dev ERC-5267, from which wallets and tools learn the domain.
    function test_theDomainDescribesItself() public view {
        (
            bytes1 given,
            string memory name,
            string memory version,
            uint256 chainId,
            address home,
            bytes32 salt,
            uint256[] memory extensions
        ) = tasks.eip712Domain();
        eq("fields", given, hex"1f");
        eq("name", keccak256(bytes(name)), keccak256("Tallystick"));
        eq("version", keccak256(bytes(version)), keccak256("1"));
        eq("chain", chainId, block.chainid);
        eq("contract", home, address(tasks));
        eq("salt", salt, DEPLOYMENT);
        eq("extensions", extensions.length, 0);
        eq("deployment", tasks.deploymentId(), DEPLOYMENT);
    }
}
