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


def test_merges_are_the_same_read_with_the_parents_and_alone(tmp_path: Path) -> None:
    """The timeline reads all columns of a segment at once, a graph that is asked for merges alone only these."""
    with Store.open(tmp_path / "store", create=True) as store:
        for stretch in range(3):  # a segment each
            with store.bulk(replica(stretch), "merges") as writer:
                heads = [[stretch * 40 - 1], [stretch * 40 - 1]] if stretch else [[], []]
                for number in range(40):
                    side = number % 2
                    parents = heads[side] + (heads[1 - side] if number % 5 == 4 else [])
                    heads[side] = [writer.add(parents=parents, timeline=f"side {side}", time=number, rows=Rows())]
        store.commit([{"op": "add", "path": "/a", "value": 1}], timeline="side 1")
    with Store.open(tmp_path / "store") as store, Store.open(tmp_path / "store") as other:
        alone = [column.tolist() for column in store.graph.extra_parents]
        assert len(other.graph.parent) == 121
        assert [column.tolist() for column in other.graph.extra_parents] == alone
        expected = [(dense, parent) for dense in range(121) for parent in other.graph.parents(dense)[1:]]
        assert list(zip(*alone, strict=True)) == expected
        assert len(expected) == 24
