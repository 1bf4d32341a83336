"""Does what `python -m pipeline WORDS` does, in a fork of `tests/warm.py`.

    python -S tests/ask.py SOCKET WORDS

The fork reads and writes where this process does, and this ends with its code.
"""

import json
import os
import socket
import sys

with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as asked:
    asked.connect(sys.argv[1])
    told = json.dumps([os.getcwd(), dict(os.environ), sys.argv[2:]]).encode()  # noqa: PTH109
    socket.send_fds(asked, [told], [0, 1, 2])
    sys.exit(int(asked.recv(10)))
