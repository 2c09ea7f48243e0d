"""The text of the tables is what the schema compiles to."""

from engine.storage.ddl import SQLITE
from engine.storage.schema import metadata, sqlite_ddl


def test_the_kept_text_is_the_schema_s() -> None:
    assert sqlite_ddl().split() == SQLITE.split()


def test_every_table_has_a_body_or_is_a_segment() -> None:
    bodies = {name for name, table in metadata.tables.items() if "body" in table.columns}
    assert set(metadata.tables) - bodies == {"segment"}
