#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""coverage.py collect DIR STATE, coverage.py report DIR STATE: which lines of src have been run.

gcov's counts (.gcda) go bad when a process is killed while it writes them, and libgcov adds nothing to a
bad file any more.  So they are not left there: `collect` takes them away every few seconds, under the lock
that libgcov takes (fcntl(2), gcov-io.c), and adds them up in STATE until it gets SIGTERM.  What a bad file
has lost is what ran in these seconds.  `report` prints a table, and what was not run into DIR/coverage.txt;
1 when it is less than 90 % of all lines."""
import collections
import fcntl
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

SECONDS = 20


def units(text):
    """The objects of a gcov that printed several."""
    decoder, at = json.JSONDecoder(), 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        unit, at = decoder.raw_decode(text, at)
        yield unit


def read(top, notes, counts, lines):
    """Adds what gcov says of NOTES with COUNTS (bytes, none: nothing was run); False: bad."""
    with tempfile.TemporaryDirectory() as work:
        os.symlink(notes, os.path.join(work, "x.gcno"))
        name = "x.gcno"
        if counts:
            name = "x.gcda"
            pathlib.Path(work, name).write_bytes(counts)
        said = subprocess.run(["gcov", "--json-format", "--stdout", name], cwd=work, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, check=False)
    # it says that a file is bad, and goes on with zeros
    if said.returncode != 0 or (counts and said.stderr.strip()):
        return False
    for unit in units(said.stdout):
        for file in unit["files"]:
            path = os.path.realpath(os.path.join(unit["current_working_directory"], file["file"]))
            if path.startswith(top + "/src/"):
                for line in file["lines"]:
                    lines[path[len(top) + 1:]][line["line_number"]] += line["count"]
    return True


def take(path):
    """The counts at PATH, which is empty then."""
    try:
        with open(path, "r+b") as file:
            fcntl.lockf(file, fcntl.LOCK_EX)
            counts = file.read()
            file.truncate(0)
            return counts
    except FileNotFoundError:
        return b""


def collect(top, state):
    lines = collections.defaultdict(lambda: collections.defaultdict(int))
    stop, bad, rounds = [], 0, 0
    signal.signal(signal.SIGTERM, lambda *_: stop.append(1))
    notes = sorted(str(path) for path in pathlib.Path(top, "src").rglob("*.gcno"))
    for note in notes:
        read(top, note, b"", lines)
    last = False
    while not last:
        last = bool(stop)
        for note in notes:
            counts = take(note[:-len("gcno")] + "gcda")
            if counts and not read(top, note, counts, lines):
                bad += 1
        rounds += 1
        with open(state + ".new", "w", encoding="utf-8") as file:
            json.dump({"bad": bad, "rounds": rounds, "lines": lines}, file)
        os.rename(state + ".new", state)
        for _ in range(SECONDS):
            if not stop:
                time.sleep(1)


def report(top, state):
    with open(state, encoding="utf-8") as file:
        seen = json.load(file)
    total = run = 0
    with open(os.path.join(top, "coverage.txt"), "w", encoding="utf-8") as missed:
        for name, counts in sorted(seen["lines"].items()):
            reached = sum(1 for count in counts.values() if count)
            total += len(counts)
            run += reached
            print("%6.1f %%  %4d of %4d  %s" % (100.0 * reached / len(counts), reached, len(counts), name))
            with open(os.path.join(top, name), encoding="utf-8", errors="replace") as file:
                source = file.read().split("\n")
            for number in sorted(int(n) for n, count in counts.items() if not count):
                missed.write("%s:%d:%s\n" % (name, number, source[number - 1]))
    print("%6.1f %%  %d of %d lines of %d files; %d bad files of counts in %d rounds"
          % (100.0 * run / max(total, 1), run, total, len(seen["lines"]), seen["bad"], seen["rounds"]))
    return int(run < 0.9 * total or total == 0)


if len(sys.argv) != 4 or sys.argv[1] not in ("collect", "report"):
    sys.exit(__doc__)
sys.exit({"collect": collect, "report": report}[sys.argv[1]](os.path.realpath(sys.argv[2]), sys.argv[3]))
