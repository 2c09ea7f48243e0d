"""The records that several commands print, as JSON and as lines for people."""

from typing import TYPE_CHECKING, Any

from app.cli.output import Style, cut, first_line, plural, when
from engine.model.times import format_time

if TYPE_CHECKING:
    from engine.store import Store
    from engine.timeline.transaction import Timeline, Transaction


def timeline_record(store: "Store", timeline: "Timeline") -> dict[str, Any]:
    """The record of `branch` and `timelines`: `heads` and `forked_from` are ids, as a `log` record's `parents` are."""
    return {
        "name": timeline.name,
        "heads": [store.get(head).id for head in timeline.heads],
        "transactions": timeline.transactions,
        "forked_from": None if timeline.forked_from is None else store.get(timeline.forked_from).id,
        "updated": None if timeline.updated is None else format_time(timeline.updated),
    }


def tag_record(store: "Store", name: str, dense: int) -> dict[str, Any]:
    """The record of `tag`, in the shape of a timeline's: one head that never moves."""
    transaction = store.get(dense)
    return {
        "name": name,
        "heads": [transaction.id],
        "transactions": store.graph.chain_length(dense),
        "forked_from": None,
        "updated": format_time(transaction.time),
    }


def transaction_line(
    transaction: "Transaction", style: Style, names: list[str], pad: tuple[int, int], columns: int | None
) -> str:
    """A transaction on one line: handle, time, timeline, names that point to it, source id, message, author.

    `pad` are the widths of handle and timeline; `columns` those of the terminal, None for none.
    """
    head = (
        f"{transaction.handle:<{pad[0]}}",
        f"{when(transaction.time):<20}",
        f"{transaction.timeline:<{pad[1]}}",
    )
    pointers = "".join(f"[{name}] " for name in names)
    source = f"{first_line(transaction.source)[:10]} " if transaction.source else ""
    author = f" — {first_line(transaction.author)}" if transaction.author else ""
    message = first_line(transaction.message) or f"({plural(transaction.operations, 'operation')})"
    if columns is not None:
        left = columns - sum(map(len, (*head, pointers, source, author))) - 2 * len(head)
        message = cut(message, max(16, left))
    parts = ((pointers, "bold"), (source, "dim"), (message, "plain"), (author, "dim"))
    return "  ".join(
        [
            style(head[0], "yellow"),
            style(head[1], "dim"),
            style(head[2], "cyan"),
            "".join(style(text, name) for text, name in parts if text),
        ]
    ).rstrip()
