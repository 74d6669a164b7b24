"""Takes each defence out in turn and asks whether a test notices: ``python -m tools.mutants [WORD]``.

A mutant is one place where a defence stands, what stands there without it, and the tests that must fail then (mutation
testing: DeMillo, Lipton, Sayward, "Hints on Test Data Selection", 1978). Each runs in a copy of the tree. ``WORD`` takes
only the mutants whose name has it. A mutant that survives is a defence that nobody would miss.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tools.other_environment import ROOT

_LEFT_BEHIND: Final = shutil.ignore_patterns(
    ".git",
    ".venv*",
    "node_modules",
    "__pycache__",
    ".pytest_cache",
    ".hypothesis",
    ".ruff_cache",
    "out",
    "cache",
    "state",
)
_DEADLINE: Final = 600.0
_PACKAGES: Final = "audit_explorer/web/node_modules"
"""What the pages' tests need: shared by the copies, not copied."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """``file`` says ``defence`` once; ``without`` stands there instead. ``tests`` are pytest's arguments."""

    name: str
    file: str
    defence: str
    without: str
    tests: tuple[str, ...]


MUTANTS: Final = (
    Mutant(
        "link: what a receiver raises is not put down to the peer whose message it took",
        "mpc/link/inbox.py",
        "except Exception as error:  # noqa: BLE001 - handed on",
        "except ZeroDivisionError as error:",
        ("tests/unit/mpc/link/test_inbox.py", "-k", "raises_goes_to_the_loop"),
    ),
    Mutant(
        "evidence: rules about a kind of statement hold in its earlier versions",
        "protocol/verify_statements.py",
        "_COMPARED.get(statements.kind_of(statement))",
        "_COMPARED.get(type(statement))",
        ("tests/unit/protocol/test_verify.py", "-k", "lie_in_an_earlier"),
    ),
    Mutant(
        "evidence: a link's hash names what its frames are hashed with",
        "protocol/commitments.py",
        "LINK[self.version],",
        "LINK[1],",
        ("tests/unit/protocol/test_verify.py", "-k", "relabels"),
    ),
    Mutant(
        "comparison: sums that the highest bits leave open are told whole",
        "mpc/backends/fast/comparison.py",
        "if doubtful.size:",
        "if False:",
        ("tests/unit/mpc/backends/fast/test_comparison.py", "-k", "doubtful"),
    ),
    Mutant(
        "comparison: a bit's half tells nothing of the bit",
        "mpc/backends/fast/comparison.py",
        "kernels.halves_dealt(last, pads, count)",
        "kernels.halves_dealt(last, pads * np.uint64(0), count)",
        ("tests/unit/mpc/backends/fast/test_messages.py", "-k", "uniform and compare"),
    ),
    Mutant(
        "kernels: an opening of another length is refused before it is read",
        "mpc/backends/fast/kernels/native_trees.py",
        "check_wire(len(data), (size(a),), check_low_bytes(low) + TOP_BYTES)",
        "check_low_bytes(low)",
        ("tests/unit/mpc/backends/fast/kernels/test_trees.py", "-k", "does_not_fit"),
    ),
    Mutant(
        "sort: no party goes on with other answers than another",
        "mpc/backends/fast/ranking.py",
        "if bytes(theirs) != digest:",
        "if False:",
        ("tests/unit/mpc/backends/fast/test_ranking.py", "-k", "lie_about"),
    ),
    Mutant(
        "sort: answers that are no order are refused",
        "mpc/arrays/ordering.py",
        "if not np.array_equal(np.sort(rank, axis=1), np.broadcast_to(np.arange(k), rank.shape)):",
        "if False:",
        ("tests/unit/mpc/arrays/test_ordering.py", "-k", "contradictions"),
    ),
    Mutant(
        "shuffle: what a party hands over is masked",
        "mpc/backends/fast/shuffling.py",
        "half = kernels.add(half, party.key(k).elements(mask, shape))",
        "half = kernels.add(half, kernels.sub(half, half))",
        (
            "tests/unit/mpc/backends/fast/test_shuffling.py",
            "tests/unit/mpc/backends/fast/test_messages.py",
            "-k",
            "shuffl",
        ),
    ),
    Mutant(
        "permutations: an order that names a row twice is refused",
        "mpc/backends/fast/permuting.py",
        "if not np.array_equal(np.sort(missing), np.arange(rows)):",
        "if False:",
        ("tests/unit/mpc/backends/fast/test_permuting.py", "-k", "named_twice"),
    ),
    Mutant(
        "step functions: what the dealer knows is masked",
        "mpc/backends/fast/steps.py",
        "return (words >> np.uint64(64 - _HALF_BITS)).view(np.int64)",
        "return ((words & np.uint64(0)) + np.uint64(1)).view(np.int64)",
        ("tests/unit/mpc/backends/fast/test_steps.py", "-k", "uniform"),
    ),
    Mutant(
        "numbers: nothing is trained on a label of one class",
        "mpc/programs/both_classes.py",
        "if not found:",
        "if False:",
        ("tests/unit/mpc/programs/test_one_class.py", "-k", "rows or late"),
    ),
    Mutant(
        "numbers: a column too fine for the limit is refused by its owner",
        "mpc/programs/columns.py",
        "refuse(names, varies & (spread < limit * 2.0**-places),",
        "refuse(names, varies & (spread < 0),",
        ("tests/unit/mpc/programs/test_numbers.py", "-k", "finer and (rows or pooled or groupby)"),
    ),
    Mutant(
        "numbers: points of a curve are a minimum group apart",
        "mpc/programs/evaluation/binary/run.py",
        "rows // max(1, group) - 1",
        "rows - 1",
        ("tests/unit/mpc/programs/test_eval_binary.py", "-k", "picture"),
    ),
    Mutant(
        "group: no few people of any view are between two points of a curve",
        "mpc/programs/evaluation/binary/run.py",
        "if not parts else _seen(ranking, whole, places)",
        "",
        ("tests/unit/mpc/programs/test_group_attacks.py", "-k", "one_owner_s_people"),
    ),
    Mutant(
        "group: what was cut off of a few is not counted",
        "mpc/programs/evaluation/regression/run.py",
        "where(enough(seen, least), total, least)",
        "(total + 0 * enough(seen, least))",
        ("tests/unit/mpc/programs/test_group_attacks.py", "-k", "beyond_a_limit"),
    ),
    Mutant(
        "group: no flag of a coefficient that does not show",
        "mpc/programs/linear/ridge/run.py",
        "by_column, whole = shows.of_columns(by_column), shows.of_all(whole)",
        "pass",
        ("tests/unit/mpc/programs/test_group_attacks.py", "-k", "one_person_has_the_mark"),
    ),
    Mutant(
        "columns: what may be empty is refused before anybody signs",
        "protocol/columns.py",
        "if column.nullable:",
        "if False:",
        ("tests/unit/mpc/programs/test_declared_columns.py", "-k", "taken_and_refused"),
    ),
    Mutant(
        "columns: rows without an identifier are not matched by their place",
        "protocol/columns.py",
        "if identified.get(name) is False and",
        "if False and",
        ("tests/unit/mpc/programs/test_declared_columns.py", "-k", "identifier"),
    ),
    Mutant(
        "plans: a stranger's plan is ended by the kernel",
        "mpc/plan.py",
        "    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS + 1))",
        "",
        ("tests/unit/mpc/test_plan.py", "-k", "for_ever"),
    ),
    Mutant(
        "plans: every caller has its own budget",
        "orchestrator/services/planning.py",
        "if self._left(caller) <= 0:",
        "if False:",
        ("tests/unit/orchestrator/test_planning.py", "-k", "budget"),
    ),
    Mutant(
        "plans: what has no room is refused before a peer hears of it",
        "workers/child.py",
        "        self._require_room()",
        "",
        ("tests/unit/workers/test_child_room.py", "-k", "no_room"),
    ),
    Mutant(
        "plans: what needs more memory than the node has is refused before a peer hears of it",
        "workers/fitting.py",
        "beyond(memory)) is not None:",
        "beyond(memory)) is None:",
        ("tests/unit/workers/test_child_room.py", "-k", "more_memory"),
    ),
    Mutant(
        "consent: every field of the contract is compared",
        "protocol/ask.py",
        'return [*_walk("", _terms(agreed), _terms(contract))]',
        "return []",
        ("tests/unit/protocol/test_ask.py", "-k", "attack"),
    ),
    Mutant(
        "minimum group: rows that readers bring do not count",
        "mpc/programs/minimum_group.py",
        "others = frozenset(owners - context.readers)",
        "others = frozenset(owners)",
        ("tests/unit/mpc/programs/test_minimum_group.py", "-k", "own_rows"),
    ),
    Mutant(
        "minimum group: margins of hidden rows are not small",
        "mpc/programs/minimum_group.py",
        "kept = kept * (1 - smallest * _at_risk(counts, kept, least))",
        "",
        ("tests/unit/mpc/programs/test_minimum_group.py", "-k", "margins or example"),
    ),
    Mutant(
        "minimum group: neighbouring points of a curve differ by enough",
        "mpc/programs/minimum_group.py",
        "good = enough(stack([steps, now]), least)",
        "good = enough(now, least)",
        ("tests/unit/mpc/programs/test_minimum_group.py", "-k", "curve"),
    ),
    Mutant(
        "minimum group: a model has three rows for each of its numbers",
        "mpc/programs/minimum_group.py",
        "ROWS_EACH * numbers if guarded(context) else 0",
        "0",
        ("tests/unit/mpc/programs/test_group_attacks.py", "-k", "models_of_a_few_rows"),
    ),
    Mutant(
        "minimum group: sums over few values are counts",
        "mpc/programs/stats/describe/run.py",
        "    if guarded(context):\n        shown",
        "    if False:\n        shown",
        ("tests/unit/mpc/programs/test_group_attacks.py", "-k", "sums_that_are_counts"),
    ),
    Mutant(
        "minimum group: two tables by groups in one task",
        "mpc/workflow/graph.py",
        "    if crossing:",
        "    if False:",
        ("tests/unit/protocol/test_grouping.py", "-k", "inside_groups"),
    ),
    Mutant(
        "minimum group: order statistics need the owners' word",
        "protocol/support.py",
        'or (support == "order-statistic" and minimum_group > 1)',
        "",
        ("tests/unit/protocol/test_support.py", "-k", "order_statistics"),
    ),
    Mutant(
        "consent: outputs about single people are named",
        "workers/policy.py",
        "*not_opted_in(ask, contract, programs)",
        "",
        ("tests/unit/workers/test_checks.py", "-k", "single_people"),
    ),
    Mutant(
        "consent: successors need the owner's word",
        "protocol/offers.py",
        "(message.approved_successors and releases.succeeds(named, asked))",
        "releases.succeeds(named, asked)",
        ("tests/unit/protocol/test_offers.py", "-k", "attack"),
    ),
    Mutant(
        "consent: successors need an approved succession",
        "protocol/offers.py",
        "(message.approved_successors and releases.succeeds(named, asked))",
        "message.approved_successors",
        ("tests/unit/protocol/test_offers.py", "-k", "attack"),
    ),
    Mutant(
        "sign-in: the coordinator takes only the messages that it made",
        "protocol/sign_in.py",
        "if not hmac.compare_digest(signed.sign_in.seal(key), signed.seal):",
        "if False:",
        ("tests/unit/protocol/test_sign_in.py", "-k", "did_not_make"),
    ),
    Mutant(
        "sign-in: a page of another site reads nothing with somebody's cookie",
        "orchestrator/api/security.py",
        """    require_own_site(request, context)
    with context.database""",
        "    with context.database",
        ("tests/integration/orchestrator/test_signing_in.py", "-k", "another_site"),
    ),
    Mutant(
        "sign-in: being signed in is not enough to act",
        "orchestrator/api/security.py",
        "TokenHolder = Annotated[str, Depends(_by_token)]",
        "TokenHolder = Annotated[str, Depends(reading)]",
        ("tests/integration/orchestrator/test_signing_in.py", "-k", "stolen_session"),
    ),
    Mutant(
        "sign-in: a session ends with the wallet that opened it",
        "orchestrator/services/signing_in.py",
        """    if party.wallet != row["wallet"]:""",
        "    if False:",
        ("tests/integration/orchestrator/test_signing_in.py", "-k", "with_the_wallet"),
    ),
    Mutant(
        "keys: nobody but the registered wallet gives one, over its very words",
        "orchestrator/services/access_keys.py",
        """    return require_wallet(
        chain, require_party(tx, request.message.party), request.message.digest(domain), request.signature
    )""",
        "    return Accepted(request.signature)",
        ("tests/integration/orchestrator/test_access_keys.py", "-k", "other_words"),
    ),
    Mutant(
        "webhooks: a name that stands for a closed address is posted nothing",
        "orchestrator/dispatch/posting.py",
        "if not found.open and not all(is_public(answer) for answer in answers):",
        "if False:",
        ("tests/integration/orchestrator/test_posting.py",),
    ),
    Mutant(
        "webhooks: a party's next wallet hears nothing at the address of the one before",
        "orchestrator/engine/delivering.py",
        """return party.active and party.wallet == row["wallet"]""",
        "return True",
        ("tests/integration/orchestrator/test_webhooks.py", "-k", "wallet"),
    ),
    Mutant(
        "keys: one opens what its wallet signed, and nothing else",
        "orchestrator/services/access_keys.py",
        """if not set(scopes) & set(row["scopes"]):""",
        "if False:",
        ("tests/integration/orchestrator/test_access_keys.py", "-k", "scope_alone"),
    ),
    Mutant(
        "keys: a revoked one stays revoked",
        "orchestrator/services/access_keys.py",
        """    if row["revoked_at"] is not None:""",
        "    if False:",
        ("tests/integration/orchestrator/test_access_keys.py", "-k", "given_again"),
    ),
    Mutant(
        "streams: who may read is asked again before more is told",
        "orchestrator/api/events.py",
        """    still_reading(request, context, reader)
    with context.database.transaction() as tx:
        row""",
        """    with context.database.transaction() as tx:
        row""",
        ("tests/integration/orchestrator/test_events.py", "-k", "outlives"),
    ),
    Mutant(
        "strangers: the explorer holds no token that reads more than evidence",
        "audit_explorer/sessions.py",
        "message.resource != access.EVIDENCE",
        "False",
        ("tests/unit/audit_explorer/test_sessions.py", "-k", "more_than_it_needs"),
    ),
    Mutant(
        "strangers: a token for evidence opens nothing else",
        "protocol/access.py",
        "access.resource == EVIDENCE and resource.split",
        "access.resource == EVIDENCE or resource.split",
        ("tests/unit/protocol/test_access.py",),
    ),
    Mutant(
        "spoofing: texts are one line of visible characters",
        "protocol/record.py",
        '        if found := unprintable(value):\n            raise self._wrong(key, f"one line of visible characters ({found} is none)")\n',
        "",
        ("tests/unit/protocol/test_record.py", "-k", "attack"),
    ),
    Mutant(
        "spoofing: users' words stay in their quotation marks",
        "protocol/sentences.py",
        "_INSIDE.get(unicodedata.category(sign), sign)",
        "sign",
        ("tests/unit/protocol/test_sentences.py", "-k", "attack"),
    ),
    Mutant(
        "spoofing: names that look alike",
        "protocol/ids.py",
        "name = name.replace(shown, like)",
        "pass",
        ("tests/unit/protocol/test_ids.py",),
    ),
    Mutant(
        "keys: an application is signed by its wallet",
        "protocol/enrolment.py",
        "if not accepts(enrolment.wallet, digest, self.wallet_signature):",
        "if False:",
        ("tests/unit/protocol/test_enrolment.py", "-k", "attack"),
    ),
    Mutant(
        "keys: an application is signed by its node signer",
        "protocol/enrolment.py",
        "if not key_signed(enrolment.node_signer, digest, self.node_signature):",
        "if False:",
        ("tests/unit/protocol/test_enrolment.py", "-k", "attack"),
    ),
    Mutant(
        "signatures: the upper half of s is refused",
        "protocol/typed.py",
        "if s > secp256k1.ORDER // 2:",
        "if False:",
        ("tests/unit/protocol/test_typed.py",),
    ),
    Mutant(
        "engine: a node refuses what is not the published code",
        "workers/checks.py",
        "        if facts.code_digest != digest:\n            said",
        "        if False:\n            said",
        ("tests/unit/workers/test_checks.py", "-k", "attack_an_engine"),
    ),
    Mutant(
        "engine: nodes with different engines do not pair",
        "mpc/link/hello.py",
        "if hello.engine_digest != config.engine_digest:",
        "if False:",
        ("tests/unit/mpc/link", "tests/integration/mpc_link/test_hostile.py", "-k", "engine"),
    ),
    Mutant(
        "receipts: a sender is known before its body is read",
        "orchestrator/api/strict.py",
        "digest = await self._sender(request) if self._sender is not None else None\n            await reader.read(digest)",
        "await reader.read(None)\n            digest = await self._sender(request) if self._sender is not None else None",
        ("tests/unit/orchestrator/test_api.py", "-k", "attack"),
    ),
    Mutant(
        "receipts: the body is the signed one",
        "orchestrator/api/strict.py",
        "if digest is not None and sha256(body).digest() != digest:",
        "if False:",
        ("tests/unit/orchestrator/test_api.py", "-k", "attack"),
    ),
    Mutant(
        "strangers: the oldest of an address makes room",
        "mpc/link/strangers.py",
        "self._evict(of_address[0])",
        "pass",
        ("tests/unit/mpc/link/test_strangers.py",),
    ),
    Mutant(
        "alignment: the helper tells no positions below the minimum",
        "mpc/programs/alignment/psi_align/run.py",
        "if size < _least(context):",
        "if False:",
        ("tests/unit/mpc/programs/test_psi_align.py", "-k", "attack"),
    ),
    Mutant(
        "joins: the helper tells nobody anything where too few match",
        "mpc/programs/alignment/psi_join/run.py",
        'sizes.data() if enough else b""',
        "sizes.data()",
        ("tests/unit/mpc/programs/test_psi_join.py", "-k", "attack_where_too_few"),
    ),
    Mutant(
        "joins: what is of a few of the joined rows hides",
        "mpc/programs/alignment/psi_join/rare.py",
        "return rest + alone * self.few < 1",
        "return rest * 0 < 1",
        ("tests/unit/mpc/programs/test_psi_join.py", "-k", "attack_a_value"),
    ),
    Mutant(
        "joins: a table lacks none of the rows, or enough of them",
        "mpc/programs/alignment/psi_join/run.py",
        "return not guarded(context) or not any(",
        "return True or not any(",
        ("tests/unit/mpc/programs/test_psi_join.py", "-k", "attack_a_few"),
    ),
    Mutant(
        "evidence: the consent's wallet is the one that the contract checked",
        "protocol/verify_consents.py",
        "if signer.lower() != recorded.wallet.lower():",
        "if False:",
        ("tests/unit/protocol/test_verify.py", "-k", "attack or wallet"),
    ),
    Mutant(
        "evidence: the logs of all in a started task are asked for",
        "protocol/verify_logs.py",
        "if absent := [party for party in story.owing if party not in story.logs]:",
        "if absent := list[str]():",
        ("tests/unit/protocol/test_attack_left_out.py", "-k", "log"),
    ),
    Mutant(
        "evidence: what a party stated is whole",
        "protocol/verify_logs.py",
        "        _own_list(story, party)\n        require_whole(story, party)\n",
        "        _own_list(story, party)\n",
        ("tests/unit/protocol/test_verify.py", "-k", "attack_leaving_a_statement_out"),
    ),
    Mutant(
        "evidence: a party's list has all its own entries",
        "protocol/verify_logs.py",
        "if left_out := before - set(listed):",
        "if left_out := set[int]():",
        ("tests/unit/protocol/test_attack_left_out.py", "-k", "attack_a_list"),
    ),
    Mutant(
        "evidence: as many commitments as the chain took",
        "protocol/verify_steps.py",
        "if len(story.commitments) < expected:",
        "if False:",
        ("tests/unit/protocol/test_attack_left_out.py", "-k", "commitments"),
    ),
    Mutant(
        "evidence: the end of a task is the chain's",
        "protocol/verify_steps.py",
        "    _shown_end(story)\n    found",
        "    found",
        ("tests/unit/protocol/test_attack_left_out.py", "-k", "attack_the_end"),
    ),
    Mutant(
        "evidence: every field of a statement is compared",
        "protocol/verify_steps.py",
        "    compared(story)\n",
        "",
        ("tests/unit/protocol/test_attack_left_out.py", "-k", "field"),
    ),
    Mutant(
        "evidence: a failed transaction says nothing",
        "protocol/ledger.py",
        "if not receipt.succeeded:",
        "if False:",
        ("tests/unit/protocol/test_attack_left_out.py", "-k", "failed_transaction"),
    ),
    Mutant(
        "evidence: only the contracts of the trust root are heard",
        "protocol/ledger.py",
        "if log.address in contracts:\n                    event = events.decode(contracts[log.address], ",
        "if True:\n                    event = events.decode(contracts.get(log.address, 'Tasks'), ",
        ("tests/unit/protocol/test_attack_left_out.py", "-k", "trust_root"),
    ),
    Mutant(
        "evidence: only logs of who is in the task",
        "protocol/story.py",
        "len(logs) != len(material.logs) or stranger:",
        "len(logs) != len(material.logs):",
        ("tests/unit/protocol/test_attack_left_out.py", "-k", "has_no_part"),
    ),
    Mutant(
        "evidence: ended tasks of others do not fill a node's log",
        "workers/jobs/settle.py",
        "not (entries or self._missed(job))",
        "not (entries or job)",
        ("tests/unit/workers/jobs/test_failures.py", "-k", "attack_ended"),
    ),
    Mutant(
        "idempotency: a key is its caller's own",
        "orchestrator/store/work.py",
        "FROM idempotency WHERE caller = %s AND route = %s AND key = %s",
        "FROM idempotency WHERE %s <> '' AND route = %s AND key = %s",
        ("tests/integration/orchestrator/test_callers.py", "-k", "keys_of_others"),
    ),
    Mutant(
        "idempotency: who asks has signed",
        "orchestrator/services/submission.py",
        "return require_wallet(chain, require_party(tx, contract.proposer), proposal, signature)",
        "return require_wallet(chain, require_party(tx, contract.proposer), proposal, signature) if not signature else Accepted(signature)",
        ("tests/integration/orchestrator/test_callers.py", "-k", "keys_of_others"),
    ),
    Mutant(
        "health: the parts are for parties",
        "orchestrator/api/system.py",
        "    return Standing(_health(context).status)",
        "    return _health(context)  # type: ignore[return-value]",
        ("tests/unit/orchestrator/test_api.py", "-k", "health"),
    ),
    Mutant(
        "explorer: its role reads no names of data sets",
        "orchestrator/store/migrations/0017.readers.sql",
        "FROM tally.names WHERE kind IN ('party', 'program', 'engine') AND",
        "FROM tally.names WHERE",
        ("tests/browser/test_explorer.py", "-k", "looks_for_words"),
    ),
    Mutant(
        "explorer: a reader finds its own tasks and no others",
        "orchestrator/store/migrations/0017.readers.sql",
        "WHERE party = explorer.reader() AND kind NOT IN",
        "WHERE party = '*' AND kind NOT IN",
        ("tests/integration/web/test_rooms.py", "-k", "attack"),
    ),
    Mutant(
        "explorer: forms of other sites are refused",
        "audit_explorer/sessions.py",
        'if not secret or site != "same-origin" or not',
        "if False and not",
        ("tests/unit/audit_explorer/test_sessions.py", "-k", "attack"),
    ),
    Mutant(
        "explorer: a token is taken only when the coordinator takes it",
        "audit_explorer/sessions.py",
        "        check(token)\n",
        "",
        ("tests/unit/audit_explorer/test_sessions.py", "-k", "opens_nothing"),
    ),
    Mutant(
        "company: addresses only of running tasks",
        "orchestrator/store/receipts.py",
        " WHERE t.state = 'started')",
        ")",
        ("tests/integration/orchestrator/test_company.py", "-k", "addresses"),
    ),
    Mutant(
        "company: addresses only of those one works with",
        "orchestrator/store/receipts.py",
        "mine.part IN ('committee', 'owner', 'auditor')",
        "true",
        ("tests/integration/orchestrator/test_company.py", "-k", "addresses"),
    ),
    Mutant(
        "company: named readers, and no others, are told columns",
        "orchestrator/services/registry.py",
        'described = described and reader in (None, owner, *kept["readers"])',
        "pass",
        ("tests/integration/orchestrator/test_company.py", "-k", "audience"),
    ),
    Mutant(
        "company: only its owner widens an audience",
        "orchestrator/services/enrolling.py",
        "if descriptor.owner != party:",
        "if False:",
        ("tests/integration/orchestrator/test_company.py", "-k", "widens"),
    ),
    Mutant(
        "invitations: a code is used once",
        "orchestrator/services/inviting.py",
        "usable = used_for == application or (used_for is None and now < not_after)",
        "usable = now < not_after",
        ("tests/integration/orchestrator/test_invitations.py", "-k", "twice or at_once"),
    ),
    Mutant(
        "invitations: a code expires",
        "orchestrator/services/inviting.py",
        "(used_for is None and now < not_after)",
        "(used_for is None)",
        ("tests/integration/orchestrator/test_invitations.py", "-k", "expired"),
    ),
    Mutant(
        "invitations: a code is for one name",
        "orchestrator/store/invitations.py",
        "FROM invitations WHERE party = %s ORDER BY",
        "FROM invitations WHERE %s <> '' ORDER BY",
        ("tests/integration/orchestrator/test_invitations.py", "-k", "another_name"),
    ),
    Mutant(
        "admission: what a coordinator gives needs the applicant's word",
        "cli/admitting.py",
        "if fingerprint is None and not brought:",
        "if False:",
        ("tests/unit/cli/test_applying.py", "-k", "attack"),
    ),
    Mutant(
        "admission: the application is that of the party that was asked for",
        "cli/admitting.py",
        "if enrolment.party != party:",
        "if False:",
        ("tests/unit/cli/test_applying.py", "-k", "attack"),
    ),
    Mutant(
        "logins: an older envelope is refused",
        "protocol/credentials.py",
        "if found.issued <= after:",
        "if False:",
        ("tests/unit/workers/test_broker.py", "-k", "attack"),
    ),
    Mutant(
        "logins: an envelope that locks out all later ones is refused",
        "protocol/credentials.py",
        "if found.issued > now + SKEW:",
        "if False:",
        ("tests/unit/protocol/test_credentials.py", "-k", "attack"),
    ),
    Mutant(
        "logins: what is sealed is for whom the envelope says",
        "protocol/credentials.py",
        "if (credentials.party, credentials.issued) != (party, found.issued):",
        "if False:",
        ("tests/unit/protocol/test_credentials.py", "-k", "attack"),
    ),
    Mutant(
        "logins: a place leads nowhere else",
        "protocol/credentials.py",
        "if _PLACES[self.transport].fullmatch(self.place) is None:",
        "if False:",
        ("tests/unit/protocol/test_credentials.py", "-k", "attack"),
    ),
    Mutant(
        "logins: whoever is suspended loses its own",
        "orchestrator/store/credentials.py",
        "AND NOT EXISTS (SELECT FROM parties_now p WHERE p.party_id = c.party_id AND p.active)",
        "AND false",
        ("tests/integration/orchestrator/test_credentials.py", "-k", "suspension"),
    ),
    Mutant(
        "logins: they are sealed to the key that the chain holds now",
        "orchestrator/store/credentials.py",
        "AND (c.sealed IS NULL OR c.seal_key <> p.seal_key)",
        "AND c.sealed IS NULL",
        ("tests/integration/orchestrator/test_credentials.py", "-k", "new_keys"),
    ),
    Mutant(
        "logins: another's user of the same name stays",
        "orchestrator/dispatch/issuing.py",
        'and self._ask("GET", inside):',
        "and True:",
        ("tests/integration/deploy/test_rabbitmq.py", "-k", "attack"),
    ),
    Mutant(
        "logins: a broker's certificate is its own",
        "protocol/credentials.py",
        '"server_hostname": None}',
        "}",
        ("tests/integration/node/test_broker_tls.py",),
    ),
    Mutant(
        "applications: the list is the offices'",
        "orchestrator/services/enrolling.py",
        "if not any(found.holds(role) for role in OFFICES):",
        "if False:",
        ("tests/integration/orchestrator/test_credentials.py", "-k", "offices_alone"),
    ),
    Mutant(
        "invitations: nobody else applies where they are asked for",
        "orchestrator/services/enrolling.py",
        "if invited_only and not invited and not own:",
        "if False:",
        ("tests/integration/orchestrator/test_invitations.py", "-k", "the_office_sees_it"),
    ),
    Mutant(
        "results: no label of another party runs in a spreadsheet",
        "client/result_file.py",
        "[*map(harmless, row), value]",
        "[*row, value]",
        ("tests/unit/client/test_result_file.py", "-k", "attack"),
    ),
    Mutant(
        "sources: a query is one SELECT by itself (MySQL)",
        "workers/sources/mysql.py",
        'self._do(f"EXPLAIN {self._query}")',
        "",
        ("tests/integration/sources/test_mysql.py", "-k", "one_select"),
    ),
    Mutant(
        "sources: a database is only read (PostgreSQL)",
        "workers/sources/postgresql.py",
        "connection.read_only = True",
        "",
        ("tests/integration/sources/test_postgresql.py", "-k", "one_select"),
    ),
    Mutant(
        "sources: a URL that others can read is refused",
        "workers/sources/database.py",
        "disk.read_private(path, _URL_BYTES)",
        "path.read_bytes()",
        ("tests/integration/sources/test_postgresql.py", "-k", "others_can_read"),
    ),
    Mutant(
        "sources: a workbook's parts are as large as they say",
        "workers/sources/workbook.py",
        "_unpacked(file, part.compress_size, part.file_size) == part.file_size",
        "True",
        ("tests/unit/workers/sources/test_excel_file.py", "-k", "unpacks_to_more"),
    ),
    Mutant(
        "sources: cells lie where they are counted",
        "workers/sources/workbook.py",
        "if found is None or int(found[2]) != self._row:",
        "if found is None:",
        ("tests/unit/workers/sources/test_excel_file.py", "-k", "lies_elsewhere and A1048576"),
    ),
    Mutant(
        "sources: an error in a workbook is no empty cell",
        "workers/sources/excel_file.py",
        "row[place] = error",
        "_ = error",
        ("tests/unit/workers/sources/test_excel_file.py", "-k", "values_is_refused or edges"),
    ),
    Mutant(
        "ranges: a run with peers raises faults of the rows, and keeps none",
        "mpc/workflow/runner.py",
        "if faults.noticing():",
        "if False:",
        ("tests/unit/mpc/programs/test_dry_run.py", "-k", "never_keeps"),
    ),
    Mutant(
        "signing: rows that cannot do the task stop the wallet",
        "tallystick/consents.py",
        "if report is not None and report.stops:",
        "if False:",
        ("tests/unit/client/test_sign_command.py", "-k", "unless_anyway"),
    ),
    Mutant(
        "check: no policy of the node's own is passed over before signing",
        "workers/local_check.py",
        'found = [_reason("check.policy", data_set, "; ".join(beyond))] if beyond else []',
        "found = list[Finding]()",
        ("tests/unit/workers/test_local_check.py", "-k", "own_policy"),
    ),
    Mutant(
        "sender: a replica far behind does not have the whole history signed anew",
        "chain/sender.py",
        "if lowest - mined > _GAP:",
        "if False:",
        ("tests/unit/chain/test_sender.py", "-k", "far_behind"),
    ),
    Mutant(
        "contract: a parameter's text that would turn the sentence round is refused",
        "protocol/codec.py",
        "if isinstance(value, str) and (found := unprintable(value)):",
        "if isinstance(value, str) and (found := ''):",
        ("tests/unit/protocol/test_contract.py", "-k", "parameter_that_looks"),
    ),
    Mutant(
        "pages: the wallet is not asked for what the contract does not need",
        "audit_explorer/web/src/protocol/offers.ts",
        "if (differing.length > 0) {",
        "if (differing.length > 99) {",
        ("tests/integration/web/test_agreement.py", "-k", "every_rule"),
    ),
    Mutant(
        "pages: the browser asks whether a party's statements are whole",
        "audit_explorer/web/src/verify/logs.ts",
        "    requireWhole(story, party);\n  }\n  return {",
        "  }\n  return {",
        ("tests/integration/web/test_verification.py", "-k", "stories_are_found_alike and completed"),
    ),
    Mutant(
        "pages: the browser counts no event of a block that nothing makes real",
        "audit_explorer/web/src/verify/verify.ts",
        'if ("lacking" in binding) {',
        "if (false) {",
        ("tests/integration/web/test_verification.py", "-k", "trust_roots"),
    ),
    Mutant(
        "pages: typed data of the coordinator that is not the derived one is refused",
        "audit_explorer/web/src/api/review.ts",
        '...(same(inLowerCase(given), typedData(Authorization, message, domain)) ? [] : ["the typed data"]),',
        "",
        ("tests/integration/web/test_typescript.py", "-k", "own_tests"),
    ),
    Mutant(
        "pages: a sentence that is not the contract's is refused",
        "audit_explorer/web/src/api/review.ts",
        '[] : ["the sentence"]',
        "[] : []",
        ("tests/integration/web/test_typescript.py", "-k", "own_tests"),
    ),
    Mutant(
        "pages: a key that occurs twice is refused, whichever of them is meant",
        "audit_explorer/web/src/base/json.ts",
        "if (found.has(name)) twice ??= name;",
        "",
        ("tests/integration/web/test_agreement.py", "-k", "readers_differ"),
    ),
    Mutant(
        "pages: characters that hide or turn round what stands beside them are refused",
        "audit_explorer/web/src/base/text.ts",
        "const UNPRINTABLE = /[\\p{Cc}\\p{Cf}",
        "const UNPRINTABLE = /[\\p{Cc}",
        ("tests/integration/web/test_agreement.py", "-k", "readers_differ"),
    ),
    Mutant(
        "explorer: only the page that computes may run a script",
        "audit_explorer/security.py",
        "if own in self._chosen:",
        "if True:",
        ("tests/unit/audit_explorer/test_app.py", "-k", "only_the_page"),
    ),
)


def broken(tree: Path, mutant: Mutant) -> None:
    """Take the defence out; :class:`ValueError` where it is not there once."""
    path = tree / mutant.file
    text = path.read_text("utf-8")
    if text.count(mutant.defence) != 1:
        raise ValueError(f"{mutant.file} says {text.count(mutant.defence)} times: {mutant.defence}")
    path.write_text(text.replace(mutant.defence, mutant.without), "utf-8")


def noticed(mutant: Mutant, tree: Path) -> bool:
    """Whether a test fails without the defence. Tests that cannot even start (exit codes above 1) notice nothing."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *mutant.tests]
    done = subprocess.run(
        command,
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree)},
        capture_output=True,
        timeout=_DEADLINE,
        check=False,
    )
    return done.returncode == 1


def main(arguments: Sequence[str]) -> int:
    """Run all mutants, or those that are asked for; exit code 1 when one survives."""
    chosen = [mutant for mutant in MUTANTS if not arguments or arguments[0] in mutant.name]
    survivors = 0
    with tempfile.TemporaryDirectory(prefix="tally-mutants-") as folder:
        for number, mutant in enumerate(chosen):
            began, tree = time.monotonic(), Path(folder) / str(number)
            shutil.copytree(ROOT, tree, ignore=_LEFT_BEHIND)
            if (ROOT / _PACKAGES).is_dir():
                (tree / _PACKAGES).symlink_to(ROOT / _PACKAGES)
            broken(tree, mutant)
            found = noticed(mutant, tree)
            survivors += not found
            word = "noticed " if found else "SURVIVED"
            sys.stdout.write(f"{word} {mutant.name} ({time.monotonic() - began:.0f} s)\n")
            sys.stdout.flush()
            shutil.rmtree(tree)
    sys.stdout.write(f"{len(chosen) - survivors} of {len(chosen)} noticed\n")
    return int(survivors > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
