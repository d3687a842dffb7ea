#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# policies.py SCHEMA PROGRAM PAGE - some thousand policies, good and bad, always the same ones: what the
# schema says of each and what our parser (tests/unit/policy_file) says must agree, and
# it takes the examples of the manual page.  TAP.
# policies.py --seeds DIRECTORY [COUNT] - some of them as files, for the fuzzer.
import copy
import json
import os
import random
import re
import subprocess
import sys

# Of every kind, and what is nearly right somewhere.
VALUES = [None, True, False, 0, 1, 2, -1, 1.5, 10 ** 19, "", "x", "a*", "\u00e4", "a\n", "a\u0000b", [], {}, ["x"],
          ["x", "y"], ["x", 1], [None], [""], [[]], [{}], {"x": "y"}, {"x": 1}, {"": ""}, {"a\u0000": "b"},
          {"x": None}, {"x": ["y"]}]
WORDS = {
    "request": ["allow", "refuse"], "inherit": ["lock", "report", "leave", "refuse"],
    "publishedPorts": ["refuse", "warn"], "pathless": ["refuse", "remove"], "dns": ["host", "keep"],
    "mode": ["enforce", "observe"], "privateNetAdmin": ["leave", "report", "refuse"],
    "hostObjects": ["report", "refuse"], "lock": ["standard", "strict", "userns", "strict+userns", "isolated",
                                                "strict+isolated", "userns+isolated", "strict+userns+isolated"],
    "isolated": ["require", "best-effort"],
    "portConflicts": ["refuse", "warn", "ignore"],
}
CAPABILITIES = ["CAP_NET_RAW", "CAP_MKNOD", "CAP_SYS_PTRACE"]
EVERY_WORD = sorted({word for words in WORDS.values() for word in words}
                    | {"isolated", "show", "Allow", "refuse ", "userns+strict", "default", "none"})
EXTRA = {
    "runtime": ["/usr/bin/crun", "/runc", "//crun", "/a b/runc", "crun", "/usr/bin/crun/", "/crun\n", "/xcrun", "/",
                "/usr/bin/youki", "/a\nb/crun", "/a\u0000/crun", "./crun", "/crun/x"],
    "subordinate": ["a", "hostnet", "_a.b-c", "1000", "-a", ".a", "a:b", "a b", "a" * 32, "a" * 33, "containers",
                    "Containers", "container", "a\n", "\u00e4"],
    "keepCapabilities": [[c] for c in CAPABILITIES] + [CAPABILITIES, CAPABILITIES * 2, ["CAP_NET_ADMIN"],
                         ["CAP_SYS_ADMIN", "CAP_MKNOD"], ["CAP_MKNOD", 1], ["cap_mknod"], ["MKNOD"], "CAP_MKNOD"],
    # what only the programs say (ranges from high to low, a port twice) is not among them
    "listen": [[p] for p in ("1/tcp", "65535/udp", "65536/tcp", "99999/tcp", "0/tcp", "080/tcp", "80", "80/sctp", "80/TCP",
                             "80/tcp ", " 80/tcp", "80/tcp\n", "80/tcp,81/tcp", "8000-8010/tcp", "8000-/tcp", "-1/tcp",
                             "8000-65536/tcp", "1-2-3/tcp", "127.0.0.1:80/tcp", "[::1]:80/tcp", "::1:80/tcp", ":80/tcp",
                             "[]:80/tcp", "localhost:80/tcp", "[fe80::1%lo]:80/tcp")] + ["80/tcp", ["80/tcp", 80]],
}
# Where members stand, and the good values of each.
SETTINGS = {**WORDS, "keepCapabilities": [[], ["CAP_MKNOD"], CAPABILITIES], "subordinate": ["hostnet", "1000"],
            "listen": [[], ["80/tcp"], ["8000-8010/tcp", "53/udp", "127.0.0.1:9000/tcp", "[::1]:9000/tcp"]]}
PATTERNS = [["*"], ["a", "b?"], [""]]
KUBERNETES = {"namespaces": PATTERNS, "serviceAccounts": PATTERNS}
WHEN = {"always": [True], "annotations": [{"a": "b"}, {"": "", "io.*": "[ab]\\*"}], "args": PATTERNS,
        "kubernetes": [False, {"namespaces": ["x"]}, {"serviceAccounts": ["x"]}]}
RULE = {"when": [{"always": True}, {"args": ["a"]}], **SETTINGS}
RULES = [[], [{"when": {"always": True}}], [{"when": {"args": ["a"]}, "mode": "observe"}, {"when": {"always": True}}]]
DROP_IN = {"version": [1], "rules": RULES}
TOP = {**DROP_IN, "runtime": ["/usr/bin/crun"], "admission": [True, False],
       "default": [{}, {"mode": "observe", "lock": "strict"}]}
# name of the level: its members, and a policy with an object of that level in it
LEVELS = {
    "top": (TOP, lambda o: o),
    "default": (SETTINGS, lambda o: {"version": 1, "default": o}),
    "rule": (RULE, lambda o: {"version": 1, "rules": [{"when": {"always": True}}, o]}),
    "when": (WHEN, lambda o: {"version": 1, "rules": [{"when": o, "request": "allow"}]}),
    "kubernetes": (KUBERNETES, lambda o: {"version": 1, "rules": [{"when": {"kubernetes": o}}]}),
    "drop-in": (DROP_IN, lambda o: o),
}
NAMES = sorted({name for members, _ in LEVELS.values() for name in members}
               | {"", "x", "Version", "when ", "requests", "modes", "$schema", "comment", "priváte", "isolated"})


def policies():
    """(level, policy), without those that stand there twice."""
    seen = set()
    for level, policy in [*of_members(), *of_chance()]:
        key = (level == "drop-in", json.dumps(policy))
        if key not in seen:
            seen.add(key)
            yield level, policy


def whole(members):
    return {name: values[-1] for name, values in members.items()}


def needed(members):
    return {name: values[0] for name, values in members.items() if name in ("version", "when")}


def of_members():
    for level, (members, wrap) in LEVELS.items():
        # every member with a value of every kind, alone and with all others
        for name in members:
            for value in [*members[name], *EXTRA.get(name, []), *VALUES, *(EVERY_WORD if name in SETTINGS else [])]:
                yield level, wrap({**needed(members), name: value})
                yield level, wrap({**whole(members), name: value})
        # every member missing, one and all but one
        for name in members:
            yield level, wrap({n: v for n, v in whole(members).items() if n != name})
            yield level, wrap({name: whole(members)[name]})
        # unknown ones, those that belong elsewhere among them
        for name in NAMES:
            if name not in members:
                for value in (1, {}, "x", True, ["x"]):
                    yield level, wrap({**needed(members), name: value})
        # something else than an object
        for value in VALUES:
            yield level, wrap(value)
    # every setting with every other
    for first, words in SETTINGS.items():
        for second, others in SETTINGS.items():
            for word in words:
                yield "rule", LEVELS["rule"][1]({"when": {"always": True}, second: others[0], first: word})


def of_chance():
    chance = random.Random(1)
    for _ in range(1500):
        level = chance.choice(list(LEVELS))
        members, wrap = LEVELS[level]
        thing = needed(members)
        for name in chance.sample(list(members), chance.randint(0, len(members))):
            thing[name] = copy.deepcopy(chance.choice(members[name]))
        # one in three is spoiled
        if chance.randrange(3) == 0:
            thing[chance.choice(NAMES)] = chance.choice(VALUES)
        yield level, wrap(thing)


def parser_says(program, kind, texts):
    said = subprocess.run([program, kind], input="".join(text + "\0" for text in texts).encode(), check=True,
                          stdout=subprocess.PIPE).stdout.decode().splitlines()
    assert len(said) == len(texts), f"{len(said)} answers to {len(texts)} policies"
    return said


def compare(schema, program):
    from jsonschema import Draft202012Validator
    Draft202012Validator.check_schema(schema)
    whole_schema = Draft202012Validator(schema)
    drop_in = Draft202012Validator({**schema["$defs"]["dropIn"], "$defs": schema["$defs"]})
    number = 0
    for kind, validator in (("policy", whole_schema), ("drop-in", drop_in)):
        # all of them as drop-ins too: most have nothing but rules, and what is no drop-in must be none
        chosen = [policy for level, policy in policies() if kind == "drop-in" or level != "drop-in"]
        texts = [json.dumps(policy) for policy in chosen]
        counts, wrong = {True: 0, False: 0}, []
        for policy, text, said in zip(chosen, texts, parser_says(program, kind, texts)):
            valid = validator.is_valid(policy)
            counts[valid] += 1
            if valid != (said == "accepted"):
                wrong.append(f"# {'valid' if valid else 'invalid'} by the schema, {said}: {text}")
        number += 1
        print(*wrong[:20], sep="\n", end="\n" if wrong else "")
        print(f"{'not ok' if wrong else 'ok'} {number} - {kind}: {len(texts)} texts, {counts[True]} valid, "
              f"{counts[False]} not: schema and parser agree")
        number += 1
        print(f"{'ok' if counts[True] >= 100 and counts[False] >= 100 else 'not ok'} {number} - {kind}: enough of both")
    return number


def described(schema):
    """Every member at the top and every setting has a description."""
    missing = [name for name, value in {**schema["properties"], **schema["$defs"]}.items()
               if name not in ("rule", "text") and "description" not in value
               and "description" not in schema["$defs"].get(value.get("$ref", "").rpartition("/")[2], {})]
    return missing


def examples(page):
    """The policies among the examples of the manual page, as they come out."""
    with open(page, encoding="utf-8") as file:
        blocks = re.findall(r"^\.EX\n(\{.*?)^\.EE\n", file.read(), re.DOTALL | re.MULTILINE)
    return [block.replace("\\-", "-").replace("\\e", "\\") for block in blocks]


def seeds(directory, count):
    os.makedirs(directory, exist_ok=True)
    every = sorted({json.dumps(policy) for _, policy in policies()})
    for i, text in enumerate(random.Random(2).sample(every, count)):
        with open(f"{directory}/generated-{i:03}", "w", encoding="utf-8") as file:
            file.write(text)


def main():
    if sys.argv[1] == "--seeds":
        seeds(sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else 100)
        return
    with open(sys.argv[1], encoding="utf-8") as file:
        schema = json.load(file)
    number = compare(schema, sys.argv[2])
    missing = described(schema)
    number += 1
    print(f"{'not ok' if missing else 'ok'} {number} - everything has a description {' '.join(missing)}")
    # the one thing that the schema cannot say
    number += 1
    said = parser_says(sys.argv[2], "policy", ['{"version":1}', '{"version":1.0}', '{"version":1,"version":1}'])
    print(f"{'ok' if said == ['accepted', 'refused policy_value', 'refused policy_syntax'] else 'not ok'} {number} - "
          "1.0 is no version, and a member stands once")
    number += 1
    shown = examples(sys.argv[3])
    said = parser_says(sys.argv[2], "policy", shown)
    print(f"{'ok' if len(said) >= 3 and set(said) == {'accepted'} else 'not ok'} {number} - "
          f"{len(said)} examples of the manual page: {', '.join(said)}")
    print(f"1..{number}")


main()
