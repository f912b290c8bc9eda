"""Complete command lines in a shell that sits at a terminal: completing.py SHELL FILE

Reads lines "typed|expected": types them with a tab at the end, has them run by a
function that shows its arguments, and tells which came to something else.
"""
import os
import pty
import re
import select
import sys
import time

shell, path = sys.argv[1:]
START = {
    "bash": (["bash", "--norc", "--noprofile", "-i"], f"source {path}\n"),
    "zsh": (
        ["zsh", "-f", "-i"],
        f"fpath=({os.path.dirname(path)} $fpath); autoload -U compinit; compinit -u -D\n",
    ),
}
SHOW = "waxseal() { local IFS=' '; echo \"sh\"\"own<$*>\"; }\n"


class Terminal:
    def __init__(self, command):
        self.seen = ""
        pid, self.fd = pty.fork()
        if pid == 0:
            os.environ.update(TERM="dumb", PS1="$ ", INPUTRC="/dev/null", LC_ALL="C")
            os.execvp(command[0], command)

    def type(self, text):
        os.write(self.fd, text.encode())

    def until(self, pattern):
        """What was written up to a match; ends the program where none comes in a minute."""
        end = time.monotonic() + 60
        while not (found := re.search(pattern, self.seen)):
            if not select.select([self.fd], [], [], max(0, end - time.monotonic()))[0]:
                sys.exit(f"{shell}: nothing like {pattern} in {self.seen[-400:]!r}")
            self.seen += os.read(self.fd, 65536).decode(errors="replace")
        self.seen = self.seen[found.end():]
        return found


terminal = Terminal(START[shell][0])
terminal.type(START[shell][1] + SHOW + "echo re\"\"ady\n")
terminal.until("ready\r?\n")
wrong = 0
for line in sys.stdin:
    typed, expected = line.rstrip("\n").split("|")
    # What the tab comes to is there before the line is run: both are read in order.
    terminal.type(f"waxseal {typed}\t\n")
    came = terminal.until(r"shown<([^>]*)>").group(1).strip()
    # zsh takes the slash behind a folder away again where nothing follows it.
    if came.rstrip("/") != expected:
        print(f"{typed}: came to {came!r}, not to {expected!r}")
        wrong += 1
terminal.type("exit\n")
sys.exit(wrong > 0)
