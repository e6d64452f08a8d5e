"""A container registry that keeps its images in a bucket: uploads that are appended to, moves by copies in parts."""

import gzip
import hashlib
import io
import json
import os
import shutil
import subprocess
import tarfile
import time
import urllib.request

import pytest

from contract import digest, run
from payloads import MIB, payload
from server import free_port

pytestmark = [pytest.mark.long, pytest.mark.big, pytest.mark.skipif(
    not shutil.which("docker-registry") or not shutil.which("skopeo"), reason="docker-registry or skopeo is not installed")]


def add_blob(folder, data, media_type):
    name = hashlib.sha256(data).hexdigest()
    (folder / "blobs/sha256" / name).write_bytes(data)
    return {"mediaType": media_type, "digest": f"sha256:{name}", "size": len(data)}


def make_image(folder, sizes):
    """An image in the layout of OCI, of one layer for each size with a file that does not compress."""
    (folder / "blobs/sha256").mkdir(parents=True)
    layers, differences = [], []
    for number, size in enumerate(sizes):
        archive = io.BytesIO()
        with tarfile.open(fileobj=archive, mode="w") as tar:
            entry = tarfile.TarInfo(f"file-{number}")
            entry.size = size
            tar.addfile(entry, io.BytesIO(payload(size, number)))
        differences.append("sha256:" + hashlib.sha256(archive.getvalue()).hexdigest())
        layers.append(add_blob(folder, gzip.compress(archive.getvalue(), 1, mtime=0),
                               "application/vnd.oci.image.layer.v1.tar+gzip"))
    config = {"architecture": "amd64", "os": "linux", "config": {}, "rootfs": {"type": "layers", "diff_ids": differences}}
    manifest = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "layers": layers,
                "config": add_blob(folder, json.dumps(config).encode(), "application/vnd.oci.image.config.v1+json")}
    described = add_blob(folder, json.dumps(manifest).encode(), manifest["mediaType"])
    described["annotations"] = {"org.opencontainers.image.ref.name": "made"}
    (folder / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [described]}))
    (folder / "oci-layout").write_text(json.dumps({"imageLayoutVersion": "1.0.0"}))


class Registry:
    def __init__(self, server, bucket, directory):
        self.port, self.directory = free_port(), directory
        self.configuration = directory / "registry.json"  # which is YAML, too
        storage = {"accesskey": server.access_key, "secretkey": server.secret_key, "region": "us-east-1", "bucket": bucket,
                   "regionendpoint": server.endpoint, "secure": server.tls, "skipverify": server.tls, "v4auth": True,
                   "chunksize": 5 * MIB, "multipartcopychunksize": 5 * MIB, "multipartcopythresholdsize": 6 * MIB,
                   "rootdirectory": "/deep/registry"}
        self.configuration.write_text(json.dumps({
            "version": "0.1", "log": {"level": "error"}, "http": {"addr": f"127.0.0.1:{self.port}", "secret": "x"},
            # Over HTTP it sends its clients to the server, with presigned addresses; skopeo would not trust the certificate.
            "storage": {"s3": storage, "delete": {"enabled": True}, "redirect": {"disable": server.tls}}}))

    def __enter__(self):
        with open(self.directory / "registry.log", "wb") as log:
            # Of this environment's variables none: the SDK in it reads some, and cannot have both its own and the registry's.
            self.process = subprocess.Popen(["docker-registry", "serve", self.configuration], stdout=log, stderr=log,
                                            env={"PATH": os.environ["PATH"], "HOME": str(self.directory)})
        for _ in range(200):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/v2/", timeout=5).close()
                return self
            except OSError:
                assert self.process.poll() is None, (self.directory / "registry.log").read_text()
                time.sleep(0.1)
        raise AssertionError("the registry did not answer")

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


def test_an_image_is_pushed_pulled_and_collected(server, tmp_path):
    bucket, image, pulled = server.bucket(), tmp_path / "image", tmp_path / "pulled"
    make_image(image, (1, 100_000, 17 * MIB))

    def skopeo(*arguments, check=True):
        return run(["skopeo", *arguments], environment={"HOME": str(tmp_path)}, check=check)

    with Registry(server, bucket, tmp_path) as registry:
        place = f"docker://127.0.0.1:{registry.port}/some/image"
        skopeo("copy", "--insecure-policy", "--dest-tls-verify=false", f"oci:{image}:made", f"{place}:one")
        skopeo("copy", "--insecure-policy", "--src-tls-verify=false", "--dest-tls-verify=false", f"{place}:one", f"{place}:two")
        assert json.loads(skopeo("list-tags", "--tls-verify=false", place).stdout)["Tags"] == ["one", "two"]
        skopeo("copy", "--insecure-policy", "--src-tls-verify=false", f"{place}:two", f"oci:{pulled}:made")
        for path in (image / "blobs/sha256").iterdir():
            assert digest(pulled / "blobs/sha256" / path.name) == path.name
        skopeo("delete", "--tls-verify=false", f"{place}:one")
        assert skopeo("inspect", "--tls-verify=false", f"{place}:two", check=False).returncode != 0
    s3 = server.s3()

    def sizes():
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
        return sorted(item["Size"] for page in pages for item in page.get("Contents", ()) if item["Key"].endswith("/data"))

    layers = sorted(path.stat().st_size for path in (image / "blobs/sha256").iterdir())
    assert sizes() == layers
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=bucket)
    run(["docker-registry", "garbage-collect", registry.configuration])
    assert sizes() == []
