"""minio-py: asks for the bucket's location first, signs Content-Length, and counts parts itself."""

import io

import pytest
import urllib3
from minio import Minio
from minio.deleteobjects import DeleteObject
from minio.error import S3Error
from minio.sse import SseCustomerKey, SseKMS, SseS3
from minio.sseconfig import Rule, SSEConfig

from contract import Client, ClientContract
from payloads import CUSTOMER_KEY, KEY_ID, MIB, PLAIN, SSE_C, SSE_KMS, SSE_S3, payload


def sse(encryption):
    if encryption is SSE_C:
        return SseCustomerKey(CUSTOMER_KEY.raw)
    if encryption is SSE_KMS:
        return SseKMS(encryption.request[KEY_ID], {})
    return SseS3() if encryption is SSE_S3 else None


def minio(server):
    pool = urllib3.PoolManager(ca_certs=server.authority, retries=urllib3.Retry(total=0), timeout=60)
    return Minio(endpoint=server.host, access_key=server.access_key, secret_key=server.secret_key, secure=server.tls,
                 http_client=pool)


class MinioPy(Client):
    def __init__(self, server, directory):
        super().__init__(server, directory)
        self.minio = minio(server)

    def make_bucket(self, bucket):
        assert not self.minio.bucket_exists(bucket_name=bucket)
        self.minio.make_bucket(bucket_name=bucket)
        assert self.minio.bucket_exists(bucket_name=bucket)

    def upload(self, bucket, files, encryption):
        for key, path in files.items():
            self.minio.fput_object(bucket_name=bucket, object_name=key, file_path=str(path), sse=sse(encryption))

    def list(self, bucket):
        return {item.object_name: item.size for item in self.minio.list_objects(bucket_name=bucket, recursive=True)}

    def customer(self, encryption):
        return sse(encryption) if encryption is SSE_C else None

    def read_range(self, bucket, key, first, last, encryption):
        answer = self.minio.get_object(bucket_name=bucket, object_name=key, offset=first, length=last - first + 1,
                                       ssec=self.customer(encryption))
        try:
            return answer.read()
        finally:
            answer.close()
            answer.release_conn()

    def download(self, bucket, keys, directory, encryption):
        for key in keys:
            self.minio.fget_object(bucket_name=bucket, object_name=key, file_path=str(directory / key.rpartition("/")[2]),
                                   ssec=self.customer(encryption))

    def delete(self, bucket, keys):
        objects = [DeleteObject(key) for key in keys]
        assert list(self.minio.remove_objects(bucket_name=bucket, delete_object_list=objects)) == []

    def set_default(self, bucket, encryption):
        rule = Rule.new_sse_kms_rule(encryption.request[KEY_ID]) if encryption is SSE_KMS else Rule.new_sse_s3_rule()
        self.minio.set_bucket_encryption(bucket_name=bucket, config=SSEConfig(rule))


class TestMinioPy(ClientContract):
    client = MinioPy


def test_a_context_with_a_space_in_its_json_is_accepted(https):
    client, bucket = minio(https), https.bucket()
    client.put_object(bucket_name=bucket, object_name="k", data=io.BytesIO(b"x"), length=1,
                      sse=SseKMS(SSE_KMS.request[KEY_ID], {"a": "b"}))
    head = client.stat_object(bucket_name=bucket, object_name="k")
    assert head.metadata["x-amz-server-side-encryption-aws-kms-key-id"] == SSE_KMS.request[KEY_ID]


def test_a_stream_of_unknown_length_is_stored(server):
    client, bucket = minio(server), server.bucket()
    data = payload(5 * MIB + 3)
    client.put_object(bucket_name=bucket, object_name="k", data=io.BytesIO(data), length=-1, part_size=5 * MIB)
    answer = client.get_object(bucket_name=bucket, object_name="k")
    assert answer.read() == data
    answer.close()


def test_the_error_of_a_missing_object_is_told_by_its_code(server):
    client, bucket = minio(server), server.bucket()
    with pytest.raises(S3Error) as raised:
        client.stat_object(bucket_name=bucket, object_name="nothing")
    assert raised.value.code == "NoSuchKey"
    with pytest.raises(S3Error) as raised:
        client.get_object(bucket_name="no-such-bucket", object_name="nothing")
    assert raised.value.code == "NoSuchBucket"


def test_the_default_encryption_can_be_read_and_removed(server):
    adapter, bucket = MinioPy(server, None), server.bucket()
    adapter.set_default(bucket, SSE_KMS)
    rule = adapter.minio.get_bucket_encryption(bucket_name=bucket).rule
    assert (rule.sse_algorithm, rule.kms_master_key_id) == ("aws:kms", SSE_KMS.request[KEY_ID])
    adapter.minio.delete_bucket_encryption(bucket_name=bucket)
    assert adapter.minio.get_bucket_encryption(bucket_name=bucket) is None


def test_presigned_addresses_work(server):
    client, bucket = minio(server), server.bucket()
    pool = urllib3.PoolManager(ca_certs=server.authority)
    assert pool.request("PUT", client.presigned_put_object(bucket_name=bucket, object_name="k"), body=b"x").status == 200
    assert pool.request("GET", client.presigned_get_object(bucket_name=bucket, object_name="k")).data == b"x"


def test_plain_requests_are_the_ones_without_a_header(https):
    """An object stored without asking is readable without asking, and shows the encryption that it has all the same."""
    client, bucket = minio(https), https.bucket()
    client.put_object(bucket_name=bucket, object_name="k", data=io.BytesIO(b"x"), length=1, sse=sse(PLAIN))
    assert client.stat_object(bucket_name=bucket, object_name="k").metadata["x-amz-server-side-encryption"] == "AES256"
