# SPDX-License-Identifier: Apache-2.0
"""What the programs take and say, read from their own tables: the one list with which the help, the
pages (tests/tools/pages.py) and the completion (tests/completion.sh) are compared.

A table is a C array `NAME[...] = {` of rows `{ ... },`, up to `};` in the first column.  A row that
the pattern of its reader does not fit is an error here and not passed over.
tables.py SOURCE - prints what a completion of oci-hostnet has to offer (tests/completion.sh): on each
line what is typed, a tab, and the words."""
import glob
import json
import os
import re
import subprocess
import sys

COMMENT = re.compile(r"/\*.*?\*/", re.S)
BUILTIN_OPTION = "--json"  # take_option() knows it for every command


class Source:
    def __init__(self, top):
        self.top = top

    def text(self, path):
        with open(os.path.join(self.top, path), encoding="utf-8") as file:
            return file.read()

    def paths(self, pattern):
        return sorted(os.path.relpath(path, self.top) for path in glob.glob(os.path.join(self.top, pattern)))

    def rows(self, path, name, pattern):
        """The groups of PATTERN for each row of the table NAME in PATH, a pattern."""
        text = "".join(map(self.text, self.paths(path)))
        found = re.search(r"\b%s\[[^]]*\]\s*=\s*\{\n(.*?)\n\s*\};" % re.escape(name), text, re.S)
        if not found:
            raise SystemExit("%s: there is no table %s" % (path, name))
        body = "\n".join(line for line in COMMENT.sub("", found[1]).split("\n") if not line.startswith("#"))
        rows = [match.groups() for match in re.finditer(pattern, body)]
        rest = re.sub(pattern, "", body).replace(",", "").strip()
        if rest or not rows:
            raise SystemExit("%s: not read of the table %s: %s" % (path, name, rest[:200]))
        return rows

    def commands(self):
        """{command: {option: whether it has a value}} of oci-hostnet."""
        commands = {}
        functions = {}
        for name, word, function in self.rows(
                "src/oci-hostnet.c", "commands",
                r'\{ "([^"]+)", (?:NULL|"([^"]+)"),\s*"[^"]*",\s*[A-Z]+,\s*(\w+) \}'):
            command = name + (" " + word if word else "")
            commands[command] = {BUILTIN_OPTION: False}
            functions.setdefault(function, []).append(command)
        for option, function, value in self.rows(
                "src/oci-hostnet.c", "flags",
                r'\{ "(--[^"]+)",\s*(\w+),\s*offsetof \(struct arguments, \w+\),\s*(true|false) \}'):
            for command in functions[function]:
                commands[command][option] = value == "true"
        return commands

    def words(self, path, start, end, pattern):
        text = self.text(path)
        begin = text.index(start)
        return set(re.findall(pattern, text[begin:text.index(end, begin)]))

    def engines(self):
        """Of `configure`."""
        return {name for name, in self.rows("src/libhostnet/configure.c", "engines", r'\{ "([^"]+)",[^{}]*\}')}

    def trial_words(self, name):
        """Of --engine (trial_engines) and --caller (trial_callers)."""
        found = re.search(r'%s\[\]\s*=\s*"([^"]*)";' % name, self.text("src/libhostnet/policy_trial.c"))
        return set(re.split(", | or ", found[1]))

    def annotations(self):
        return {name for name, _ in self.rows("src/libhostnet/request.c", "keys", r'\{ "([^"]+)", KEY_\w+,\s*(\w+) \}')}

    def locks(self):
        return [name for _, name in self.rows("src/libhostnet/lock.c", "lock_names", r'\[([A-Z_ |]+)\] = "([^"]+)"')]

    def runtime_options(self):
        """{scope: {dialect: {(name, letter, value)}}} of the runtime."""
        scopes = {}
        every = ["GLOBAL", "CREATE", "RUN", "RESTORE", "EXEC", "CHECKPOINT"]
        for name, letter, value, dialect, where in self.rows(
                "src/libhostnet/runtime_options.c", "option_rows",
                r"\{ \"([^\"]*)\", (0|'.'), VALUE_(\w+), (?:DIALECT_)?(\w+),\s*([A-Z_| ]+),\s*TARGET_\w+ \}"):
            for scope in every if where == "ANYWHERE" else re.findall(r"SCOPE_(\w+)", where):
                scopes.setdefault(scope, {}).setdefault(dialect, set()).add((name, letter.strip("'").strip("0"), value))
        return scopes

    def stages(self):
        return {name for name, in self.rows("src/oci-hostnet-hook.c", "stages", r'\{ "([^"]+)", \w+ \}')}

    def record_fields(self):
        """{name in the journal: name in JSON}."""
        fields = {journal: key for journal, key in self.rows(
            "src/libhostnet/record.c", "record_fields",
            r'(?:\[RECORD_MESSAGE\] = )?\{ "([^"]+)", "([^"]+)",\s*FIELD \(\w+\),\s*\d+ \}')}
        header = self.text("src/libhostnet/record.h")
        for name in ("KIND", "SUPPRESSED"):
            journal, key = (re.search(r'RECORD_%s_%s "([^"]+)"' % (name, part), header)[1] for part in ("JOURNAL", "KEY"))
            fields[journal] = key
        return fields

    def record_kinds(self):
        """{kind: (MESSAGE_ID, priority)}."""
        return {name: (message, priority.lower()) for name, message, priority in self.rows(
            "src/libhostnet/record.c", "record_kinds",
            r'\[RECORD_\w+\]\s*= \{ "(\w+)", "([0-9a-f]{32})", LOG_(\w+) \}')}

    def refusals(self):
        """[(id, exit status, sentence, sentence for the author of a pod or "")]"""
        rows = []
        for line in self.text("oci-specs/refusals.tsv").split("\n"):
            columns = line.split("\t")
            if not line.startswith("#") and len(columns) >= 3:
                rows.append((columns + [""])[:4])
        return rows

    def schema(self):
        return json.loads(self.text("oci-specs/policy.schema.json"))

    def version(self):
        return re.search(r"AC_INIT\(\[[^]]*\], \[([^]]*)\]", self.text("configure.ac"))[1]


def usage(program):
    """What PROGRAM --help says: [(usage, description)], and the rest."""
    said = subprocess.run([program, "--help"], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if said.returncode or said.stderr or not said.stdout.startswith("Usage: "):
        raise SystemExit("%s --help: %r" % (program, said))
    return parse_usage(said.stdout)


def parse_usage(text):
    lines = text.replace("Usage: ", " " * 7, 1).split("\n")
    found = []
    while lines and lines[0].startswith(" "):
        words, _, description = lines.pop(0).strip().partition("  ")
        if words.startswith("oci-hostnet"):
            found.append([words, description.strip()])
        elif words.startswith("["):
            found[-1][0] += " " + words
            found[-1][1] = description.strip()
        else:
            found[-1][1] = words
    return [tuple(entry) for entry in found], "\n".join(lines)


def usage_options(words):
    """{option: whether it has a value} of a line of usage."""
    return {option: bool(value) for option, value in re.findall(r"(--[a-z-]+)((?:=| (?=[A-Z]))[A-Z]+)?", words)}


def completions(source):
    commands = source.commands()
    yield "oci-hostnet ", {command.split()[0] for command in commands} | {"--version", "--help"}
    yield "oci-hostnet po", {command.split()[0] for command in commands if command.startswith("po")}
    yield "oci-hostnet policy ", {command.split()[1] for command in commands if " " in command}
    yield "oci-hostnet nonsense ", set()
    yield "oci-hostnet configure ", source.engines()
    for command, options in commands.items():
        yield "oci-hostnet %s -" % command, set(options)
        yield "oci-hostnet %s --json -" % command, set(options) - {"--json"}
    yield "oci-hostnet policy explain x --engine ", source.trial_words("trial_engines")
    yield "oci-hostnet policy explain --engine podman x --caller ", source.trial_words("trial_callers")
    # a directory of the test's own: a file, a directory and one in it
    for command, words in (("verify", {"file.json", "bundle/"}), ("diff", {"bundle/"}), ("policy test", {"file.json", "bundle/"}),
                           ("configure podman --root", {"bundle/"}), ("policy suggest", {"file.json", "bundle/"})):
        yield "oci-hostnet %s " % command, words
    yield "oci-hostnet ports ", set(commands["ports"])
    yield "oci-hostnet log --since today ", set(commands["log"]) - {"--since"}
    both = {"--" + name for name, _, _ in source.runtime_options()["GLOBAL"]["BOTH"]}
    for program in ("oci-hostnet-crun", "oci-hostnet-runc", "oci-hostnet-runtime"):
        yield program + " -", both
        yield program + " --root /x --debug run --bundle ", {"bundle/"}


if __name__ == "__main__":
    for typed, the_words in completions(Source(sys.argv[1])):
        print(typed, " ".join(sorted(the_words)), sep="\t")
