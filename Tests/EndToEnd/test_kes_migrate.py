"""`coffer-kes migrate`: keys go from one key store to another as they are, and each is tried."""

import pytest

from command_line import CLI
from kes import KESServer
from root_stores import STORES


@pytest.fixture
def stores(tmp_path):
    """Two configurations on two directories, neither of them served."""
    for name in ("from", "to"):
        (tmp_path / f"{name}.yml").write_text(
            f"admin:\n  identity: disabled\ntls:\n  key: x\n  cert: x\nkeystore:\n  fs:\n    path: {tmp_path / name}\n")
        (tmp_path / name).mkdir()
    for name, value in (("a-1", "one"), ("a-2", "two"), ("b", "three")):
        (tmp_path / "from" / name).write_text(value)
    return tmp_path


def test_keys_migrate_as_they_are(stores):
    cli = CLI(None, stores)
    arguments = ("migrate", "--from", "from.yml", "--to", "to.yml")
    assert cli.good(*arguments, "a*") == "Starting key migration:\n\nMigrated      2 keys successfully!\n"
    assert sorted(path.name for path in (stores / "to").iterdir()) == ["a-1", "a-2"]
    assert (stores / "to" / "a-1").read_text() == "one"
    # A second run goes on where the first one ended.
    assert cli.good(*arguments).endswith("Migrated      1 keys successfully!\nThe target had 2 keys already.\n")
    (stores / "to" / "a-1").write_text("other")
    failed = cli(*arguments)
    assert failed.status == 1 and failed.err.startswith("Error: key already exists: 'a-1' "), failed
    (stores / "to" / "b").unlink()
    merged = cli.good(*arguments, "--merge")
    assert "Migrated      1 keys successfully!\n" in merged and "Of 1 key the target keeps its own.\n" in merged
    assert (stores / "to" / "a-1").read_text() == "other" and (stores / "to" / "b").read_text() == "three"
    assert "No keys migrated.\n" in cli.good(*arguments, "--merge")
    forced = cli.good(*arguments, "--force")
    assert "Migrated      1 keys successfully!\nThe target had 2 keys already.\n" in forced
    assert (stores / "to" / "a-1").read_text() == "one"
    assert "No keys migrated.\n" in cli.good(*arguments, "c?")


def test_a_trial_migration_lists_what_it_would_do_and_does_nothing(stores):
    cli = CLI(None, stores)
    (stores / "to" / "a-2").write_text("two")
    (stores / "to" / "b").write_text("other")
    arguments = ("migrate", "--from", "from.yml", "--to", "to.yml", "--dry-run")
    trial = cli(*arguments)
    assert trial.status == 1 and trial.err == "", trial
    assert trial.out == (
        "Starting key migration:\n\ncopy       a-1\nequal      a-2\nconflict   b\n\n"
        "Nothing was changed. 1 key would be migrated.\nThe target has 1 key already.\n"
        "Under one name the target has another key: '--merge' leaves it, '--force' overwrites it.\n")
    assert "keep       b\n" in cli.good(*arguments, "--merge")
    assert "overwrite  b\n" in cli.good(*arguments, "--force")
    assert {path.name: path.read_text() for path in (stores / "to").iterdir()} == {"a-2": "two", "b": "other"}


def test_neither_a_missing_source_nor_a_trial_makes_a_directory(stores):
    cli = CLI(None, stores)
    (stores / "to").rmdir()
    assert "copy       a-1\n" in cli.good("migrate", "--from", "from.yml", "--to", "to.yml", "--dry-run")
    assert not (stores / "to").exists()
    (stores / "from").rename(stores / "away")
    failed = cli("migrate", "--from", "from.yml", "--to", "to.yml")
    assert failed.status == 1 and "does not exist" in failed.err, failed
    assert not (stores / "from").exists() and not (stores / "to").exists()
    # A directory that lost its seal is no source either, and does not get one.
    (stores / "from").mkdir()
    (stores / "passphrase").write_text("x")
    text = (stores / "from.yml").read_text()
    (stores / "from.yml").write_text(f"{text}    seal: {{passphrase: {{file: {stores / 'passphrase'}}}}}\n")
    failed = cli("migrate", "--from", "from.yml", "--to", "to.yml")
    assert failed.status == 1 and ".seal does not exist" in failed.err, failed
    assert list((stores / "from").iterdir()) == []


def test_a_migration_shows_a_bar_to_who_watches(stores):
    for number in range(300):
        (stores / "from" / f"many-{number}").write_text("x")
    shown = CLI(None, stores).on_terminal("migrate", "--from", "from.yml", "--to", "to.yml")
    assert shown.endswith("Migrated    303 keys successfully!\n"), shown


def test_a_migration_proves_that_a_key_opens_what_it_sealed(stores, tmp_path):
    """Keys of a server, and not only texts."""
    with KESServer(tmp_path / "source") as server:
        assert server.call("PUT", "/v1/key/create/real").status == 200
        data_key = server.call("PUT", "/v1/key/generate/real", {}).json()
    CLI(None, stores).good("migrate", "--from", str(server.file), "--to", "to.yml")
    with KESServer(tmp_path / "target") as target:
        target.store = stores / "to"
        target.write_configuration()
        target.reload()
        opened = target.call("PUT", "/v1/key/decrypt/real", {"ciphertext": data_key["ciphertext"]})
        assert opened.json()["plaintext"] == data_key["plaintext"]


def test_more_keys_migrate_than_the_original_can_list(stores):
    for number in range(1100):
        (stores / "from" / f"many-{number}").write_text("x")
    out = CLI(None, stores).good("migrate", "--from", "from.yml", "--to", "to.yml")
    assert out.endswith("Migrated   1103 keys successfully!\n")


def test_a_migration_says_what_is_missing(stores):
    cli = CLI(None, stores)
    assert cli.bad("migrate") == "no source specified. Use '--from' flag"
    assert cli.bad("migrate", "--from", "from.yml") == "missing migration target. Use '--to' or '--server'"
    assert cli.bad("migrate", "--from", "from.yml", "--to", "to.yml", "-f", "--merge") == (
        "'--force' and '--merge' flags are mutually exclusive")
    assert "not supported" in cli.bad("migrate", "--from", "from.yml", "-s", "https://kms")
    (stores / "from" / "a-1").parent.rename(stores / "gone")
    assert str(stores / "from") in cli.bad("migrate", "--from", "from.yml", "--to", "to.yml")


# --- between stores of different kinds

@pytest.mark.parametrize("name", sorted(STORES))
def test_keys_go_into_every_store_and_out_of_it(name, stores, tmp_path):
    (tmp_path / name).mkdir()
    store = STORES[name](tmp_path / name)
    try:
        servers = {place: KESServer(tmp_path / f"{place}-server", root_store=there)
                   for place, there in (("first", None), ("store", store), ("last", None))}
        with servers["first"] as server:
            for key in ("one", "two", "three"):
                assert server.call("PUT", f"/v1/key/create/{key}").status == 200
            data_key = server.call("PUT", "/v1/key/generate/two", {}).json()
        cli = CLI(None, stores)
        cli.environment |= store.environment

        def migrate(source, target, *more):
            return cli.good("migrate", "--from", str(servers[source].file), "--to", str(servers[target].file), *more)

        assert migrate("first", "store").endswith("Migrated      3 keys successfully!\n")
        assert migrate("first", "store").endswith("No keys migrated.\nThe target had 3 keys already.\n")
        assert migrate("store", "last", "--dry-run").count("copy ") == 3
        assert migrate("store", "last", "t*").endswith("Migrated      2 keys successfully!\n")
        with servers["last"] as server:
            opened = server.call("PUT", "/v1/key/decrypt/two", {"ciphertext": data_key["ciphertext"]})
            assert opened.json()["plaintext"] == data_key["plaintext"]
            assert server.call("GET", "/v1/key/list/").json()["names"] == ["three", "two"]
    finally:
        store.close()
