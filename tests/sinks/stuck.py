# A server that reads nothing, whose window is soon full; one that closes each connection at once; or
# one that reads all that there is once a second file is there, and how much that was is in the first.
import os, socket, sys, time
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
s.bind(("127.0.0.1", int(sys.argv[1])))
s.listen()
kept = []
while True:
    c, _ = s.accept()
    if sys.argv[2] == "close":
        c.close()
    elif sys.argv[2] == "late":
        while not os.path.exists(sys.argv[4]):
            time.sleep(0.1)
        got = 0
        try:
            while data := c.recv(65536):
                got += len(data)
        except OSError:
            pass
        with open(sys.argv[3], "w") as file:
            file.write(f"{got}\n")
    else:
        kept.append(c)
