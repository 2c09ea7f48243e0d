"""Headers of transactions: what they count may grow beyond any small integer."""

from pathlib import Path

from engine import Store
from engine.model.operations import Rows
from engine.model.transactions import REPLICA_BYTES, handle

# More than sixteen bits count.
MANY = 33_000


def replica(number: int) -> bytes:
    return number.to_bytes(REPLICA_BYTES, "big")


def test_a_store_may_have_more_replicas_than_a_short_integer_counts(tmp_path: Path) -> None:
    """An import of a repository that changed may bring a replica each time, for years."""
    with Store.open(tmp_path / "store", create=True) as store, store.bulk(replica(0), "many") as writer:
        head: list[int] = []
        for number in range(MANY):
            writer.use(replica(number))
            head = [writer.add(parents=head, timeline="main", time=number, rows=Rows())]
    with Store.open(tmp_path / "store") as store:
        assert [store.handle(dense) for dense in (0, MANY - 1)] == [handle(replica(n), 1) for n in (0, MANY - 1)]
