"""Part of step 5, where the verifier names witnesses of its own trust: each log's head carries their quorum of cosignatures.

Without a policy nothing is asked of witnesses: a chain whose validators seal every block needs none. Whose word counts is never
taken from the bundle.
"""

from protocol import checkpoint
from protocol.answers import Fails, Missing
from protocol.checkpoint import SignedCheckpoint
from protocol.errors import VerificationError
from protocol.policy import Policy


def require_quorum(party: str, note: SignedCheckpoint, policy: Policy) -> None:
    """Raises :class:`Missing` unless the policy's quorum cosigned the head, :class:`Fails` where a cosignature does not hold."""
    held: list[str] = []
    for witness in policy.witnesses:
        key = witness.key
        wanted = (key.name, checkpoint.key_id(key.name, key.public, checkpoint.COSIGNATURE))
        if not any((item.name, item.key_id) == wanted for item in note.signatures):
            continue
        try:
            checkpoint.verify_cosignature(note, key.name, key.public)
        except VerificationError as error:
            raise Fails(
                f"The cosignature of {witness.name} on {party}'s head does not hold: {error.what}",
                f"{witness.name}对{party}检查点的见证签名不成立：{error.what}",
            ) from error
        held.append(witness.name)
    if not policy.satisfied(held):
        raise Missing(
            f"{party}'s head of size {note.checkpoint.size} is cosigned by {', '.join(held) or 'none'} of the witnesses that you "
            f"name; your quorum is {policy.quorum}. Fetch the bundle again later.",
            f"{party}规模为{note.checkpoint.size}的检查点已由您所列见证方中的{'、'.join(held) or '零个'}签署；您要求的法定数为"
            f"{policy.quorum}。请稍后重新获取证据包。",
        )
