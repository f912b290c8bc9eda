# SMTP servers that offer STARTTLS, for tests/policy.t: smtpd.py ADDRESS CERTIFICATE ...
# (a certificate, its chain and its key in one file).
import socketserver
import ssl
import sys
import threading


def server(address, certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    class Handler(socketserver.StreamRequestHandler):
        def say(self, text):
            self.wfile.write(text.encode() + b"\r\n")
            self.wfile.flush()

        def handle(self):
            self.say("220 mx ESMTP")
            for line in self.rfile:
                verb = line.strip().upper()
                if verb.startswith(b"EHLO"):
                    self.say("250-mx")
                    self.say("250 STARTTLS")
                elif verb == b"STARTTLS":
                    self.say("220 go")
                    try:
                        self.request = context.wrap_socket(self.request, server_side=True)
                    except OSError:
                        return
                    self.setup()
                elif verb == b"QUIT":
                    self.say("221 bye")
                    return
                else:
                    self.say("502 no")

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = True
        daemon_threads = True

    return Server((address, 25), Handler)


for i in range(1, len(sys.argv), 2):
    threading.Thread(target=server(sys.argv[i], sys.argv[i + 1]).serve_forever).start()
