"""What is put back to an older state is noticed: a record, its sum, the catalogue, the whole drive; and what is no rollback is not."""

import shutil
import signal

import pytest

import verification
from drive import Drive
from payloads import payload
from server import Server
from verification import DAMAGED, WHOLE, command, verify, verify_running

HEAD = (1 << 63) - 1
# What `INSERT` needs to put rows back as they were.
VERSIONS = "SELECT * FROM versions WHERE key = ?"


def put_back(drive, table, rows):
    """Puts rows in the place of those with their primary keys, as somebody with a copy of the drive would."""
    for row in rows:
        names = ", ".join(row)
        drive.execute(
            f"INSERT OR REPLACE INTO {table} ({names}) VALUES ({', '.join('?' for _ in row)})", *row.values())


def anchored(server, tmp_path):
    """The server with an anchor on what stands for another file system."""
    path = tmp_path / "elsewhere" / "anchor"
    path.parent.mkdir(exist_ok=True)
    server.arguments += ["--rollback-anchor", str(path)]
    return path


def refusal(server):
    status, output = server.run_to_end()
    assert status == 1, output
    assert "--accept-rollback" in output, output
    return output


@pytest.fixture
def old_and_new(fresh_server, tmp_path):
    """A stopped server whose object was overwritten, and a copy of its drive from before."""
    server = fresh_server()
    with server:
        bucket = server.bucket()
        for key in ("victim", "neighbour"):
            assert server.call("PUT", f"/{bucket}/{key}", body=payload(3000, 1)).status == 200
    former = Drive(server.drive).copy(tmp_path / "former")
    with server:
        assert server.call("PUT", f"/{bucket}/victim", body=payload(3000, 2)).status == 200
        server.bucket()
    assert verify(server).status == WHOLE
    return server, bucket, former


def test_an_object_put_back_is_named_and_not_served(old_and_new):
    server, bucket, former = old_and_new
    drive = Drive(server.drive)
    rows = former.rows(VERSIONS, b"victim")
    put_back(drive, "versions", rows)
    put_back(drive, "inline_bodies", former.rows("SELECT * FROM inline_bodies WHERE version = ?", rows[0]["id"]))
    put_back(drive, "data_keys", former.rows("SELECT * FROM data_keys WHERE id = ?", rows[0]["data_key"]))
    told = verify(server)
    assert told.status == DAMAGED, told
    assert [(finding["kind"], finding["key"]) for finding in told.findings if finding["subject"] == "object"] == [
        ("rolled-back", "victim")], told
    with server:
        server.wait_for_log("something was put back to an older state")
        assert server.call("GET", f"/{bucket}/victim").status == 500
        assert server.call("GET", f"/{bucket}/neighbour").body == payload(3000, 1)
        assert "rolled-back" in verify_running(server).kinds()
    # Who has looked says so, and it is served.
    assert verify(server, "--accept-rollback").status in (WHOLE, verification.LEFTOVERS)
    with server:
        assert server.call("GET", f"/{bucket}/victim").body == payload(3000, 1)


def test_an_object_put_back_with_its_sum_is_not_hidden(old_and_new):
    server, bucket, former = old_and_new
    drive = Drive(server.drive)
    rows = former.rows(VERSIONS, b"victim")
    put_back(drive, "versions", rows)
    put_back(drive, "inline_bodies", former.rows("SELECT * FROM inline_bodies WHERE version = ?", rows[0]["id"]))
    put_back(drive, "sums", former.rows("SELECT * FROM sums WHERE part = 8"))
    assert any("sum of the versions" in finding["detail"] for finding in verify(server).findings)
    # Others are served: what a damaged page does to one sum, too, stops nothing else.
    with server:
        assert server.call("GET", f"/{bucket}/neighbour").status == 200
        assert "sum was put back" in server.log_text()
    # With the head, nothing fits: that is of fewer buckets.
    put_back(drive, "sums", former.rows("SELECT * FROM sums WHERE part = ?", HEAD))
    refusal(server)
    assert "rolled-back" in verify(server).kinds()


def test_a_deleted_object_does_not_come_back(fresh_server, tmp_path):
    server = fresh_server()
    with server:
        bucket = server.bucket()
        server.call("PUT", f"/{bucket}/deleted", body=b"secret")
    former = Drive(server.drive).copy(tmp_path / "former")
    with server:
        assert server.call("DELETE", f"/{bucket}/deleted").status == 204
    drive = Drive(server.drive)
    for table in ("versions", "inline_bodies", "data_keys"):
        put_back(drive, table, former.rows(f"SELECT * FROM {table}"))
    told = verify(server)
    assert told.status == DAMAGED and "rolled-back" in told.kinds(), told
    with server:
        server.wait_for_log("something was put back to an older state")
        assert server.call("GET", f"/{bucket}/deleted").status == 500


def test_an_object_that_is_taken_away_is_missed(old_and_new):
    server, _, _ = old_and_new
    drive = Drive(server.drive)
    row = drive.version("victim")["id"]
    drive.execute("DELETE FROM versions WHERE id = ?", row)
    drive.execute("DELETE FROM inline_bodies WHERE version = ?", row)
    told = verify(server)
    assert told.status == DAMAGED and any(f"removed (row {row})" in finding["detail"] for finding in told.findings), told


def test_a_bucket_s_settings_put_back_are_not_in_effect(fresh_server, tmp_path):
    """Versioning, for instance, that was switched on since."""
    server = fresh_server()
    with server:
        bucket = server.bucket()
    former = Drive(server.drive).copy(tmp_path / "former")
    with server:
        server.s3().put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    put_back(Drive(server.drive), "buckets", former.rows("SELECT * FROM buckets"))
    assert "records of its buckets" in refusal(server)
    assert verify(server).kinds() == ["rolled-back"]


def test_a_user_that_was_removed_does_not_come_back(fresh_server, tmp_path):
    server = fresh_server()
    with server:
        done = command(server, "admin", "user", "add", "ann", "a-long-secret", "--endpoint", server.endpoint)
        assert done.returncode == 0, done
    drive = Drive(server.drive)
    former = drive.copy(tmp_path / "former")
    drive.execute("DELETE FROM accounts WHERE rowid = (SELECT min(rowid) FROM accounts)")
    # One that is gone takes nobody else's place: there is no telling what it said.
    assert "rolled-back" in verify(server).kinds()
    refusal(server)
    put_back(drive, "accounts", former.rows("SELECT * FROM accounts"))
    assert verify(server).status == WHOLE


def test_a_setting_put_back_is_not_in_effect(fresh_server, tmp_path):
    server = fresh_server()

    def set_rate(count):
        done = command(server, "admin", "config", "set", "api", f"requests_max={count}", "--endpoint", server.endpoint)
        assert done.returncode == 0, done
    with server:
        set_rate(100)
    former = Drive(server.drive).copy(tmp_path / "former")
    with server:
        set_rate(200)
    drive = Drive(server.drive)
    changed = [row for row in former.rows("SELECT * FROM settings")
               if drive.rows("SELECT * FROM settings WHERE name = ?", row["name"]) != [row]]
    assert changed
    put_back(drive, "settings", changed[:1])
    told = verify(server)
    assert any(finding["subject"] == "setting" and finding["kind"] == "rolled-back" for finding in told.findings), told
    with server:
        assert "settings are not what was committed last" in server.log_text()


def test_the_evidence_is_not_simply_taken_away(old_and_new):
    server, _, _ = old_and_new
    Drive(server.drive).execute("DELETE FROM sums")
    assert "has been removed" in refusal(server)


@pytest.mark.parametrize("what", ("catalogue", "drive"))
def test_an_older_copy_is_refused_where_there_is_an_anchor(fresh_server, tmp_path, what):
    server = fresh_server()
    anchored(server, tmp_path)
    with server:
        bucket = server.bucket()
        server.call("PUT", f"/{bucket}/k", body=b"one")
    former = Drive(server.drive).copy(tmp_path / "former")
    with server:
        server.call("PUT", f"/{bucket}/k", body=b"two")
    if what == "catalogue":
        shutil.copy(former.directory / "coffer.db", Drive(server.drive).directory / "coffer.db")
    else:
        shutil.rmtree(server.drive)
        former.copy(server.drive)
    assert "older than it has been" in refusal(server)
    told = verify(server, *server.arguments)
    assert told.status == DAMAGED and told.kinds() == ["rolled-back"], told
    # Without the anchor nobody can tell: so the article says.
    assert verify(server).status == WHOLE
    assert verify(server, "--accept-rollback", *server.arguments).status == WHOLE
    with server:
        assert server.call("GET", f"/{bucket}/k").body == b"one"
        server.call("PUT", f"/{bucket}/k", body=b"three")
    with server:
        assert server.call("GET", f"/{bucket}/k").body == b"three"


def test_a_former_state_that_went_on_elsewhere_is_another_history(fresh_server, tmp_path):
    server = fresh_server()
    anchored(server, tmp_path)
    with server:
        bucket = server.bucket()
    former = Drive(server.drive).copy(tmp_path / "former")
    with server:
        server.call("PUT", f"/{bucket}/k", body=b"one")
    shutil.rmtree(server.drive)
    former.copy(server.drive)
    arguments, server.arguments = server.arguments, []
    with server:
        for number in range(20):
            server.call("PUT", f"/{bucket}/{number}", body=b"other")
    server.arguments = arguments
    assert "another past" in refusal(server)


def test_drives_of_one_key_service_are_not_swapped(fresh_server, tmp_path):
    one = fresh_server()
    anchored(one, tmp_path)
    with one:
        one.bucket()
    other = Server(tmp_path / "other")
    shutil.copy(one.keyring, other.keyring)
    with other:
        other.bucket()
    try:
        shutil.rmtree(one.drive)
        shutil.copytree(other.drive, one.drive)
        assert "anchor of another drive" in refusal(one)
        # Nor does a drive's key open in the other: its identifier is in the key's context.
        drive = Drive(other.drive)
        setting = drive.rows("SELECT value FROM settings WHERE name = 'drive-id'")[0]["value"]
        drive.execute("UPDATE settings SET value = ? WHERE name = 'drive-id'", setting[:15] + b"\0" + setting[16:])
        status, output = other.run_to_end()
        assert status != 0 and "another drive's" in output, output
    finally:
        other.remove()


def test_an_anchor_is_not_kept_on_the_drive_and_not_forgotten(fresh_server, tmp_path):
    server = fresh_server()
    server.arguments += ["--rollback-anchor", f"{server.drive}/anchor"]
    with pytest.raises((RuntimeError, AssertionError)):
        Drive(server.drive).directory.mkdir(exist_ok=True)
        server.start()
    assert "must not lie on the drive" in server.log_text()
    server.arguments = []
    anchor = anchored(server, tmp_path)
    with server:
        server.bucket()
    assert anchor.read_text().startswith("coffer rollback anchor 1\ncommits ")
    anchor.unlink()
    assert "there is no anchor" in refusal(server)


@pytest.mark.parametrize("rounds", (6,))
def test_kills_are_no_rollback(fresh_server, tmp_path, rounds):
    server = fresh_server()
    anchor = anchored(server, tmp_path)
    for number in range(rounds):
        server.start()
        bucket = server.bucket() if number == 0 else bucket
        for key in range(25):
            assert server.call("PUT", f"/{bucket}/{number}-{key}", body=payload(2000, key)).status == 200
        server.kill()
    assert anchor.exists()
    assert verify(server, *server.arguments).status == WHOLE
    with server:
        assert server.call("GET", f"/{bucket}/0-0").status == 200


def test_a_restored_backup_has_the_anchor_say_so(fresh_server, tmp_path):
    server = fresh_server()
    anchored(server, tmp_path)
    target, home = tmp_path / "backups", tmp_path / "restored"
    with server:
        bucket = server.bucket()
        server.call("PUT", f"/{bucket}/k", body=payload(90_000, 1))
        assert command(server, "backup", server.endpoint, target).returncode == 0
        for number in range(5):
            server.call("PUT", f"/{bucket}/k", body=payload(90_000, number))
    done = command(server, "restore", target, home, *server.arguments)
    assert done.returncode == 0 and "commits before its anchor" in done.stdout, done
    shutil.rmtree(server.drive)
    shutil.copytree(home, server.drive)
    with server:
        assert server.call("GET", f"/{bucket}/k").body == payload(90_000, 1)


def test_a_backup_with_a_record_put_back_is_told_before_anything_is_made(old_and_new, tmp_path):
    server, _, former = old_and_new
    target = tmp_path / "backups"
    rows = former.rows(VERSIONS, b"victim")
    put_back(Drive(server.drive), "versions", rows)
    assert command(server, "backup", server.drive, target).returncode == 0
    done = command(server, "restore", target, tmp_path / "restored")
    assert done.returncode == 1 and "not what was committed last" in done.stderr, done
    assert not (tmp_path / "restored").exists()
    assert command(server, "restore", target, tmp_path / "restored", "--accept-rollback").returncode == 0


def test_a_power_cut_after_an_anchor_was_written_is_no_rollback(fresh_server, tmp_path):
    """What the drive had when the anchor was read is what a cut leaves at least."""
    server = fresh_server()
    anchor = anchored(server, tmp_path)
    with server:
        bucket = server.bucket()
        for number in range(30):
            assert server.call("PUT", f"/{bucket}/{number}", body=payload(1000, number)).status == 200
            # First the anchor, then the drive: never the other way round on one moment's disks.
            copy_of_anchor = anchor.read_bytes()
            if number % 10 == 9:
                server.process.send_signal(signal.SIGSTOP)
                Drive(server.drive).copy(tmp_path / f"cut-{number}")
                (tmp_path / f"anchor-{number}").write_bytes(copy_of_anchor)
                server.process.send_signal(signal.SIGCONT)
    for number in (9, 19, 29):
        told = verify(server, "--rollback-anchor", tmp_path / f"anchor-{number}", target=tmp_path / f"cut-{number}")
        assert told.status in (WHOLE, verification.LEFTOVERS), told
