"""Pages of metrics, read by Prometheus's own parser; the dashboard and the alert rules name nothing that is not there."""

import concurrent.futures
import json
import re
import shutil
import subprocess
import time
from pathlib import Path

import jwt
import pytest
import yaml
from minio.credentials import StaticProvider
from minio.minioadmin import MinioAdmin
from prometheus_client.parser import text_string_to_metric_families

import wire

ROOT = Path(__file__).resolve().parents[2]
PAGES = ("/minio/v2/metrics/cluster", "/minio/v2/metrics/node", "/minio/v2/metrics/bucket", "/minio/v2/metrics/resource",
         "/minio/prometheus/metrics", "/minio/metrics/v3")


def token(server, *, secret=None, lasts=3600, **claims):
    """As `mc admin prometheus generate` makes it, without asking the server."""
    claims = {"iss": "prometheus", "sub": server.access_key, "exp": int(time.time()) + lasts} | claims
    return jwt.encode(claims, secret or server.secret_key, algorithm="HS512")


def scrape(server, page, bearer=None, *, status=200):
    headers = {"Authorization": f"Bearer {bearer or token(server)}"}
    answer = wire.request(server, "GET", page, headers=headers)
    assert answer.status == status, (page, answer)
    return answer.body.decode()


def samples(server, page):
    """Every sample of a page as `{name: [(labels, value)]}`; the parser refuses what Prometheus would."""
    found = {}
    for family in text_string_to_metric_families(scrape(server, page)):
        for sample in family.samples:
            found.setdefault(sample.name, []).append((sample.labels, sample.value))
    return found


def value(found, name, **labels):
    values = [number for has, number in found[name] if labels.items() <= has.items()]
    assert len(values) == 1, (name, labels, found[name])
    return values[0]


@pytest.fixture(scope="module")
def busy(http):
    """A server that every family of the dashboard has something to say about."""
    bucket, client = http.bucket(), http.s3()
    for number in range(5):
        client.put_object(Bucket=bucket, Key=f"{number}", Body=b"x" * 1000)
    client.put_object(Bucket=bucket, Key="large", Body=b"x" * 100_000)
    client.get_object(Bucket=bucket, Key="0")["Body"].read()
    assert wire.request(http, "GET", f"/{bucket}/0").status == 403
    http.measured = bucket
    return http


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_read_by_a_real_parser(busy, page):
    found = samples(busy, page)
    assert found
    for name, values in found.items():
        keys = [tuple(sorted(labels.items())) for labels, _ in values]
        assert len(keys) == len(set(keys)), name


def test_what_was_asked_is_counted(busy):
    found = samples(busy, PAGES[0])
    assert value(found, "minio_s3_requests_total", api="putobject") == 6
    assert value(found, "minio_s3_requests_rejected_auth_total") >= 1
    assert value(found, "coffer_requests_total", operation="PutObject", outcome="success", service="s3") == 6
    assert value(found, "coffer_request_duration_seconds_count", operation="PutObject") == 6
    assert value(found, "coffer_request_received_bytes_total", operation="PutObject") >= 105_000
    assert value(found, "minio_cluster_usage_object_total") == 6
    assert value(found, "minio_cluster_kms_online") == 1 and value(found, "coffer_drive_locked") == 0
    assert value(found, "coffer_blob_sync_duration_seconds_count") >= 1
    by_bucket = samples(busy, PAGES[2])
    assert value(by_bucket, "minio_bucket_usage_total_bytes", bucket=busy.measured) == 105_000
    assert value(by_bucket, "minio_bucket_requests_total", bucket=busy.measured, api="getobject") >= 1


def test_a_request_under_way_shows_and_goes(busy):
    found = samples(busy, PAGES[0])
    assert value(found, "coffer_requests_in_flight", operation="PutObject") == 0
    assert value(found, "coffer_requests_in_flight", operation="Scrape") == 1


def test_only_a_token_of_the_secret_lets_in(busy):
    for bad in (token(busy, secret="another"), token(busy, lasts=-10), token(busy, iss="else"), token(busy, sub="nobody"),
                "nonsense"):
        body = scrape(busy, PAGES[0], bad, status=403)
        assert json.loads(body)["Code"] == "AccessDenied"
    assert wire.request(busy, "GET", PAGES[0]).status == 403
    assert busy.call("GET", PAGES[0]).status == 403


def test_a_user_may_scrape_whom_a_policy_lets(fresh_server):
    with fresh_server() as server:
        root = MinioAdmin(endpoint=server.host, credentials=StaticProvider(server.access_key, server.secret_key), secure=False)
        root.user_add("watcher", "watcher-secret")
        bearer = token(server, secret="watcher-secret", sub="watcher")
        scrape(server, PAGES[0], bearer, status=403)
        root.attach_policy(["diagnostics"], user="watcher")
        assert "minio_cluster_bucket_total" in scrape(server, PAGES[0], bearer)
        root.user_disable("watcher")
        scrape(server, PAGES[0], bearer, status=403)


def test_public_metrics_need_nothing_and_a_wrong_setting_does_not_start(fresh_server):
    with fresh_server(environment={"MINIO_PROMETHEUS_AUTH_TYPE": "public"}) as server:
        assert wire.request(server, "GET", PAGES[0]).status == 200
    status, text = fresh_server(environment={"MINIO_PROMETHEUS_AUTH_TYPE": "open"}).run_to_end()
    assert status == 1 and "PROMETHEUS_AUTH_TYPE" in text


def test_many_scrapes_at_once_are_answered(busy):
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        assert all(pool.map(lambda _: "minio_cluster_bucket_total" in scrape(busy, PAGES[0]), range(40)))


def exported(server):
    return set().union(*(samples(server, page) for page in PAGES))


# Families whose samples come with what they are about: a webhook, a certificate, a failure.
OCCASIONAL = {"minio_cluster_webhook_online", "minio_cluster_webhook_queue_length", "minio_audit_failed_messages",
              "minio_audit_target_queue_length", "minio_notify_target_queue_length", "coffer_certificate_not_after_seconds"}


def test_the_dashboard_and_the_alerts_name_what_is_exported(busy):
    dashboard = json.loads((ROOT / "deploy/grafana/coffer.json").read_text())
    queries = [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", [])]
    rules = yaml.safe_load((ROOT / "deploy/prometheus/coffer-alerts.yml").read_text())
    queries += [rule["expr"] for group in rules["groups"] for rule in group["rules"]]
    assert len(queries) > 40
    named = {name for query in queries for name in re.findall(r"\b(?:coffer|minio)_[a-z0-9_]+", query)}
    families = "\n".join(scrape(busy, page) for page in PAGES)
    for name in OCCASIONAL & named:
        assert f"# TYPE {name} " in families, name
    assert named - exported(busy) - OCCASIONAL == set()


@pytest.mark.skipif(not shutil.which("promtool"), reason="Prometheus is not installed")
def test_promtool_accepts_pages_and_rules(busy):
    rules = subprocess.run(["promtool", "check", "rules", ROOT / "deploy/prometheus/coffer-alerts.yml"], capture_output=True)
    assert rules.returncode == 0, rules.stdout + rules.stderr
    page = subprocess.run(["promtool", "check", "metrics"], input=scrape(busy, PAGES[0]).encode(), capture_output=True)
    # What it does not like is style: MinIO's names are as they are. It fails for what cannot be parsed.
    assert b"error while linting" not in page.stderr, page.stderr
