"""The remote servers: one process that answers by script on many loopback addresses, and notes it."""

import socket
import socketserver
import threading
import time

import scenario


class Sink:
    """Listens for every server of the scenario; `answers` is what it said, in order."""

    def __init__(self):
        self.answers = []
        self.hosts = {}
        self.last = time.monotonic()
        self.lock = threading.Lock()
        number = 1
        plans = []
        for domain, servers in scenario.SERVERS.items():
            for index, script in enumerate(servers):
                name = "mx%d.%s" % (index, domain)
                self.hosts[name] = "127.0.1.%d" % number
                plans.append((name, self.hosts[name], script))
                number += 1
        self.servers = []
        self.port = self._listen(plans)
        for server in self.servers:
            threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()

    def _listen(self, plans):
        """The same free port on every address: a mail server has one port for all its neighbours."""
        for _ in range(20):
            port = free_port()
            servers = []
            try:
                for name, address, script in plans:
                    server = Server((address, port), Session)
                    server.name, server.script, server.sink = name, script, self
                    servers.append(server)
                self.servers = servers
                return port
            except OSError:
                for server in servers:
                    server.server_close()
        raise RuntimeError("no port is free on all of 127.0.1.1 to 127.0.1.%d" % len(plans))

    def note(self, host, sender, recipient, reply):
        with self.lock:
            self.answers.append((host, sender, recipient, reply))
            self.last = time.monotonic()

    def quiet_for(self):
        with self.lock:
            return time.monotonic() - self.last

    def close(self):
        for server in self.servers:
            server.shutdown()
            server.server_close()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


class Session(socketserver.StreamRequestHandler):
    """One SMTP session (RFC 5321), as far as two well-behaved mail servers need it."""

    timeout = 60

    def say(self, reply):
        self.wfile.write((reply + "\r\n").encode())

    def scripted(self, command, address=""):
        script = self.server.script
        for key, reply in script.items():
            words = key.split()
            if words[0] == command and (len(words) == 1 or address.startswith(words[1])):
                return reply
        return None

    def note(self, sender, recipient, reply, mark=""):
        # The last line's code is the one that counts.
        code = reply.split("\r\n")[-1][:3] + mark
        self.server.sink.note(self.server.name, sender, recipient, code)

    def handle(self):
        greeting = self.scripted("HELLO")
        if greeting:
            # Nobody has said yet what mail it is; it is noted when the run is over.
            self.server.sink.note(self.server.name, None, None, greeting[:3])
            self.say(greeting)
            return
        self.say("220 %s ESMTP" % self.server.name)
        sender, recipients = "", []
        for line in self.rfile:
            text = line.decode("utf-8", "replace").strip()
            word = text.split(" ")[0].split(":")[0].upper()
            if word == "EHLO":
                self.say("250-%s\r\n250 8BITMIME" % self.server.name)
            elif word == "HELO":
                self.say("250 %s" % self.server.name)
            elif word == "MAIL":
                sender, recipients = address_in(text), []
                reply = self.scripted("MAIL")
                if reply:
                    self.note(sender, None, reply)
                self.say(reply or "250 2.1.0 Ok")
            elif word == "RCPT":
                recipient = address_in(text)
                reply = self.scripted("RCPT", recipient)
                if reply:
                    self.note(sender, recipient, reply)
                else:
                    recipients.append(recipient)
                self.say(reply or "250 2.1.5 Ok")
            elif word == "DATA":
                reply = self.scripted("DATA") if recipients else "503 5.5.1 no recipients"
                if reply:
                    for recipient in recipients:
                        self.note(sender, recipient, reply)
                    self.say(reply)
                    continue
                self.say("354 go on")
                for part in self.rfile:
                    if part.rstrip(b"\r\n") == b".":
                        break
                reply = self.scripted("DOT") or "250 2.0.0 Ok: queued as 1F2E3D4C5B"
                for recipient in recipients:
                    self.note(sender, recipient, reply)
                self.say(reply)
            elif word == "RSET":
                sender, recipients = "", []
                self.say("250 2.0.0 Ok")
            elif word == "QUIT":
                self.say("221 2.0.0 Bye")
                return
            else:
                self.say("502 5.5.2 no such command")


def address_in(text):
    return text[text.index("<") + 1 : text.index(">")]
