"""Looks at a stopped drive from outside: its files and its tables, as the articles OnDiskLayout and Schema describe them."""

import base64
import json
import shutil
import sqlite3
import struct
from pathlib import Path

import coffer_decoder as decoder
import kes_keys

INLINE, FILE, PARTS = 1, 2, 3
SCHEMES = {1: "sse-s3", 2: "sse-kms", 3: "sse-c", 4: "dsse-kms"}

# A statement for each way in which one row can be damaged.
DAMAGE = {
    "a bit of the record": "UPDATE versions SET sealed = zeroblob(length(sealed)) WHERE key = ?",
    "the whole record": "UPDATE versions SET sealed = x'' WHERE key = ?",
    "the size": "UPDATE versions SET size = size + 1 WHERE key = ?",
    "the kind of body": "UPDATE versions SET body = 9 WHERE key = ?",
    "the blob's name": "UPDATE versions SET blob = x'0102' WHERE key = ?",
    "the version's id": "UPDATE versions SET version = x'0102' WHERE key = ?",
    "the flags": "UPDATE versions SET flags = 250 WHERE key = ?",
    "the data key's number": "UPDATE versions SET data_key = 4711 WHERE key = ?",
    "the time": "UPDATE versions SET modified = -1 WHERE key = ?",
    "the order": "UPDATE versions SET ord = ord | (1 << 62) WHERE key = ?",
    "the delete-marker flag": "UPDATE versions SET flags = flags | 1 WHERE key = ?",
}


class Drive:
    def __init__(self, directory):
        self.directory = Path(directory)

    # --- files

    def blob_path(self, blob):
        """`blob` is 16 bytes: the run of the server that made it, then its number in that run; 4096 files a directory."""
        run, number = struct.unpack(">QQ", blob)
        return self.directory / "blobs" / f"{run:010x}-{number >> 12:010x}" / f"{number:016x}"

    def blob_files(self):
        return {path for path in (self.directory / "blobs").glob("*/*") if path.is_file()}

    def copy(self, target):
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(self.directory, target)
        return Drive(target)

    # --- tables

    def connect(self):
        database = sqlite3.connect(self.directory / "coffer.db")
        database.row_factory = sqlite3.Row
        return database

    def rows(self, query, *values):
        database = self.connect()
        try:
            return [dict(row) for row in database.execute(query, values)]
        finally:
            database.close()

    def execute(self, statement, *values):
        """Changes the catalogue behind the server's back; the number of rows that it hit."""
        database = self.connect()
        try:
            with database:
                return database.execute(statement, values).rowcount
        finally:
            database.close()

    def counted(self):
        """What each bucket has by its counts: number -> bytes, objects, versions, delete markers."""
        rows = self.rows("SELECT bucket, bytes, objects, versions, delete_markers FROM bucket_usage")
        return {row["bucket"]: tuple(row.values())[1:] for row in rows if any(tuple(row.values())[1:])}

    def stored(self):
        """The same by its versions and, under its negative number, their annotations; of flags, 1 is a delete marker."""
        rows = self.rows("""
            SELECT abs(bucket) AS bucket, sum(size) AS bytes, sum(bucket > 0 AND flags & 1 = 0 AND ord = newest),
                sum(bucket > 0 AND flags & 1 = 0), sum(bucket > 0 AND flags & 1)
            FROM (SELECT *, max(ord) OVER (PARTITION BY bucket, key) AS newest FROM versions
                WHERE bucket <> 0 AND bucket <> -9223372036854775807)
            GROUP BY abs(bucket)""")
        return {row["bucket"]: tuple(row.values())[1:] for row in rows}

    def version(self, key):
        """The newest version of a key, in whatever bucket."""
        return self.rows("SELECT * FROM versions WHERE key = ? ORDER BY ord DESC LIMIT 1", key.encode())[0]

    def blobs_of(self, version):
        """The blob files of a version in the order of its parts."""
        if version["body"] == FILE:
            return [self.blob_path(version["blob"])]
        rows = self.rows(
            "SELECT p.number, p.blob FROM version_uploads v JOIN parts p ON p.upload = v.upload WHERE v.version = ?1 "
            "UNION SELECT number, blob FROM version_blobs WHERE version = ?1 ORDER BY number", version["id"])
        return [self.blob_path(row["blob"]) for row in rows]

    def referenced_blobs(self):
        """The files that rows refer to: bodies, parts of versions, parts of open uploads."""
        found = set()
        for query in ("SELECT blob FROM versions WHERE blob IS NOT NULL", "SELECT blob FROM version_blobs",
                      "SELECT blob FROM parts"):
            found |= {self.blob_path(row["blob"]) for row in self.rows(query)}
        return found

    def garbage(self):
        return {self.blob_path(row["blob"]) for row in self.rows("SELECT blob FROM garbage")}

    def complaints(self):
        """Everything about the catalogue and the files that does not fit together."""
        found = [f"SQLite: {row['integrity_check']}" for row in self.rows("PRAGMA integrity_check")
                 if row["integrity_check"] != "ok"]
        files, referenced = self.blob_files(), self.referenced_blobs()
        found += [f"a file without a row: {path.relative_to(self.directory)}" for path in files - referenced - self.garbage()]
        found += [f"a row without a file: {path.relative_to(self.directory)}" for path in referenced - files]
        found += [f"a body in a table without its version: {row['version']}" for row in self.rows(
            "SELECT version FROM inline_bodies WHERE version NOT IN (SELECT id FROM versions WHERE body = ?)", INLINE)]
        found += [f"a version without its body in a table: {row['id']}" for row in self.rows(
            "SELECT id FROM versions WHERE body = ? AND size > 0 AND id NOT IN (SELECT version FROM inline_bodies)", INLINE)]
        found += [f"parts of no version: {row['version']}" for row in self.rows(
            "SELECT DISTINCT version FROM version_blobs WHERE version NOT IN (SELECT id FROM versions)")]
        found += [f"a manifest of no version: {row['version'].hex()}" for row in self.rows(
            "SELECT version FROM manifests WHERE version NOT IN (SELECT version FROM versions WHERE body = ?)", PARTS)]
        found += [f"parts of no upload: {row['upload']}" for row in self.rows(
            "SELECT DISTINCT upload FROM parts WHERE upload NOT IN (SELECT id FROM uploads UNION SELECT upload FROM dead_uploads "
            "UNION SELECT upload FROM version_uploads)")]
        found += [f"an upload of no version: {row['upload']}" for row in self.rows(
            "SELECT upload FROM version_uploads WHERE version NOT IN (SELECT id FROM versions WHERE body = ?)", PARTS)]
        found += [f"data key {row['id']} counts {row['refs']} uses and has {row['uses']}" for row in self.rows(
            "SELECT id, refs, (SELECT count(*) FROM versions WHERE data_key = data_keys.id) + (SELECT count(*) FROM uploads "
            "WHERE data_key = data_keys.id) AS uses FROM data_keys") if row["refs"] != row["uses"]]
        found += [f"version {row['id']} names a data key that is not there" for row in self.rows(
            "SELECT id FROM versions WHERE data_key IS NOT NULL AND data_key NOT IN (SELECT id FROM data_keys)")]
        return found


def fields(record):
    """The fields of a record's plaintext, a version byte and then tag, length (LEB128), bytes: (tag, value) pairs."""
    assert record[0] == 1, "records have version 1"
    found, position = [], 1
    while position < len(record):
        tag, position = record[position], position + 1
        length = shift = 0
        while True:
            byte, position = record[position], position + 1
            length |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                break
        found.append((tag, record[position:position + length]))
        position += length
    return found


class OpenDrive(Drive):
    """A drive together with its keyring: everything that the server can read, read without the server."""

    def __init__(self, directory, keyring):
        super().__init__(directory)
        document = json.loads(Path(keyring).read_text())
        self.master_keys = {key["name"]: base64.b64decode(key["key"]) for key in document["keys"]}
        self.catalogue_key = self._open_catalogue_key()

    def open_wrapped(self, kms_key, wrapped, context):
        """What was wrapped under the master key of this name."""
        return decoder.open_data_key(self.master_keys[kms_key], wrapped, context)

    def _open_catalogue_key(self):
        setting = dict(fields(self.rows("SELECT value FROM settings WHERE name = 'catalogue-key'")[0]["value"]))
        context = {"coffer": "catalogue"}
        if 3 in setting:
            # The drive's identifier, which drives made earlier do not have.
            context["drive"] = setting[3].hex()
            assert self.rows("SELECT value FROM settings WHERE name = 'drive-id'")[0]["value"] == setting[3]
        return self.open_wrapped(setting[1].decode(), setting[2], decoder.canonical_context(context))

    @staticmethod
    def associated_data(version):
        key = version["key"]
        data = struct.pack(">BqI", 1, version["bucket"], len(key)) + key + version["version"]
        data += struct.pack(">qqqI", version["ord"], version["size"], version["modified"], version["flags"])
        data += b"\x00" if version["data_key"] is None else b"\x01" + struct.pack(">q", version["data_key"])
        data += struct.pack(">B", version["body"])
        return data + (b"\x00" if version["blob"] is None else b"\x01" + version["blob"])

    def record(self, version):
        """A version's sealed record as {tag: [values]}; the tags are those of ObjectRecord."""
        plaintext = decoder.open_record(
            self.catalogue_key, version["sealed"], kind=decoder.RECORD_KINDS["object"], row_id=version["version"],
            associated_data=self.associated_data(version))
        found = {}
        for tag, value in fields(plaintext):
            found.setdefault(tag, []).append(value)
        return found

    def data_key(self, number):
        row = self.rows("SELECT * FROM data_keys WHERE id = ?", number)[0]
        return self.open_wrapped(row["kms_key"], row["wrapped"], row["context"])

    def encryption(self, version):
        """The record of a version's encryption as {tag: value}; the tags are those of EncryptionRecord."""
        return dict(fields(self.record(version)[2][0]))

    def identity(self, version):
        """What a version's object key and stream are bound to: the version's id before records had one of their own."""
        return self.encryption(version).get(6, version["version"])

    def object_key(self, version, customer_key=None):
        encryption = self.encryption(version)
        scheme = encryption[1][0]
        if scheme == decoder.SSE_C:
            assert encryption[3] == decoder.customer_key_commitment(customer_key, self.identity(version))
        key = customer_key if scheme == decoder.SSE_C else self.data_key(version["data_key"])
        return scheme, decoder.open_object_key(
            key, encryption[2], scheme=scheme, bucket_id=version["bucket"], version_id=self.identity(version))

    def manifest(self, version):
        """(part number, blob, plaintext size) for each part."""
        sealed = self.rows("SELECT sealed FROM manifests WHERE version = ?", version["version"])[0]["sealed"]
        plaintext = decoder.open_record(
            self.catalogue_key, sealed, kind=decoder.RECORD_KINDS["manifest"], row_id=version["version"], associated_data=b"")
        assert plaintext[0] == 1
        parts, position = [], 1
        while position < len(plaintext):
            number, blob, size, checksum = struct.unpack(">I16sqB", plaintext[position:position + 29])
            parts.append((number, blob, size))
            position += 29 + checksum
        return parts

    def plaintext(self, key, customer_key=None):
        """The bytes of an object, opened with the independent decoder."""
        version = self.version(key)
        scheme, object_key = self.object_key(version, customer_key)
        identity = self.identity(version)

        def opened(stream, bound_to, part_number=0):
            if scheme == decoder.DSSE_KMS:
                # The whole inner stream is the plaintext of the outer one.
                outer_key = decoder.outer_object_key(self.catalogue_key, identity)
                stream = decoder.open_stream(outer_key, stream, bound_to, part_number)
            return decoder.open_stream(object_key, stream, bound_to, part_number)

        if version["body"] == INLINE:
            return opened(self.rows("SELECT bytes FROM inline_bodies WHERE version = ?", version["id"])[0]["bytes"], identity)
        if version["body"] == FILE:
            return opened(self.blob_path(version["blob"]).read_bytes(), identity)
        # The stream of a part is bound to its blob, for a part may be uploaded more than once under one number.
        return b"".join(opened(self.blob_path(blob).read_bytes(), blob, number)
                        for number, blob, _ in self.manifest(version))


class KESDrive(OpenDrive):
    """The same with the master keys in a directory of the key server's, which is read without it."""

    def __init__(self, directory, store):
        Drive.__init__(self, directory)
        self.store = Path(store)
        self.catalogue_key = self._open_catalogue_key()

    def open_wrapped(self, kms_key, wrapped, context):
        return kes_keys.open_ciphertext((self.store / kms_key).read_text(), wrapped, context)[1]
