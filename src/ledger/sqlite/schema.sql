-- Times are milliseconds since 1970; they inform, and end leases of runs that live but hang. Nothing else rests on them.
CREATE TABLE outputs (
    output INTEGER PRIMARY KEY,
    path TEXT NOT NULL UNIQUE
);
CREATE TABLE runs (
    run INTEGER PRIMARY KEY AUTOINCREMENT,
    output INTEGER NOT NULL REFERENCES outputs,
    owner TEXT NOT NULL UNIQUE,
    started INTEGER NOT NULL,
    ended INTEGER
);
CREATE TABLE jobs (
    output INTEGER NOT NULL REFERENCES outputs,
    id TEXT NOT NULL,
    input TEXT NOT NULL,
    shard_key INTEGER NOT NULL,
    text_sha256 TEXT NOT NULL,
    settings_sha256 TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'leased', 'done', 'failed')),
    attempts INTEGER NOT NULL,
    owner TEXT,
    lease_until INTEGER,
    error_kind TEXT,
    error_message TEXT,
    error_hint TEXT,
    record TEXT,
    words INTEGER,
    model_ms INTEGER,
    started INTEGER,
    ended INTEGER,
    last_run INTEGER NOT NULL,
    PRIMARY KEY (output, id)
) WITHOUT ROWID;
CREATE INDEX jobs_not_done ON jobs (output, state) WHERE state <> 'done';
CREATE TABLE translators (
    translator INTEGER PRIMARY KEY,
    sha256 TEXT NOT NULL UNIQUE,
    identity TEXT NOT NULL
);
CREATE TABLE sentences (
    translator INTEGER NOT NULL REFERENCES translators,
    kind INTEGER NOT NULL,
    text_sha256 BLOB NOT NULL,
    english TEXT NOT NULL,
    score REAL,
    flags TEXT NOT NULL,
    tokens_in INTEGER NOT NULL,
    tokens_out INTEGER NOT NULL,
    alignment TEXT NOT NULL,
    too_long_limit INTEGER,
    PRIMARY KEY (translator, kind, text_sha256)
) WITHOUT ROWID;
