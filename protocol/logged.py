"""What a node states in its log that is about no task: in-toto Statement v1, one frozen type for each predicate.

As the statements of tasks (:mod:`protocol.statements`) they hold hashes, counts and fixed codes only, and their subjects follow from
their predicate, so that a statement has one byte string. :mod:`protocol.log_entries` knows them all.
"""

from typing import ClassVar, Self

from protocol import canonical
from protocol.errors import FormatError
from protocol.fields import Fields
from protocol.limits import LIMITS
from protocol.record import Record
from protocol.statements import PREDICATE_PREFIX, STATEMENT_TYPE


class LogStatement(Fields):
    """Base of these statements: ``KIND`` and ``VERSION`` name the predicate."""

    __slots__ = ()
    KIND: ClassVar[str]
    VERSION: ClassVar[int] = 1

    @property
    def about(self) -> bytes:
        """32 bytes under which the log's index finds all that is about the same."""
        raise NotImplementedError

    def subjects(self) -> list[tuple[str, bytes]]:
        """Names and SHA-256 of what the statement is about."""
        raise NotImplementedError

    @classmethod
    def predicate_type(cls) -> str:
        """The predicate's URI: an identifier, not an address that anybody fetches."""
        return f"{PREDICATE_PREFIX}{cls.KIND}/v{cls.VERSION}"

    def serialise(self) -> bytes:
        """Canonical bytes of the in-toto statement: what is signed and logged."""
        return canonical.dumps(
            {
                "_type": STATEMENT_TYPE,
                "subject": [{"name": name, "digest": {"sha256": value.hex()}} for name, value in self.subjects()],
                "predicateType": self.predicate_type(),
                "predicate": self.to_json(),
            }
        )

    @classmethod
    def read(cls, data: bytes) -> Self:
        """From the canonical bytes of :meth:`serialise`, strictly."""
        record = Record(canonical.loads(data, LIMITS.envelope), "statement")
        record.const("_type", STATEMENT_TYPE)
        record.const("predicateType", cls.predicate_type())
        found = cls.parse(record.take("predicate"), cls.KIND)
        record.take("subject")  # follows from the predicate: compared as a whole
        record.done()
        if found.serialise() != data:
            raise FormatError(
                "statement.subject",
                "The statement's subjects do not follow from its predicate.",
                "Name exactly the subjects that the predicate type prescribes.",
            )
        return found
