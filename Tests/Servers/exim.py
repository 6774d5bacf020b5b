"""Debian's Exim with the default log selector."""

import scenario

PACKAGE = "exim4-daemon-heavy"
# A greeting with 551 makes Exim try again later and log nothing that is about a 551.
WITHOUT = ("greeting.test",)
USERS = {"Debian-exim": (941, 941, "Debian-exim")}

CONFIGURATION = r"""
primary_hostname = relay.mail.example
local_interfaces = 127.0.0.1
daemon_smtp_ports = %(port)d
spool_directory = /var/spool/exim
log_file_path = /var/log/exim/%%slog
tls_advertise_hosts =
never_users =
acl_smtp_rcpt = rcpt
remote_max_parallel = 2
queue_run_max = 1
smtp_accept_max = 20
host_lookup =
rfc1413_query_timeout = 0s

begin acl
rcpt:
  deny domains = %(refused)s
       message = %(refused_text)s
  accept

begin routers
alias:
  driver = redirect
  domains = %(alias)s
  data = no-$local_part@mixed.test
here:
  driver = redirect
  domains = %(local)s
  allow_fail
  data = :fail: %(local_text)s
there:
  driver = manualroute
  domains = !%(alias)s : !%(local)s
  route_data = ${lookup{$domain}lsearch{/etc/routes}{$value}fail}
  transport = smtp
  self = send

begin transports
smtp:
  driver = smtp
  port = %(sink)d
  allow_localhost
  hosts_try_dane =
  hosts_try_fastopen =
  hosts_try_prdr =

begin retry
* * F,1h,30m
"""


class Exim:
    name = "Exim"
    log = "/var/log/exim/mainlog"

    def __init__(self, root, sink, port):
        self.root = root
        uid, gid, _ = USERS["Debian-exim"]
        # Where Debian's Exim looks by itself: a file that is named on the command line costs it its rights.
        root.write("/etc/exim4/exim4.conf", CONFIGURATION % {
            "port": port, "sink": sink.port, "alias": scenario.ALIAS, "local": scenario.LOCAL,
            "refused": scenario.REFUSED, "refused_text": scenario.REFUSED_TEXT,
            "local_text": scenario.LOCAL_TEXT,
        })
        routes = {}
        for name in sink.hosts:
            routes.setdefault(name.split(".", 1)[1], []).append(name)
        root.write("/etc/routes", "".join("%s: %s\n" % (d, ":".join(h) + " byname") for d, h in routes.items()))
        root.write("/etc/hosts", hosts(sink))
        root.folder("/var/spool/exim", uid, gid, 0o750)
        root.folder("/var/log/exim", uid, gid, 0o750)

    def start(self):
        return self.root.start(["/usr/sbin/exim4", "-bdf"])


def hosts(sink):
    lines = ["127.0.0.1 localhost", "127.0.0.1 relay.mail.example relay"]
    return "\n".join(lines + ["%s %s" % (ip, name) for name, ip in sink.hosts.items()]) + "\n"
