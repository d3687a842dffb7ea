#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# pages.py SOURCE BUILD - the pages and --help say all that the tables of the programs have (tables.py),
# and nothing else; and the programs do what these say.  TAP.  Inside tests/in-host, since it runs them.
import glob
import os
import re
import subprocess
import sys

import tables

TOP, BUILD = sys.argv[1:3]
SOURCE = tables.Source(TOP)
PROGRAMS = os.path.join(BUILD, "src")
REFUSALS = os.path.join(BUILD, "man", "oci-hostnet-refusals.7")
# options of other programs that the pages speak of, and whose they are
FOREIGN = {
    "--annotation": "podman and docker run", "--network": "podman and docker run", "--runtime": "podman",
    "--userns": "podman run", "--uidmap": "podman run", "--publish-all": "podman run", "--dns": "podman run",
    "--dns-search": "podman run", "--add-host": "podman run", "--add-subuids": "usermod", "--add-subgids": "usermod",
    "--privileged": "podman exec", "--name": "any, in a rule on how options are spelled",
}
failures = 0
count = 0


def check(name, *problems):
    global failures, count
    count += 1
    problems = [problem for problem in problems if problem]
    failures += bool(problems)
    print("not ok" if problems else "ok", count, "-", name)
    for problem in problems:
        print("#", problem)


def differ(what, expected, found):
    """Both directions, as problems of check()."""
    expected, found = set(expected), set(found)
    return " ".join(filter(None, [
        expected - found and "not in the page: %s: %s;" % (what, ", ".join(map(str, sorted(expected - found)))),
        found - expected and "in the page alone: %s: %s" % (what, ", ".join(map(str, sorted(found - expected))))]))


# ---- a page ----

def unquoted(text):
    text = re.sub(r"\\f[BIRP]", "", text)
    for escape, plain in (("\\-", "-"), ("\\(dq", '"'), ("\\(aq", "'"), ("\\(ga", "`"), ("\\&", ""), ("\\e", "\\")):
        text = text.replace(escape, plain)
    return text


def arguments(line):
    return [unquoted(quoted or bare) for quoted, bare in re.findall(r'"([^"]*)"|(\S+)', line)]


def macro(line):
    """The text of a line of man(7), and the bold words in it."""
    found = re.match(r"\.(B|I|BR|BI|RB|RI|IR|IB) (.*)", line)
    if not found:
        return unquoted(line), []
    words = arguments(found[2])
    if len(found[1]) == 1:
        return " ".join(words), words if found[1] == "B" else []
    return "".join(words), [word for i, word in enumerate(words) if found[1][i % 2] == "B"]


class Page:
    def __init__(self, path):
        self.path, self.name = path, os.path.basename(path)
        with open(path, encoding="utf-8") as file:
            self.source = file.read()
        self.entries = []  # (section, subsection, tag, text, bold words) of each .TP
        self.parse()
        rendered = subprocess.run(["mandoc", "-Tascii", "-Owidth=1000", path], capture_output=True, text=True, check=True).stdout
        self.rendered = re.sub(r".\x08", "", rendered)

    def parse(self):
        section = subsection = ""
        tags, awaited, text, bold = [], False, [], []

        def end():
            for tag in tags:
                self.entries.append((section, subsection, tag, " ".join(text), bold))

        for line in self.source.split("\n"):
            if awaited:
                tags.append(macro(line)[0])
                awaited = False
            elif line in (".TP", ".TQ"):
                if line == ".TP":
                    end()
                    tags, text, bold = [], [], []
                awaited = True
            elif re.match(r"\.(SH|SS|PP)\b", line):
                end()
                tags, text, bold = [], [], []
                if line.startswith(".SH"):
                    section, subsection = line[4:].strip('"'), ""
                elif line.startswith(".SS"):
                    subsection = line[4:]
            elif not line.startswith('.\\"'):
                said, words = macro(line)
                text.append(said)
                bold.extend(words)
        end()

    def tags(self, section, subsection=None):
        return [entry[2] for entry in self.entries
                if entry[0] == section and (subsection is None or entry[1] == subsection)]

    def entry(self, section, tag):
        return next(entry for entry in self.entries if entry[0] == section and entry[2] == tag)

    def section(self, name):
        """Rendered; lines of one paragraph are one."""
        found = re.search(r"^%s\n(.*?)(?=^\S|\Z)" % re.escape(name), self.rendered, re.S | re.M)
        return found[1] if found else ""

    def without(self, name):
        return self.rendered.replace(self.section(name), "")

    def words(self):
        return " ".join(self.rendered.split())


def bold_before(entry, end):
    """The bold words in front of END in the text of an entry."""
    first = entry[3].partition(end)[0]
    return {word for word in entry[4] if re.search(r"(?<![\w.-])%s(?![\w-])" % re.escape(word), first)}


# ---- the checks ----

def check_form(page):
    lint = subprocess.run(["mandoc", "-Tlint", page.path], capture_output=True, text=True, check=False)
    header = re.search(r'^\.TH (\S+) (\d) (\S+) (?:"([^"]*)"|(\S+))', page.source, re.M)
    version = "oci-hostnet " + SOURCE.version()
    check("%s: mandoc -Tlint says nothing, and it is of this version" % page.name, *lint.stdout.split("\n"),
          header[4] != version and "it is of %s, and this is %s" % (header[4], version),
          "%s.%s" % (header[1].lower(), header[2]) != page.name and "it calls itself %s(%s)" % (header[1], header[2]))


def check_references(pages):
    names = {page.name for page in pages}
    make = SOURCE.text("Makefile.am")
    for page in pages:
        named = set(re.findall(r"\b(oci-hostnet[a-z.-]*)\((\d)\)", page.rendered))
        seen = set(re.findall(r"\b(oci-hostnet[a-z.-]*)\((\d)\)", page.section("SEE ALSO")))
        others = [other for other in pages if other is not page]
        check("%s: is installed, is named by another, names all that it speaks of in SEE ALSO, and these exist" % page.name,
              differ("pages", named & {tuple(name.rsplit(".", 1)) for name in names}, named),
              differ("SEE ALSO", named - {tuple(page.name.rsplit(".", 1))}, seen),
              not any("%s(%s)" % tuple(page.name.rsplit(".", 1)) in other.section("SEE ALSO") for other in others)
              and "no other page names it",
              not re.search(r"_MANS \+?= .*?%s(?:\s|$)" % re.escape("man/" + page.name), make.replace("\\\n", ""))
              and "it is in no _MANS of Makefile.am")


def check_usage(page, program):
    said, _ = tables.usage(os.path.join(PROGRAMS, program))
    synopsis = {" ".join(line.split()) for line in page.section("SYNOPSIS").split("\n") if line.strip()}
    options = {option for words in synopsis for option in tables.usage_options(words)}
    explained = set(re.findall(r"--[a-z-]+", page.without("SYNOPSIS")))
    check("%s: its synopsis is what `%s --help` says, and each option is explained" % (page.name, program),
          differ("usage", {words for words, _ in said}, synopsis), differ("options", options, options & explained),
          *("--help does not describe %s" % words for words, about in said if not about and program == "oci-hostnet"))


def check_commands():
    """The table of commands and options against --help, and against what the program does."""
    commands = SOURCE.commands()
    said = {}
    for words, _ in tables.usage(os.path.join(PROGRAMS, "oci-hostnet"))[0]:
        name = next((command for command in commands if (words + " ").startswith("oci-hostnet %s " % command)), words)
        said[name] = tables.usage_options(words)
    for word in ("--version", "--help"):
        said.pop("oci-hostnet " + word, None)
    check("oci-hostnet --help: the commands and options of its tables, and no others",
          differ("commands", commands, said),
          *(differ("options of " + command, options.items(), said.get(command, {}).items())
            for command, options in commands.items()))


def check_hooks():
    usage = tables.usage(os.path.join(PROGRAMS, "oci-hostnet-hook"))[0][0][0]
    check("oci-hostnet-hook --help: its stages and its option, and no others",
          differ("stages", SOURCE.stages(), usage.split(" ")[1].split("|")),
          differ("options", SOURCE.words("src/oci-hostnet-hook.c", "is_pointer (", "}", r'"(--[a-z-]+)='),
                 tables.usage_options(usage)))
    program = os.path.join(PROGRAMS, "oci-hostnet-isolate")
    if os.path.exists(program):
        check("oci-hostnet-isolate --help: its options, and no others",
              differ("options", SOURCE.words("src/oci-hostnet-isolate.c", "read_options (", "\n}", r'"(--[a-z-]+)=?"'),
                     tables.usage_options(tables.usage(program)[0][0][0])))


def check_values(page):
    said = {words.split(" ")[1]: words for words, _ in tables.usage(os.path.join(PROGRAMS, "oci-hostnet"))[0]}
    check("oci-hostnet.1: the engines of configure, and the words of --engine and --caller",
          differ("engines", SOURCE.engines(), page.tags("CONFIGURE")[:len(SOURCE.engines())]),
          differ("engines", SOURCE.engines(), said["configure"].split(" ")[2].split("|")),
          differ("--engine", SOURCE.trial_words("trial_engines"),
                 bold_before(page.entry("POLICY EXPLAIN", "--engine ENGINE"), ":")),
          differ("--caller", SOURCE.trial_words("trial_callers"),
                 bold_before(page.entry("POLICY EXPLAIN", "--caller COMMAND"), ";")))


def added(files):
    """The names of checks in these."""
    return {name for path in SOURCE.paths("src/libhostnet/" + files) for name in re.findall(
        r'checks_add(?:_\w+)? \(\s*(?:&?\w+(?:->|\.))?&?\w+, "([a-z -]+)"', SOURCE.text(path))}


def check_checks(page):
    """What verify, audit and doctor look at."""
    ids = added("verify*.c") | added("seccomp_proof.c") | {name for name, in SOURCE.rows(
        "src/libhostnet/verify*.c", "parts", r'\{ "(\w+)", \w+, \w+, CHECK_\w+ \}')}
    check("oci-hostnet.1: every check of verify", differ(
        "checks", ids, set(page.tags("VERIFY")) - set(tables_words())))
    for command in ("audit", "doctor"):
        tags = {name for tag in page.tags(command.upper()) for name in tag.split(", ")}
        if command == "doctor":
            # what it has in tables of its own: the runtimes and the engines
            tags -= {"crun", "runc", "nerdctl"} | SOURCE.engines() - {"kubernetes"}
        check("oci-hostnet.1: every check of " + command, differ("checks", added(command + "*.c"), tags))


def tables_words():
    """The words for the whole, which checks.c, verify.c and audit.c keep."""
    words = re.search(r"checks_words\[\]\s*=\s*\{([^}]*)\}", SOURCE.text("src/libhostnet/checks.c"))[1]
    return re.findall(r'"([^"]+)"', words) + ["open", "private"]


def check_known_options(pages):
    """No page speaks of an option that nobody has."""
    known = set(FOREIGN) | {"--help", "--version", "--reason-in"}
    for options in SOURCE.commands().values():
        known |= set(options)
    for dialects in SOURCE.runtime_options().values():
        known |= {"--" + name for rows in dialects.values() for name, _, _ in rows}
    known |= SOURCE.words("src/oci-hostnet-isolate.c", "read_options (", "\n}", r'"(--[a-z-]+)=?"')
    for page in pages:
        check("%s: every option in it is somebody's" % page.name,
              differ("options", [], set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", page.rendered)) - known))


def check_runtime(page):
    names = {"in front of the command": "GLOBAL"}
    said = {}
    for section, _, tag, text, _ in page.entries:
        if section != "OPTIONS":
            continue
        scope = said.setdefault(names.get(tag, tag.upper()), {})
        for part in re.split(r" (?=crun alone:|runc alone:)", text):
            dialect, _, rest = part.rpartition(" alone: ")
            for option in rest.rstrip(".").split(", "):
                name, value, letter = re.fullmatch(r"(?:--([a-z-]+))?(=|\[=\]|)(?: ?\(?-(.)\)?)?", option).groups()
                scope.setdefault(dialect.upper() or "BOTH", set()).add(
                    (name or "", letter or "", {"=": "NEEDED", "[=]": "GLUED", "": "NONE"}[value]))
    table = SOURCE.runtime_options()
    check("oci-hostnet-runtime.8: the options that it reads, of each command and of crun and runc",
          *(differ("%s %s" % (scope, dialect), table.get(scope, {}).get(dialect, ()), said.get(scope, {}).get(dialect, ()))
            for scope in table.keys() | said.keys() for dialect in ("BOTH", "CRUN", "RUNC")))


def check_annotations(page, pages):
    prefix = "io.oci-hostnet."
    tags = {tag.split("=")[0] for tag in page.tags("ANNOTATIONS")}
    check("oci-hostnet.7: the annotations", differ("annotations", {prefix + name for name in SOURCE.annotations()}, tags))
    lock = page.entry("ANNOTATIONS", prefix + "lock=LOCK")
    check("oci-hostnet.7: the locks, and the values of io.oci-hostnet.lock",
          differ("locks", {name for name in SOURCE.locks() if "+" not in name}, page.tags("LOCKS")),
          differ("values", SOURCE.locks(), [word for word in lock[4] if word != "hostNetwork: true"]))
    for other in pages:
        named = set(re.findall(r"\bio\.oci-hostnet\.([a-z][a-z-]*)", other.rendered))
        check("%s: every annotation in it exists" % other.name, differ("annotations", [], named - SOURCE.annotations()))


def check_policy(page):
    schema = SOURCE.schema()
    when = schema["$defs"]["when"]["properties"]
    settings = schema["properties"]["default"]["properties"]
    kubernetes = when["kubernetes"]["anyOf"][1]["properties"]
    for title, subsection, members in (("at the top", "Top level", schema["properties"]), ("of when", "when", when),
                                       ("of rules and default", "Settings", settings)):
        check("oci-hostnet-policy.json.5: the members " + title, differ("members", members, page.tags("FORMAT", subsection)))
    bold = {word for word in page.entry("FORMAT", "kubernetes")[4]} - {"false"}
    check("oci-hostnet-policy.json.5: the members of kubernetes", differ("members", kubernetes, bold - {"args"}))
    for member in settings:
        definition = schema["$defs"][member]
        words = definition.get("enum") or definition.get("items", {}).get("enum")
        entry = next((e for e in page.entries if e[1] == "Settings" and e[2] == member), None)
        if words and entry:
            base = {word for word in words if "+" not in word}
            named = bold_before(entry, ":")
            if not named & base:
                named = bold_before(entry, ". ")
            check("oci-hostnet-policy.json.5: the words of " + member, differ("words", base, named - {"+"}))


def check_sentences(page):
    text = page.words()
    rows = SOURCE.refusals()
    plain = lambda sentence: re.sub(r"%[a-z]+", "...", sentence.replace("%%", "%"))
    check("oci-hostnet-refusals.7: every sentence, with its id and exit status",
          *("missing: %s (%s) %s" % (name, status, plain(sentence)) for name, status, sentence, _ in rows
            if " %s (%s) %s " % (name, status, plain(sentence)) not in text))
    check("oci-hostnet-refusals.7: no other", differ(
        "ids", {(name, status) for name, status, _, _ in rows}, re.findall(r" ([a-z_0-9]+) \(([0-9])\) ", text)))
    authors = page.section("IN KUBERNETES")
    authors = " ".join(authors.split())
    check("oci-hostnet-refusals.7: every sentence for the author of a pod, with the ids behind it",
          *("missing: %s: %s" % (author, name) for name, _, _, author in rows if author
            and not re.search(re.escape(plain(author)) + r" (?:[a-z_0-9]+, )*" + name + r"\b", authors)))


def numbers(text):
    return set(re.findall(r"(?:^|[;,] (?:or )?|exec under runc )(\d+)\b", " ".join(text.split())))


def check_statuses(pages):
    statuses = {"0"} | {status for _, status, _, _ in SOURCE.refusals()}
    _, rest = tables.usage(os.path.join(PROGRAMS, "oci-hostnet"))
    line = re.search(r"Exit status: (.*)", rest)[1]
    check("oci-hostnet.1: every exit status, and --help too",
          differ("exit statuses", statuses, numbers(pages["oci-hostnet.1"].section("EXIT STATUS"))),
          differ("exit statuses", statuses, numbers(line)))
    for name, source, also in (("oci-hostnet-hook.8", "src/oci-hostnet-hook.c", set()),
                               ("oci-hostnet-isolate.8", "src/oci-hostnet-isolate.c", set()),
                               ("oci-hostnet-runtime.8", "src/oci-hostnet-runtime.c", {"That of the low-level runtime"})):
        main = SOURCE.text(source).partition("\nmain (")[2]
        own = set(re.findall(r"\? (\d+)", main)) | ({"1"} if "EXIT_FAILURE" in main else set()) \
            | ({"0"} if "EXIT_SUCCESS" in main else set())
        text = pages[name].section("EXIT STATUS")
        check(name + ": every exit status", differ("exit statuses", own, numbers(text)),
              *("missing: " + words for words in also if words not in text))


def check_records(page):
    check("oci-hostnet-records.7: every field of a record, and no other", differ(
        "fields", {"%s [%s]" % field for field in SOURCE.record_fields().items()}, page.tags("FIELDS")))
    check("oci-hostnet-records.7: every engine", differ(
        "engines", SOURCE.words("src/libhostnet/engine.c", "engine_name (", "};", r'= "([a-z-]+)"'),
        re.findall(r"[a-z-]+", re.sub(r"\([^)]*\)", "", page.entry("FIELDS", "OCI_HOSTNET_ENGINE [engine]")[3].partition(": ")[2]))))
    kinds = SOURCE.record_kinds()
    check("oci-hostnet-records.7: every kind of record", differ("kinds", kinds, page.tags("KINDS")),
          *("%s has not %s, %s" % (kind, message, priority) for kind, (message, priority) in kinds.items()
            if "%s, %s" % (message, priority) not in page.entry("KINDS", kind)[3]))


# ---- what the programs do ----

def run(program, *words):
    return subprocess.run([os.path.join(PROGRAMS, program), *words], stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, check=False)


def is_wrong_usage(*words):
    said = run("oci-hostnet", *words)
    return said.returncode == 2 and said.stderr.startswith("oci-hostnet: wrong usage")


def check_taken():
    """Each option is taken by the commands that have it, and by no other."""
    commands = SOURCE.commands()
    values = {"--engine": "podman", "--caller": "create", "--root": "/nonexistent", "--since": "tomorrow"}
    every = {option: value for options in commands.values() for option, value in options.items()}
    operands = {"configure": ["podman", "--root", "/nonexistent"], "log": [], "ports": [], "doctor": [], "audit": ["2147483647"]}
    for command, options in commands.items():
        problems = []
        for option, value in every.items():
            operand = operands.get(command, ["/nonexistent"])
            if option == "--all" and option in options:
                operand = []
            words = [*command.split(), *operand, option, *([values.get(option, "/nonexistent")] if value else [])]
            if is_wrong_usage(*words) == (option in options):
                problems.append("oci-hostnet %s: %s" % (
                    " ".join(words), "wrong usage" if option in options else "is taken"))
        check("oci-hostnet %s: takes its options and no others" % command, *problems)


def check_exits():
    with open(os.path.join(os.environ["HOSTNET_TEST_DIR"], "config.json"), "w", encoding="utf-8") as file:
        file.write('{"ociVersion": "1.0.2", "annotations": {"io.oci-hostnet.network": "host"}, "root": {"path": "x"}, '
                   '"process": {"args": ["x"], "cwd": "/"}, "linux": {}}')
    expected = (
        (0, "oci-hostnet", "--help"), (0, "oci-hostnet", "--version"), (1, "oci-hostnet", "verify", file.name),
        (2, "oci-hostnet"), (2, "oci-hostnet", "policy"), (3, "oci-hostnet", "verify", "/nonexistent"),
        (0, "oci-hostnet-hook", "--help"), (0, "oci-hostnet-hook", "--version"), (1, "oci-hostnet-hook"),
        (1, "oci-hostnet-hook", "poststop"), (1, "oci-hostnet-runc", "create", "--nonsense", "x"),
        (255, "oci-hostnet-runc", "exec", "--nonsense", "x", "true"), (0, "oci-hostnet-runc", "--help"),
        (1, "oci-hostnet-crun", "exec", "--nonsense", "x", "true"), (0, "oci-hostnet-crun", "--version"))
    if os.path.exists(os.path.join(PROGRAMS, "oci-hostnet-isolate")):
        expected += ((0, "oci-hostnet-isolate", "--help"), (0, "oci-hostnet-isolate", "--version"),
                     (1, "oci-hostnet-isolate", "--nonsense"))
    for status, *words in expected:
        said = run(*words)
        check("exit status %d: %s" % (status, " ".join(words)),
              said.returncode != status and "it is %d: %s" % (said.returncode, said.stderr))


def check_texts():
    """What README and the others tell one to type exists."""
    commands = SOURCE.commands()
    for name in ("README.md", "SECURITY.md", "CONTRIBUTING.md"):
        problems = []
        for line in re.findall(r"(?:`|^    |\| )oci-hostnet ([^`\n|]*)", SOURCE.text(name), re.M):
            line = line.split(" #")[0]
            command = next((c for c in commands if (line + " ").startswith(c + " ")), None)
            known = {"--version", "--help"} | (set(commands[command]) if command else set())
            if not command and not line.startswith("--"):
                problems.append("there is no command: oci-hostnet " + line)
            problems += ["there is no option %s: oci-hostnet %s" % (option, line)
                         for option in re.findall(r"--[a-z-]+", line) if option not in known]
        check(name + ": every command of oci-hostnet's in it exists", *problems)


def main():
    paths = {os.path.basename(path): path for path in [*glob.glob(os.path.join(TOP, "man", "*.[1-8]")), REFUSALS]}
    pages = {page.name: page for page in map(Page, sorted(paths.values()))}
    everyone = list(pages.values())
    for page in everyone:
        check_form(page)
    check_references(everyone)
    for program, section in (("oci-hostnet", 1), ("oci-hostnet-hook", 8), ("oci-hostnet-isolate", 8)):
        if os.path.exists(os.path.join(PROGRAMS, program)):
            check_usage(pages["%s.%d" % (program, section)], program)
    check_commands()
    check_hooks()
    check_values(pages["oci-hostnet.1"])
    check_checks(pages["oci-hostnet.1"])
    check_known_options(everyone)
    check_runtime(pages["oci-hostnet-runtime.8"])
    check_annotations(pages["oci-hostnet.7"], everyone)
    check_policy(pages["oci-hostnet-policy.json.5"])
    check_sentences(pages[os.path.basename(REFUSALS)])
    check_statuses(pages)
    check_records(pages["oci-hostnet-records.7"])
    check_texts()
    check_taken()
    check_exits()
    print("1..%d" % count)
    return failures > 0


sys.exit(main())
