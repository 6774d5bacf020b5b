"""Debian's Postfix, which writes its log by its own postlogd (3.4 and later)."""

import exim
import scenario

PACKAGE = "postfix"
WITHOUT = ()
USERS = {"postfix": (942, 942, "postfix"), "postdrop-owner": (943, 943, "postdrop")}

MAIN = """
compatibility_level = 2
queue_directory = /var/spool/postfix
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
data_directory = /var/lib/postfix
mail_owner = postfix
setgid_group = postdrop
myhostname = relay.mail.example
mydestination =
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
maillog_file = /var/log/maillog
maillog_file_prefixes = /var
smtp_host_lookup = native
disable_dns_lookups = yes
smtputf8_enable = no
alias_maps =
alias_database =
local_recipient_maps =
transport_maps = texthash:/etc/postfix/transport
virtual_alias_maps = texthash:/etc/postfix/virtual
virtual_alias_domains = %(alias)s
smtpd_recipient_restrictions = check_recipient_access texthash:/etc/postfix/access, permit_mynetworks, reject
smtpd_tls_security_level = none
smtp_tls_security_level = none
smtpd_peername_lookup = no
queue_run_delay = 1h
minimal_backoff_time = 1h
maximal_backoff_time = 2h
destination_concurrency_feedback_debug = no
enable_long_queue_ids = %(long)s
"""

MASTER = """
127.0.0.1:%(port)d inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 3600 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
proxywrite unix - - n - 1 proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
local unix - n n - - local
virtual unix - n n - - virtual
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
fail unix - n n - - pipe flags= user=nobody argv=/etc/postfix/fail
postlog unix-dgram n - n - 1 postlogd
"""


class Postfix:
    log = "/var/log/maillog"

    def __init__(self, root, sink, port, has_long_ids):
        self.root = root
        self.name = "Postfix with %s queue ids" % ("long" if has_long_ids else "short")
        owner, group, _ = USERS["postfix"]
        drop = USERS["postdrop-owner"][1]
        root.write("/etc/postfix/main.cf", MAIN % {
            "long": "yes" if has_long_ids else "no", "alias": scenario.ALIAS})
        root.write("/etc/postfix/master.cf", MASTER % {"port": port})
        routes = {}
        for name in sink.hosts:
            routes.setdefault(name.split(".", 1)[1], []).append("[%s]:%d" % (name, sink.port))
        lines = ["%s smtp:%s" % (domain, ", ".join(hosts)) for domain, hosts in routes.items()]
        # A program that answers; smtpd(8) would refuse what is meant for error(8) at once.
        lines.append("%s fail:" % scenario.LOCAL)
        root.write("/etc/postfix/fail", "#!/bin/sh\necho '%s'\nexit 67\n" % scenario.LOCAL_TEXT, 0o755)
        root.write("/etc/postfix/transport", "\n".join(lines) + "\n")
        root.write("/etc/postfix/access", "%s %s\n" % (scenario.REFUSED, scenario.REFUSED_TEXT))
        aliases = {r for m in scenario.messages() for r in m.recipients if r.endswith("@" + scenario.ALIAS)}
        root.write("/etc/postfix/virtual", "".join("%s %s\n" % (a, scenario.alias_target(a)) for a in sorted(aliases)))
        root.write("/etc/hosts", exim.hosts(sink))
        spool = "/var/spool/postfix"
        root.folder(spool)
        for name in "active bounce corrupt defer deferred flush hold incoming private saved trace".split():
            root.folder("%s/%s" % (spool, name), owner, 0, 0o700)
        root.folder(spool + "/maildrop", owner, drop, 0o730 | 0o1000)
        root.folder(spool + "/public", owner, drop, 0o2710)
        root.folder(spool + "/pid")
        root.folder("/var/lib/postfix", owner, owner, 0o700)
        root.folder("/var/log")

    def start(self):
        return self.root.start(["/usr/lib/postfix/sbin/master", "-c", "/etc/postfix", "-d"])
