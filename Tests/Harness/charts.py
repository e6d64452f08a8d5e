"""Renders the Helm chart with Helm's own library, and writes what deploy/kubernetes/coffer.yaml has to be.

    python Tests/Harness/charts.py >deploy/kubernetes/coffer.yaml
"""

import re
import sys

import helm_python as helm
import yaml

from server import REPOSITORY

FOLDER = REPOSITORY / "deploy/kubernetes"
CHART = FOLDER / "chart"


def example(name):
    return yaml.safe_load((FOLDER / "examples" / f"{name}.yaml").read_text())


def render(values, *, release="coffer", namespace="coffer"):
    """The objects that the chart makes of these values; values that its schema refuses are an error."""
    with helm.Chart.load(str(CHART)) as chart:
        chart.validate_schema(values)
        return chart.render(values, name=release, namespace=namespace)


def objects(values, **options):
    rendered = render(values, **options)
    return [one for name, text in sorted(rendered.items()) if name.endswith(".yaml")
            for one in yaml.safe_load_all(text) if one]


def manifests():
    """The plain manifests: without Helm's own labels, and with the namespace they are for."""
    texts = [text.strip() for name, text in sorted(render(example("plain")).items()) if name.endswith(".yaml")]
    text = "\n---\n".join(text for text in texts if text)
    text = re.sub(r"^ +(app\.kubernetes\.io/managed-by|helm\.sh/chart|helm\.sh/resource-policy): .*\n", "", text,
                  flags=re.MULTILINE)
    text = re.sub(r"^  annotations:\n +# Without the keys nothing on the drive can be read\.\n(?=spec:)", "", text,
                  flags=re.MULTILINE)
    text = re.sub(r"^metadata:\n  name: (\S+)$", r"metadata:\n  name: \1\n  namespace: coffer", text, flags=re.MULTILINE)
    return f"""# Both servers without Helm: Tests/Harness/charts.py makes this from the chart. README.md says which Secrets come first.
apiVersion: v1
kind: Namespace
metadata:
  name: coffer
  labels:
    pod-security.kubernetes.io/enforce: restricted
---
{text}
"""


if __name__ == "__main__":
    sys.stdout.write(manifests())
