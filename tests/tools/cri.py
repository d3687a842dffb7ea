#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""cri.py SOCKET METHOD - one call of the Kubernetes Container Runtime Interface.

The request is read as JSON from standard input and the answer written as JSON to
standard output, both with the names of the table below. Where the engine answers
with an error, its sentence goes to standard error and the exit status is 1.

gRPC is one HTTP/2 request with a message and a trailer: curl does that, so that
no gRPC library is needed.
"""
import json
import struct
import subprocess
import sys
import tempfile
import urllib.parse

# Source: kubernetes/cri-api pkg/apis/runtime/v1/api.proto, package runtime.v1, as vendored by
# containerd. NUMBER NAME TYPE, `*` behind the type: repeated, `map`: from string to string. What
# is not here is not sent, and dropped from answers.
TABLE = """
message VersionRequest
  1 version string
message VersionResponse
  1 version string
  2 runtime_name string
  3 runtime_version string
  4 runtime_api_version string
message RunPodSandboxRequest
  1 config PodSandboxConfig
  2 runtime_handler string
message RunPodSandboxResponse
  1 pod_sandbox_id string
message StopPodSandboxRequest
  1 pod_sandbox_id string
message StopPodSandboxResponse
message RemovePodSandboxRequest
  1 pod_sandbox_id string
message RemovePodSandboxResponse
message PodSandboxStatusRequest
  1 pod_sandbox_id string
  2 verbose bool
message PodSandboxStatusResponse
  1 status PodSandboxStatus
  2 info map
message ListPodSandboxRequest
message ListPodSandboxResponse
  1 items PodSandbox*
message CreateContainerRequest
  1 pod_sandbox_id string
  2 config ContainerConfig
  3 sandbox_config PodSandboxConfig
message CreateContainerResponse
  1 container_id string
message StartContainerRequest
  1 container_id string
message StartContainerResponse
message StopContainerRequest
  1 container_id string
  2 timeout int
message StopContainerResponse
message RemoveContainerRequest
  1 container_id string
message RemoveContainerResponse
message ListContainersRequest
message ListContainersResponse
  1 containers Container*
message ContainerStatusRequest
  1 container_id string
  2 verbose bool
message ContainerStatusResponse
  1 status ContainerStatus
  2 info map
message ExecSyncRequest
  1 container_id string
  2 cmd string*
  3 timeout int
message ExecSyncResponse
  1 stdout string
  2 stderr string
  3 exit_code int
message StatusRequest
  1 verbose bool
message StatusResponse
  1 status RuntimeStatus
message RuntimeStatus
  1 conditions RuntimeCondition*
message RuntimeCondition
  1 type string
  2 status bool
  3 reason string
  4 message string
message PodSandboxConfig
  1 metadata PodSandboxMetadata
  2 hostname string
  3 log_directory string
  5 port_mappings PortMapping*
  6 labels map
  7 annotations map
  8 linux LinuxPodSandboxConfig
message PodSandboxMetadata
  1 name string
  2 uid string
  3 namespace string
  4 attempt int
message PortMapping
  1 protocol Protocol
  2 container_port int
  3 host_port int
  4 host_ip string
message LinuxPodSandboxConfig
  1 cgroup_parent string
  2 security_context LinuxSandboxSecurityContext
  3 sysctls map
message LinuxSandboxSecurityContext
  1 namespace_options NamespaceOption
  3 run_as_user Int64Value
  6 privileged bool
  9 seccomp SecurityProfile
message NamespaceOption
  1 network NamespaceMode
  2 pid NamespaceMode
  3 ipc NamespaceMode
  5 userns_options UserNamespace
message UserNamespace
  1 mode NamespaceMode
  2 uids IDMapping*
  3 gids IDMapping*
message IDMapping
  1 host_id int
  2 container_id int
  3 length int
message Int64Value
  1 value int
message SecurityProfile
  1 profile_type ProfileType
  2 localhost_ref string
message PodSandboxStatus
  1 id string
  2 metadata PodSandboxMetadata
  3 state PodSandboxState
  5 network PodSandboxNetworkStatus
  9 runtime_handler string
message PodSandboxNetworkStatus
  1 ip string
message PodSandbox
  1 id string
  2 metadata PodSandboxMetadata
  3 state PodSandboxState
message ContainerConfig
  1 metadata ContainerMetadata
  2 image ImageSpec
  3 command string*
  4 args string*
  7 mounts Mount*
  8 devices Device*
  9 labels map
  10 annotations map
  11 log_path string
  15 linux LinuxContainerConfig
message ContainerMetadata
  1 name string
  2 attempt int
message ImageSpec
  1 image string
message Mount
  1 container_path string
  2 host_path string
  3 readonly bool
  5 propagation MountPropagation
message Device
  1 container_path string
  2 host_path string
  3 permissions string
message LinuxContainerConfig
  1 resources LinuxContainerResources
  2 security_context LinuxContainerSecurityContext
message LinuxContainerResources
  4 memory_limit_in_bytes int
  5 oom_score_adj int
message LinuxContainerSecurityContext
  1 capabilities Capability
  2 privileged bool
  3 namespace_options NamespaceOption
  5 run_as_user Int64Value
  7 readonly_rootfs bool
  11 no_new_privs bool
  12 run_as_group Int64Value
  13 masked_paths string*
  14 readonly_paths string*
  15 seccomp SecurityProfile
message Capability
  1 add_capabilities string*
  2 drop_capabilities string*
message Container
  1 id string
  2 pod_sandbox_id string
  3 metadata ContainerMetadata
  6 state ContainerState
message ContainerStatus
  1 id string
  2 metadata ContainerMetadata
  3 state ContainerState
  7 exit_code int
  10 reason string
  11 message string
enum Protocol TCP UDP SCTP
enum NamespaceMode POD CONTAINER NODE TARGET
enum MountPropagation PROPAGATION_PRIVATE PROPAGATION_HOST_TO_CONTAINER PROPAGATION_BIDIRECTIONAL
enum ProfileType RuntimeDefault Unconfined Localhost
enum PodSandboxState SANDBOX_READY SANDBOX_NOTREADY
enum ContainerState CONTAINER_CREATED CONTAINER_RUNNING CONTAINER_EXITED CONTAINER_UNKNOWN
"""


def read_table():
    """The messages as {name: {field name: (number, type, repeated)}}, the enums as {name: [words]}."""
    messages, enums = {}, {}
    for line in TABLE.split("\n"):
        words = line.split()
        if not words:
            continue
        if words[0] == "message":
            fields = messages[words[1]] = {}
        elif words[0] == "enum":
            enums[words[1]] = words[2:]
        else:
            number, name, kind = words
            fields[name] = (int(number), kind.rstrip("*"), kind.endswith("*"))
    return messages, enums


MESSAGES, ENUMS = read_table()
VARINT, BYTES = 0, 2  # the wire types in use
MAP = {"key": (1, "string", False), "value": (2, "string", False)}


def varint(number):
    number &= (1 << 64) - 1  # negative ones are sign-extended
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes(out + bytes([number]))


def encode_one(number, kind, value):
    if kind in ENUMS or kind in ("int", "bool"):
        value = ENUMS[kind].index(value) if kind in ENUMS else int(value)
        return varint(number << 3 | VARINT) + varint(value)
    if kind == "string":
        data = value.encode()
    else:
        data = encode(MAP if kind == "entry" else MESSAGES[kind], value)
    return varint(number << 3 | BYTES) + varint(len(data)) + data


def encode(fields, values):
    out = b""
    for name, value in values.items():
        number, kind, repeated = fields[name]  # a name that is not known is a mistake
        if kind == "map":
            kind, repeated = "entry", True
            value = [{"key": key, "value": text} for key, text in value.items()]
        for one in value if repeated else [value]:
            out += encode_one(number, kind, one)
    return out


def read_varint(data, at):
    number = shift = 0
    while True:
        byte = data[at]
        number |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return number, at


def records(data):
    """Yields (field number, value): an int, or bytes."""
    at = 0
    while at < len(data):
        tag, at = read_varint(data, at)
        if tag & 7 == VARINT:
            value, at = read_varint(data, at)
        elif tag & 7 == BYTES:
            length, at = read_varint(data, at)
            value, at = data[at:at + length], at + length
        else:
            raise ValueError("wire type %d" % (tag & 7))
        yield tag >> 3, value


def decode_one(kind, value):
    if kind in ENUMS:
        return ENUMS[kind][value]
    if kind == "bool":
        return bool(value)
    if kind == "int":
        return value - (1 << 64) if value >> 63 else value
    if kind == "string":
        return value.decode(errors="replace")
    return decode(MESSAGES[kind], value)


def decode(fields, data):
    """Scalars that were not sent are there with their default value, as proto3 has it."""
    out, names = {}, {}
    for name, (number, kind, repeated) in fields.items():
        names[number] = name
        if repeated or kind == "map":
            out[name] = [] if repeated else {}
        elif kind not in MESSAGES:
            out[name] = "" if kind == "string" else decode_one(kind, 0)
    for number, value in records(data):
        if number not in names:
            continue
        _, kind, repeated = fields[names[number]]
        if kind == "map":
            entry = decode(MAP, value)
            out[names[number]][entry["key"]] = entry["value"]
        elif repeated:
            out[names[number]].append(decode_one(kind, value))
        else:
            out[names[number]] = decode_one(kind, value)
    return out


def call(socket, method, message):
    """The bytes of the answer, and the headers and trailers."""
    frame = struct.pack(">BI", 0, len(message)) + message
    with tempfile.NamedTemporaryFile() as head:
        done = subprocess.run(
            ["curl", "--silent", "--show-error", "--http2-prior-knowledge", "--max-time", "60",
             "--unix-socket", socket, "--dump-header", head.name, "--data-binary", "@-",
             "-H", "content-type: application/grpc", "-H", "te: trailers",
             "http://localhost/runtime.v1.RuntimeService/" + method],
            input=frame, stdout=subprocess.PIPE, check=False)
        if done.returncode != 0:
            sys.exit("cri.py: %s: curl ended with %d" % (method, done.returncode))
        headers = {}
        for line in head.read().decode().splitlines():
            name, colon, value = line.partition(":")
            if colon:
                headers[name.lower()] = value.strip()
    return done.stdout, headers


def main():
    if len(sys.argv) != 3 or sys.argv[2] + "Request" not in MESSAGES:
        sys.exit("usage: cri.py SOCKET METHOD <REQUEST.json")
    socket, method = sys.argv[1:]
    request = json.load(sys.stdin)
    answer, headers = call(socket, method, encode(MESSAGES[method + "Request"], request))
    if headers.get("grpc-status") != "0":
        sys.exit("%s: %s" % (method, urllib.parse.unquote(headers.get("grpc-message", "no status"))))
    compressed, length = struct.unpack(">BI", answer[:5])
    if compressed or length != len(answer) - 5:
        sys.exit("cri.py: %s: not one plain message" % method)
    json.dump(decode(MESSAGES[method + "Response"], answer[5:]), sys.stdout, indent=1)
    print()


main()
