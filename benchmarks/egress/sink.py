"""The sink: answers every POST at once, parsing no more than it must, so that it is never the bottleneck. Prints its port."""

from __future__ import annotations

import asyncio
import ssl
import sys
from typing import cast

import uvloop

ANSWER = (
    b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 2\r\n"
    b"date: Tue, 14 Nov 2023 22:13:50 GMT\r\nserver: sink\r\n\r\nok"
)


class Sink(asyncio.Protocol):
    """One connection; requests may come in pieces but never more than one at a time."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Start empty."""
        self.transport = cast("asyncio.Transport", transport)
        self.missing = 0  # body bytes still to come; 0 between requests
        self.head = b""

    def data_received(self, data: bytes) -> None:
        """Count until a request is whole, then answer."""
        if not self.missing:
            self.head += data
            end = self.head.find(b"\r\n\r\n")
            if end < 0:
                return
            at = self.head.index(b"content-length: " if b"content-length: " in self.head else b"Content-Length: ") + 16
            length = int(self.head[at : self.head.index(b"\r", at)])
            self.missing, self.head = length - (len(self.head) - end - 4), b""
        else:
            self.missing -= len(data)
        if self.missing <= 0:
            self.missing = 0
            self.transport.write(ANSWER)


async def main(certificate: str | None, key: str | None) -> None:
    """Listen on an ephemeral port until standard input ends."""
    context = None
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Sink, "127.0.0.1", 0, ssl=context)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


if __name__ == "__main__":
    uvloop.run(main(*(sys.argv[1:] or (None, None))))
