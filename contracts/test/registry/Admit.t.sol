// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {PartyExists, UnknownParty, WalletIsNodeSigner, WalletTaken, ZeroValue} from "../../src/Errors.sol";
import {PartyRegistry} from "../../src/PartyRegistry.sol";
import {
    COMPUTE_PROVIDER,
    DATA_PROVIDER,
    PartyRecord,
    PartyStatus,
    REGULATOR,
    RESULT_USER,
    SCHEDULER
} from "../../src/Types.sol";
import {IPartyRegistry} from "../../src/interfaces/IPartyRegistry.sol";
import {Actor, Fixture} from "../support/Fixture.sol";
import {vm} from "../support/Vm.sol";
import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";

contract AdmitTest is Fixture {
    function test_admitRecordsAndEmitsEverything() public {
        vm.expectEmit(address(registry));
        emit IPartyRegistry.PartyAdmitted(
            stranger.id,
            stranger.wallet,
            stranger.node,
            _tls(stranger),
            _seal(stranger),
            "operator",
            DATA_PROVIDER | RESULT_USER,
            keccak256("profile")
        );
        _admit(stranger, DATA_PROVIDER | RESULT_USER, "operator");
        PartyRecord memory r = registry.get(stranger.id);
        eq("wallet", r.wallet, stranger.wallet);
        eq("nodeSigner", r.nodeSigner, stranger.node);
        eq("nodeKey", r.nodeKey, _tls(stranger));
        eq("sealKey", r.sealKey, _seal(stranger));
        eq("operator", r.operator, "operator");
        eq("roles", r.roles, DATA_PROVIDER | RESULT_USER);
        eq("profile", r.profileHash, keccak256("profile"));
        eq("status", uint8(r.status), uint8(PartyStatus.Active));
        eq("party of the wallet", registry.partyOf(stranger.wallet), stranger.id);
        yes("active", registry.isActive(stranger.id));
    }

    function test_onlyTheAdmissionRoleAdmits() public {
        vm.prank(stranger.wallet);
        vm.expectRevert(
            abi.encodeWithSelector(
                IAccessControl.AccessControlUnauthorizedAccount.selector, stranger.wallet, keccak256("ADMISSION_ROLE")
            )
        );
        registry.admit(stranger.id, stranger.wallet, stranger.node, "k", "s", "o", SCHEDULER, 0);
    }

    function test_admittingTwiceReverts() public {
        vm.expectRevert(abi.encodeWithSelector(PartyExists.selector, bank.id));
        _admit(bank, SCHEDULER, "operator");
    }

    function test_aWalletBelongsToOneParty() public {
        Actor memory twin = stranger;
        twin.wallet = bank.wallet;
        vm.expectRevert(abi.encodeWithSelector(WalletTaken.selector, bank.wallet, bank.id));
        _admit(twin, SCHEDULER, "operator");
    }

    function test_theWalletIsNeverTheNodeSigner() public {
        Actor memory lazy = stranger;
        lazy.node = lazy.wallet;
        vm.expectRevert(abi.encodeWithSelector(WalletIsNodeSigner.selector, lazy.wallet));
        _admit(lazy, SCHEDULER, "operator");
    }

    function test_requiredValues() public {
        address w = stranger.wallet;
        address n = stranger.node;
        _refused("party", 0, w, n, "k", "s", "o", SCHEDULER);
        _refused("wallet", "p", address(0), n, "k", "s", "o", SCHEDULER);
        _refused("roles", "p", w, n, "k", "s", "o", 0);
        _refused("nodeSigner", "p", w, address(0), "k", "s", "o", DATA_PROVIDER);
        _refused("nodeSigner", "p", w, address(0), "k", "s", "o", COMPUTE_PROVIDER);
        _refused("nodeKey", "p", w, n, 0, "s", "o", DATA_PROVIDER);
        _refused("operator", "p", w, n, "k", "s", 0, COMPUTE_PROVIDER);
        _refused("sealKey", "p", w, n, "k", 0, "o", RESULT_USER);
    }

    function test_aPartyWithoutANodeNeedsNoNodeKeys() public {
        vm.prank(admin);
        registry.admit("p", stranger.wallet, address(0), 0, "s", 0, RESULT_USER, 0);
        yes("active", registry.isActive("p"));
    }

    function test_aRegistryNeedsAnAdmin() public {
        vm.expectRevert(abi.encodeWithSelector(ZeroValue.selector, bytes32("admin")));
        new PartyRegistry(address(0));
    }

    function test_unknownPartiesAreNobody() public {
        no("active", registry.isActive(stranger.id));
        no("role", registry.holdsRole(stranger.id, REGULATOR));
        vm.expectRevert(abi.encodeWithSelector(UnknownParty.selector, stranger.id));
        registry.get(stranger.id);
    }

    function test_holdsRoleAsksForEveryBit() public view {
        yes("one", registry.holdsRole(bank.id, DATA_PROVIDER));
        yes("both", registry.holdsRole(bank.id, DATA_PROVIDER | COMPUTE_PROVIDER));
        no("one of two", registry.holdsRole(bank.id, DATA_PROVIDER | REGULATOR));
    }

    function _refused(
        bytes32 field,
        bytes32 party,
        address wallet,
        address node,
        bytes32 nodeKey,
        bytes32 sealKey,
        bytes32 operator,
        uint32 roles
    ) private {
        vm.prank(admin);
        vm.expectRevert(abi.encodeWithSelector(ZeroValue.selector, field));
        registry.admit(party, wallet, node, nodeKey, sealKey, operator, roles, 0);
    }
}
