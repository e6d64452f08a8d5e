"""deploy/MOVING.md, with its own lines: one server's accounts, buckets and objects come to another's, and back.

The server that is moved away from is another process of ours, with the same key server, where the guide has MinIO.
"""

import io
import json
import os
import re
import shlex
import subprocess

import pytest

import wire
from pair import KEY, Pair
from server import REPOSITORY, Server

GUIDE = (REPOSITORY / "deploy/MOVING.md").read_text()


def guide_lines(program):
    """The guide's commands of one program, in their order, as lists of arguments."""
    blocks = re.findall(r"```sh\n(.*?)```", GUIDE, re.DOTALL)
    return [shlex.split(line, comments=True) for block in blocks for line in block.splitlines()
            if line.startswith(f"{program} ")]


@pytest.fixture
def old(tmp_path):
    with Pair(tmp_path / "old") as pair:
        yield pair


def settings(name, server):
    """An rclone remote, by its environment."""
    prefix = f"RCLONE_CONFIG_{name.upper()}_"
    return {f"{prefix}TYPE": "s3", f"{prefix}PROVIDER": "Minio", f"{prefix}ENDPOINT": server.endpoint,
            f"{prefix}ACCESS_KEY_ID": server.access_key, f"{prefix}SECRET_ACCESS_KEY": server.secret_key}


def rclone(arguments, old, new, directory):
    environment = {"PATH": os.environ["PATH"], "HOME": str(directory), "RCLONE_CONFIG": str(directory / "rclone.conf"),
                   **settings("old", old), **settings("new", new)}
    done = subprocess.run(["rclone", *arguments, "--retries", "1"], env=environment, capture_output=True, text=True,
                          timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]


def move_archives(old, new):
    """What `mc admin cluster iam` and `bucket` send, `export` from one and `import` to the other."""
    for export, back in (("export-iam", "import-iam-v2"), ("export-bucket-metadata?bucket=", "import-bucket-metadata?bucket=")):
        archive = old.call("GET", f"/minio/admin/v3/{export}")
        assert archive.status == 200, archive
        taken = new.call("PUT", f"/minio/admin/v3/{back}", body=archive.body)
        assert taken.status == 200, taken


def test_accounts_buckets_and_objects_come_along_and_go_back(old, tmp_path):
    source = old.server
    s3 = source.s3()
    for bucket in ("plain", "keyed"):
        s3.create_bucket(Bucket=bucket)
    s3.put_bucket_encryption(Bucket="keyed", ServerSideEncryptionConfiguration={"Rules": [
        {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": KEY}}]})
    s3.put_bucket_policy(Bucket="plain", Policy=json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::plain/public/*"}]}))
    s3.put_object(Bucket="plain", Key="public/a b+c", Body=b"one", Metadata={"colour": "blue"}, ContentType="text/x-one")
    s3.upload_fileobj(io.BytesIO(os.urandom(9 << 20)), "plain", "large")
    s3.put_object(Bucket="keyed", Key="secret", Body=b"two")
    add_user(source, "ann", "anns-secret-key")

    # The environment of the old one, and a drive and an address of its own.
    target = Server(tmp_path / "new", keyring=False, environment=source.environment)
    first, *rest = guide_lines("rclone")
    with target:
        move_archives(source, target)
        rclone(first[1:], source, target, tmp_path)
        compare = next(line for line in rest if line[1] == "check")
        rclone(compare[1:], source, target, tmp_path)

        moved = target.s3()
        head = moved.head_object(Bucket="plain", Key="public/a b+c")
        assert head["Metadata"]["colour"] == "blue" and head["ContentType"] == "text/x-one"
        kept = moved.head_object(Bucket="keyed", Key="secret")
        assert kept["ServerSideEncryption"] == "aws:kms" and kept["SSEKMSKeyId"].endswith(KEY)
        assert target.call("GET", "/plain/large").body == source.call("GET", "/plain/large").body
        # Who may do what: a user with the secret that there was, and everybody by the bucket's policy.
        ann = target.s3(access_key="ann", secret_key="anns-secret-key")
        assert ann.get_object(Bucket="keyed", Key="secret")["Body"].read() == b"two"
        assert wire.request(target, "GET", "/plain/public/a%20b%2Bc").body == b"one"

        # Gone over: written here, and taken back.
        moved.put_object(Bucket="keyed", Key="later", Body=b"three")
        back = "rclone sync new: old: --metadata --checksum"
        assert back in GUIDE
        rclone(shlex.split(back)[1:], source, target, tmp_path)
    again = source.s3().get_object(Bucket="keyed", Key="later")
    assert again["Body"].read() == b"three" and again["ServerSideEncryption"] == "aws:kms"


def add_user(server, name, secret):
    done = subprocess.run(
        [server.command()[0], "admin", "user", "add", name, "--endpoint", server.endpoint], input=secret + "\n", text=True,
        capture_output=True, timeout=30,
        env={"PATH": os.environ["PATH"], "MINIO_ROOT_USER": server.access_key, "MINIO_ROOT_PASSWORD": server.secret_key})
    assert done.returncode == 0, done
    attached = subprocess.run(
        [server.command()[0], "admin", "policy", "attach", "readwrite", "--user", name, "--endpoint", server.endpoint],
        text=True, capture_output=True, timeout=30,
        env={"PATH": os.environ["PATH"], "MINIO_ROOT_USER": server.access_key, "MINIO_ROOT_PASSWORD": server.secret_key})
    assert attached.returncode == 0, attached


def test_the_units_files_are_read_in_the_guides_order():
    """What /etc/default/coffer says stands after what /etc/default/minio says, and is what differs."""
    unit = (REPOSITORY / "deploy/coffer.service").read_text()
    assert re.findall(r"^EnvironmentFile=-(\S+)$", unit, re.MULTILINE) == ["/etc/default/minio", "/etc/default/coffer"]
    assert "$MINIO_OPTS $MINIO_VOLUMES" in unit


def test_the_servers_options_in_the_guide_are_taken(tmp_path, certificates):
    """`MINIO_OPTS` and `MINIO_VOLUMES` of the guide, split as systemd splits them."""
    lines = dict(line.split("=", 1) for line in re.findall(r'^MINIO_(?:OPTS|VOLUMES)=.*$', GUIDE, re.MULTILINE))
    words = [word for name in ("MINIO_OPTS", "MINIO_VOLUMES") for word in shlex.split(lines[name].strip('"'))]

    class ByOptions(Server):
        def command(self):
            places = {":9100": self.host, "/etc/minio/certs": str(certificates.directory), "/mnt/coffer": str(self.drive)}
            return super().command()[:2] + [places.get(word, word) for word in words]

    # What it answers over TLS it has from the options.
    with ByOptions(tmp_path, certificates=certificates, environment={"COFFER_KEYRING": str(tmp_path / "keys/k.json")}):
        pass


def run(arguments, directory, **environment):
    done = subprocess.run([str(word) for word in arguments], env={"PATH": os.environ["PATH"], "HOME": str(directory), **environment},
                          capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done
    return done.stdout


def test_repositories_of_backup_programs_go_on(old, tmp_path):
    """restic's, and rclone's with a crypt remote: they come along with the others' objects, and go on with the same passwords."""
    source = old.server
    target = Server(tmp_path / "new", keyring=False, environment=source.environment)
    files = tmp_path / "files"
    files.mkdir()
    (files / "first").write_text("one")

    def restic(server, *arguments):
        return run(["restic", "-r", f"s3:{server.endpoint}/backups", "--no-cache", *arguments], tmp_path, RESTIC_PASSWORD="password",
                   AWS_ACCESS_KEY_ID=server.access_key, AWS_SECRET_ACCESS_KEY=server.secret_key)

    password = run(["rclone", "obscure", "a password"], tmp_path).strip()
    crypt = {name: value for server in ("old", "new") for name, value in {
        f"RCLONE_CONFIG_SECRET{server.upper()}_TYPE": "crypt", f"RCLONE_CONFIG_SECRET{server.upper()}_REMOTE": f"{server}:crypt",
        f"RCLONE_CONFIG_SECRET{server.upper()}_PASSWORD": password}.items()}
    source.s3().create_bucket(Bucket="crypt")
    restic(source, "init")
    restic(source, "backup", files)
    remotes = {**settings("old", source), **settings("new", target), **crypt, "RCLONE_CONFIG": str(tmp_path / "rclone.conf")}
    run(["rclone", "copy", files, "secretold:"], tmp_path, **remotes)
    with target:
        first, *_ = guide_lines("rclone")
        rclone(first[1:], source, target, tmp_path)
        check, = guide_lines("restic")
        assert check[:3] == ["restic", "-r", "s3:https://new/backups"]
        restic(target, *check[3:])
        (files / "second").write_text("two")
        restic(target, "backup", files)
        assert len(json.loads(restic(target, "snapshots", "--json"))) == 2
        run(["rclone", "copy", files, "secretnew:"], tmp_path, **remotes)
        assert run(["rclone", "cat", "secretnew:first"], tmp_path, **remotes) == "one"
        assert run(["rclone", "lsf", "secretnew:"], tmp_path, **remotes).split() == ["first", "second"]


def test_keys_move_from_store_to_store_by_the_guides_lines(tmp_path):
    from kes import binary
    places = {}
    for name, path in (("config", "/etc/kes/config.yml"), ("new", "/etc/kes/new.yml")):
        (tmp_path / name).mkdir()
        places[path] = tmp_path / f"{name}.yml"
        places[path].write_text(
            f"admin:\n  identity: disabled\ntls:\n  key: x\n  cert: x\nkeystore:\n  fs:\n    path: {tmp_path / name}\n")
    (tmp_path / "config/my-key").write_text("a key")
    trial, move = [line for line in guide_lines("coffer-kes") if line[1] == "migrate"]
    for line in (trial, move):
        assert not (tmp_path / "new/my-key").exists()
        run([binary(), *(places.get(word, word) for word in line[1:])], tmp_path)
    assert (tmp_path / "new/my-key").read_text() == (tmp_path / "config/my-key").read_text() == "a key"
