#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Whether each row of tests/mutate/mutations.tsv can be tried.  TAP.

mutations.py TOP: what tests/mutate/run.sh would find out after minutes of building."""
import os
import re
import subprocess
import sys

TABLE = 'tests/mutate/mutations.tsv'


def rows(path):
    with open(path, encoding='utf-8') as table:
        for number, line in enumerate(table, 1):
            if line.strip() and not line.startswith('#'):
                yield number, line.rstrip('\n').split('\t')


def read(path):
    with open(path, encoding='utf-8') as file:
        return file.read()


def names_of(path):
    """The tests of a bats file, as bash sees their names."""
    return [re.sub(r'\\(["\\$`])', r'\1', name)
            for name in re.findall(r'^@test "(.*)" \{', read(path), re.M)]


def matches(regex, names):
    """As bats filters: bash's =~, an extended regular expression."""
    done = subprocess.run(['bash', '-c', 'shift; for name; do [[ $name =~ $0 ]] && exit 0; [ $? = 1 ] || exit 2; done; exit 1',
                           regex, '-', *names], check=False)
    return done.returncode == 0


def cases_of_decide(top):
    """What decide.sh looks for its pattern in."""
    for _, (caller, capture, expression, *_) in rows(os.path.join(top, 'tests/decide.tsv')):
        yield f'{caller} {capture}: {expression}'


def complaint_of_test(top, programs, test):
    """Why the test of a row cannot notice anything, or None."""
    file, colon, pattern = test.partition(': ')
    place = f'tests/bats/{file}' if file.endswith('.bats') else f'tests/{file}'
    path = os.path.join(top, place)
    if place not in programs:
        return f'{test}: Makefile.am does not name it'
    if not os.path.exists(path if file.endswith(('.bats', '.sh')) else path + '.c'):
        return f'{test}: there is no such file'
    if not colon:
        return None
    if file == 'decide.sh':
        names = list(cases_of_decide(top))
    elif file.endswith('.bats'):
        names = names_of(path)
    else:
        return f'{test}: it takes no pattern'
    return None if matches(pattern, names) else f'{test}: it has no test of such a name'


def complaint_of_row(top, programs, columns):
    """Why the row cannot be tried, or None."""
    if len(columns) != 6 or not all(columns[:3]) or not all(columns[4:]):
        return f'{len(columns)} columns, or an empty one'
    _, file, old, new, tests, _ = columns
    path = os.path.join(top, file)
    if not os.path.exists(path):
        return f'there is no {file}'
    # as run.sh does: a blank stands for any white space
    pattern = r'\s+'.join(map(re.escape, re.split(r'\s+', old)))
    found = re.findall(pattern, read(path))
    if len(found) != 1:
        return f'the old text is {len(found)} times in {file}'
    if found[0] == new:
        return 'the new text is the old one'
    return next((text for text in (complaint_of_test(top, programs, test) for test in tests.split(' ; ')) if text), None)


def main(top):
    programs = set(re.findall(r'tests/[\w./]+', read(os.path.join(top, 'Makefile.am'))))
    seen = set()
    count = failed = 0
    for number, columns in rows(os.path.join(top, TABLE)):
        count += 1
        complaint = complaint_of_row(top, programs, columns)
        if columns[0] in seen:
            complaint = 'another row has this name'
        seen.add(columns[0])
        failed += complaint is not None
        print(f'ok {count} - {columns[0]}' if complaint is None else
              f'not ok {count} - {columns[0]}, line {number}: {complaint}')
    print(f'1..{count}')
    return 1 if failed or count == 0 else 0


sys.exit(main(sys.argv[1]))
