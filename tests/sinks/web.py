# A web server for tests: web.py PORT LOG. What it is posted is appended to the log;
# it answers 200, or the status that the path is, or slowly, garbage, or without end; or breaks off, or hangs, amid
# the answer.
import http.server, sys, time

class Hook(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        with open(sys.argv[2], "ab") as log:
            log.write(b"%s|%s|%s|%s|%s" % tuple(
                [self.path.encode()] + [self.headers.get(h, "").encode() for h in
                 ("Content-Type", "Authorization", "X-Key")] + [body]))
        what = self.path.strip("/")
        if what == "slow":
            time.sleep(30)
        if what == "garbage":
            self.wfile.write(b"\0\1\2 nonsense\r\n\r\n")
            return
        self.send_response(int(what) if what.isdigit() else 200)
        if what == "429":
            self.send_header("Retry-After", "3")
        if what == "302":
            self.send_header("Location", "http://127.0.0.1:8080/ok")
        if what in ("broken", "hanging"):
            self.send_header("Content-Length", "1000")
        self.end_headers()
        if what == "hanging":
            time.sleep(30)
        if what == "endless":
            try:
                while True:
                    self.wfile.write(b"x" * 10000)
            except OSError:
                pass

    def log_message(self, *_):
        pass

http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Hook).serve_forever()
