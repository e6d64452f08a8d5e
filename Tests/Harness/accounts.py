"""An administrator's client of the server: minio-py's MinioAdmin."""

import urllib3
from minio.credentials import StaticProvider
from minio.minioadmin import MinioAdmin


def admin(server, access_key=None, secret_key=None):
    pool = urllib3.PoolManager(ca_certs=server.authority, retries=urllib3.Retry(total=0), timeout=60)
    credentials = StaticProvider(access_key or server.access_key, secret_key or server.secret_key)
    return MinioAdmin(endpoint=server.host, credentials=credentials, secure=server.tls, http_client=pool)
