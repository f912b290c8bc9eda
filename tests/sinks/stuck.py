# A server that reads nothing, whose window is soon full; or one that closes each connection at once.
import socket, sys, time
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
s.bind(("127.0.0.1", int(sys.argv[1])))
s.listen()
kept = []
while True:
    c, _ = s.accept()
    if sys.argv[2] == "close":
        c.close()
    else:
        kept.append(c)
