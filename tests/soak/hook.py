"""
The web server that a soak's sinks post to, and that serves a domain's MTA-STS policy.

	hook.py ADDRESS PORT CERTIFICATE MOOD DIRECTORY

MOOD is a file, read for each request: ok, slow, hang, garbage, close or a status. What is taken
is a line of DIRECTORY/<first word of the path>, written before it is answered; what is not taken is
none, and of what is refused for good that is a line of DIRECTORY/<word>.refused.
"""

import http.server
import os
import ssl
import sys
import threading
import time

ADDRESS, PORT, CERTIFICATE, MOOD, DIRECTORY = sys.argv[1:6]
POLICY = b"version: STSv1\r\nmode: testing\r\nmx: *.example.net\r\nmax_age: 86400\r\n"
TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
TLS.load_cert_chain(CERTIFICATE)
LOCK = threading.Lock()


def append(name, body):
    """One write, so that a line is there whole or not at all."""
    with LOCK:
        out = os.open(os.path.join(DIRECTORY, name), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        os.write(out, body.strip().replace(b"\n", b" ") + b"\n")
        os.close(out)


class Hook(http.server.BaseHTTPRequestHandler):
    timeout = 60

    def setup(self):
        # In its own thread, so that one that says nothing keeps nobody waiting.
        self.request.settimeout(20)
        self.request = TLS.wrap_socket(self.request, server_side=True)
        super().setup()

    def answer(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_in_mood(self, take):
        with open(MOOD, encoding="ascii") as file:
            mood = file.read().strip()
        if mood == "slow":
            time.sleep(1)
        if mood in ("ok", "slow"):
            take()
        elif mood == "hang":
            time.sleep(20)
            self.close_connection = True
        elif mood == "garbage":
            self.wfile.write(b"\0\1\2 nonsense\r\n\r\n")
            self.close_connection = True
        elif mood == "close":
            self.close_connection = True
        elif mood == "429":
            self.answer(429, Retry_After="5")
        else:
            self.answer(int(mood), b"\0\xff\x1b[31mno\r\n")
        return mood

    def do_POST(self):
        name = self.path.strip("/").split("/")[0]
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))

        def take():
            append(name, body)
            self.answer(200)

        if self.do_in_mood(take) == "400":
            append(name + ".refused", body)

    def do_GET(self):
        self.do_in_mood(lambda: self.answer(200, POLICY, Content_Type="text/plain"))

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        pass


Server((ADDRESS, int(PORT)), Hook).serve_forever()
