"""The tables, in SQLAlchemy Core: one schema for SQLite and PostgreSQL.

Importing SQLAlchemy takes longer than a whole reading command may, so the SQLite DDL that this module compiles to is
kept as text in `ddl.py`; a test holds the two equal. Every `body` starts with a checksum over table, key and payload
(see `records.py`) that is verified on every read.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, MetaData, String, Table
from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateTable

metadata = MetaData()
_DENSE = BigInteger().with_variant(Integer, "sqlite")


def _table(name: str, *columns: Column[object]) -> Table:
    # A key that is no integer is the table's own order: an index beside it would be two more pages in every store.
    plain = isinstance(columns[0].type, BigInteger) or columns[0].type is _DENSE
    return Table(name, metadata, *columns, sqlite_with_rowid=plain)


def _key(name: str) -> Column[object]:
    return Column(name, _DENSE, primary_key=True, autoincrement=False)


def _blob(name: str) -> Column[object]:
    return Column(name, LargeBinary, nullable=False)


manifest = _table("manifest", Column("name", String, primary_key=True), _blob("body"))
hot_transaction = _table("hot_transaction", _key("dense"), _blob("body"))
segment = _table(
    "segment",
    _key("first_transaction"),
    Column("transactions", _DENSE, nullable=False),
    Column("first_row", _DENSE, nullable=False),
    Column("row_count", _DENSE, nullable=False),
    _blob("headers"),
    _blob("texts"),
    _blob("outside"),
    _blob("columns"),
)
path_block = _table("path_block", _key("first"), Column("count", _DENSE, nullable=False), _blob("body"))
value_block = _table("value_block", _key("first"), Column("count", _DENSE, nullable=False), _blob("body"))
checkpoint = _table("checkpoint", _key("dense"), _blob("body"))
bucket = _table("bucket", _key("hash"), _blob("body"))
history_block = _table("history_block", _key("id"), _blob("body"))
statistic = _table("statistic", Column("name", String, primary_key=True), _blob("body"))
timeline = _table("timeline", _key("id"), _blob("body"))
tag = _table("tag", Column("name", String, primary_key=True), _blob("body"))
oplog = _table("oplog", _key("id"), _blob("body"))
source = _table("source", Column("identity", LargeBinary, primary_key=True), _blob("body"))


def sqlite_ddl() -> str:
    """The statements that make the tables in SQLite, in order, separated by blank lines."""
    dialect = sqlite.dialect()
    return "\n\n".join(
        str(CreateTable(table).compile(dialect=dialect)).strip().replace("\t", "    ").replace(" \n", "\n") + ";"
        for table in metadata.sorted_tables
    )
