"""Does what `python -m MODULE WORDS` does, in a fork of `tests/warm.py`.

    python -S tests/ask.py NAME MODULE WORDS

The fork reads and writes where this process does, and this ends with its code, or as if it were
killed when the fork was.
"""

import json
import os
import signal
import socket
import sys

with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as asked:
    asked.connect(f"\0{sys.argv[1]}")
    told = json.dumps([os.getcwd(), dict(os.environ), sys.argv[2:]]).encode()  # noqa: PTH109
    socket.send_fds(asked, [told], [0, 1, 2])
    code = asked.recv(10)
    if not code:
        os.kill(os.getpid(), signal.SIGKILL)
    sys.exit(int(code))
