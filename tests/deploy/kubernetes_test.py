"""The manifests: names that last, probes that tie no life to the database, an end after the drain, one node away at a
time; and that the tools of Kubernetes read them, where they are installed."""
from __future__ import annotations

import json
import shutil
import subprocess
import unittest
from pathlib import Path
from typing import Any

import deployed
from deployed import DEPLOY, longest_stop, read_yaml, settings, yaml_documents

FOLDER = DEPLOY / "kubernetes"


def one(folder: str, kind: str) -> dict[str, Any]:
    every = [each for path in sorted((FOLDER / folder).glob("*.yaml")) for each in read_yaml(path)]
    found = [each for each in every if each["kind"] == kind]
    assert len(found) == 1, f"{len(found)} of {kind} in {folder}"
    return found[0]


def built(folder: str) -> str:
    done = subprocess.run(["kubectl", "kustomize", str(FOLDER / folder)], capture_output=True, text=True, timeout=60)
    if done.returncode != 0 or done.stderr:
        raise AssertionError(f"kubectl kustomize {folder}: {done.stderr}")
    return done.stdout


class kubernetes_test(unittest.TestCase):
    def setUp(self) -> None:
        self.nodes = one("nodes", "StatefulSet")["spec"]
        self.pod = self.nodes["template"]["spec"]
        self.node = self.pod["containers"][0]
        self.migrate = one("migrate", "Job")["spec"]["template"]["spec"]
        self.every_container = [*self.pod["initContainers"], self.node, *self.migrate["containers"]]

    def variables(self, container: dict[str, Any]) -> dict[str, Any]:
        return {each["name"]: each.get("value", each.get("valueFrom")) for each in container["env"]}

    @unittest.skipUnless(shutil.which("kubectl"), "kubectl is not installed")
    def test_kustomize_builds_both(self) -> None:
        for folder in ("nodes", "migrate"):
            pods = [each["spec"]["template"]["spec"] for each in yaml_documents(built(folder))
                    if "template" in each.get("spec", {})]
            self.assertEqual(len(pods), 1)
            for container in [*pods[0].get("initContainers", []), *pods[0]["containers"]]:
                deployed.check_pinned(self, container["image"])

    @unittest.skipUnless(shutil.which("kubectl") and shutil.which("kubeconform"), "kubeconform is not installed")
    def test_they_fit_the_schema(self) -> None:
        for folder in ("nodes", "migrate"):
            done = subprocess.run(["kubeconform", "-strict", "-"], input=built(folder), capture_output=True, text=True,
                                  timeout=60)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_each_resource_is_listed_and_the_image_is_the_programs_version(self) -> None:
        for folder in ("nodes", "migrate"):
            listed = read_yaml(FOLDER / folder / "kustomization.yaml")[0]
            there = {path.name for path in (FOLDER / folder).glob("*.yaml")} - {"kustomization.yaml"}
            self.assertEqual(set(listed["resources"]), there)
            self.assertEqual(listed["images"], [{"name": "weir", "newTag": deployed.version()}])
            for generated in listed.get("configMapGenerator", []):
                self.assertTrue(all((FOLDER / folder / each).is_file() for each in generated["files"]))
        self.assertTrue(all(each["image"] == "weir" for each in self.every_container))

    def test_a_node_keeps_its_name(self) -> None:
        given = self.variables(self.node)
        self.assertEqual(given["WEIR_NODE__NAME"], {"fieldRef": {"fieldPath": "metadata.name"}})
        services = read_yaml(FOLDER / "nodes" / "services.yaml")
        headless = [each for each in services if each["spec"].get("clusterIP") == "None"]
        self.assertEqual([each["metadata"]["name"] for each in headless], [self.nodes["serviceName"]])
        self.assertTrue(headless[0]["spec"]["publishNotReadyAddresses"])

    def test_its_state_is_on_its_machine(self) -> None:
        """A volume that moves with the pod would prove a process dead that runs on another machine."""
        self.assertNotIn("volumeClaimTemplates", self.nodes)
        state = [each for each in self.pod["volumes"] if each["name"] == "state"]
        self.assertEqual(state, [{"name": "state", "emptyDir": {}}])
        self.assertIn("/var/lib/weir", [each["mountPath"] for each in self.node["volumeMounts"]])

    def test_what_selects_the_pods_fits_their_labels(self) -> None:
        labels = self.nodes["template"]["metadata"]["labels"].items()
        budget = one("nodes", "PodDisruptionBudget")["spec"]
        selectors = [self.nodes["selector"]["matchLabels"], budget["selector"]["matchLabels"],
                     *(each["spec"]["selector"] for each in read_yaml(FOLDER / "nodes" / "services.yaml"))]
        for selector in selectors:
            self.assertLessEqual(selector.items(), labels)

    def test_life_does_not_depend_on_the_database(self) -> None:
        for probe in ("livenessProbe", "startupProbe"):
            self.assertEqual(self.node[probe]["httpGet"], {"path": "/healthz/live", "port": "http"})
        self.assertEqual(self.node["readinessProbe"]["httpGet"], {"path": "/healthz/ready", "port": "http"})
        port = [each["containerPort"] for each in self.node["ports"] if each["name"] == "http"]
        told = self.settings_of_a_pod()
        self.assertEqual(told["http"]["listen"], f"0.0.0.0:{port[0]}")
        self.assertEqual(told["http"]["base_path"], "/")
        budget = one("nodes", "PodDisruptionBudget")["spec"]
        self.assertEqual((budget["maxUnavailable"], budget["unhealthyPodEvictionPolicy"]), (1, "AlwaysAllow"))

    def settings_of_a_pod(self) -> dict[str, Any]:
        plain = {k: v for k, v in self.variables(self.node).items() if isinstance(v, str) and "DATABASE" not in k}
        plain = {k: v.replace("$(POD_IP)", "10.0.0.7") for k, v in plain.items()}
        return settings(FOLDER / "nodes" / "weir.toml", WEIR_NODE__NAME="weir-0", **plain)

    def test_a_pod_is_killed_only_after_the_longest_drain(self) -> None:
        self.assertGreater(self.pod["terminationGracePeriodSeconds"], longest_stop(self.settings_of_a_pod()))
        self.assertEqual(self.node["args"], ["run"])  # the image's entry point passes SIGTERM on
        self.assertNotIn("lifecycle", self.node)

    def test_nodes_wait_for_their_schema_and_never_make_it(self) -> None:
        self.assertIn("until weir db status", self.pod["initContainers"][0]["args"][0])
        self.assertNotIn("migrate", json.dumps(self.pod))
        self.assertTrue(self.migrate["containers"][0]["args"][0].startswith("weir db migrate && "))
        secrets = {each["secret"]["secretName"] for each in self.pod["volumes"] if "secret" in each}
        owner = {each["secret"]["secretName"] for each in self.migrate["volumes"]}
        self.assertFalse(secrets & owner, "nodes do not know the owner's login")

    def test_secrets_come_as_files(self) -> None:
        mounts = {each["mountPath"] for each in self.node["volumeMounts"]}
        for container in self.every_container:
            for name, value in self.variables(container).items():
                if "DATABASE" in name:
                    self.assertTrue(name.endswith("_FILE"), name)
                    self.assertEqual(str(Path(value).parent), "/etc/weir/database")
        told = self.settings_of_a_pod()
        for path in (*told["tls"].values(), str(Path(told["http"]["tokens_file"]).parent)):
            self.assertIn(path, mounts)
        kinds = [each["kind"] for path in FOLDER.rglob("*.yaml") for each in read_yaml(path)]
        self.assertNotIn("Secret", kinds, "secrets are made where they are used, and kept in no repository")

    def test_nothing_has_more_rights_than_it_needs(self) -> None:
        for pod in (self.pod, self.migrate):
            self.assertTrue(pod["securityContext"]["runAsNonRoot"])
            self.assertEqual(pod["securityContext"]["seccompProfile"], {"type": "RuntimeDefault"})
            self.assertFalse(pod["automountServiceAccountToken"])
            self.assertIn(f"USER {pod['securityContext']['runAsUser']}:{pod['securityContext']['runAsGroup']}\n",
                          (DEPLOY / "docker" / "Dockerfile").read_text(encoding="utf-8"))
        for container in self.every_container:
            self.assertEqual(container["securityContext"],
                             {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True,
                              "capabilities": {"drop": ["ALL"]}})
            self.assertIn("memory", container["resources"]["limits"])


if __name__ == "__main__":
    deployed.main()
