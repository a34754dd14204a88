#!/usr/bin/env python3
"""A mail server for tests (Debian's python3-aiosmtpd): STARTTLS, login, and a mail is on disk before it is
taken. Each one is a line of JSON in MAILS. While FOLDER/fail exists, it answers with the words in it; whose address
stands in FOLDER/refuse is refused with 550; and a command in FOLDER/hang ("DATA", "QUIT") is not answered for ever:
then FOLDER/hangs is there.

    mail_server.py PORT MAILS FOLDER USER PASSWORD [--plain]

Writes FOLDER/port once it listens. PORT 0: any. --plain: offers no STARTTLS and no login.
"""
import asyncio
import json
import os
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult

port, mails, folder, user, password = sys.argv[1:6]
plain = "--plain" in sys.argv


def words(name):
    if not os.path.exists(f"{folder}/{name}"):
        return ""
    with open(f"{folder}/{name}") as file:
        return file.read().strip()


async def hang(command):
    if words("hang") == command:
        open(folder + "/hangs", "w").close()
        await asyncio.Event().wait()


class Handler:
    async def handle_RCPT(self, server, session, envelope, address, options):
        if address in words("refuse").split():
            return "550 5.1.1 nobody of that name"
        envelope.rcpt_tos.append(address)
        return "250 good"

    async def handle_QUIT(self, server, session, envelope):
        await hang("QUIT")
        return "221 bye"

    async def handle_DATA(self, server, session, envelope):
        await hang("DATA")
        if words("fail"):
            return words("fail")
        mail = {
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "tls": session.ssl is not None,
            "login": bool(session.authenticated),
            "content": envelope.content.decode("ascii"),
        }
        with open(mails, "a") as file:
            file.write(json.dumps(mail) + "\n")
            file.flush()
            os.fsync(file.fileno())
        return "250 taken"


def authenticate(server, session, envelope, mechanism, data):
    good = data.login == user.encode() and data.password == password.encode()
    return AuthResult(success=good)


def serve():
    if plain:
        return SMTP(Handler(), loop=loop, hostname="localhost")
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(folder + "/cert.pem", folder + "/key.pem")
    return SMTP(Handler(), loop=loop, hostname="localhost", tls_context=tls, require_starttls=True,
                authenticator=authenticate, auth_required=True)


loop = asyncio.new_event_loop()
server = loop.run_until_complete(loop.create_server(serve, "127.0.0.1", int(port)))
with open(folder + "/port.new", "w") as file:
    file.write(str(server.sockets[0].getsockname()[1]))
os.rename(folder + "/port.new", folder + "/port")
loop.run_forever()
