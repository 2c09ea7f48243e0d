"""The SQLite text of `schema.py`, kept so that opening a store need not import SQLAlchemy (see there)."""

SQLITE = """\
CREATE TABLE bucket (
    hash INTEGER NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (hash)
);

CREATE TABLE checkpoint (
    dense INTEGER NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (dense)
);

CREATE TABLE history_block (
    id INTEGER NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (id)
);

CREATE TABLE hot_transaction (
    dense INTEGER NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (dense)
);

CREATE TABLE manifest (
    name VARCHAR NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (name)
) WITHOUT ROWID;

CREATE TABLE oplog (
    id INTEGER NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (id)
);

CREATE TABLE path_block (
    first INTEGER NOT NULL,
    count INTEGER NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (first)
);

CREATE TABLE segment (
    first_transaction INTEGER NOT NULL,
    transactions INTEGER NOT NULL,
    first_row INTEGER NOT NULL,
    row_count INTEGER NOT NULL,
    headers BLOB NOT NULL,
    texts BLOB NOT NULL,
    outside BLOB NOT NULL,
    columns BLOB NOT NULL,
    PRIMARY KEY (first_transaction)
);

CREATE TABLE source (
    identity BLOB NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (identity)
) WITHOUT ROWID;

CREATE TABLE statistic (
    name VARCHAR NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (name)
) WITHOUT ROWID;

CREATE TABLE tag (
    name VARCHAR NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (name)
) WITHOUT ROWID;

CREATE TABLE timeline (
    id INTEGER NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (id)
);

CREATE TABLE value_block (
    first INTEGER NOT NULL,
    count INTEGER NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (first)
);
"""
