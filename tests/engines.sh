# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# A capture as its engine would hand it over: sourced by tests/captures.sh and tests/decide.sh.
# shellcheck disable=SC2034

# as_engine ENGINE CONFIG CAPTURE WORK - leaves in BUNDLE where ENGINE would have put CONFIG,
# below the directory WORK, and in ENVIRONMENT what the runtime would be called with. ENGINE:
# crio, k8s.io (containerd's CRI), moby, default (ctr), podman, or by-hand: nothing is known.
as_engine() {
	local storage=$4/run/containers/storage/overlay-containers id sandbox
	BUNDLE='' ENVIRONMENT=(env -u _OCI_SYNCPIPE)
	case $1 in
	crio)
		# below the run root, under conmon; the sandbox's configuration lies beside it
		ENVIRONMENT=(env -i _OCI_SYNCPIPE=3 _OCI_STARTPIPE=4)
		id=$(jq -r '.annotations["io.kubernetes.cri-o.ContainerID"]' "$2")
		sandbox=$(jq -r '.annotations["io.kubernetes.cri-o.SandboxID"]' "$2")
		BUNDLE=$storage/$id/userdata
		(umask 022; mkdir -p "$BUNDLE" "$storage/$sandbox/userdata")
		cat "${3%.container.config.json}".sandbox*.config.json >"$storage/$sandbox/userdata/config.json" 2>/dev/null
		chmod 644 "$storage/$sandbox/userdata/config.json"
		;;
	podman)
		ENVIRONMENT=(env _OCI_SYNCPIPE=3 _OCI_STARTPIPE=4)
		BUNDLE=$4/graph/overlay-containers/$(printf '%064d' 0)/userdata
		;;
	k8s.io | moby | default) BUNDLE=/run/containerd/io.containerd.runtime.v2.task/$1/id ;;
	esac
}
