"""The mail that is sent, how the remote servers answer it, and what a report must say then.

The truth comes from what was sent and from what the remote servers noted that they answered. No log is
read for it. Every address is used once, so an answer tells by its addresses which message it is about.
"""

# Reply to each command by domain; what is not named is accepted. A list stands for several hosts in turn.
OK = {}
SERVERS = {
    "ok.test": [OK],
    "rcpt.test": [{"RCPT": "551 5.1.1 not our customer"}],
    "plain.test": [{"RCPT": "551 Denied IVF"}],
    "lines.test": [{"RCPT": "551-5.7.1 User not local;\r\n551-5.7.1 550 is not the code\r\n551 5.7.1 please try <a@b.test>"}],
    "bare.test": [{"RCPT": "551"}],
    "from.test": [{"MAIL": "551 Relay request denied"}],
    "data.test": [{"DATA": "551 failed to route the address"}],
    "dot.test": [{"DOT": "551 5.1.1 user does not exist"}],
    "mixed.test": [{"RCPT no": "551 Unknown user."}],
    # None of these is a 551.
    "other.test": [{"RCPT": "550 5.1.1 551 is not the code"}],
    "later.test": [{"RCPT": "450 4.2.0 551 is not the code"}],
    "cited.test": [{"DOT": "250 2.0.0 551 messages are queued here"}],
    "odd.test": [{"RCPT": "554 host mx.rcpt.test[127.0.1.2] said: 551 5.1.1 not our customer (in reply to RCPT TO command)"}],
    # The first host puts it off, the second refuses.
    "two.test": [{"RCPT": "451 4.3.0 try another"}, {"RCPT": "551 recipient is not exist"}],
    # A 551 before anything was said.
    "greeting.test": [{"HELLO": "551 This is not a relay host - mail must be to or from host domain."}],
    # Where senders live; the last one takes no bounces.
    "acme.example": [OK],
    "bcorp.example": [OK],
    "deaf.example": [{"RCPT": "551 <>... User not local"}],
}
SENDERS = ["acme.example", "bcorp.example", "deaf.example"]
# This host's own: an alias leads to a refused address, a domain fails here, a client is refused.
ALIAS, LOCAL, REFUSED = "alias.test", "local.test", "refused.test"
LOCAL_TEXT = "551 5.1.1 User not local here"
REFUSED_TEXT = "551 5.7.1 not our customer"


class Message:
    def __init__(self, number, sender_domain, recipients):
        self.sender = "s%d@%s" % (number, sender_domain) if sender_domain else ""
        self.recipients = recipients


def alias_target(address):
    """Where an address of the alias domain leads."""
    return "no-%s@mixed.test" % address.split("@")[0]


def finals(message):
    """The addresses to which a message goes in the end."""
    return [alias_target(r) if r.endswith("@" + ALIAS) else r for r in message.recipients]


def messages(without=()):
    """The mail of a run; `without` names domains that the server at hand cannot be asked for."""
    result = []

    def add(*recipients):
        number = len(result)
        kept = [r for r in recipients if r.split("@")[1] not in without]
        if kept:
            result.append(Message(number, SENDERS[number % len(SENDERS)], kept))

    for domain in SERVERS:
        if domain not in SENDERS:
            add("a-%s@%s" % (domain[:3], domain))
            add("b-%s@%s" % (domain[:3], domain), "c-%s@%s" % (domain[:3], domain))
    add("no-x@mixed.test", "yes-x@mixed.test", "d@rcpt.test", "d@ok.test")
    add("e@plain.test", "no-e@mixed.test", "e@" + ALIAS)
    add("f@" + ALIAS)
    for letter in "gh":
        add(letter + "@" + LOCAL, letter + "@ok.test")
    for letter in "ij":
        add(letter + "@" + REFUSED, letter + "@ok.test")
    return result


class Section:
    def __init__(self):
        self.total, self.hosts, self.domains, self.pairs = 0, {}, {}, {}

    def add(self, host, sender):
        domain = sender.split("@")[1].lower() if sender else "<>"
        self.total += 1
        for table, key in ((self.hosts, host), (self.domains, domain), (self.pairs, (host, domain))):
            if key is not None:
                table[key] = table.get(key, 0) + 1


def truth(sent, answers, client):
    """What the report must say, by section.

    sent: the messages. answers: what the remote servers noted, in order: (host, sender, recipient or None for
    all of the message there, code). client: the address from which the mail was sent.
    """
    sections = {name: Section() for name in ("failures", "deferrals", "refusals", "local")}
    by_sender = {m.sender: m for m in sent}
    last = {}
    for host, sender, recipient, code in answers:
        if recipient is not None:
            last[(sender, recipient)] = (host, code)
            continue
        # The answer came before a recipient was named: it is about all that were for this host. One to the
        # connection itself is about every message that was for it.
        for message in sent if sender is None else [by_sender[sender]]:
            for address in finals(message):
                if host.endswith("." + address.split("@")[1]):
                    last[(message.sender, address)] = (host, code if sender else "greeting")
    for (sender, _), (host, code) in last.items():
        if code == "551":
            sections["failures"].add(host, sender)
        elif code == "greeting":
            # A greeting is no answer about an address, which is kept for another try.
            sections["deferrals"].add(host, sender)
    for message in sent:
        for recipient in message.recipients:
            domain = recipient.split("@")[1]
            if domain == LOCAL:
                sections["local"].add(None, message.sender)
            elif domain == REFUSED:
                sections["refusals"].add(client, message.sender)
    return sections


def differences(report, wanted):
    """Sentences, one for each figure of a report that is not the truth."""
    found = []
    for name, section in wanted.items():
        got = report[name]
        if got["total"] != section.total:
            found.append("%s: total %d, truth %d" % (name, got["total"], section.total))
        tables = [("by_sender_domain", ["sender_domain"], {(k,): v for k, v in section.domains.items()})]
        if name != "local":
            tables += [
                ("by_remote_host", ["remote_host"], {(k,): v for k, v in section.hosts.items()}),
                ("by_pair", ["remote_host", "sender_domain"], section.pairs),
            ]
        for table, columns, truth_rows in tables:
            rows = {tuple(r[c] for c in columns): r["count"] for r in got[table]}
            for key in sorted(set(rows) | set(truth_rows)):
                if rows.get(key, 0) != truth_rows.get(key, 0):
                    found.append(
                        "%s, %s, %s: %d, truth %d"
                        % (name, table, " / ".join(key), rows.get(key, 0), truth_rows.get(key, 0))
                    )
    if report["input"]["unrecognised"]:
        found.append("%d lines were not recognised" % report["input"]["unrecognised"])
    return found
