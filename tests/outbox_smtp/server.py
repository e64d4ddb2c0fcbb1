"""A mail server for the tests: aiosmtpd, which answers by the recipient's name and writes down what it got.

server.py LOG MODE [--auth] [--utf8] [--cert FILE --key FILE]     MODE: plain | starttls | implicit
Prints its port, then runs until its standard input ends.
"""
import argparse
import asyncio
import base64
import json
import os
import signal
import ssl
import sys
import threading

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword


class Handler:
    def __init__(self, log):
        self.log = log
        self.killed = False

    def write(self, **what):
        with open(self.log, "a") as file:
            file.write(json.dumps(what) + "\n")

    async def kill_the_client(self):
        """Waits until the test says which process it is; once."""
        path = self.log + ".victim"
        if self.killed:
            return
        while not os.path.exists(path):
            await asyncio.sleep(0.01)
        self.killed = True
        os.kill(int(open(path).read()), signal.SIGKILL)

    async def handle_RCPT(self, server, session, envelope, address, options):
        self.write(rcpt=address)
        if address.startswith("kill-early"):
            await self.kill_the_client()
        if address.startswith("reject"):
            return "550 5.1.1 nobody\there by that name"
        if address.startswith("later"):
            return "451 4.7.1 greylisted, come back"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        content = base64.b64encode(envelope.original_content).decode()
        self.write(mail=content, sender=envelope.mail_from, to=envelope.rcpt_tos, tls=server.transport.get_extra_info("sslcontext") is not None)
        if envelope.rcpt_tos[0].startswith("kill-late"):
            await self.kill_the_client()
        if envelope.rcpt_tos[0].startswith("drop"):
            server.transport.abort()
        return "250 2.0.0 queued as 4711"

    async def auth_XOAUTH2(self, server, args):
        given = base64.b64decode(args[1]).decode()
        self.write(login="XOAUTH2")
        good = given == "user=blog\x01auth=Bearer token\x01\x01"
        if not good:
            # as Gmail does: the error comes as a challenge, before the 535
            await server.challenge_auth(b'{"status":"400","schemes":"Bearer"}')
        return AuthResult(success=good, handled=False)

    def authenticate(self, server, session, envelope, mechanism, data):
        self.write(login=mechanism)
        good = isinstance(data, LoginPassword) and data.login == b"blog" and data.password == b"secret"
        return AuthResult(success=good, handled=False)


async def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("log")
    arguments.add_argument("mode", choices=["plain", "starttls", "implicit"])
    arguments.add_argument("--auth", action="store_true")
    arguments.add_argument("--utf8", action="store_true")
    arguments.add_argument("--cert")
    arguments.add_argument("--key")
    given = arguments.parse_args()
    handler = Handler(given.log)
    context = None
    if given.cert:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(given.cert, given.key)

    def session():
        handler.write(connection=True)
        return SMTP(
            handler,
            hostname="mail.example.org",
            enable_SMTPUTF8=given.utf8,
            tls_context=context if given.mode == "starttls" else None,
            require_starttls=given.mode == "starttls",
            authenticator=handler.authenticate if given.auth else None,
            auth_required=given.auth,
            auth_require_tls=False,
        )

    loop = asyncio.get_running_loop()
    server = await loop.create_server(session, "127.0.0.1", 0, ssl=context if given.mode == "implicit" else None)
    print(server.sockets[0].getsockname()[1], flush=True)
    ended = asyncio.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), loop.call_soon_threadsafe(ended.set)), daemon=True).start()
    await ended.wait()


asyncio.run(main())
