#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# oci-hostnet configure kubernetes: what its admission policy lets in, by CEL, and the RuntimeClass.
bats_require_minimum_version 1.5.0
load helpers
load configure

setup() { setup_root; }

# admits JQ-EXPRESSION - what becomes of a pod {} that was changed so
admission() {
	jq -nc '{resource: "/v1/pods", object: {metadata: {name: "x"}, spec: {}}} | '"$1" |
		"$PYTHON" "$top_srcdir/tests/tools/cel.py" "$root$own/kubernetes/admission.yaml"
}
admitted() { [ "$(admission "$1")" = admitted ] || { echo "not admitted: $1"; return 1; }; }
denied() { [[ $(admission "$1") == "denied: annotations io.oci-hostnet.* are for namespaces with the label "* ]] || { echo "not denied: $1"; return 1; }; }

@test "kubernetes: the annotations in labelled namespaces only" {
	require_python
	configure kubernetes
	ask='.object.metadata.annotations = {"a": "b", "io.oci-hostnet.network": "host"}'
	allowed='.namespaceLabels = {"io.oci-hostnet/annotations": "allowed"}'
	admitted .
	admitted '.object.metadata.annotations = {}'
	admitted '.object.metadata.annotations = {"io.oci-hostnetwork": "x", "x.io.oci-hostnet.network": "host"}'
	denied "$ask"
	denied "$ask | .object.metadata.annotations |= del(.a)"
	denied '.object.metadata.annotations = {"io.oci-hostnet.lock": "strict"}'
	denied "$ask | .namespaceLabels = {\"io.oci-hostnet/annotations\": \"no\", \"x\": \"allowed\"}"
	admitted "$ask | $allowed"
	# a pod that has it already can be finished, but gets no more of it
	update='.operation = "UPDATE" | .oldObject = .object'
	denied ".operation = \"UPDATE\" | .oldObject = .object | $ask"
	admitted "$ask | $update"
	admitted "$ask | $update | .object.metadata.finalizers = []"
	admitted "$ask | $update | .object.metadata.annotations = {}"
	denied "$ask | $update | .object.metadata.annotations.\"io.oci-hostnet.network\" = \"x\""
	denied "$ask | $update | .object.metadata.annotations.\"io.oci-hostnet.lock\" = \"strict\""
	admitted "$ask | .resource = \"/v1/configmaps\""
	# who may write the status may write annotations with it
	denied "$ask | $update | .resource = \"/v1/pods/status\" | .object.metadata.annotations.\"io.oci-hostnet.lock\" = \"strict\""
	admitted "$ask | $update | .resource = \"/v1/pods/status\" | .object.status = {phase: \"Running\"}"
	# templates
	for resource in apps/v1/deployments apps/v1/daemonsets apps/v1/statefulsets apps/v1/replicasets batch/v1/jobs; do
		template=".resource = \"$resource\" | .object.spec.template = {metadata: {}, spec: {}}"
		admitted "$template"
		admitted "$template | del(.object.spec.template.metadata)"
		denied "$template | .object.spec.template.metadata.annotations.\"io.oci-hostnet.network\" = \"host\""
		admitted "$template | .object.spec.template.metadata.annotations.\"io.oci-hostnet.network\" = \"host\" | $update"
		admitted "$template | .object.spec.template.metadata.annotations.\"io.oci-hostnet.network\" = \"host\" | $allowed"
	done
}

@test "kubernetes: a pod names its own service account, in every namespace, or none" {
	require_python
	configure kubernetes
	mine='.object.spec.serviceAccountName = "cni"'
	named() { echo ".object.metadata.annotations.\"io.oci-hostnet.service-account\" = \"$1\""; }
	forged() {
		[ "$(admission "$1")" = "denied: the annotation io.oci-hostnet.service-account must be spec.serviceAccountName" ] ||
			{ echo "not denied: $1"; return 1; }
	}
	allowed='.namespaceLabels = {"io.oci-hostnet/annotations": "allowed"}'
	update='.operation = "UPDATE" | .oldObject = .object'
	admitted "$mine"
	admitted "$mine | $(named cni)"
	admitted "$mine | $(named cni) | $allowed"
	for name in cn cni2 CNI default "" "cni " "kube-system/cni" "*"; do
		forged "$mine | $(named "$name")"
		forged "$mine | $(named "$name") | $allowed"
	done
	# a pod without one has none to name
	for name in "" default; do
		forged "$(named "$name")"
		forged ".object.spec.serviceAccountName = \"\" | $(named "$name")"
	done
	# it cannot be added or changed later, by the status neither
	for resource in /v1/pods /v1/pods/status; do
		later="$update | .resource = \"$resource\""
		forged "$mine | $later | $(named x)"
		forged "$mine | $(named cni) | $later | $(named x)"
		admitted "$mine | $later | $(named cni)"
		admitted "$mine | $(named cni) | $later | .object.metadata.finalizers = []"
		admitted "$mine | $(named cni) | $later | del(.object.metadata.annotations)"
		# from before the policy
		admitted "$mine | $(named x) | $later | .object.metadata.finalizers = []"
		forged "$mine | $(named x) | $later | $(named y)"
	done
	# what else is asked for is asked for all the same
	denied "$mine | $(named cni) | .object.metadata.annotations.\"io.oci-hostnet.network\" = \"host\""
	admitted "$mine | $(named cni) | .object.metadata.annotations.\"io.oci-hostnet.network\" = \"host\" | $allowed"
	# a template says it for its pods, which are looked at one by one
	admitted '.resource = "apps/v1/daemonsets" | .object.spec.template = {metadata: {annotations: {"io.oci-hostnet.service-account": "x"}}, spec: {}}'
}

@test "kubernetes: the RuntimeClass takes the handler that containerd and CRI-O know" {
	require_python
	configure kubernetes
	configure crio
	configure containerd
	"$PYTHON" -c 'import json, sys, yaml; print(json.dumps(yaml.safe_load(sys.stdin)))' <"$root$own/kubernetes/runtimeclass.yaml" >"$root.json"
	holds '.apiVersion == "node.k8s.io/v1" and .kind == "RuntimeClass" and .metadata.name == "oci-hostnet"' "$root.json"
	handler=$(jq -r .handler "$root.json")
	grep -q "^\[crio.runtime.runtimes.$handler\]" "$root/etc/crio/crio.conf.d/oci-hostnet.conf"
	grep -q "^\[$CRI2.$handler\]" "$toml"
}
