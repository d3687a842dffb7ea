#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# complete.py SHELL COMPLETIONS EXPECTED - what a real, interactive bash or zsh, in a home of its own, offers
# behind each line of EXPECTED: what is typed, a tab, the words; `+` in front of these: at least them.
# COMPLETIONS is the directory that the shell finds ours in.  TAP, without the plan.
import atexit
import os
import pty
import signal
import sys
import tempfile
import threading
import time

SHELL, COMPLETIONS, EXPECTED = sys.argv[1:]
SECONDS = 20

# ESC * inserts all that is offered into the line, C-x p tells the line.
BASH = """
PS1=
. /usr/share/bash-completion/bash_completion
bind 'set bell-style none'
tell() { printf '%s\\n' "$READLINE_LINE" >"$ANSWER.part"; mv "$ANSWER.part" "$ANSWER"; READLINE_LINE=; READLINE_POINT=0; }
bind -x '"\\C-xp": tell'
echo >"$ANSWER"
"""
# C-x p lists what is offered, and tells what compadd was given.
ZSH = """
PROMPT= LISTMAX=1000000 # asks nothing
fpath=($COMPLETIONS $fpath)
autoload -Uz compinit
compinit -u -d $HOME/dump
compadd() {
  local -a hits
  if [[ "${@[1,(i)(-|--)]}" != *-(O|A|D)\\ * ]]; then
    builtin compadd -O hits "$@"
    print -l -- $hits >>$ANSWER.part
  fi
  builtin compadd "$@"
}
tell() { : >$ANSWER.part; zle list-choices; mv $ANSWER.part $ANSWER; BUFFER= }
zle -N tell
bindkey '^Xp' tell
echo >$ANSWER
"""


class Shell:
    def __init__(self, home):
        self.answer = os.path.join(home, "answer")
        environment = {"HOME": home, "ZDOTDIR": home, "PATH": os.environ["PATH"], "TERM": "dumb", "LC_ALL": "C",
                       "ANSWER": self.answer, "COMPLETIONS": COMPLETIONS,
                       "BASH_COMPLETION_USER_DIR": os.path.dirname(COMPLETIONS)}
        for name, text in (("bashrc", BASH), (".zshrc", ZSH)):
            with open(os.path.join(home, name), "w", encoding="utf-8") as file:
                file.write(text)
        work = os.path.join(home, "work")
        os.makedirs(os.path.join(work, "bundle"))
        with open(os.path.join(work, "file.json"), "w", encoding="utf-8"):
            pass
        arguments = {"bash": ["bash", "--noprofile", "--rcfile", os.path.join(home, "bashrc"), "-i"],
                     "zsh": ["zsh", "-d", "-i"]}[SHELL]
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.chdir(work)
            os.execvpe(arguments[0], arguments, environment)
        atexit.register(self.end)
        self.shown = b""
        threading.Thread(target=self.drain, daemon=True).start()
        self.wait()

    def drain(self):
        try:
            while True:
                self.shown += os.read(self.terminal, 4096)
        except OSError:
            pass

    def wait(self):
        end = time.monotonic() + SECONDS
        while not os.path.exists(self.answer):
            if time.monotonic() > end:
                raise SystemExit("Bail out! %s says nothing: %r" % (SHELL, self.shown[-500:]))
            time.sleep(0.01)
        with open(self.answer, encoding="utf-8") as file:
            said = file.read()
        os.unlink(self.answer)
        return said

    def offers(self, typed):
        os.write(self.terminal, typed.encode() + (b"\x1b*" if SHELL == "bash" else b"") + b"\x18p")
        said = self.wait()
        if SHELL == "bash":
            said = "" if said.rstrip("\n") == typed else said[typed.rindex(" ") + 1:]
        return set(said.split())

    def end(self):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)


def main():
    with open(EXPECTED, encoding="utf-8") as file:
        rows = [line.rstrip("\n").split("\t") for line in file]
    failures = 0
    with tempfile.TemporaryDirectory() as home:
        shell = Shell(home)
        for typed, words in rows:
            expected = {word.rstrip("/") for word in words.lstrip("+").split()}
            found = {word.rstrip("/") for word in shell.offers(typed)}
            good = expected <= found if words.startswith("+") else expected == found
            failures += not good
            print("ok" if good else "not ok", "- %s: %s" % (SHELL, typed))
            if not good:
                print("# it offers: %s\n# and not: %s" % (" ".join(sorted(found)), " ".join(sorted(expected))))
    return failures > 0


sys.exit(main())
