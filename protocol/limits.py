"""Every size limit of the protocol, in one frozen place.

A peer, a coordinator or a file that exceeds one is refused before anything is allocated for it.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Upper bounds; sizes in bytes, times in seconds.

    ``parties`` bounds every list of a contract; a run has at most ``run_parties``: 32 compute parties (a limit of the
    contracts) and 100 owners outside the committee.
    """

    frame: int = 64 * 1024 * 1024
    task_contract: int = 256 * 1024
    bundle_unpacked: int = 256 * 1024 * 1024
    bundle_files: int = 10_000
    parties: int = 100
    run_parties: int = 132
    steps: int = 64
    psi_ids: int = 10_000_000
    columns: int = 4_096
    envelope: int = 1024 * 1024
    log_entries: int = 4_096
    delivery: int = 4 * 1024 * 1024
    header: int = 16 * 1024
    deadline_grace: int = 60
    clock_skew: int = 300


LIMITS = Limits()
