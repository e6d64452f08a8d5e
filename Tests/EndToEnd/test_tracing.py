"""Spans of requests at a collector, read with OpenTelemetry's own definition of what is sent to one."""

import base64
import http.server
import threading
import time

import pytest
from google.protobuf import json_format
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


class Collector(http.server.ThreadingHTTPServer):
    """Takes documents, after it has answered what `refusals` says."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Receiver)
        self.documents, self.headers, self.refusals = [], [], []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def endpoint(self):
        return f"http://127.0.0.1:{self.server_port}"

    def spans(self, count, seconds=20):
        """By their names, when there are so many."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            found = [span for document in list(self.documents) for resource in document.resource_spans
                     for scope in resource.scope_spans for span in scope.spans]
            if len(found) >= count:
                return {span.name: span for span in found}
            time.sleep(0.05)
        raise AssertionError(f"{len(found)} spans of {count}")


class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        status = self.server.refusals.pop() if self.server.refusals else 200
        if status == 200:
            assert (self.path, self.headers["Content-Type"]) == ("/v1/traces", "application/json")
            self.server.headers.append(dict(self.headers))
            self.server.documents.append(json_format.Parse(body, ExportTraceServiceRequest()))
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_arguments):
        pass


@pytest.fixture
def collector():
    one = Collector()
    yield one
    one.shutdown()


@pytest.fixture
def traced(fresh_server, collector):
    def start(**variables):
        return fresh_server(environment={"OTEL_EXPORTER_OTLP_ENDPOINT": collector.endpoint, **variables}).__enter__()

    return start


def hexed(identifier):
    """OTLP's JSON has identifiers in hex, which the general reader of such documents takes for base64."""
    return base64.b64encode(identifier).decode()


def attributes(span):
    return {one.key: one.value.string_value or one.value.int_value for one in span.attributes}


def test_requests_are_spans_of_their_callers(traced, collector):
    server = traced(OTEL_EXPORTER_OTLP_HEADERS="x-tenant=a%20b", OTEL_RESOURCE_ATTRIBUTES="deployment.environment=test")
    bucket, before = server.bucket(), time.time_ns()
    answer = server.call("PUT", f"/{bucket}/a%20key", {"traceparent": f"00-{TRACE}-{SPAN}-01"}, b"0123456789")
    assert answer.status == 200
    assert server.call("GET", f"/{bucket}/none?versionId=secret").status in (400, 404)
    spans = collector.spans(3)
    put, get = spans["s3.PutObject"], spans["s3.GetObject"]
    assert (hexed(put.trace_id), hexed(put.parent_span_id)) == (TRACE, SPAN)
    assert put.kind == put.SPAN_KIND_SERVER and len(hexed(put.span_id)) == 16
    assert before - 10**9 < put.start_time_unix_nano < put.end_time_unix_nano < time.time_ns() + 10**9
    said = attributes(put)
    assert {"aws.s3.bucket": bucket, "aws.s3.key": "a key", "http.request.method": "PUT", "rpc.method": "PutObject",
            "http.response.status_code": 200, "http.request.body.size": 10}.items() <= said.items()
    assert said["aws.request_id"] == answer.headers["x-amz-request-id"]
    assert hexed(get.trace_id) != TRACE and not get.parent_span_id and get.status.code == 0
    assert attributes(get)["error.type"] and "secret" not in str(get)
    assert {header["x-tenant"] for header in collector.headers} == {"a b"}
    resource = {one.key: one.value.string_value for one in collector.documents[0].resource_spans[0].resource.attributes}
    assert resource == {"service.name": "coffer", "deployment.environment": "test"}


@pytest.mark.parametrize("header", (
    f"00-{TRACE}-{SPAN}", f"00-{TRACE.upper()}-{SPAN}-01", f"ff-{TRACE}-{SPAN}-01", f"00-{'0' * 32}-{SPAN}-01",
    f"00-{TRACE}-{'0' * 16}-01", f"00-{TRACE}-{SPAN}-01-more", "", "x" * 3000))
def test_what_is_no_parent_is_none(traced, collector, header):
    server = traced()
    assert server.call("GET", "/", {"traceparent": header}).status == 200
    span = collector.spans(1)["s3.ListBuckets"]
    assert hexed(span.trace_id) not in (TRACE, "0" * 32) and not span.parent_span_id


def test_a_caller_that_records_nothing_is_followed(traced, collector):
    server = traced()
    server.call("GET", "/", {"traceparent": f"00-{TRACE}-{SPAN}-00"})
    server.bucket()
    assert set(collector.spans(1)) == {"s3.CreateBucket"}


def test_a_share_is_sampled(traced, collector):
    server = traced(OTEL_TRACES_SAMPLER="parentbased_traceidratio", OTEL_TRACES_SAMPLER_ARG="0")
    server.call("GET", "/")
    server.call("GET", "/", {"traceparent": f"00-{TRACE}-{SPAN}-01"})
    assert [hexed(span.trace_id) for span in collector.spans(1).values()] == [TRACE]


def test_a_collector_that_is_away_for_a_moment_gets_them_and_the_last_come_at_the_end(traced, collector):
    collector.refusals += [503, 503]
    server = traced()
    server.call("GET", "/")
    collector.spans(1)
    server.bucket()
    server.stop()
    assert "s3.CreateBucket" in collector.spans(2, seconds=1)


def test_a_collector_that_is_gone_costs_no_request(traced, collector):
    collector.shutdown()
    collector.server_close()
    server = traced()
    assert all(server.call("GET", "/").status == 200 for _ in range(50))
    server.wait_for_log("spans were not taken")


@pytest.mark.parametrize("name, value", (
    ("OTEL_TRACES_SAMPLER", "sometimes"), ("OTEL_EXPORTER_OTLP_HEADERS", "x"),
    ("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4318"), ("OTEL_EXPORTER_OTLP_CERTIFICATE", "/no/such/file")))
def test_what_cannot_be_meant_is_said_at_the_start(fresh_server, collector, name, value):
    server = fresh_server(environment={"OTEL_EXPORTER_OTLP_ENDPOINT": collector.endpoint, name: value})
    status, output = server.run_to_end()
    assert status != 0 and "OTEL_" in output
