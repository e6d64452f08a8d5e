import GRDB

/// Every shape that the catalogue has had; the `Schema` article says what the tables are for.
///
/// A migration is never edited after a release: a change is a new one at the end, and a new format of the drive
/// (``DriveDirectory/supportedFormat``).
let migrations: DatabaseMigrator = {
    var migrator = DatabaseMigrator()
    for (name, statements) in shapes {
        migrator.registerMigration(name) { database in try database.execute(sql: statements) }
    }
    return migrator
}()

/// In their order: the last one that a drive of a format has is that of its number.
let migrationNames = shapes.map(\.name)

private let shapes = [
    (name: "1: catalogue", statements: catalogueTables),
    (name: "2: versions, runs and bounded sweeps", statements: versionsAndRuns),
    (name: "3: versions own uploads", statements: versionsOwnUploads),
    (name: "4: versioning of buckets", statements: versioningOfBuckets),
    (name: "5: usage of buckets, events", statements: usageAndEvents),
    (name: "6: accounts", statements: accounts),
    (name: "7: exclusions from versioning, usage of annotations", statements: exclusionsAndAnnotations),
    (name: "8: rollback evidence", statements: rollbackEvidence),
]

private let catalogueTables = """
    CREATE TABLE drive (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;
    INSERT INTO drive VALUES ('floor', 1), ('order', 0);

    CREATE TABLE settings (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT;

    CREATE TABLE buckets (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        name TEXT NOT NULL UNIQUE,
        created INTEGER NOT NULL,
        sealed BLOB NOT NULL
    ) STRICT;

    CREATE TABLE data_keys (
        id INTEGER PRIMARY KEY,
        kms_key TEXT NOT NULL,
        wrapped BLOB NOT NULL,
        context BLOB NOT NULL,
        created INTEGER NOT NULL,
        shared INTEGER NOT NULL,
        retired INTEGER,
        refs INTEGER NOT NULL DEFAULT 0
    ) STRICT;

    CREATE TABLE versions (
        id INTEGER PRIMARY KEY,
        bucket INTEGER NOT NULL,
        key BLOB NOT NULL,
        ord INTEGER NOT NULL,
        version BLOB NOT NULL,
        size INTEGER NOT NULL,
        modified INTEGER NOT NULL,
        flags INTEGER NOT NULL,
        data_key INTEGER,
        body INTEGER NOT NULL,
        blob BLOB,
        sealed BLOB NOT NULL
    ) STRICT;
    CREATE UNIQUE INDEX versions_by_key ON versions (bucket, key, ord DESC);
    CREATE INDEX versions_by_blob ON versions (blob) WHERE blob IS NOT NULL;

    CREATE TABLE inline_bodies (version INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT;

    CREATE TABLE manifests (version BLOB PRIMARY KEY, sealed BLOB NOT NULL) STRICT;

    CREATE TABLE version_blobs (
        version INTEGER NOT NULL,
        number INTEGER NOT NULL,
        blob BLOB NOT NULL,
        PRIMARY KEY (version, number)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX version_blobs_by_blob ON version_blobs (blob);

    CREATE TABLE uploads (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        upload BLOB NOT NULL UNIQUE,
        bucket INTEGER NOT NULL,
        key BLOB NOT NULL,
        initiated INTEGER NOT NULL,
        data_key INTEGER,
        sealed BLOB NOT NULL
    ) STRICT;
    CREATE INDEX uploads_by_key ON uploads (bucket, key, upload);

    CREATE TABLE parts (
        id INTEGER PRIMARY KEY,
        upload INTEGER NOT NULL,
        number INTEGER NOT NULL,
        blob BLOB NOT NULL,
        length INTEGER NOT NULL,
        size INTEGER NOT NULL,
        modified INTEGER NOT NULL,
        sealed BLOB NOT NULL,
        UNIQUE (upload, number)
    ) STRICT;
    CREATE INDEX parts_by_blob ON parts (blob);

    CREATE TABLE garbage (id INTEGER PRIMARY KEY AUTOINCREMENT, blob BLOB NOT NULL UNIQUE, owner BLOB) STRICT;
    """

/// Makes no pass over `versions`, which may be large: new columns are null in the rows that are there.
private let versionsAndRuns = """
    INSERT INTO drive VALUES ('first_epoch', 0), ('epoch', 0);
    INSERT INTO drive SELECT 'data_key', max(0, coalesce(max(id), 0)) FROM data_keys;

    CREATE TABLE epochs (epoch INTEGER PRIMARY KEY, reserved INTEGER NOT NULL, settled INTEGER NOT NULL) STRICT;

    ALTER TABLE versions ADD COLUMN null_ord INTEGER;

    ALTER TABLE data_keys ADD COLUMN epoch INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE data_keys ADD COLUMN origin INTEGER;
    CREATE INDEX data_keys_shared ON data_keys (id) WHERE shared = 1;
    CREATE INDEX data_keys_unused ON data_keys (retired) WHERE refs = 0;
    CREATE INDEX data_keys_by_kms_key ON data_keys (kms_key);

    CREATE TABLE garbage_2 (id INTEGER PRIMARY KEY AUTOINCREMENT, blob BLOB NOT NULL, owner BLOB) STRICT;
    INSERT INTO garbage_2 (id, blob, owner) SELECT id, blob, owner FROM garbage;
    DROP TABLE garbage;
    ALTER TABLE garbage_2 RENAME TO garbage;
    CREATE INDEX garbage_by_blob ON garbage (blob);

    CREATE TABLE completions (
        id INTEGER PRIMARY KEY,
        upload BLOB NOT NULL UNIQUE,
        bucket INTEGER NOT NULL,
        key BLOB NOT NULL,
        version BLOB NOT NULL,
        completed INTEGER NOT NULL,
        receipt BLOB NOT NULL
    ) STRICT;

    CREATE TABLE dead_uploads (id INTEGER PRIMARY KEY) STRICT;
    CREATE TABLE dead_buckets (id INTEGER PRIMARY KEY) STRICT;
    """

/// Parts stay where they are when their upload is completed: versions of former releases keep their `version_blobs`.
private let versionsOwnUploads = """
    ALTER TABLE uploads ADD COLUMN changes INTEGER NOT NULL DEFAULT 0;

    CREATE TABLE version_uploads (version INTEGER PRIMARY KEY, upload INTEGER NOT NULL) STRICT;
    CREATE INDEX version_uploads_by_upload ON version_uploads (upload);

    CREATE TABLE unused_parts (upload INTEGER PRIMARY KEY, numbers BLOB NOT NULL) STRICT;

    CREATE TABLE dead_uploads_3 (id INTEGER PRIMARY KEY AUTOINCREMENT, upload INTEGER NOT NULL, owner BLOB) STRICT;
    INSERT INTO dead_uploads_3 (upload) SELECT id FROM dead_uploads;
    DROP TABLE dead_uploads;
    ALTER TABLE dead_uploads_3 RENAME TO dead_uploads;
    CREATE INDEX dead_uploads_by_upload ON dead_uploads (upload);

    CREATE TABLE dead_versions (id INTEGER PRIMARY KEY, owner BLOB) STRICT;
    """

private let versioningOfBuckets = """
    ALTER TABLE buckets ADD COLUMN versioning INTEGER NOT NULL DEFAULT 0;
    """

/// Versions that are there are counted after the start, see ``Transaction/countVersions(_:)``: it makes no pass over them.
private let usageAndEvents = """
    ALTER TABLE buckets ADD COLUMN quota INTEGER;

    CREATE TABLE bucket_usage (
        bucket INTEGER PRIMARY KEY,
        bytes INTEGER NOT NULL,
        objects INTEGER NOT NULL,
        versions INTEGER NOT NULL,
        delete_markers INTEGER NOT NULL
    ) STRICT;
    INSERT INTO drive SELECT 'counted', CASE WHEN EXISTS (SELECT 1 FROM versions) THEN 0 ELSE 9223372036854775807 END;

    CREATE TABLE events (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        target TEXT NOT NULL,
        event BLOB NOT NULL,
        sealed BLOB NOT NULL
    ) STRICT;
    CREATE INDEX events_by_target ON events (target, id);
    """

private let accounts = """
    CREATE TABLE accounts (id BLOB PRIMARY KEY, sealed BLOB NOT NULL) STRICT;
    """

/// Where there are annotations, all versions are counted anew after the start: their bytes were nobody's until now.
private let exclusionsAndAnnotations = """
    ALTER TABLE buckets ADD COLUMN excluded BLOB;

    UPDATE drive SET value = 0 WHERE name = 'counted'
        AND EXISTS (SELECT 1 FROM versions WHERE bucket < 0 AND bucket > -9223372036854775807);
    """

/// What is there is summed after the start, see ``Transaction/sumVersions(_:)``.
private let rollbackEvidence = """
    CREATE TABLE sums (part INTEGER PRIMARY KEY, commits INTEGER NOT NULL, sealed BLOB NOT NULL) STRICT;
    """
