#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""differential.py PARSER WORK COUNT SEED - which bundle, container and --root do crun, runc and our
own parser see in one command line?  The real ones are watched with inotify(7): the config.json that
they open, and the directory of the container that they make or look into.  For differential.sh.  TAP."""
import ctypes
import os
import random
import shutil
import struct
import subprocess
import sys

PARSER, WORK, COUNT, SEED = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
RUNTIMES = {"crun": "/usr/bin/crun", "runc": "/usr/sbin/runc"}
CWD = WORK + "/cwd"

# ---- what the words are made of ----
IDS = ["c1", "c2", "c+1", "create", "run", "b1", "false"]
NAMES = ["b1", "b2", "=b1", "c1", "c2", "create", "run", "undle", "undle=b1", "detach", "-b", "-x", "--", "true",
         "false", "x=b1", "etach", "..", "=" + WORK.lstrip("/")]
BUNDLES = ["b1", "b2", "./b1", "b1/", WORK + "/a1", WORK + "/a2", "", "=b1", "c1", "-x", "--"]
CONFIGS = ["config.json", "other.json", "./other.json", "b1/config.json", WORK + "/a1/config.json", ""]
ROOTS = [WORK + "/r1", WORK + "/r2"]
ANY = ["x", "", "b1", "-x", "--bundle", "-b", "--", "c1"]

# Options by place: the long name, the letter, the values or None.
GLOBAL = [("root", "", ROOTS), ("root", "", ROOTS), ("log", "", ["log", "", "-b"]), ("log-format", "", ["json", "text", "xml"]),
          ("log-level", "", ["debug", "x"]), ("debug", "", None), ("cgroup-manager", "", ["cgroupfs", "disabled"]),
          ("criu", "", ["criu"]), ("version", "v", None), ("help", "h", None), ("usage", "?", None), ("", "V", None),
          ("root", "", ["r3", "", "/"]), ("rootless", "", ["true", "auto"]), ("nonsense", "x", None)]
MAKE = [("bundle", "b", BUNDLES), ("bundle", "b", BUNDLES), ("bundle", "b", BUNDLES), ("config", "f", CONFIGS),
        ("console-socket", "", ANY), ("pid-file", "", ANY), ("preserve-fds", "", ["0", "1", "010", "0x1", "x", ""]),
        ("no-pivot", "", None), ("no-new-keyring", "", None), ("no-subreaper", "", None), ("detach", "d", None),
        ("keep", "", None), ("pidfd-socket", "", ANY), ("help", "h", None), ("root", "", ROOTS), ("nonsense", "x", ANY)]
RESTORE = MAKE + [("image-path", "", ANY), ("work-path", "", ANY), ("tcp-established", "", None), ("shell-job", "", None),
                  ("network-lock", "", None), ("manage-cgroups-mode", "", ["soft", "x"]), ("lazy-pages", "", None),
                  ("empty-ns", "", ["network"]), ("lsm-profile", "", ANY), ("lsm-mount-context", "", ANY)]
EXEC = [("process", "p", ["p.json", "x", ""]), ("cap", "c", ["CAP_NET_ADMIN", "CAP_KILL", ""]), ("cwd", "", ANY),
        ("env", "e", ["A=b", "-x"]), ("user", "u", ["0", "0:0"]), ("tty", "t", None), ("detach", "d", None),
        ("preserve-fds", "", ["0", "1"]), ("console-socket", "", ANY), ("pid-file", "", ANY), ("no-new-privs", "", None),
        ("ignore-paused", "", None), ("additional-gids", "g", ["1"]), ("apparmor", "", ANY), ("process-label", "", ANY),
        ("cgroup", "", ANY), ("bundle", "b", BUNDLES), ("help", "h", None), ("nonsense", "x", None)]
CHECKPOINT = [("image-path", "", ANY), ("work-path", "", ANY), ("leave-running", "", None), ("pre-dump", "", None),
              ("tcp-established", "", None), ("lazy-pages", "", None), ("status-fd", "", ["1"]), ("help", "h", None)]
COMMANDS = {"create": MAKE, "run": MAKE, "restore": RESTORE, "exec": EXEC, "checkpoint": CHECKPOINT}
OTHERS = ["state", "start", "kill", "list", "ps", "creat", "creates", "Create", "", "-", "help", "h", "c", "r", "run=1"]


def spell(rng, name, letter, values, plain=0.75):
    """The words of one option, mostly as every runtime reads it."""
    value = rng.choice(values) if values else None
    long, short = "--" + name, "-" + letter
    if rng.random() < plain:
        if name == "":
            return [short]
        if value is None:
            return [rng.choice([long, short]) if letter else long]
        if letter and rng.random() < 0.4:
            return [short, value]
        return rng.choice([[long, value], [long + "=" + value]])
    odd = [[long[:rng.randrange(3, max(4, len(long)))]], ["-" + name], [long + "="], [long], ["-" + long]]
    if values:
        odd += [[word[0], value] for word in odd[:2]] + [[word[0] + "=" + value] for word in odd[:2]]
    else:
        odd += [[long + "=" + word] for word in ("true", "false", "x", "")] + [[long, "false"]]
    if letter:
        odd += [[short], [short + "d"], ["-d" + letter], [short + "="]]
        if values:
            odd += [[short + value], ["-d" + letter, value], ["-d" + letter + value]]
            # what both take, each in its own way
            odd += [[short + "=" + value], ["-" + name + "=" + value]] * 4
    return rng.choice(odd)


def some(rng, options, most):
    words = []
    for _ in range(rng.randrange(0, most + 1)):
        words += spell(rng, *rng.choice(options))
    return words


def generate(rng):
    # one that is odd, and nothing else
    if rng.random() < 0.15:
        odd = spell(rng, "bundle", "b", ["b1"], plain=0)
        return rng.choice([["create", *odd, "c1"], ["create", *odd, "--bundle", "b2", "c1"], ["create", "c1", *odd]])
    words = some(rng, GLOBAL[:7], 2) if rng.random() < 0.7 else some(rng, GLOBAL, 2)
    words += ["--"] if rng.random() < 0.04 else []
    command = rng.choice(["create"] * 5 + ["run"] * 3 + ["restore", "exec", "exec", "checkpoint"])
    options = COMMANDS[command]
    if rng.random() < 0.05:
        command = rng.choice(OTHERS)
    words.append(command)
    # of those that both know, or of all
    words += some(rng, options[:3] + options[4:9] if rng.random() < 0.6 else options, 3)
    words += ["--"] if rng.random() < 0.05 else []
    if rng.random() < 0.97:
        words.append(rng.choice(IDS) if rng.random() < 0.95 else rng.choice(["", ".", "..", "a/b", "-x", "--", "a:b", "-"]))
    if command == "exec" or rng.random() < 0.06:
        words += rng.choice([["/nonexistent"], ["/nonexistent", "--bundle", "b2"], some(rng, options, 1), ["c2"]])
    if rng.random() < 0.08:
        at = rng.randrange(len(words))
        change = rng.randrange(4)
        if change == 0:
            del words[at]
        elif change == 1:
            words.insert(at, rng.choice(words))
        elif change == 2:
            words.insert(at, rng.choice(["", "-", "--", "--=x", "-=x"]))
        else:
            other = rng.randrange(len(words))
            words[at], words[other] = words[other], words[at]
    return words


# ---- what is watched ----
IN_OPEN, IN_CREATE, IN_Q_OVERFLOW = 0x20, 0x100, 0x4000


class Watches:
    def __init__(self):
        self.libc = ctypes.CDLL(None, use_errno=True)
        self.fd = self.libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        assert self.fd >= 0
        self.names = {}

    def add(self, path, mask, name):
        number = self.libc.inotify_add_watch(self.fd, path.encode(), mask)
        assert number >= 0, (path, ctypes.get_errno())
        self.names[number] = name

    def read(self):
        """[(name, file in it)] since the last time, in order."""
        events = []
        while True:
            try:
                data = os.read(self.fd, 65536)
            except BlockingIOError:
                return events
            while data:
                number, mask, _, length = struct.unpack_from("iIII", data)
                assert not mask & IN_Q_OVERFLOW
                name = data[16:16 + length].rstrip(b"\0").decode()
                if number in self.names:
                    events.append((self.names[number], name))
                data = data[16 + length:]


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def prepare(watches):
    """A bundle of every name that a misread word could give, and a place for containers."""
    # nothing comes to run: crun finds no cgroups, runc no terminal
    config = """{"ociVersion":"1.0.0","process":{"terminal":%s,"user":{"uid":0,"gid":0},"args":["/nonexistent"],
"cwd":"/"},"root":{"path":"rootfs"},"mounts":[],"linux":{"namespaces":[{"type":"mount"},{"type":"network"},{"type":"pid"}]}}"""
    files = [CWD + "/config.json", CWD + "/other.json", WORK + "/a1/config.json", WORK + "/a2/config.json",
             WORK + "/config.json", CWD + "/=" + WORK + "/a1/config.json", CWD + "/=" + WORK + "/a2/config.json"]
    files += [CWD + "/" + name + "/config.json" for name in NAMES if name != ".."]
    for runtime, terminal in (("crun", "false"), ("runc", "true")):
        for path in files:
            write(path + "." + runtime, config % terminal)
            os.makedirs(os.path.dirname(path) + "/rootfs", exist_ok=True)
    write(CWD + "/p.json", '{"args":["/nonexistent"],"cwd":"/"}')
    for root in ROOTS + ["/run/crun", "/run/runc"]:
        os.makedirs(root, exist_ok=True)
        watches.add(root, IN_CREATE, ("made", root))
    return files


def switch(runtime, files, watches):
    """The configurations are RUNTIME's: it is watched afterwards which of them is opened."""
    for path in files:
        shutil.copyfile(path + "." + runtime, path)
        watches.add(path, IN_OPEN, ("config", os.path.realpath(path)))


class Existing:
    """Containers that exist are looked into; where they exist none of the same name can be made."""

    def __init__(self, watches):
        self.watches = watches
        self.there = False

    def want(self, there):
        if there == self.there:
            return
        for root in ROOTS + ["/run/crun", "/run/runc"]:
            for name in IDS:
                directory = root + "/" + name
                if there:
                    for file in ("status", "state.json"):
                        write(directory + "/" + file, "{")
                        self.watches.add(directory + "/" + file, IN_OPEN, ("found", (root, name)))
                else:
                    shutil.rmtree(directory)
        self.there = there
        self.watches.read()


def real(runtime, words, watches):
    """(configuration, id, root) that RUNTIME acted on, None for what it did not come to."""
    watches.read()
    subprocess.run([RUNTIMES[runtime], *words], cwd=CWD, env={"PATH": "/usr/bin:/bin"}, stdin=subprocess.DEVNULL,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60, check=False, start_new_session=True)
    config = name = root = None
    for (kind, what), file in watches.read():
        if kind == "config":
            config = config or what
        elif name is None:
            root, name = what if kind == "found" else (what, file)
        if kind == "made":
            shutil.rmtree(what + "/" + file, ignore_errors=True)
    return config, name, root


# ---- our own ----
def ours(cases):
    """By dialect and case: None when refused, else (command, configuration, id, root)."""
    lines = "".join("\x1f".join([runtime, *words]) + "\n" for runtime in RUNTIMES for words in cases)
    result = subprocess.run([PARSER], input=lines, stdout=subprocess.PIPE, text=True, check=True)
    answers = []
    for line in result.stdout.splitlines():
        if line.startswith("refused "):
            answers.append(None)
            continue
        command, *values = line.split("\x1f")
        bundle, config, root, name = [value[1:] if value[0] == "=" else None for value in values]
        path = os.path.join(CWD, bundle or ".", "config.json")
        if config is not None and config != "config.json":
            path = os.path.join(CWD, config)
        root = root or "/run/" + ("crun" if len(answers) < len(cases) else "runc")
        answers.append((command, os.path.realpath(path), name, root))
    assert len(answers) == 2 * len(cases), result
    return {"crun": answers[:len(cases)], "runc": answers[len(cases):]}


class Report:
    def __init__(self):
        self.count, self.failed = 0, False

    def __call__(self, good, name, details=()):
        self.count += 1
        self.failed |= not good
        print("%sok %d - %s" % ("" if good else "not ", self.count, name))
        for line in list(details)[:40]:
            print("# " + line)


def compare_one(runtime, words, answer, seen, bad, counts):
    config, name, root = seen
    if answer is None:
        counts["refused"] += 1
        return
    if answer[0] == "pass":
        counts["passed"] += 1
        if config is not None:
            bad["passed"].append("%s %s: opens %s" % (runtime, words, config))
        return
    makes = answer[0] in ("create", "run", "restore")
    counts["made"] += makes and config is not None and name is not None
    counts["found"] += not makes and name is not None
    if any(real is not None and real != said for said, real in
           ((answer[1] if makes else None, config), (answer[2], name), (answer[3], root))):
        bad["taken"].append("%s %s: we say %s, it is %s" % (runtime, words, answer, seen))


def main():
    rng = random.Random(SEED)
    cases = [generate(rng) for _ in range(COUNT)]
    watches = Watches()
    files = prepare(watches)
    existing = Existing(watches)
    answers = ours(cases)
    seen, bad = {}, {"taken": [], "passed": [], "differ": []}
    counts = dict.fromkeys(("made", "found", "passed", "refused", "differ"), 0)
    for runtime in RUNTIMES:
        switch(runtime, files, watches)
        seen[runtime] = []
        for there in (False, True):
            existing.want(there)
            for at, words in enumerate(cases):
                if ("exec" in words or "checkpoint" in words) != there:
                    continue
                seen[runtime].append((at, real(runtime, words, watches)))
        existing.want(False)
        seen[runtime] = [one for _, one in sorted(seen[runtime], key=lambda pair: pair[0])]
        for words, answer, one in zip(cases, answers[runtime], seen[runtime]):
            compare_one(runtime, words, answer, one, bad, counts)
    for at, words in enumerate(cases):
        pairs = list(zip(seen["crun"][at][:2], seen["runc"][at][:2]))
        if not any(a is not None and b is not None and a != b for a, b in pairs):
            continue
        counts["differ"] += 1
        if answers["crun"][at] is not None or answers["runc"][at] is not None:
            bad["differ"].append("%s: crun %s, runc %s" % (words, seen["crun"][at], seen["runc"][at]))
    report = Report()
    print("# %d command lines, seed %d: %s" % (COUNT, SEED, counts))
    report(not bad["taken"], "what we take is the bundle and the container of the runtime", bad["taken"])
    report(not bad["passed"], "what passes unread makes no container", bad["passed"])
    report(not bad["differ"], "what crun and runc read as two bundles or containers is refused", bad["differ"])
    for what, share in (("made", 0.15), ("found", 0.05), ("passed", 0.02), ("refused", 0.2), ("differ", 0.01)):
        report(counts[what] >= share * COUNT, "enough was seen: " + what)
    print("1..%d" % report.count)
    return report.failed


sys.exit(main())
