"""The Helm chart and the manifests: against Kubernetes' schemas and the restricted standard, and with the servers themselves.

There is no cluster here: what comes out is looked at as an API server would, and then run without one.
"""

import subprocess

import helm_python as helm
import kubernetes_validate
import pytest
import urllib3
import yaml

import charts
import kes
from kes import KESServer
from server import Server, free_port

EXAMPLES = sorted(path.stem for path in (charts.FOLDER / "examples").glob("*.yaml"))
# Of other projects: their operators know their form.
FOREIGN = {"cert-manager.io/v1", "monitoring.coreos.com/v1"}
KUBERNETES = ("1.28", "1.33", "1.37")


@pytest.fixture(scope="module", params=EXAMPLES)
def rendered(request):
    return charts.objects(charts.example(request.param))


def of_kind(objects, kind, name=None):
    return [one for one in objects if one["kind"] == kind and name in (None, one["metadata"]["name"])]


def workloads(objects):
    return of_kind(objects, "StatefulSet") + of_kind(objects, "Deployment")


def test_helm_finds_nothing_wrong():
    found = helm.lint(str(charts.CHART), charts.example("quick"), strict=True)
    assert found["errors"] == [] and [one for one in found["messages"] if one["severity"] > 1] == []


def test_every_object_has_the_form_that_kubernetes_wants(rendered):
    for one in rendered:
        if one["apiVersion"] in FOREIGN:
            continue
        for version in KUBERNETES:
            kubernetes_validate.validate(one, version, strict=True)


def test_names_are_given_once(rendered):
    names = [(one["kind"], one["metadata"]["name"]) for one in rendered]
    assert len(names) == len(set(names))


def test_pods_are_restricted(rendered):
    """What `pod-security.kubernetes.io/enforce: restricted` lets in, and a root file system that is read-only."""
    for workload in workloads(rendered):
        pod = workload["spec"]["template"]["spec"]
        assert pod["securityContext"]["runAsNonRoot"] and pod["securityContext"]["runAsUser"] > 0
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert not pod["automountServiceAccountToken"]
        assert not {"hostNetwork", "hostPID", "hostIPC"} & set(pod)
        assert {key for volume in pod["volumes"] for key in volume} <= {
            "name", "configMap", "emptyDir", "secret", "persistentVolumeClaim", "projected"}
        for container in pod["containers"]:
            context = container["securityContext"]
            assert context["allowPrivilegeEscalation"] is False and context["readOnlyRootFilesystem"] is True
            assert context["capabilities"] == {"drop": ["ALL"]} and "privileged" not in context
            assert not any("hostPort" in port for port in container["ports"])
            assert container["resources"]["requests"] and container["resources"]["limits"]["memory"]


def test_what_is_referred_to_is_there(rendered):
    """Selectors find pods, ports and volumes have their names, and Secrets are the chart's, cert-manager's or the operator's."""
    made = {one["metadata"]["name"] for one in of_kind(rendered, "Secret")}
    made |= {one["spec"]["secretName"] for one in of_kind(rendered, "Certificate")}
    given = {"coffer-root", "coffer-kes-client", "coffer-tls", "coffer-kes-tls", "aws"}
    pods = {one["metadata"]["name"]: one["spec"]["template"] for one in workloads(rendered)}
    ports = {port["name"] for pod in pods.values() for one in pod["spec"]["containers"] for port in one["ports"]}

    def found(selector):
        return [name for name, pod in pods.items() if selector.items() <= pod["metadata"]["labels"].items()]

    for service in of_kind(rendered, "Service"):
        assert len(found(service["spec"]["selector"])) == 1
        assert {port["targetPort"] for port in service["spec"]["ports"]} <= ports
    for policy in of_kind(rendered, "NetworkPolicy"):
        assert len(found(policy["spec"]["podSelector"]["matchLabels"])) == 1
    for workload in workloads(rendered):
        assert found(workload["spec"]["selector"]["matchLabels"]) == [workload["metadata"]["name"]]
        pod = workload["spec"]["template"]["spec"]
        claims = {one["metadata"]["name"] for one in workload["spec"].get("volumeClaimTemplates", [])}
        volumes = {one["name"] for one in pod["volumes"]} | claims
        secrets = {one["secret"]["secretName"] for one in pod["volumes"] if "secret" in one}
        for container in pod["containers"]:
            assert {one["name"] for one in container["volumeMounts"]} <= volumes
            for variable in container.get("env", []):
                if "valueFrom" in variable:
                    secrets.add(variable["valueFrom"]["secretKeyRef"]["name"])
            for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
                for kind in ("httpGet", "tcpSocket"):
                    if kind in container[probe]:
                        assert container[probe][kind]["port"] in {one["name"] for one in container["ports"]}
        assert secrets <= made | given, secrets - made
        assert of_kind(rendered, "ServiceAccount", pod["serviceAccountName"])


def test_the_manifests_are_the_charts():
    assert (charts.FOLDER / "coffer.yaml").read_text() == charts.manifests()
    for one in yaml.safe_load_all(charts.manifests()):
        kubernetes_validate.validate(one, KUBERNETES[-1], strict=True)
        assert one["kind"] == "Namespace" or one["metadata"]["namespace"] == "coffer"


def changed(name, **changes):
    values = charts.example(name)
    for path, value in changes.items():
        *parents, last = path.split("__")
        place = values
        for parent in parents:
            place = place.setdefault(parent, {})
        place[last] = value
    return values


@pytest.mark.parametrize("values, complaint", (
    ({}, "auth|client"),
    (changed("quick", coffer__auth={"user": "admin", "password": "short"}), "auth"),
    (changed("quick", kes__client={"apiKey": "kes:v1:x", "identity": "somebody"}), "identity|client"),
    (changed("quick", coffer__keyName="a/b"), "keyName"),
    (changed("quick", tls__mode="off"), "mode"),
    (changed("quick", coffer__replicas=2), "replicas"),
    (changed("quick", kes__replicas=2), "one pod's"),
    (changed("quick", metrics__serviceMonitor={"enabled": True}), "serviceMonitor"),
))
def test_values_that_would_not_work_are_refused(values, complaint):
    with pytest.raises(helm.HelmError, match=complaint):
        charts.render(values)


def test_several_key_servers_have_a_budget_and_no_volume():
    objects = charts.objects(charts.example("aws-secrets-manager"))
    (budget,) = of_kind(objects, "PodDisruptionBudget")
    assert budget["spec"]["maxUnavailable"] == 1
    assert of_kind(objects, "PersistentVolumeClaim") == []
    (deployment,) = of_kind(objects, "Deployment")
    assert deployment["spec"]["replicas"] == 2 and deployment["spec"]["strategy"]["type"] == "RollingUpdate"


def test_an_example_names_a_key_by_its_own_identity():
    client = charts.example("quick")["kes"]["client"]
    said = subprocess.run([kes.binary(), "identity", "of", client["apiKey"]], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == client["identity"]


def secret_values(objects, name):
    (secret,) = of_kind(objects, "Secret", name)
    return secret["stringData"]


def variables(container, objects):
    """A container's environment with what its Secrets hold."""
    made = {}
    for variable in container["env"]:
        if "valueFrom" in variable:
            reference = variable["valueFrom"]["secretKeyRef"]
            made[variable["name"]] = secret_values(objects, reference["name"])[reference["key"]]
        else:
            made[variable["name"]] = variable["value"]
    return made


class Placed(Server):
    """An object server with a container's arguments, whose paths and ports are this test's."""

    def command(self):
        return super().command()[:1] + self.arguments


def test_both_servers_run_with_what_the_chart_tells_them(tmp_path, certificates):
    objects = charts.objects(charts.example("quick"))
    (stateful,) = of_kind(objects, "StatefulSet")
    (deployment,) = of_kind(objects, "Deployment")
    (server_container,) = stateful["spec"]["template"]["spec"]["containers"]
    (kes_container,) = deployment["spec"]["template"]["spec"]["containers"]
    # The volumes, as the kubelet would fill them.
    certs = tmp_path / "certs"
    (certs / "CAs").mkdir(parents=True)
    (volume,) = (one for one in stateful["spec"]["template"]["spec"]["volumes"] if one["name"] == "certs")
    sources = {"tls.crt": certificates.directory / "public.crt", "tls.key": certificates.directory / "private.key",
               "ca.crt": certificates.authority}
    for item in volume["secret"]["items"]:
        (certs / item["path"]).write_bytes(sources[item["key"]].read_bytes())
    for name, path in sources.items():
        (certs / name).write_bytes(path.read_bytes())
    root = tmp_path / "root-secret"
    root.mkdir()
    for name, value in secret_values(objects, "coffer-root").items():
        (root / name).write_text(value)

    key_server = KESServer(tmp_path / "kes", environment=variables(kes_container, objects))
    text = secret_values(objects, "coffer-kes-config")["kes-config.yml"]
    for old, new in (("0.0.0.0:7373", f"127.0.0.1:{key_server.port}"), ("0.0.0.0:7374", f"127.0.0.1:{free_port()}"),
                     ("/certs/", f"{certs}/"), ("/keys/", f"{tmp_path}/keys-")):
        assert old in text
        text = text.replace(old, new)
    key_server.write_configuration(text)
    server = Placed(tmp_path / "server", certificates=certificates, keyring=False)
    places = ((":9001", f"127.0.0.1:{free_port()}"), ("https://coffer-kes:7373", f"https://127.0.0.1:{key_server.port}"), ("/certs", str(certs)),
              ("/secrets/auth", str(root)), (":9000", server.host))
    environment = variables(server_container, objects) | {"MINIO_VOLUMES": str(server.drive)}
    console = places[0][1]
    for old, new in places:
        environment = {name: value.replace(old, new) for name, value in environment.items()}
        server_container["args"] = [argument.replace(old, new) for argument in server_container["args"]]
    server.arguments, server.environment = server_container["args"], environment
    server.credentials = False
    server.access_key, server.secret_key = (root / "user").read_text(), (root / "password").read_text()
    key_server.launch()
    try:
        key_server.wait_for_output("=> Server is up and running...")
        with server:
            bucket = server.bucket()
            assert server.call("PUT", f"/{bucket}/x", {"x-amz-server-side-encryption": "aws:kms"}, b"hello").status == 200
            answer = server.call("HEAD", f"/{bucket}/x")
            page = urllib3.PoolManager(ca_certs=server.authority).request("GET", f"https://{console}/")
            assert page.status == 200 and b"<html" in page.data
            assert answer.headers["x-amz-server-side-encryption-aws-kms-key-id"].endswith("coffer-key")
    finally:
        server.kill()
        key_server.kill()
